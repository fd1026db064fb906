//! The scheduler: asks `workflow/tick.rs` what is due, and executes each as a command of its own. Any number of
//! instances may run this; each step is guarded by the version of its case or batch. What was done is counted by duty
//! (`domain/duty.rs`), and recorded once a round.
//!
//! No failure delays the rest: each kind of task has a time limit in a round, and a task that fails is tried again
//! after growing delays.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    backoff::Backoff,
    domain::{actor::Actor, duty::Duty},
    workflow::{
        Service, WorkflowError, clock_check,
        duties::{ListDuties, RecordDuties, STATISTICS},
        erase_case,
        rotate_keys::SyncKeys,
        tick::{Due, DueKind, Leftovers, ListDueOf, TidyUp},
    },
};

pub mod checkpoints;

/// How often it looks for due steps.
const PAUSE: Duration = Duration::from_secs(1);
/// The time limit of one kind in a round.
const TURN: Duration = Duration::from_secs(1);
/// How often the log names the duties that are late.
const REPORT: Duration = Duration::from_secs(60);

/// What the scheduler remembers from round to round.
struct Rounds {
    done: BTreeMap<Duty, i32>,
    failed: BTreeMap<DueKind, Backoff<Uuid>>,
    failed_files: Backoff<String>,
    stopping: watch::Receiver<bool>,
}

/// Runs until `stopping`.
pub async fn run(service: Service, mut stopping: watch::Receiver<bool>) {
    // They were refreshed at the start.
    let (mut refreshed_at, mut reported_at) = (Instant::now(), Instant::now());
    let mut rounds = Rounds {
        done: BTreeMap::from([(Duty::RefreshStatistics, 1)]),
        failed: BTreeMap::new(),
        failed_files: Backoff::default(),
        stopping: stopping.clone(),
    };
    while !*stopping.borrow() {
        if refreshed_at.elapsed() > STATISTICS.unsigned_abs() {
            refreshed_at = Instant::now();
            match service.db().refresh_statistics().await {
                Ok(()) => *rounds.done.entry(Duty::RefreshStatistics).or_default() += 1,
                Err(error) => {
                    tracing::warn!(%error, "cannot refresh the table statistics; will retry");
                }
            }
        }
        // Another process may have rotated the keys.
        if let Err(error) = service.query(&Actor::system(), SyncKeys).await {
            tracing::warn!(%error, "cannot use the current master key; will retry");
        }
        // Timed work cannot be undone.
        match clock_check::check(&service).await {
            Ok(true) => rounds.next(&service).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "cannot check the clock; will retry"),
        }
        if reported_at.elapsed() > REPORT {
            reported_at = Instant::now();
            report_late(&service).await;
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Logs the duties that are late, and measures how late each is.
async fn report_late(service: &Service) {
    let duties = match service.query(&Actor::system(), ListDuties).await {
        Ok(duties) => duties,
        Err(error) => return tracing::warn!(%error, "cannot read the duties; will retry"),
    };
    let now = service.now();
    for report in duties {
        let age = report.overdue_for(now).map_or(0, |age| age.as_secs());
        metrics::gauge!("corridor_oldest_overdue_seconds", "duty" => report.duty.as_str()).set(age as f64);
        if report.is_late(now) {
            tracing::warn!(duty = %report.duty, overdue = report.overdue, seconds = age, "a duty is late");
        }
    }
}

impl Rounds {
    /// Works on each kind in turn, and records what was done.
    async fn next(&mut self, service: &Service) {
        for kind in DueKind::ALL {
            if *self.stopping.borrow() {
                break;
            }
            if let Err(error) = self.turn(service, kind).await {
                tracing::warn!(?kind, %error, "cannot look for due tasks; will retry");
            }
        }
        if self.done.is_empty() {
            return;
        }
        let done = self.done.iter().map(|(duty, count)| (*duty, *count)).collect();
        match service.execute(&Actor::system(), RecordDuties { done }).await {
            Ok(()) => self.done.clear(),
            Err(error) => tracing::warn!(%error, "cannot record what was done; will retry"),
        }
    }

    /// Does the due tasks of one kind, until its time limit.
    async fn turn(&mut self, service: &Service, kind: DueKind) -> Result<(), WorkflowError> {
        let (begun, failed) = (Instant::now(), self.failed.entry(kind).or_default().len());
        let listed = service.query(&Actor::system(), ListDueOf { kind, failed }).await?;
        for due in self.failed.entry(kind).or_default().ready(listed, Due::id) {
            if begun.elapsed() > TURN || *self.stopping.borrow() {
                break;
            }
            let backoff = self.failed.entry(kind).or_default();
            match execute(service, due, &mut self.failed_files).await {
                Ok(count) => {
                    backoff.done(&due.id());
                    if count > 0 {
                        *self.done.entry(due.duty()).or_default() += count;
                    }
                }
                Err(error) => {
                    backoff.failed(due.id());
                    log(&due, &error);
                }
            }
        }
        Ok(())
    }
}

/// Does a due task. Returns how many things were done.
async fn execute(
    service: &Service,
    due: Due,
    failed_files: &mut Backoff<String>,
) -> Result<i32, WorkflowError> {
    let system = Actor::system();
    match due {
        Due::Batch(batch) => service.execute(&system, batch).await?,
        Due::Journey(check) => service.execute(&system, check).await?,
        Due::Case(case) => service.execute(&system, case).await?,
        Due::Sponsor(notice) => service.execute(&system, notice).await?,
        Due::Untidy => tidy_up(service).await?,
        Due::Files => {
            let (known, choose) = (failed_files.len(), |names| failed_files.ready(names, String::clone));
            let (removed, failed) = erase_case::remove_files(service, known, choose).await?;
            for (name, error) in failed {
                tracing::error!(code = "file_not_removed", name, error, "cannot remove a file; will retry");
                failed_files.failed(name);
            }
            return Ok(i32::try_from(removed).unwrap_or(i32::MAX));
        }
    }
    Ok(1)
}

/// Removes each kind of old rows. A failure of one kind does not stop the others.
async fn tidy_up(service: &Service) -> Result<(), WorkflowError> {
    let mut result = Ok(());
    for what in Leftovers::ALL {
        result = result.and(service.execute(&Actor::system(), TidyUp { what }).await);
    }
    result
}

fn log(due: &Due, error: &WorkflowError) {
    match error {
        WorkflowError::Unavailable(_) => tracing::warn!(?due, %error, "a due task failed; will retry"),
        error if error.is_of_one_case() => {
            tracing::error!(code = error.log_code(), ?due, %error, "a due task failed; will retry");
        }
        _ => tracing::error!(code = "due_task_failed", ?due, %error, "a due task failed; will retry"),
    }
}
