//! The notifier: claims due messages of its channel, sends them and records the outcomes, until the service stops.
//! Several instances share the work. When an instance dies, its claims end soon and others send its messages.
//!
//! Some messages are sent in parallel. Attempts that have ended are recorded together, while the next messages are sent.
//! After a crash, the messages that were sent and not recorded are sent again, with the same `Message-ID`.

use std::{
    collections::{BTreeSet, VecDeque},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, interval, sleep_until},
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
/// No message is started this long before the end of its claim. Otherwise a slow mail server could make another instance
/// send it too.
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

/// What this instance has claimed.
#[derive(Default)]
struct Sending {
    /// The messages that are not begun, the longest due first. All are of the last claim.
    waiting: VecDeque<Due>,
    /// The messages that are being delivered. Each task returns its message, and whether the server is away.
    running: JoinSet<(NotificationId, bool)>,
    claims: Vec<Claim>,
}

/// The messages of a claim that are not delivered yet.
struct Claim {
    until: Timestamp,
    messages: BTreeSet<NotificationId>,
}

impl Sending {
    /// Whether a message that is due now could be begun at once.
    fn has_room(&self) -> bool {
        self.waiting.is_empty() && self.running.len() < PARALLEL
    }

    /// The end of the claim of the waiting messages.
    fn until(&self) -> Timestamp {
        self.claims.last().map_or(Timestamp::MIN, |claim| claim.until)
    }

    fn forget(&mut self, messages: &[NotificationId]) {
        for claim in &mut self.claims {
            claim.messages.retain(|id| !messages.contains(id));
        }
        self.claims.retain(|claim| !claim.messages.is_empty());
    }
}

impl Worker {
    /// Runs until `stopping`, then finishes the messages in progress. `filled` wakes it early.
    pub async fn run(self, mut filled: watch::Receiver<()>, mut stopping: watch::Receiver<bool>) {
        let mut clock_is_right = self.clock_is_right.clone();
        let (ended, attempts) = mpsc::unbounded_channel();
        let recording = tokio::spawn(record(self.db.clone(), attempts));
        let mut sending = Sending::default();
        let mut renewal = interval(RENEWAL);
        // When the outbox is read again, and whether a new message is a reason to read it earlier.
        let (mut next_look, mut may_wake) = (Instant::now(), true);
        let mut has_released = false;
        while !*stopping.borrow() {
            let is_right = *clock_is_right.borrow_and_update();
            if is_right && !has_released {
                self.release_old_claims().await;
                has_released = true;
            }
            if is_right && sending.has_room() && next_look <= Instant::now() {
                let (pause, is_idle) = match self.claim(&mut sending).await {
                    Ok(0) => (POLL_INTERVAL, true),
                    Ok(_) => {
                        // Ticks that were missed while nothing was claimed do not count. Later claims change nothing:
                        // an earlier one may have to be extended soon.
                        if sending.claims.len() == 1 {
                            renewal.reset();
                        }
                        (Duration::ZERO, true)
                    }
                    Err(error) => {
                        tracing::warn!(%error, "cannot read the outbox; will retry");
                        (OUTAGE_INTERVAL, false)
                    }
                };
                (next_look, may_wake) = (Instant::now() + pause, is_idle);
            }
            if is_right {
                self.start(&mut sending, &ended).await;
            }
            let may_look = is_right && sending.has_room();
            tokio::select! {
                Some(delivered) = sending.running.join_next() => {
                    let Ok((message, server_is_away)) = delivered else { continue };
                    sending.forget(&[message]);
                    if server_is_away {
                        // The others are not tried. So they leave at once when the server is back, and an outage costs
                        // the database next to nothing.
                        self.release(&mut sending).await;
                        (next_look, may_wake) = (Instant::now() + OUTAGE_INTERVAL, false);
                    }
                }
                _ = renewal.tick(), if !sending.claims.is_empty() => self.renew(&mut sending).await,
                () = sleep_until(next_look), if may_look => {}
                // A wake-up that arrives before this line is kept, so none is lost.
                Ok(()) = filled.changed(), if may_look && may_wake => next_look = Instant::now(),
                Ok(()) = clock_is_right.changed() => {}
                Ok(()) = stopping.changed() => {}
                else => break,
            }
        }
        while sending.running.join_next().await.is_some() {}
        self.release(&mut sending).await;
        drop(ended);
        let _ = recording.await;
    }

