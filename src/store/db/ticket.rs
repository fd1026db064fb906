//! The progress of a job. Its caller and the writer share the ticket, so that a job either begins, or leaves the queue
//! and is never run.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    sync::oneshot,
    time::{timeout, timeout_at},
};

use crate::store::StoreError;

/// The longest time that a job waits in the queue. After that it leaves the queue.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(5);

/// How long after its start a job may begin statements or be run again. Its last statement, its commit and its answer
/// fit into the rest of [`MAX_RUN`].
pub(super) const LAST_STATEMENT: Duration = Duration::from_secs(9);

/// The longest time from the start of a job until its caller gets an answer.
pub(super) const MAX_RUN: Duration = Duration::from_secs(15);

/// The progress of a job.
pub(super) struct Ticket(Mutex<Progress>);

#[derive(Clone, Copy)]
enum Progress {
    Waiting { since: Instant },
    Begun(Instant),
    Left,
}

impl Ticket {
    /// The ticket of a job that is put into the queue now.
    pub fn new() -> Self {
        Self(Mutex::new(Progress::Waiting { since: Instant::now() }))
    }

    /// Begins the job, or goes on with it. None: it has left the queue, or its time limit has passed.
    pub fn begin(&self) -> Option<Instant> {
        let mut progress = self.lock();
        match *progress {
            Progress::Waiting { since } if since.elapsed() < MAX_WAIT => {
                let now = Instant::now();
                *progress = Progress::Begun(now);
                Some(now)
            }
            Progress::Begun(at) if at.elapsed() < LAST_STATEMENT => Some(at),
            Progress::Begun(_) => None,
            Progress::Waiting { .. } | Progress::Left => {
                *progress = Progress::Left;
                None
            }
        }
    }

    /// Whether the job can still begin, or go on.
    pub fn is_in_time(&self) -> bool {
        match *self.lock() {
            Progress::Waiting { since } => since.elapsed() < MAX_WAIT,
            Progress::Begun(at) => at.elapsed() < LAST_STATEMENT,
            Progress::Left => false,
        }
    }

    /// Takes the job out of the queue. If it has begun, returns when instead.
    pub fn leave(&self) -> Option<Instant> {
        let mut progress = self.lock();
        match *progress {
            Progress::Begun(at) => Some(at),
            Progress::Waiting { .. } | Progress::Left => {
                *progress = Progress::Left;
                None
            }
        }
    }

    /// Waits for the answer of the job. A job that does not begin in time leaves the queue.
    pub async fn answer<A>(&self, mut answered: oneshot::Receiver<A>) -> Result<A, StoreError> {
        let dropped = |_| {
            unavailable("a writer has ended within the transaction; whether it was committed is not known")
        };
        if let Ok(answer) = timeout(MAX_WAIT, &mut answered).await {
            return answer.map_err(dropped);
        }
        let Some(begun) = self.leave() else {
            return Err(unavailable("the database was busy or locked for too long; nothing was changed"));
        };
        match timeout_at((begun + MAX_RUN).into(), answered).await {
            Ok(answer) => answer.map_err(dropped),
            Err(_) => Err(unavailable("the database has not answered in time; the change may be made later")),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unavailable(because: &str) -> StoreError {
    StoreError::Unavailable(because.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_has_left_the_queue_never_begins() {
        let ticket = Ticket::new();
        assert!(ticket.is_in_time());
        assert!(ticket.leave().is_none());
        assert!(ticket.begin().is_none() && !ticket.is_in_time());
    }

    #[test]
    fn a_job_that_has_begun_does_not_leave() {
        let ticket = Ticket::new();
        let begun = ticket.begin().unwrap();
        assert_eq!(ticket.leave(), Some(begun));
        assert_eq!(ticket.begin(), Some(begun));
    }
}
