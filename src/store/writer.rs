//! Group commit. Whoever wants to write waits in a queue; a writer takes all that wait together, runs each under a
//! savepoint of its own and answers them after the one commit. Where nobody else waits, one transaction is one commit.
//!
//! A group that cannot be kept as a whole (another instance was faster, a row lock was lost) is done again one by
//! one, so that nobody suffers for a neighbour.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::Ordering,
        mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use diesel::connection::SimpleConnection;
use tokio::sync::oneshot;

use super::{
    StoreError, Transient, Tx,
    connection::AnyConnection,
    db::{Shared, roll_back},
    dialect::{self, SQLITE_CHECKPOINT},
    prefetch,
};
use crate::{chance, domain::ids::ApplicationId};

/// How often a transaction that lost a race is tried in all.
const TRIES: u32 = 8;
/// So many may wait before a newcomer is told to come back later.
const QUEUE: usize = 1024;
/// At most so many commit together: PostgreSQL keeps 64 subtransactions at hand.
const MOST_TOGETHER: usize = 60;

/// So long a writer looks for the next wish before it goes to sleep: about what an answer and the next request take.
const AT_ONCE: Duration = Duration::from_micros(250);

/// How often SQLite's log is looked at.
const LOG_PAUSE: Duration = Duration::from_millis(100);

/// The queue in front of the writers.
pub(super) type Queue = SyncSender<Box<dyn Wish>>;

/// Somebody who wants to write, and waits for the answer.
pub(super) trait Wish: Send {
    /// The case it is about, if it is about one.
    fn case(&self) -> Option<ApplicationId>;
    /// Does it, and keeps the result until it is known to last.
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;
    /// Hands out the result of the last run, or what kept it from lasting.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ran {
    /// To be kept.
    Done,
    /// To be undone; that is the answer.
    Refused,
    /// To be undone and tried again.
    Raced,
}

