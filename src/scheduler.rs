//! The clock's work: asks `workflow/tick.rs` what is due, and executes each as a command of its own. Any number of
//! instances may run this; each step is guarded by the version of its case or batch.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::{
    domain::actor::Actor,
    workflow::{
        Service, WorkflowError,
        tick::{ListDue, TidyUp},
    },
};

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(1);

/// How often the database looks at how its tables have grown.
const STATISTICS: Duration = Duration::from_secs(3600);

/// Runs until `stopping`.
pub async fn run(service: Service, mut stopping: watch::Receiver<bool>) {
    // They were refreshed at the start.
    let mut refreshed_at = Instant::now();
    while !*stopping.borrow() {
        if refreshed_at.elapsed() > STATISTICS {
            refreshed_at = Instant::now();
            if let Err(error) = service.db().refresh_statistics().await {
                tracing::warn!(%error, "the tables' statistics could not be refreshed; it will be tried again");
            }
        }
        if let Err(error) = round(&service).await {
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
