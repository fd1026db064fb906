//! The scheduler: asks `workflow/tick.rs` what is due, and executes each as a command of its own. Any number of
//! instances may run this; each step is guarded by the version of its case or batch. What was done is counted by duty
//! (`domain/duty.rs`), and recorded once a round.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use tokio::sync::watch;

use crate::{
    domain::{actor::Actor, duty::Duty},
    workflow::{
        Service, WorkflowError, clock_check,
        duties::{RecordDuties, STATISTICS},
        erase_case,
        rotate_keys::SyncKeys,
        tick::{Due, ListDue, TidyUp},
    },
};

/// How often it looks for due steps.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stopping`.
pub async fn run(service: Service, mut stopping: watch::Receiver<bool>) {
    // They were refreshed at the start.
    let mut refreshed_at = Instant::now();
    let mut done = BTreeMap::from([(Duty::RefreshStatistics, 1)]);
    while !*stopping.borrow() {
        if refreshed_at.elapsed() > STATISTICS.unsigned_abs() {
            refreshed_at = Instant::now();
            match service.db().refresh_statistics().await {
                Ok(()) => *done.entry(Duty::RefreshStatistics).or_default() += 1,
                Err(error) => {
                    tracing::warn!(%error, "cannot refresh the table statistics; will retry");
                }
            }
        }
        // Another process may have rotated the keys.
        if let Err(error) = service.query(&Actor::system(), SyncKeys).await {
            tracing::warn!(%error, "cannot use the current master key; will retry");
        }
        let work = async {
            // Timed work cannot be undone.
            if clock_check::check(&service).await? {
                round(&service, &mut done).await?;
            }
            Ok::<_, WorkflowError>(())
        };
        if let Err(error) = work.await {
            tracing::warn!(%error, "a round of the scheduler failed; will retry");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Does what is due, and records it.
async fn round(service: &Service, done: &mut BTreeMap<Duty, i32>) -> Result<(), WorkflowError> {
    let system = Actor::system();
    for due in service.query(&system, ListDue).await? {
        let result = match due {
            Due::Batch(batch) => service.execute(&system, batch).await,
            Due::Untidy => service.execute(&system, TidyUp).await,
            Due::Files => erase_case::remove_files(service).await,
            Due::Journey(check) => service.execute(&system, check).await,
            Due::Sponsor(notice) => service.execute(&system, notice).await,
            Due::Case(case) => service.execute(&system, case).await,
        };
        if let Err(error) = result {
            // A failure does not block the others.
            tracing::error!(?due, %error, "a due task failed; will retry");
            continue;
        }
        *done.entry(due.duty()).or_default() += 1;
    }
    if !done.is_empty() {
        service
            .execute(
                &system,
                RecordDuties { done: done.iter().map(|(duty, count)| (*duty, *count)).collect() },
            )
            .await?;
        done.clear();
    }
    Ok(())
}
