//! The queue of write jobs, and the threads that work it off. A writer takes all jobs that are waiting, as one group.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    connections::Connections,
    health::{Health, WriterState},
    job::WriteJob,
    ticket::MAX_RUN,
    writer::Writer,
};
use crate::{domain::limits::CHANGES_WAITING, random, store::StoreError};

/// So many jobs commit together at most: PostgreSQL keeps 64 subtransactions in memory.
const MAX_GROUP: usize = 60;
/// So long a writer polls for the next job before it sleeps: about as long as it takes to send an answer and receive
/// the next request.
const POLL_TIME: Duration = Duration::from_micros(250);

/// The sending end of the queue. The writers stop when it is dropped.
pub(super) struct WriteQueue {
    sender: SyncSender<Box<dyn WriteJob>>,
    jobs: Arc<Jobs>,
    connections: Arc<Connections>,
    pub health: Arc<Health>,
}

type Jobs = Mutex<Receiver<Box<dyn WriteJob>>>;

impl WriteQueue {
    /// Starts a queue with this number of writers.
    pub fn start(connections: &Arc<Connections>, writers: usize) -> Result<Self, StoreError> {
        let (sender, jobs) = sync_channel(CHANGES_WAITING);
        let connections = Arc::clone(connections);
        let health = Arc::new(Health::new(writers));
        let queue = Self { sender, jobs: Arc::new(Mutex::new(jobs)), connections, health };
        queue.start_ended_writers()?;
        Ok(queue)
    }

    /// Adds a job at the end.
    pub fn push(&self, job: Box<dyn WriteJob>) -> Result<(), StoreError> {
        self.start_ended_writers()?;
        self.sender.try_send(job).map_err(|error| {
            StoreError::Unavailable(match error {
                TrySendError::Full(_) => "too many writers are waiting".into(),
                TrySendError::Disconnected(_) => "the writers have stopped".into(),
            })
        })
    }

    /// Starts others in place of the writers that have ended. Returns their number.
    pub fn start_ended_writers(&self) -> Result<usize, StoreError> {
        let ended = self.health.take_ended();
        for (at, state) in ended.iter().enumerate() {
            if let Err(error) = self.start_writer(Arc::clone(state)) {
                ended[at..].iter().for_each(|state| self.health.ended(state));
                return Err(StoreError::Unavailable(format!("no thread for a writer: {error}")));
            }
        }
        Ok(ended.len())
    }

    /// Replaces the writers that have waited for the server for longer than any caller waits. Their transactions may still
    /// be committed.
    pub fn replace_stuck_writers(&self) {
        let stuck = self.health.replace_stuck(MAX_RUN);
        if stuck > 0 {
            tracing::warn!(
                code = "writer_stuck",
                stuck,
                "the database does not answer; writers are replaced"
            );
        }
    }

    fn start_writer(&self, state: Arc<WriterState>) -> io::Result<()> {
        let (jobs, health) = (Arc::clone(&self.jobs), Arc::clone(&self.health));
        let mut writer = Writer::new(Arc::clone(&self.connections), Arc::clone(&health), Arc::clone(&state));
        let end = End { state: Arc::clone(&state), health };
        let work = move || {
            let _end = end;
            // The first random bytes of a thread take 25 ms: no caller should wait for that.
            let _: [u8; 1] = random::bytes();
            while let Some(group) = next_group(&jobs) {
                let run = AssertUnwindSafe(|| {
                    writer.run(group);
                    writer.restart_log();
                });
                // SQLite has one writer: it must not end with a panic.
                if catch_unwind(run).is_err() {
                    tracing::error!(
                        code = "writer_panicked",
                        "a writer panicked and continues with a new connection"
                    );
                    writer.reset();
                }
                if state.is_replaced() {
                    break;
                }
            }
        };
        thread::Builder::new().name("writer".to_owned()).spawn(work).map(drop)
    }
}

/// Reports that a writer has ended, even if it ends with a panic.
struct End {
    state: Arc<WriterState>,
    health: Arc<Health>,
}

impl Drop for End {
    fn drop(&mut self) {
        if thread::panicking() {
            tracing::error!(code = "writer_ended", "a writer has ended; the next request starts another");
        }
        self.health.ended(&self.state);
    }
}

/// Waits for a job, and takes all others that wait then. None when the queue is closed.
fn next_group(jobs: &Jobs) -> Option<Vec<Box<dyn WriteJob>>> {
    let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner);
    let first = poll(&jobs).or_else(|| jobs.recv().ok())?;
    Some(std::iter::once(first).chain(jobs.try_iter().take(MAX_GROUP - 1)).collect())
}

/// The next job, if it comes within [`POLL_TIME`]. A client that has its answer often sends the next request at once,
/// and waking a sleeping thread would take longer than that. Other threads may run meanwhile.
fn poll(jobs: &Receiver<Box<dyn WriteJob>>) -> Option<Box<dyn WriteJob>> {
    let begun = Instant::now();
    while begun.elapsed() < POLL_TIME {
        match jobs.try_recv() {
            Ok(job) => return Some(job),
            Err(_) => thread::yield_now(),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;
    use crate::{
        domain::ids::ApplicationId,
        keyring::Keyring,
        store::{
            Tx,
            db::{connections::Target, job::Ran, ticket::Ticket},
        },
    };

    /// Panics outside of what a job guards, or says that it ran.
    struct Job(Option<Sender<()>>, Ticket);

    impl Job {
        fn new(ran: Option<Sender<()>>) -> Box<Self> {
            Box::new(Self(ran, Ticket::new()))
        }
    }

    impl WriteJob for Job {
        fn case(&self) -> Option<ApplicationId> {
            None
        }

        fn ticket(&self) -> &Ticket {
            &self.1
        }

        fn failure(&self) -> Option<&StoreError> {
            None
        }

        fn fail(&mut self, _: StoreError) {}

        fn run(&mut self, _: &mut Tx<'_>) -> Ran {
            if self.0.is_some() { Ran::Done } else { panic!("on purpose") }
        }

        fn records_refusals(&self) -> bool {
            false
        }

        fn record_refusal(&mut self, _: &mut Tx<'_>) -> Ran {
            Ran::Refused
        }

        fn answer(self: Box<Self>, failure: Option<StoreError>) {
            assert!(failure.is_none());
            self.0.unwrap().send(()).unwrap();
        }
    }

    #[test]
    fn a_panic_does_not_end_the_only_writer() {
        let folder = std::env::temp_dir().join(format!("corridor-writer-{}", random::id()));
        std::fs::create_dir(&folder).unwrap();
        let keyring = Arc::new(Keyring::create(&folder.join("secret.key")).unwrap());
        let target = Target::sqlite(&folder.join("corridor.db")).unwrap();
        let queue = WriteQueue::start(&Arc::new(Connections::new(target, keyring)), 1).unwrap();
        for _ in 0..3 {
            queue.push(Job::new(None)).unwrap();
            let (ran, has_run) = channel();
            queue.push(Job::new(Some(ran.clone()))).unwrap();
            // It may have been in the group of the job that panicked, and then it was dropped.
            drop(ran);
            let _ = has_run.recv();
        }
        let (ran, has_run) = channel();
        queue.push(Job::new(Some(ran))).unwrap();
        has_run.recv().unwrap();
        drop(queue);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
