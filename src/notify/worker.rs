//! The notifier: claims due messages of its channel, sends them and records the outcomes, until the service stops.
//! Several instances share the work. When an instance dies, its claims end soon and others send its messages.
//!
//! Some messages are sent in parallel. Attempts that have ended are recorded together, while the next messages are sent.
//! After a crash, the messages that were sent and not recorded are sent again, with the same `Message-ID`.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, interval_at},
};

use super::{
    retry,
    transport::{Transports, Undelivered},
};
use crate::{
    clock::Clock,
    domain::{delivery::Outcome, ids::NotificationId, notification::Channel},
    random,
    store::{
        Db, StoreError, Tx,
        outbox::{self, Attempt, Due, Failure},
    },
};

/// Messages sent in parallel, and connections kept to the mail server.
pub const PARALLEL: usize = 4;
/// Messages claimed at once.
const CLAIM_SIZE: usize = 200;
/// How long a claim lasts. Short, because the messages of an instance that was killed wait for its end.
const CLAIM: SignedDuration = SignedDuration::from_secs(15);
/// How often a claim is extended.
const RENEWAL: Duration = Duration::from_secs(5);
/// So long before the end of a claim, no message is started any more. Otherwise a slow mail server could make another
/// instance send it too.
const LATEST_START: SignedDuration = SignedDuration::from_secs(5);
/// How often the outbox is read without a wake-up: another instance may have filled it, or a retry may be due.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The same while the database or the mail server cannot be reached.
const OUTAGE_INTERVAL: Duration = Duration::from_secs(5);

/// The worker of a channel. Clones share it.
#[derive(Clone)]
pub struct Worker {
    /// The channel. Each has its own worker, so that no channel waits for the server of another.
    pub channel: Channel,
    /// The database with the outbox.
    pub db: Db,
    /// The source of the time.
    pub clock: Clock,
    /// Whether the clock can be trusted. With a wrong clock, messages that others are sending seem to be free, and failed
    /// ones seem to be too old.
    pub clock_is_right: watch::Receiver<bool>,
    /// Delivers messages.
    pub transports: Arc<Transports>,
}

/// The result of a round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    /// Nothing was due.
    Idle,
    /// Messages were due, and there may be more.
    Busy,
    /// No message could be sent.
    ServerAway,
}

