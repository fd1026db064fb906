//! What the writers are doing. Readiness uses it (`readiness.rs`), and the queue replaces writers that have ended
//! or are stuck.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// What a writer is doing, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activity {
    /// It waits for jobs.
    Idle,
    /// It connects, or waits for SQLite's write lock.
    Opening(Instant),
    /// It is in a transaction.
    Working(Instant),
    /// Its thread has ended.
    Ended,
}

/// What one writer is doing. The writer that takes its place has another state.
pub(super) struct WriterState {
    activity: Mutex<Activity>,
    is_replaced: AtomicBool,
}

impl WriterState {
    fn new(activity: Activity) -> Arc<Self> {
        Arc::new(Self { activity: Mutex::new(activity), is_replaced: AtomicBool::new(false) })
    }

    /// Sets what the writer is doing.
    pub fn set(&self, activity: Activity) {
        *lock(&self.activity) = activity;
    }

    /// Whether another writer has taken its place, so that it has to end.
    pub fn is_replaced(&self) -> bool {
        self.is_replaced.load(Ordering::Acquire)
    }

    fn get(&self) -> Activity {
        *lock(&self.activity)
    }
}

/// How many replaced writers may still be running. Each keeps a connection.
const MOST_REPLACED: usize = 6;

/// All writers of a database.
pub(super) struct Health {
    writers: Mutex<Vec<Arc<WriterState>>>,
    /// Writers that were replaced and still run.
    replaced: AtomicUsize,
    committed_at: Mutex<Option<Instant>>,
    has_ended: AtomicBool,
    lacks_space: AtomicBool,
}

impl Health {
    /// This many writers. None is started yet.
    pub fn new(writers: usize) -> Self {
        Self {
            writers: Mutex::new((0..writers).map(|_| WriterState::new(Activity::Ended)).collect()),
            replaced: AtomicUsize::new(0),
            committed_at: Mutex::new(None),
            has_ended: AtomicBool::new(true),
            lacks_space: AtomicBool::new(false),
        }
    }

    /// A writer has ended.
    pub fn ended(&self, writer: &WriterState) {
        writer.set(Activity::Ended);
        match writer.is_replaced() {
            true => drop(self.replaced.fetch_sub(1, Ordering::AcqRel)),
            false => self.has_ended.store(true, Ordering::Release),
        }
    }

    /// Takes the place of the writers that have ended, to start others. Returns their states.
    pub fn take_ended(&self) -> Vec<Arc<WriterState>> {
        if !self.has_ended.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        let writers = lock(&self.writers);
        let ended = writers.iter().filter(|writer| writer.get() == Activity::Ended);
        ended.inspect(|writer| writer.set(Activity::Idle)).map(Arc::clone).collect()
    }

    /// Replaces the writers that have been connecting, or in one transaction, for this long: the server or the network does
    /// not answer. Returns how many.
    pub fn replace_stuck(&self, duration: Duration) -> usize {
        let mut replaced = 0;
        for writer in lock(&self.writers).iter_mut() {
            let (Activity::Opening(since) | Activity::Working(since)) = writer.get() else { continue };
            if since.elapsed() < duration || self.replaced.load(Ordering::Acquire) >= MOST_REPLACED {
                continue;
            }
            self.replaced.fetch_add(1, Ordering::AcqRel);
            let stuck = std::mem::replace(writer, WriterState::new(Activity::Ended));
            stuck.is_replaced.store(true, Ordering::Release);
            self.has_ended.store(true, Ordering::Release);
            replaced += 1;
        }
        replaced
    }

    /// Whether every writer has been doing what `matches` since at least `duration`.
    pub fn all_since(&self, duration: Duration, matches: impl Fn(Activity) -> Option<Instant>) -> bool {
        lock(&self.writers)
            .iter()
            .all(|writer| matches(writer.get()).is_some_and(|at| at.elapsed() >= duration))
    }

    /// A transaction was committed.
    pub fn committed(&self) {
        *lock(&self.committed_at) = Some(Instant::now());
    }

    /// Whether a transaction was committed within this time.
    pub fn has_committed_within(&self, duration: Duration) -> bool {
        lock(&self.committed_at).is_some_and(|at| at.elapsed() < duration)
    }

    /// Whether the last failed transaction failed because there was no space, and nothing large was written since.
    pub fn lacks_space(&self) -> bool {
        self.lacks_space.load(Ordering::Acquire)
    }

    /// Sets [`Self::lacks_space`].
    pub fn set_lacks_space(&self, lacks_space: bool) {
        self.lacks_space.store(lacks_space, Ordering::Release);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
