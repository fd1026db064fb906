//! Runs the jobs: one slice of each in turn. A slice is sized to take a fraction of a millisecond before it commits,
//! because other writers wait for it. Afterwards the worker rests for as long as the slice took or longer, so that at
//! least half of the writers' time is left to the requests. Any number of instances may run this, but only one at a time
//! works on a job: the row is locked for the slice, and a worker that finds it locked tries again a second later.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use super::{FailJob, OpenJobs, ReportError, RetryFailed, RetryUnknown, WorkSlice, Worked, work_slice};
use crate::{
    backoff::Backoff,
    domain::{actor::Actor, ids::JobId, job::Job},
    workflow::{Service, WorkflowError, clock_check, job::ShowJob},
};

/// How long the worker rests when there is nothing to do.
const IDLE: Duration = Duration::from_millis(200);

/// How long the worker waits for another instance.
const PAUSE: Duration = Duration::from_secs(1);

/// How often jobs are retried that an older version, running beside this one, had no code for.
const RETRY: Duration = Duration::from_secs(60);

/// The size of a job's slices, and the rest after each.
#[derive(Clone, Copy, Debug)]
struct Pace {
    items: i64,
    /// A slice should take this long to twice as long.
    target: Duration,
    /// As a multiple of the time that the slice took.
    rest: u32,
}

impl Pace {
    const FIRST: i64 = 32;
    const MOST: i64 = 1000;
    /// Each slice has a fixed cost, which is highest on PostgreSQL.
    const LEAST: i64 = 4;

    /// On SQLite everybody waits for a slice. On PostgreSQL there is another writer.
    fn of(service: &Service) -> Self {
        let (micros, rest) = if service.db().sqlite_file().is_some() { (250, 3) } else { (500, 1) };
        Self { items: Self::FIRST, target: Duration::from_micros(micros), rest }
    }

    /// The size of the next slice, given the time that a slice of this size took, without its commit: a smaller slice
    /// would not commit faster.
    fn after(self, took: Duration) -> Self {
        let items = match took {
            _ if took < self.target => (self.items * 2).min(Self::MOST),
            _ if took < self.target * 2 => self.items,
            _ => (self.items / 2).max(Self::LEAST),
        };
        Self { items, ..self }
    }
}

/// Runs until `stopping`.
pub async fn run(service: Service, mut stopping: watch::Receiver<bool>) {
    let mut paces = BTreeMap::new();
    let mut waits: BTreeMap<JobId, Instant> = BTreeMap::new();
    let mut failed: Backoff<JobId> = Backoff::default();
    let (mut is_retried, mut retried_at) = (false, Instant::now());
    while !*stopping.borrow() {
        let round = async {
            if !is_retried {
                service.execute(&Actor::system(), RetryFailed).await?;
                is_retried = true;
            }
            if retried_at.elapsed() > RETRY {
                retried_at = Instant::now();
                service.execute(&Actor::system(), RetryUnknown).await?;
            }
            // A draw or a lapse at the wrong time cannot be undone.
            if !clock_check::is_right(&service).await? {
                return Ok(None);
            }
            let waiting = waits.len() + failed.len();
            service.query(&Actor::system(), OpenJobs { waiting }).await.map(Some)
        };
        let open = round.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot read the open jobs; will retry");
            None
        });
        let Some(open) = open else {
            rest(IDLE, &mut stopping).await;
            continue;
        };
        paces.retain(|job, _| open.contains(job));
        waits.retain(|job, until| open.contains(job) && *until > Instant::now());
        let ready = failed.ready(open, |job| *job);
        let ready: Vec<JobId> = ready.into_iter().filter(|job| !waits.contains_key(job)).collect();
        if ready.is_empty() {
            rest(IDLE, &mut stopping).await;
        }
        for job in ready {
            if *stopping.borrow() {
                return;
            }
            match step(&service, job, paces.entry(job).or_insert_with(|| Pace::of(&service))).await {
                Next::AfterRest(pause) => {
                    failed.done(&job);
                    rest(pause, &mut stopping).await;
                }
                // The other jobs continue.
                Next::Later => drop(waits.insert(job, Instant::now() + PAUSE)),
                Next::AfterDelay => failed.failed(job),
            }
        }
    }
}

async fn rest(pause: Duration, stopping: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        _ = stopping.changed() => {}
    }
}

/// Works on one job until it is finished. Others may work on it too. Reports the progress after each slice.
pub async fn finish(service: &Service, job: JobId, mut tell: impl FnMut(&Job)) -> Result<Job, WorkflowError> {
    let mut pace = Pace::of(service);
    loop {
        let found = service.query(&Actor::system(), ShowJob { job }).await?;
        tell(&found);
        if !found.state.is_open() {
            return Ok(found);
        }
        let pause = match step(service, job, &mut pace).await {
            Next::AfterRest(pause) => pause.min(IDLE),
            Next::Later | Next::AfterDelay => IDLE,
        };
        tokio::time::sleep(pause).await;
    }
}

/// When to continue after a slice.
enum Next {
    /// After this time, in which requests can be served.
    AfterRest(Duration),
    /// This job after [`PAUSE`], the other jobs at once: another instance works on it.
    Later,
    /// This job later, because it has failed, the other jobs at once.
    AfterDelay,
}

/// Does one slice.
async fn step(service: &Service, job: JobId, pace: &mut Pace) -> Next {
    match work_slice(service, WorkSlice { job, at_most: pace.items }).await {
        Ok(Worked::Nothing | Worked::WithFiles(_)) => Next::Later,
        Ok(Worked::Done { job, begun, took, skipped }) => {
            *pace = pace.after(took);
            for (case, error) in skipped {
                tracing::error!(job = %job.id, kind = job.kind, %case, error, "a job skipped a case that it could not change");
            }
            Next::AfterRest(begun.elapsed() * pace.rest)
        }
        Ok(Worked::Unknown(job)) => {
            let error = job.last_error.unwrap_or_default();
            tracing::error!(code = "unknown_job", job = %job.id, kind = job.kind, error, "a job failed");
            Next::AfterRest(Duration::ZERO)
        }
        Err(
            error @ (WorkflowError::Unavailable(_)
            | WorkflowError::CannotDecrypt(_)
            | WorkflowError::Unreadable(_)
            | WorkflowError::TooSlow
            | WorkflowError::Files(_)),
        ) => {
            tracing::warn!(%job, %error, "a slice of a job failed; will retry");
            pace.items = Pace::FIRST;
            let report = ReportError { job, error: error.to_string() };
            if let Err(error) = service.execute(&Actor::system(), report).await {
                tracing::warn!(%job, %error, "cannot record the error of a job");
            }
            Next::AfterDelay
        }
        Err(error) => {
            tracing::error!(%job, %error, "a job failed; will retry when the service starts");
            let failed = FailJob { job, error: error.to_string() };
            if let Err(error) = service.execute(&Actor::system(), failed).await {
                tracing::warn!(%job, %error, "cannot mark a job as failed");
            }
            Next::AfterRest(Duration::ZERO)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_grows_while_it_is_quick_and_shrinks_when_it_is_slow() {
        let first = Pace { items: Pace::FIRST, target: Duration::from_micros(500), rest: 1 };
        let quick = (0..10).fold(first, |pace, _| pace.after(Duration::from_micros(300)));
        assert_eq!(quick.items, Pace::MOST);
        assert_eq!(quick.after(Duration::from_micros(700)).items, Pace::MOST);
        let slow = (0..10).fold(quick, |pace, _| pace.after(Duration::from_millis(40)));
        assert_eq!(slow.items, Pace::LEAST);
    }
}