impl Worker {
    /// Runs until `stopping`, then finishes the messages in progress. `filled` wakes it early.
    pub async fn run(self, mut filled: watch::Receiver<()>, mut stopping: watch::Receiver<bool>) {
        let mut clock_is_right = self.clock_is_right.clone();
        let mut has_released = false;
        while !*stopping.borrow() {
            if !*clock_is_right.borrow_and_update() {
                tokio::select! {
                    _ = clock_is_right.changed() => {}
                    _ = stopping.changed() => {}
                }
                continue;
            }
            if !has_released {
                self.release_old_claims().await;
                has_released = true;
            }
            let pause = match self.round(&stopping).await {
                Ok(Round::Idle) => POLL_INTERVAL,
                Ok(Round::Busy) => Duration::ZERO,
                Ok(Round::ServerAway) => OUTAGE_INTERVAL,
                Err(error) => {
                    tracing::warn!(%error, "cannot read the outbox; will retry");
                    OUTAGE_INTERVAL
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                // A wake-up that arrives before this line is kept, so none is lost.
                Ok(()) = filled.changed(), if pause == POLL_INTERVAL => {}
                _ = stopping.changed() => {}
            }
        }
    }

    /// Sends what is due. While the server is away, only a few messages are tried; the others are not marked as failed.
    /// So they leave at once when the server is back, and an outage costs the database next to nothing.
    async fn round(&self, stopping: &watch::Receiver<bool>) -> Result<Round, StoreError> {
        let (channel, now) = (self.channel, self.clock.now());
        // Reading is cheap; a claim takes SQLite's only writer.
        if !self.db.read(move |tx| outbox::is_any_due(tx, channel, now)).await? {
            return Ok(Round::Idle);
        }
        let mut until = end_of_claim(now)?;
        let claim = move |tx: &mut Tx<'_>| outbox::claim(tx, channel, now, CLAIM_SIZE as i64, until);
        let mut waiting: Vec<Due> = self.db.write(claim).await?;
        let claimed: Arc<[NotificationId]> = waiting.iter().map(|due| due.id).collect();
        // The longest due comes first.
        waiting.reverse();
        let (ended, attempts) = mpsc::unbounded_channel();
        let recording = tokio::spawn(record(self.db.clone(), attempts));
        let mut running = JoinSet::new();
        let mut result = Round::Busy;
        let mut renewal = interval_at(Instant::now() + RENEWAL, RENEWAL);
        loop {
            while running.len() < PARALLEL
                && result == Round::Busy
                && !*stopping.borrow()
                && self.clock.now() < until - LATEST_START
            {
                let Some(due) = waiting.pop() else { break };
                running.spawn(self.clone().deliver(due, ended.clone()));
            }
            tokio::select! {
                delivered = running.join_next() => match delivered {
                    None => break,
                    Some(Ok(Round::ServerAway)) => result = Round::ServerAway,
                    Some(_) => {}
                },
                _ = renewal.tick() => match self.renew(Arc::clone(&claimed), until).await {
                    Ok(extended) => until = extended,
                    Err(error) => tracing::warn!(%error, "cannot extend the claim of messages"),
                },
            }
        }
        drop(ended);
        let _ = recording.await;
        if !waiting.is_empty() {
            let (left, now): (Vec<_>, _) = (waiting.iter().map(|due| due.id).collect(), self.clock.now());
            self.db.write(move |tx| outbox::release(tx, &left, until, now)).await?;
        }
        Ok(result)
    }

    /// Extends the claim of the messages that are still claimed. Returns its new end.
    async fn renew(&self, claimed: Arc<[NotificationId]>, until: Timestamp) -> Result<Timestamp, StoreError> {
        let new_until = end_of_claim(self.clock.now())?;
        self.db.write(move |tx| outbox::renew(tx, &claimed, until, new_until)).await?;
        Ok(new_until)
    }

    /// Releases the claims of the previous process: one process at a time serves an SQLite file. Also makes delayed
    /// messages due now, since an operator who restarts the service wants to see whether mail works.
    async fn release_old_claims(&self) {
        let (channel, now) = (self.channel, self.clock.now());
        if self.db.sqlite_file().is_some()
            && let Err(error) = self.db.write(move |tx| outbox::make_all_due(tx, channel, now)).await
        {
            tracing::warn!(%error, "cannot release the messages that the previous process claimed; they become due when their claims end");
        }
    }

    /// Delivers one message. A failure affects no other message, unless the server is away.
    async fn deliver(self, due: Due, ended: mpsc::UnboundedSender<Attempt>) -> Round {
        let sending = AssertUnwindSafe(self.transports.send(self.channel, &due)).catch_unwind();
        let sent = sending.await.unwrap_or_else(|_| Err(Undelivered::technical("sending panicked")));
        let now = self.clock.now();
        let is_away = sent.as_ref().is_err_and(|failure| failure.server_is_away);
        let result = sent.map_err(|failure| failure_of(&due, failure, now));
        // The other side runs until every sender is dropped.
        let _ = ended.send(Attempt { id: due.id, number: due.attempt, at: now, result });
        if is_away { Round::ServerAway } else { Round::Busy }
    }
}

/// What is recorded of a failure: the outcome, and when the message is tried again.
fn failure_of(due: &Due, failure: Undelivered, now: Timestamp) -> Failure {
    let Undelivered { outcome, detail, .. } = failure;
    let [jitter] = random::bytes();
    let again_at = match outcome {
        Outcome::Permanent => None,
        _ => retry::next_attempt_at(due.policy, due.created_at, due.attempt, now, jitter),
    };
    let id = due.id;
    match again_at {
        Some(_) => tracing::warn!(%id, %outcome, detail, "a message was not sent; will retry"),
        None => tracing::error!(%id, %outcome, detail, "a message was abandoned"),
    }
    Failure { outcome, detail, again_at }
}

/// Records attempts as they end: all that have ended while the last ones were recorded, in one transaction.
async fn record(db: Db, mut attempts: mpsc::UnboundedReceiver<Attempt>) {
    let mut ended = Vec::new();
    while attempts.recv_many(&mut ended, CLAIM_SIZE).await > 0 {
        let some = std::mem::take(&mut ended);
        if let Err(error) = db.write(move |tx| outbox::record(tx, &some)).await {
            tracing::warn!( %error, "cannot record attempts of delivery; the messages may be sent again");
        }
    }
}

/// The end of a claim that is made or extended now, as precisely as the database keeps it.
fn end_of_claim(now: Timestamp) -> Result<Timestamp, StoreError> {
    let until = now.saturating_add(CLAIM).map_err(|error| StoreError::Broken(error.to_string()))?;
    Timestamp::from_microsecond(until.as_microsecond()).map_err(|error| StoreError::Broken(error.to_string()))
}
