//! The notifier: claims due messages of its channel, sends them and records the outcome, until the service stops.
//! Several instances share the work. When an instance dies, its claims expire and others send its messages.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::{sync::watch, task::JoinSet};

use super::{
    retry,
    transport::{Transports, Undelivered},
};
use crate::{
    clock::Clock,
    domain::{delivery::Outcome, notification::Channel},
    random,
    store::{
        Db, StoreError, Tx,
        outbox::{self, Due, Failure},
    },
};

/// Messages sent in parallel, and connections kept to the mail server.
pub const PARALLEL: usize = 4;
/// Messages claimed at once.
const CLAIM_SIZE: i64 = 16;
/// How long a claim lasts.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// After this much of its lease a message is not started any more. Otherwise a slow mail server could make another
/// instance send it too.
const LATEST_START: SignedDuration = SignedDuration::from_secs(20);
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
        let claim = move |tx: &mut Tx<'_>| outbox::claim(tx, channel, now, CLAIM_SIZE, LEASE);
        let mut claimed: Vec<Due> = self.db.write(claim).await?;
        // The longest due comes first.
        claimed.reverse();
        let mut running = JoinSet::new();
        let mut result = Round::Busy;
        let may_start = || !*stopping.borrow() && self.clock.now().duration_since(now) < LATEST_START;
        loop {
            while running.len() < PARALLEL && result == Round::Busy && may_start() {
                let Some(due) = claimed.pop() else { break };
                running.spawn(self.clone().deliver(due));
            }
            match running.join_next().await {
                None => break,
                Some(Ok(Round::ServerAway)) => result = Round::ServerAway,
                Some(_) => {}
            }
        }
        for Due { id, attempt, .. } in claimed {
            let now = self.clock.now();
            self.db.write(move |tx| outbox::release(tx, id, attempt, now)).await?;
        }
        Ok(result)
    }

    /// Releases the claims of the previous process: one process at a time serves an SQLite file. Also makes delayed
    /// messages due now, since an operator who restarts the service wants to see whether mail works.
    async fn release_old_claims(&self) {
        let (channel, now) = (self.channel, self.clock.now());
        if self.db.sqlite_file().is_some()
            && let Err(error) = self.db.write(move |tx| outbox::make_all_due(tx, channel, now)).await
        {
            tracing::warn!(%error, "cannot release the messages that the previous process claimed; they become due when their leases expire");
        }
    }

    /// Delivers one message. A failure affects no other message, unless the server is away.
    async fn deliver(self, due: Due) -> Round {
        let Self { channel, db, clock, transports, .. } = self;
        let (id, attempt, created_at, policy) = (due.id, due.attempt, due.created_at, due.policy);
        let sent = tokio::task::spawn_blocking(move || transports.send(channel, &due))
            .await
            .unwrap_or_else(|_| Err(Undelivered::technical("sending panicked")));
        let now = clock.now();
        let result = match &sent {
            Err(failure) if failure.server_is_away => Round::ServerAway,
            _ => Round::Busy,
        };
        let recorded = match sent {
            Ok(()) => db.write(move |tx| outbox::record_sent(tx, id, attempt, now)).await,
            Err(Undelivered { outcome, detail, .. }) => {
                let [jitter] = random::bytes();
                let again_at = match outcome {
                    Outcome::Permanent => None,
                    _ => retry::next_attempt_at(policy, created_at, attempt, now, jitter),
                };
                match again_at {
                    Some(_) => {
                        tracing::warn!(%id, %outcome, detail, "a message was not sent; will retry")
                    }
                    None => tracing::error!(%id, %outcome, detail, "a message was abandoned"),
                }
                let failure = Failure { outcome, detail, again_at };
                db.write(move |tx| outbox::record_failure(tx, id, attempt, &failure, now)).await
            }
        };
        if let Err(error) = recorded {
            tracing::warn!(%id, %error, "cannot record the result of a delivery attempt; the message may be sent again");
        }
        result
    }
}
