//! The clock's work: asks `workflow/tick.rs` what is due, and executes each as a command of its own. Any number of
//! instances may run this; each step is guarded by the version of its case or batch.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::{
    domain::actor::Actor,
    workflow::{
        Service, WorkflowError,
        begin_histories::{BeginHistories, Histories},
        reseal::{ResealSlice, Resealing},
        rotate_keys::SyncKeys,
        tick::{ListDue, TidyUp},
    },
};

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(1);

/// How often the database looks at how its tables have grown.
const STATISTICS: Duration = Duration::from_secs(3600);

/// Runs until `stopping`.
pub async fn run(service: Service, stopping: watch::Receiver<bool>) {
    tokio::join!(
        watch_the_clock(&service, stopping.clone()),
        reseal_cases(&service, stopping.clone()),
        begin_histories(&service, stopping),
    );
}

async fn watch_the_clock(service: &Service, mut stopping: watch::Receiver<bool>) {
    // They were refreshed at the start.
    let mut refreshed_at = Instant::now();
    while !*stopping.borrow() {
        if refreshed_at.elapsed() > STATISTICS {
            refreshed_at = Instant::now();
            if let Err(error) = service.db().refresh_statistics().await {
                tracing::warn!(%error, "the tables' statistics could not be refreshed; it will be tried again");
            }
        }
        // Another process may have rotated the keys.
        if let Err(error) = service.query(&Actor::system(), SyncKeys).await {
            tracing::warn!(%error, "the current master key cannot be used; it will be tried again");
        }
        if let Err(error) = round(service).await {
            tracing::warn!(%error, "what is due could not be done; it will be tried again");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stopping.changed() => {}
        }
    }
}

async fn round(service: &Service) -> Result<(), WorkflowError> {
    let system = Actor::system();
    let due = service.query(&system, ListDue).await?;
    for batch in due.batches {
        service.execute(&system, batch).await?;
    }
    for case in due.cases {
        if let Err(error) = service.execute(&system, case).await {
            // One that fails does not hold up the others.
            tracing::error!(case = %case.case, action = %case.action, %error, "what is due could not be done");
        }
    }
    if due.untidy {
        service.execute(&system, TidyUp).await?;
    }
    Ok(())
}

/// Seals the values of all cases again, if an upgrade has left that to do. Rests after each slice for as long as the
/// slice took, so that half of the writers' time is left to the requests.
async fn reseal_cases(service: &Service, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        let begun = Instant::now();
        let pause = match service.execute(&Actor::system(), ResealSlice).await {
            Ok(Resealing::Done) => return,
            Ok(Resealing::ByAnother) => PAUSE,
            Ok(Resealing::GoesOn(slice)) => {
                for (case, error) in slice.unreadable {
                    tracing::error!(%case, %error, "a case cannot be sealed again and stays as it is");
                }
                begun.elapsed()
            }
            Err(error) => {
                tracing::warn!(%error, "cases could not be sealed again; it will be tried again");
                PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Begins the histories that an upgrade has left to begin, with the same rests.
async fn begin_histories(service: &Service, mut stopping: watch::Receiver<bool>) {
    while !*stopping.borrow() {
        let begun = Instant::now();
        let pause = match service.execute(&Actor::system(), BeginHistories).await {
            Ok(Histories::Begun) => return,
            Ok(Histories::ByAnother) => PAUSE,
            Ok(Histories::Left) => begun.elapsed(),
            Err(error) => {
                tracing::warn!(%error, "histories could not be begun; it will be tried again");
                PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopping.changed() => {}
        }
    }
}