/// A [`Wish`] for the value `T`.
pub(super) struct Waiting<T, E, F> {
    pub case: Option<ApplicationId>,
    pub work: F,
    pub result: Option<Result<T, E>>,
    pub answer: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Wish for Waiting<T, E, F>
where
    F: Fn(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Transient + Send,
{
    fn case(&self) -> Option<ApplicationId> {
        self.case
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        // A panic in one transaction must not take the writer away from all the others.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)))
            .unwrap_or_else(|_| Err(StoreError::Broken("a transaction panicked".into()).into()));
        let ran = match &result {
            Ok(_) => Ran::Done,
            Err(error) if error.is_transient() => Ran::Raced,
            Err(_) => Ran::Refused,
        };
        self.result = Some(result);
        ran
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let result = match (failure, self.result) {
            (Some(failure), _) => Err(failure.into()),
            (None, Some(result)) => result,
            (None, None) => Err(StoreError::Broken("a transaction was never run".into()).into()),
        };
        // Who has gone away in the meantime does not need the answer.
        let _ = self.answer.send(result);
    }
}

/// Puts a wish into the queue.
pub(super) fn enqueue(queue: &Queue, wish: Box<dyn Wish>) -> Result<(), StoreError> {
    queue.try_send(wish).map_err(|error| {
        StoreError::Unavailable(match error {
            TrySendError::Full(_) => "too many writers are waiting".into(),
            TrySendError::Disconnected(_) => "the writers have stopped".into(),
        })
    })
}

/// Starts so many writers on one queue. They end when the queue is dropped.
pub(super) fn start(shared: &Arc<Shared>, writers: u32) -> Result<Queue, StoreError> {
    let (queue, waiting) = sync_channel(QUEUE);
    let waiting = Arc::new(Mutex::new(waiting));
    for number in 1..=writers {
        let mut writer = Writer { shared: Arc::clone(shared), conn: None };
        let waiting = Arc::clone(&waiting);
        let work_off = move || {
            // The first draw on a thread takes 25 ms: not while somebody waits.
            let _: [u8; 1] = chance::random_bytes();
            while let Some(group) = next_group(&waiting) {
                writer.serve(group);
                writer.begin_log_anew();
            }
        };
        thread::Builder::new()
            .name(format!("writer-{number}"))
            .spawn(work_off)
            .map_err(|e| StoreError::Unavailable(format!("no thread for a writer: {e}")))?;
    }
    Ok(queue)
}

/// Copies SQLite's log into the database beside the writer, so that no commit has to wait for it, until what is returned
/// is dropped.
pub(super) fn keep_log_short(shared: &Arc<Shared>) -> Result<Sender<()>, StoreError> {
    let (alive, is_over) = channel();
    let shared = Arc::clone(shared);
    let work = move || {
        let mut own = None;
        while is_over.recv_timeout(LOG_PAUSE) == Err(RecvTimeoutError::Timeout) {
            own = own.or_else(|| shared.connect().ok());
            match own.as_mut().map(|conn| conn.batch_execute(SQLITE_CHECKPOINT)) {
                Some(Ok(())) => shared.log_is_copied.store(true, Ordering::Release),
                // What fails now is tried again; the writer would do it in the end.
                _ => own = None,
            }
        }
    };
    let started = thread::Builder::new().name("checkpoints".to_owned()).spawn(work);
    started.map(|_| alive).map_err(|e| StoreError::Unavailable(format!("no thread for checkpoints: {e}")))
}

/// The first that waits, and all that wait with it.
fn next_group(waiting: &Mutex<Receiver<Box<dyn Wish>>>) -> Option<Vec<Box<dyn Wish>>> {
    let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    let first = at_once(&waiting).or_else(|| waiting.recv().ok())?;
    Some(std::iter::once(first).chain(waiting.try_iter().take(MOST_TOGETHER - 1)).collect())
}

/// The next wish, if it comes at once. Whoever was just answered often asks again, and a thread that sleeps is woken too
/// late for that; it gives way to all others meanwhile.
fn at_once(waiting: &Receiver<Box<dyn Wish>>) -> Option<Box<dyn Wish>> {
    let begun = Instant::now();
    while begun.elapsed() < AT_ONCE {
        match waiting.try_recv() {
            Ok(wish) => return Some(wish),
            Err(_) => thread::yield_now(),
        }
    }
    None
}

/// Who works a queue off, with a connection of its own.
struct Writer {
    shared: Arc<Shared>,
    conn: Option<AnyConnection>,
}

impl Writer {
    fn serve(&mut self, mut group: Vec<Box<dyn Wish>>) {
        if group.len() > 1 {
            group = self.together(group);
        }
        for wish in group {
            self.alone(wish);
        }
    }

    /// Begins a transaction. A connection that was cut while nobody used it is made anew.
    fn begin(&mut self) -> Result<(), StoreError> {
        if let Some(conn) = &mut self.conn {
            match dialect::begin_write(conn).map_err(StoreError::from) {
                Err(StoreError::Unavailable(_)) => self.conn = None,
                begun => return begun,
            }
        }
        let conn = self.conn.insert(self.shared.connect()?);
        Ok(dialect::begin_write(conn)?)
    }

    fn conn(&mut self) -> Result<&mut AnyConnection, StoreError> {
        self.conn.as_mut().ok_or_else(|| StoreError::Broken("nothing was begun".into()))
    }

    /// Ends a transaction of which nothing is to be kept.
    fn roll_back(&mut self) {
        if self.conn.as_mut().is_some_and(|conn| !roll_back(conn)) {
            self.conn = None;
        }
    }

    /// One transaction for all of them. Returns those that have to be done alone; the others are answered.
    fn together(&mut self, mut group: Vec<Box<dyn Wish>>) -> Vec<Box<dyn Wish>> {
        match self.begin() {
            Ok(()) => {}
            Err(error @ StoreError::Unavailable(_)) => {
                group.into_iter().for_each(|wish| wish.answer(Some(error.copy())));
                return Vec::new();
            }
            Err(_) => return group,
        }
        let Ok(ran) = self.run_together(&mut group) else {
            self.roll_back();
            return group;
        };
        let failure = match self.commit() {
            Ok(()) => None,
            Err(error) => {
                self.roll_back();
                if error.is_transient() {
                    return group;
                }
                // Whether it lasts is unknown: nothing may be done twice.
                Some(error)
            }
        };
        let mut again = Vec::new();
        for (wish, ran) in group.into_iter().zip(ran) {
            match ran {
                Ran::Raced => again.push(wish),
                Ran::Done | Ran::Refused => wish.answer(failure.as_ref().map(StoreError::copy)),
            }
        }
        again
    }

    fn run_together(&mut self, group: &mut [Box<dyn Wish>]) -> Result<Vec<Ran>, StoreError> {
        let shared = Arc::clone(&self.shared);
        let mut tx = shared.tx(self.conn()?);
        let cases: Vec<ApplicationId> = group.iter().filter_map(|wish| wish.case()).collect();
        prefetch::prefetch(&mut tx, &cases)?;
        let mut all = Vec::with_capacity(group.len());
        for wish in group {
            tx.begin_job();
            let ran = wish.run(&mut tx);
            match ran {
                Ran::Done => tx.keep_job()?,
                Ran::Refused | Ran::Raced => tx.undo_job()?,
            }
            all.push(ran);
        }
        tx.flush()?;
        Ok(all)
    }

    /// A transaction of its own, again while others are faster.
    fn alone(&mut self, mut wish: Box<dyn Wish>) {
        for tries in 1..=TRIES {
            match self.once(wish.as_mut()) {
                Err(error) if error.is_transient() && tries < TRIES => {}
                Ok(Ran::Raced) if tries < TRIES => {}
                ended => return wish.answer(ended.err()),
            }
            thread::sleep(Duration::from_millis(u64::from(tries) * 3));
        }
    }

    fn once(&mut self, wish: &mut dyn Wish) -> Result<Ran, StoreError> {
        self.begin()?;
        let shared = Arc::clone(&self.shared);
        let mut tx = shared.tx(self.conn()?);
        let ran = wish.run(&mut tx);
        let kept = match ran {
            Ran::Done => tx.flush().and_then(|()| self.commit()),
            Ran::Refused | Ran::Raced => {
                self.roll_back();
                Ok(())
            }
        };
        if kept.is_err() {
            self.roll_back();
        }
        kept.map(|()| ran)
    }

    /// Where SQLite's log has just been copied, copies the little that was written meanwhile: then the next commit begins
    /// the log anew, over what is in its file, instead of making the file longer, which takes twice as long.
    fn begin_log_anew(&mut self) {
        if self.shared.log_is_copied.swap(false, Ordering::Acquire)
            && let Some(conn) = &mut self.conn
        {
            // If it fails, the log only becomes longer, and is copied again.
            let _ = conn.batch_execute(SQLITE_CHECKPOINT);
        }
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        Ok(dialect::commit(self.conn()?)?)
    }
}
