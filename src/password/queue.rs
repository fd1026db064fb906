//! The queue in front of the threads that hash passwords. A hash keeps a core busy for milliseconds, so only a bounded
//! number of them may wait, and the threads have a low priority: people who are signed in go first.

use std::{
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, available_parallelism},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use crate::domain::limits::HASHES_WAITING;

/// The duration of a hash before the first was measured.
const FIRST_GUESS: Duration = Duration::from_millis(50);
/// The longest wait that a caller is told.
const MAX_TOLD: Duration = Duration::from_secs(60);
/// Of the operating system's priorities, from -20 (the highest) to 19. A thread of 0 gets ten times as much of a core.
const PRIORITY: i32 = 10;

/// Too many hashes are waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy {
    /// How many others are before the caller, those included that were turned away and will come again.
    pub ahead: u32,
    /// When to try again: the time in which that many are checked, at least a second.
    pub retry_after_seconds: u32,
}

/// One for each core.
pub fn threads() -> usize {
    available_parallelism().map_or(2, std::num::NonZero::get)
}

static QUEUE: LazyLock<HashQueue> = LazyLock::new(|| HashQueue::start(threads()));

/// Computes a hash in the queue.
pub(super) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
    let (answer, answered) = oneshot::channel();
    QUEUE.push(Box::new(move || {
        // The caller may have gone away meanwhile.
        let is_wanted = !answer.is_closed();
        if is_wanted {
            let _ = answer.send(work());
        }
        is_wanted
    }))?;
    answered.await.map_err(|_| QUEUE.turn_away())
}

/// Fails if no other hash may wait now.
pub fn refuse_if_full() -> Result<(), Busy> {
    match QUEUE.pace.waiting.load(Ordering::Acquire) < QUEUE.most {
        true => Ok(()),
        false => Err(QUEUE.turn_away()),
    }
}

/// Returns whether it has hashed.
type Job = Box<dyn FnOnce() -> bool + Send>;

struct HashQueue {
    jobs: SyncSender<Job>,
    most: usize,
    threads: usize,
    pace: Arc<Pace>,
    /// When all those will have been checked who were turned away so far, if they come again.
    line_ends: Mutex<Instant>,
}

struct Pace {
    waiting: AtomicUsize,
    /// The duration of a hash, in microseconds; a moving average.
    micros: AtomicU64,
}

impl Pace {
    fn of_one(&self) -> Duration {
        Duration::from_micros(self.micros.load(Ordering::Relaxed))
    }

    fn took(&self, duration: Duration) {
        let last = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX / 16);
        let average = (self.micros.load(Ordering::Relaxed) * 7 + last) / 8;
        self.micros.store(average, Ordering::Relaxed);
    }
}

impl HashQueue {
    fn start(threads: usize) -> Self {
        let most = threads * HASHES_WAITING;
        let (sender, jobs) = sync_channel(most);
        let first_guess = u64::try_from(FIRST_GUESS.as_micros()).unwrap_or_default();
        let pace = Arc::new(Pace { waiting: AtomicUsize::new(0), micros: AtomicU64::new(first_guess) });
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 1..=threads {
            let (jobs, pace) = (Arc::clone(&jobs), Arc::clone(&pace));
            let work = move || work_off(&jobs, &pace);
            if let Err(error) = thread::Builder::new().name(format!("hash-{number}")).spawn(work) {
                tracing::error!(code = "no_thread", %error, "a thread for passwords cannot be started");
            }
        }
        Self { jobs: sender, most, threads, pace, line_ends: Mutex::new(Instant::now()) }
    }

    fn push(&self, job: Job) -> Result<(), Busy> {
        self.pace.waiting.fetch_add(1, Ordering::AcqRel);
        self.jobs.try_send(job).map_err(|_| {
            self.pace.waiting.fetch_sub(1, Ordering::AcqRel);
            self.turn_away()
        })
    }

    /// Says when to come again, to the next who is turned away.
    fn turn_away(&self) -> Busy {
        let one = self.pace.of_one() / u32::try_from(self.threads).unwrap_or(1).max(1);
        let waiting = u32::try_from(self.pace.waiting.load(Ordering::Acquire)).unwrap_or(u32::MAX);
        let now = Instant::now();
        let mut line_ends = self.line_ends.lock().unwrap_or_else(PoisonError::into_inner);
        *line_ends = (*line_ends).max(now + one * waiting).min(now + MAX_TOLD) + one;
        let wait = line_ends.duration_since(now);
        let ahead = wait.as_micros() / one.as_micros().max(1);
        Busy {
            ahead: u32::try_from(ahead).unwrap_or(u32::MAX),
            retry_after_seconds: u32::try_from(wait.as_secs() + 1).unwrap_or(u32::MAX),
        }
    }
}

fn work_off(jobs: &Mutex<Receiver<Job>>, pace: &Pace) {
    // If this is not possible, hashes only have the same priority as everything else.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, PRIORITY);
    loop {
        let Ok(job) = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv() else { return };
        pace.waiting.fetch_sub(1, Ordering::AcqRel);
        let begun = Instant::now();
        if job() {
            pace.took(begun.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_full_queue_turns_away_and_says_how_long_to_wait() {
        let queue = HashQueue::start(1);
        let (release, released) = channel::<()>();
        let (begun, has_begun) = channel();
        let block = move || {
            begun.send(()).unwrap();
            let _ = released.recv();
            true
        };
        queue.push(Box::new(block)).unwrap();
        has_begun.recv().unwrap();
        for _ in 0..HASHES_WAITING {
            queue.push(Box::new(|| true)).unwrap();
        }
        let first = queue.push(Box::new(|| true)).unwrap_err();
        // 40 hashes of 50 ms, and the caller's own.
        assert_eq!((first.ahead, first.retry_after_seconds), (41, 3));
        let mut last = first;
        for _ in 0..5000 {
            last = queue.push(Box::new(|| true)).unwrap_err();
        }
        assert!(last.ahead > first.ahead && last.retry_after_seconds <= 62, "{last:?}");
        drop(release);
    }
}
