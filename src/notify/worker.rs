//! The notifier: claims what is due, sends it, records what came of it, until the service stops. Several instances
//! share the work; what one of them held when it died comes back when its lease is over.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;

use super::{
    mail::{Failure, Postman},
    retry,
};
use crate::{
    clock::Clock,
    store::{
        Db, StoreError,
        outbox::{self, Due},
    },
};

/// Messages claimed at a time, all sent before the next are claimed.
const AT_MOST: i64 = 20;
/// How long a claim holds: longer than a slow server takes for one round.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// How often the outbox is looked at when it was empty.
const PAUSE: Duration = Duration::from_millis(500);
/// How often when the database could not be reached.
const LONG_PAUSE: Duration = Duration::from_secs(5);

/// Runs until `stopping`, finishing the round that is under way.
pub async fn run(db: Db, clock: Clock, postman: Postman, mut stopping: tokio::sync::watch::Receiver<bool>) {
    let postman = Arc::new(postman);
    while !*stopping.borrow() {
        let pause = match round(&db, &clock, &postman).await {
            Ok(0) => PAUSE,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be read");
                LONG_PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stopping.changed() => {}
        }
    }
}

/// Sends what is due; returns how many messages were tried.
async fn round(db: &Db, clock: &Clock, postman: &Arc<Postman>) -> Result<usize, StoreError> {
    let now = clock.now();
    let lease_until = now.checked_add(LEASE).unwrap_or(now);
    let due: Vec<Due> = db.write(move |tx| outbox::claim(tx, now, AT_MOST, lease_until)).await?;
    let tried = due.len();
    for due in due {
        let sender = Arc::clone(postman);
        let letter = due.clone();
        let sent = tokio::task::spawn_blocking(move || sender.send(&letter)).await;
        let sent = sent.unwrap_or_else(|_| {
            Err(Failure { outcome: outbox::Outcome::Technical, detail: "sending panicked".to_owned() })
        });
        record(db, clock, due, sent).await?;
    }
    Ok(tried)
}

async fn record(db: &Db, clock: &Clock, due: Due, sent: Result<(), Failure>) -> Result<(), StoreError> {
    let now = clock.now();
    match sent {
        Ok(()) => db.write(move |tx| outbox::record_sent(tx, &due, now)).await,
        Err(failure) => {
            let next = retry::next_attempt(failure.outcome, due.attempts + 1, due.created_at, now);
            let (id, outcome) = (due.id, failure.outcome);
            match next {
                Some(_) => {
                    tracing::warn!(%id, %outcome, detail = failure.detail, "a message did not leave; it will be tried again")
                }
                None => tracing::error!(%id, %outcome, detail = failure.detail, "a message was given up"),
            }
            db.write(move |tx| outbox::record_failure(tx, &due, failure.outcome, &failure.detail, next, now))
                .await
        }
    }
}
