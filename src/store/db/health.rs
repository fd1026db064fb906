//! What the writers are doing. Readiness uses it (`readiness.rs`), and the queue replaces writers that have ended.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
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

/// All writers of a database.
pub(super) struct Health {
    writers: Mutex<Vec<Activity>>,
    committed_at: Mutex<Option<Instant>>,
    has_ended: AtomicBool,
    lacks_space: AtomicBool,
}

impl Health {
    /// This many writers. None is started yet.
    pub fn new(writers: usize) -> Self {
        Self {
            writers: Mutex::new(vec![Activity::Ended; writers]),
            committed_at: Mutex::new(None),
            has_ended: AtomicBool::new(true),
            lacks_space: AtomicBool::new(false),
        }
    }

    /// Sets what a writer is doing.
    pub fn set(&self, writer: usize, activity: Activity) {
        lock(&self.writers)[writer] = activity;
        if activity == Activity::Ended {
            self.has_ended.store(true, Ordering::Release);
        }
    }

    /// Takes over the writers that have ended, to start them again.
    pub fn take_ended(&self) -> Vec<usize> {
        if !self.has_ended.swap(false, Ordering::AcqRel) {
            return Vec::new();
        }
        let mut writers = lock(&self.writers);
        let ended = writers.iter_mut().enumerate().filter(|(_, activity)| **activity == Activity::Ended);
        let take = |(number, activity): (usize, &mut Activity)| {
            *activity = Activity::Idle;
            number
        };
        ended.map(take).collect()
    }

    /// Whether every writer has been doing what `matches` since at least `duration`.
    pub fn all_since(&self, duration: Duration, matches: impl Fn(Activity) -> Option<Instant>) -> bool {
        lock(&self.writers)
            .iter()
            .all(|activity| matches(*activity).is_some_and(|at| at.elapsed() >= duration))
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
