//! The notifier: claims what is due on its channel, sends it, records what came of it, until the service stops. Several
//! instances share the work; what one of them held when it died comes back when its lease is over.

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

/// The worker of a channel; clones share it.
#[derive(Clone)]
pub struct Worker {
    /// The channel. Each has its own worker, so that none waits for the server of another.
    pub channel: Channel,
    /// Where the outbox is.
    pub db: Db,
    /// When messages are due.
    pub clock: Clock,
    /// What delivers.
    pub transports: Arc<Transports>,
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

impl Worker {
    /// Runs until `stopping`, finishing the messages that are under way. `filled` wakes it before its pause is over.
    pub async fn run(self, mut filled: watch::Receiver<()>, mut stopping: watch::Receiver<bool>) {
        self.take_over().await;
        while !*stopping.borrow() {
            let pause = match self.round(&stopping).await {
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
                Ok(()) = filled.changed(), if pause == PAUSE => {}
                _ = stopping.changed() => {}
            }
        }
    }

    /// Sends what is due. While the server is away only a few find out; the others stay as they are, so that they leave
    /// at once when it is back, and an outage costs the database next to nothing.
    async fn round(&self, stopping: &watch::Receiver<bool>) -> Result<Round, StoreError> {
        let (channel, now) = (self.channel, self.clock.now());
        // A look costs next to nothing; a claim takes SQLite's one writer.
        if !self.db.read(move |tx| outbox::is_any_due(tx, channel, now)).await? {
            return Ok(Round::Idle);
        }
        let claim = move |tx: &mut Tx<'_>| outbox::claim(tx, channel, now, AT_MOST, LEASE);
        let mut claimed: Vec<Due> = self.db.write(claim).await?;
        // Longest due first.
        claimed.reverse();
        let mut under_way = JoinSet::new();
        let mut met = Round::Busy;
        let may_start = || !*stopping.borrow() && self.clock.now().duration_since(now) < LATEST_START;
        loop {
            while under_way.len() < SEATS && met == Round::Busy && may_start() {
                let Some(due) = claimed.pop() else { break };
                under_way.spawn(self.clone().deliver(due));
            }
            match under_way.join_next().await {
                None => break,
                Some(Ok(Round::ServerAway)) => met = Round::ServerAway,
                Some(_) => {}
            }
        }
        for Due { id, attempt, .. } in claimed {
            let now = self.clock.now();
            self.db.write(move |tx| outbox::release(tx, id, attempt, now)).await?;
        }
        Ok(met)
    }

    /// An SQLite file is served by one process: what is still claimed when it starts was its predecessor's. And whoever
    /// restarts a service because mail does not leave wants to see at once whether it does now.
    async fn take_over(&self) {
        let (channel, now) = (self.channel, self.clock.now());
        if self.db.sqlite_file().is_some()
            && let Err(error) = self.db.write(move |tx| outbox::make_all_due(tx, channel, now)).await
        {
            tracing::warn!(%error, "what the last process had claimed comes back when its lease is over");
        }
    }

    /// One message: whatever happens to it happens to no other, unless nobody is there to take any.
    async fn deliver(self, due: Due) -> Round {
        let Self { channel, db, clock, transports } = self;
        let (id, attempt, created_at, policy) = (due.id, due.attempt, due.created_at, due.policy);
        let sent = tokio::task::spawn_blocking(move || transports.send(channel, &due))
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
                    _ => retry::again_at(policy, created_at, attempt, now, dice),
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
}