    /// Claims what is due. Returns the number of messages.
    async fn claim(&self, sending: &mut Sending) -> Result<usize, StoreError> {
        let (channel, now) = (self.channel, self.clock.now());
        // Reading is cheap; a claim takes SQLite's only writer.
        if !self.db.read(move |tx| outbox::is_any_due(tx, channel, now)).await? {
            return Ok(0);
        }
        let until = end_of_claim(now)?;
        let claim = move |tx: &mut Tx<'_>| outbox::claim(tx, channel, now, CLAIM_SIZE as i64, until);
        sending.waiting = self.db.write(claim).await?.into();
        let messages: BTreeSet<NotificationId> = sending.waiting.iter().map(|due| due.id).collect();
        if !messages.is_empty() {
            sending.claims.push(Claim { until, messages });
        }
        Ok(sending.waiting.len())
    }

    /// Begins the next messages. Their claim may be too old for that, if it could not be extended: then somebody else
    /// may send them, too.
    async fn start(&self, sending: &mut Sending, ended: &mpsc::UnboundedSender<Attempt>) {
        let left = sending.until().duration_since(self.clock.now());
        if !sending.waiting.is_empty() && left < LATEST_START {
            self.release(sending).await;
        }
        while sending.running.len() < PARALLEL
            && let Some(due) = sending.waiting.pop_front()
        {
            sending.running.spawn(self.clone().deliver(due, ended.clone()));
        }
    }

    /// Extends all claims. A message that another instance has claimed after the end of a claim is left to it.
    async fn renew(&self, sending: &mut Sending) {
        for claim in &mut sending.claims {
            let (messages, until) = (Vec::from_iter(claim.messages.iter().copied()), claim.until);
            let extended = async {
                let new_until = end_of_claim(self.clock.now())?;
                let kept = self.db.write(move |tx| outbox::renew(tx, &messages, until, new_until)).await?;
                Ok::<_, StoreError>((new_until, BTreeSet::from_iter(kept)))
            };
            match extended.await {
                Ok((new_until, kept)) => {
                    let is_lost = |id: &NotificationId| claim.messages.contains(id) && !kept.contains(id);
                    sending.waiting.retain(|due| !is_lost(&due.id));
                    claim.until = new_until;
                    claim.messages = kept;
                }
                Err(error) => tracing::warn!(%error, "cannot extend the claim of messages"),
            }
        }
        sending.claims.retain(|claim| !claim.messages.is_empty());
    }

    /// Gives back the messages that are not begun.
    async fn release(&self, sending: &mut Sending) {
        let messages: Vec<NotificationId> = sending.waiting.drain(..).map(|due| due.id).collect();
        if messages.is_empty() {
            return;
        }
        let (until, now) = (sending.until(), self.clock.now());
        sending.forget(&messages);
        if let Err(error) = self.db.write(move |tx| outbox::release(tx, &messages, until, now)).await {
            tracing::warn!(%error, "cannot release messages; they are due when their claim ends");
        }
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
    async fn deliver(self, due: Due, ended: mpsc::UnboundedSender<Attempt>) -> (NotificationId, bool) {
        let sending = AssertUnwindSafe(self.transports.send(self.channel, &due)).catch_unwind();
        let sent = sending.await.unwrap_or_else(|_| Err(Undelivered::technical("sending panicked")));
        let now = self.clock.now();
        let server_is_away = sent.as_ref().is_err_and(|failure| failure.server_is_away);
        let result = sent.map_err(|failure| failure_of(&due, failure, now));
        // The other side runs until every sender is dropped.
        let _ = ended.send(Attempt { id: due.id, number: due.attempt, at: now, result });
        (due.id, server_is_away)
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
        None => tracing::error!(code = "message_abandoned", %id, %outcome, detail, "a message was abandoned"),
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
