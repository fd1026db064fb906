//! The clock's hand: asks `workflow/tick.rs` what is due, and has each of it done in a transaction of its own. Any
//! number of instances may run this; each step is guarded by the version of its case.

use std::time::{Duration, Instant};

use crate::{
    clock::Clock,
    domain::actor::Actor,
    store::Db,
    workflow::{WorkflowError, people::sign_in, tick},
};

/// How often it looks.
const PAUSE: Duration = Duration::from_secs(1);

/// How often the database looks at how its tables have grown.
const STATISTICS: Duration = Duration::from_secs(3600);

/// Runs until `stopping`.
pub async fn run(db: Db, clock: Clock, mut stopping: tokio::sync::watch::Receiver<bool>) {
    // The start has looked too.
    let mut looked_at = Instant::now();
    while !*stopping.borrow() {
        if looked_at.elapsed() > STATISTICS {
            looked_at = Instant::now();
            if let Err(error) = db.refresh_statistics().await {
                tracing::warn!(%error, "the tables' statistics could not be refreshed; it will be tried again");
            }
        }
        if let Err(error) = round(&db, &clock).await {
            tracing::warn!(%error, "what is due could not be done; it will be tried again");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stopping.changed() => {}
        }
    }
}

async fn round(db: &Db, clock: &Clock) -> Result<(), WorkflowError> {
    let now = clock.now();
    let (batches, due, untidy) = db
        .read(move |tx| {
            Ok::<_, WorkflowError>((
                tick::due_batches(tx, now)?,
                tick::due(tx, now)?,
                sign_in::is_untidy(tx, now)?,
            ))
        })
        .await?;
    for (batch, seen_version, next) in batches {
        db.write(move |tx| tick::advance_batch(tx, batch, seen_version, next, now)).await?;
    }
    for due in due {
        let done: Result<(), WorkflowError> =
            db.write(move |tx| tick::carry_out(tx, &Actor::system(), due, now)).await;
        if let Err(error) = done {
            // The others need not wait for the one that fails.
            tracing::error!(case = %due.case, action = %due.action, %error, "what is due could not be done");
        }
    }
    if untidy {
        db.write(move |tx| sign_in::tidy_up(tx, now)).await?;
    }
    Ok(())
}
