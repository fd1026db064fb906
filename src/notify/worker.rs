//! The notifier: claims what is due, sends it, records what came of it, until the service stops. Several instances
//! share the work; what one of them held when it died comes back when its lease is over.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

use super::{
    mail::{Mailer, Undelivered},
    retry,
};
use crate::{
    clock::Clock,
    domain::delivery::Outcome,
    random,
    store::{
        Db, StoreError,
        outbox::{self, Due, Failure},
    },
};

/// Messages that are sent at once, and connections that are kept to the mail server.
pub const SEATS: usize = 4;
/// Messages claimed at a time.
const AT_MOST: i64 = 16;
/// How long a claim holds.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// After so much of its lease a message is not begun any more, so that a slow mail server does not make somebody
/// else send it too.
const LATEST_START: SignedDuration = SignedDuration::from_secs(20);
/// How often the outbox is looked at when nobody says that there is something in it: another instance may have
/// filled it, or a delay is over.
const PAUSE: Duration = Duration::from_secs(1);
/// How often when the database or the mail server could not be reached.
const LONG_PAUSE: Duration = Duration::from_secs(5);

/// Runs until `stopping`, finishing the messages that are under way. `filled` wakes it before its pause is over.
pub async fn run(
    db: Db,
    clock: Clock,
    mailer: Mailer,
    filled: Arc<Notify>,
    mut stopping: watch::Receiver<bool>,
) {
    let mailer = Arc::new(mailer);
    take_over(&db, &clock).await;
    while !*stopping.borrow() {
        let pause = match round(&db, &clock, &mailer, &stopping).await {
            Ok(Round::Idle) => PAUSE,
            Ok(Round::Busy) => Duration::ZERO,
            Ok(Round::ServerAway) => LONG_PAUSE,
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be read; it will be tried again");
                LONG_PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // A wake-up between the look and here is kept, so that none is lost.
            () = filled.notified(), if pause == PAUSE => {}
            _ = stopping.changed() => {}
        }
    }
}

/// What a round has met with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    /// Nothing was due.
    Idle,
    /// Something was, and there may be more.
    Busy,
    /// No message gets through.
    ServerAway,
}

/// Sends what is due. While the mail server is away only a few find out; the others stay as they are, so that they leave
/// at once when it is back, and an outage costs the database next to nothing.
async fn round(
    db: &Db,
    clock: &Clock,
    mailer: &Arc<Mailer>,
    stopping: &watch::Receiver<bool>,
) -> Result<Round, StoreError> {
    let now = clock.now();
    // A look costs next to nothing; a claim takes SQLite's one writer.
    if !db.read(move |tx| outbox::is_any_due(tx, now)).await? {
        return Ok(Round::Idle);
    }
    let mut claimed: Vec<Due> = db.write(move |tx| outbox::claim(tx, now, AT_MOST, LEASE)).await?;
    // Longest due first.
    claimed.reverse();
    let mut under_way = JoinSet::new();
    let mut met = Round::Busy;
    let may_start = || !*stopping.borrow() && clock.now().duration_since(now) < LATEST_START;
    loop {
        while under_way.len() < SEATS && met == Round::Busy && may_start() {
            let Some(due) = claimed.pop() else { break };
            under_way.spawn(deliver(db.clone(), clock.clone(), Arc::clone(mailer), due));
        }
        match under_way.join_next().await {
            None => break,
            Some(Ok(Round::ServerAway)) => met = Round::ServerAway,
            Some(_) => {}
        }
    }
    for Due { id, attempt, .. } in claimed {
        let now = clock.now();
        db.write(move |tx| outbox::release(tx, id, attempt, now)).await?;
    }
    Ok(met)
}

/// An SQLite file is served by one process: what is still claimed when it starts was its predecessor's. And whoever
/// restarts a service because mail does not leave wants to see at once whether it does now.
async fn take_over(db: &Db, clock: &Clock) {
    let now = clock.now();
    if db.sqlite_file().is_some()
        && let Err(error) = db.write(move |tx| outbox::make_all_due(tx, now)).await
    {
        tracing::warn!(%error, "what the last process had claimed comes back when its lease is over");
    }
}

/// One message: whatever happens to it happens to no other, unless nobody is there to take any.
async fn deliver(db: Db, clock: Clock, mailer: Arc<Mailer>, due: Due) -> Round {
    let (id, attempt, created_at) = (due.id, due.attempt, due.created_at);
    let sent = tokio::task::spawn_blocking(move || mailer.send(&due))
        .await
        .unwrap_or_else(|_| Err(Undelivered::technical("sending panicked")));
    let now = clock.now();
    let met = match &sent {
        Err(failure) if failure.server_is_away => Round::ServerAway,
        _ => Round::Busy,
    };
    let recorded = match sent {
        Ok(()) => db.write(move |tx| outbox::record_sent(tx, id, attempt, now)).await,
        Err(Undelivered { outcome, detail, .. }) => {
            let [dice] = random::bytes();
            let again_at = match outcome {
                Outcome::Permanent => None,
                _ => retry::again_at(created_at, attempt, now, dice),
            };
            match again_at {
                Some(_) => {
                    tracing::warn!(%id, %outcome, detail, "a message did not leave; it will be tried again")
                }
                None => tracing::error!(%id, %outcome, detail, "a message was given up"),
            }
            let failure = Failure { outcome, detail, again_at };
            db.write(move |tx| outbox::record_failure(tx, id, attempt, &failure, now)).await
        }
    };
    if let Err(error) = recorded {
        tracing::warn!(%id, %error, "what came of a message cannot be recorded; it may be sent once more");
    }
    met
}
