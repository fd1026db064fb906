//! The outbox: messages to send, written in the transaction that causes them, and the delivery attempts.
//!
//! A worker claims messages for some seconds and extends the claim while it sends them. Until the claim ends, no other
//! worker sends them; if the worker dies, they are due soon. Each channel has its own worker, so that no channel waits for another. Address and
//! contents are sealed, under the key of the case that the message is about, if there is one; no other column is about a
//! person.

mod contents;
mod listing;

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx, case_key,
    connection::AnyConnection,
    dialect::{insert_rows, locked, on_either},
    schema::{delivery_attempts, notifications},
    tx::{FlushOrder, PendingRow, Subject},
    types::At,
};
use crate::{
    domain::{
        delivery::{AttemptPolicy, DeliveryState, Outcome},
        ids::{ApplicationId, NotificationId},
        notification::{Channel, Message, Notification},
    },
    keyring::KeyError,
    random,
};

pub use listing::{ListedMessage, Place, by_id, in_state, of_case, resend};

/// Adds a message to the outbox; `event` is the event of a case that it is about.
pub fn enqueue(
    tx: &mut Tx<'_>,
    event: Option<(ApplicationId, i32)>,
    notification: &Notification,
    now: Timestamp,
) -> Result<NotificationId, StoreError> {
    let id = NotificationId(random::id());
    let contents = contents::to_json(&notification.contents)?;
    let case = event.map(|(case, _)| case);
    let row = NewRow {
        id,
        event,
        message: notification.contents.message(),
        channel: notification.channel,
        language: notification.language.clone(),
        recipient: seal(tx, case, &sealing_place(id, "recipient"), notification.recipient.as_bytes())?,
        contents: seal(tx, case, &sealing_place(id, "contents"), &contents)?,
        created_at: now,
    };
    tx.push(row);
    Ok(id)
}

fn seal(
    tx: &mut Tx<'_>,
    case: Option<ApplicationId>,
    place: &str,
    plain: &[u8],
) -> Result<Vec<u8>, StoreError> {
    match case {
        Some(case) => case_key::seal(tx, case, place, plain),
        None => Ok(tx.keyring.seal(place, plain)?),
    }
}

/// A new message, sealed.
struct NewRow {
    id: NotificationId,
    event: Option<(ApplicationId, i32)>,
    message: Message,
    channel: Channel,
    language: String,
    recipient: Vec<u8>,
    contents: Vec<u8>,
    created_at: Timestamp,
}

impl PendingRow for NewRow {
    const ORDER: FlushOrder = FlushOrder::Notifications;

    fn subject(&self) -> Subject {
        Subject::Other
    }

    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
        insert_rows!(conn, notifications, rows, |row| {
            id: row.id,
            application_id: row.event.map(|(application, _)| application),
            event_seq: row.event.map(|(_, seq)| seq),
            message: row.message,
            channel: row.channel,
            attempt_policy: row.channel.attempt_policy(),
            language: &row.language,
            recipient_sealed: &row.recipient,
            contents_sealed: &row.contents,
            state: DeliveryState::Pending,
            attempts: 0,
            next_attempt_at: At(row.created_at),
            created_at: At(row.created_at),
        });
        Ok(())
    }
}

/// A claimed message, to be sent now.
pub struct Due {
    /// Its id.
    pub id: NotificationId,
    /// Attempt number, from 1.
    pub attempt: i32,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it is tried again if this attempt fails.
    pub policy: AttemptPolicy,
    /// The message, or why it cannot be read: the others are sent all the same.
    pub notification: Result<Notification, Unreadable>,
}

/// Why a message of the outbox cannot be read. Says nothing of what it contains.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Its columns do not open.
    #[error(transparent)]
    Sealed(#[from] StoreError),
    /// A later version has written it, or somebody has changed the row.
    #[error("this version does not know the kind of the message")]
    UnknownKind,
    /// They are not what the message says.
    #[error("the contents are not those of the message {0}")]
    Contents(Message),
}

#[derive(Queryable)]
struct Row {
    id: NotificationId,
    application_id: Option<ApplicationId>,
    /// As text, so that one that this version does not know keeps no other message from being sent.
    message: String,
    language: String,
    recipient_sealed: Vec<u8>,
    contents_sealed: Vec<u8>,
    attempts: i32,
    /// As text, for the same reason.
    attempt_policy: String,
    created_at: At,
}

/// Whether a message is due on the channel. Cheap, and takes no lock.
pub fn is_any_due(tx: &mut Tx<'_>, channel: Channel, now: Timestamp) -> Result<bool, StoreError> {
    let first: Option<NotificationId> = notifications::table
        .filter(notifications::state.eq(DeliveryState::Pending))
        .filter(notifications::channel.eq(channel).and(notifications::next_attempt_at.le(At(now))))
        .select(notifications::id)
        .first(tx.conn()?)
        .optional()?;
    Ok(first.is_some())
}

/// Claims the messages that have been due longest on the channel, at most `at_most`. No other worker gets them before
/// the end of the claim.
pub fn claim(
    tx: &mut Tx<'_>,
    channel: Channel,
    now: Timestamp,
    at_most: i64,
    until: Timestamp,
) -> Result<Vec<Due>, StoreError> {
    let rows = lock_due(tx, channel, now, at_most)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<NotificationId> = rows.iter().map(|row| row.id).collect();
    diesel::update(notifications::table.filter(notifications::id.eq_any(ids)))
        .set((
            notifications::attempts.eq(notifications::attempts + 1),
            notifications::next_attempt_at.eq(At(until)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    let cases: Vec<ApplicationId> = rows.iter().filter_map(|row| row.application_id).collect();
    case_key::prefetch(tx, &cases)?;
    Ok(rows.into_iter().map(|row| row.into_due(tx, channel)).collect())
}

/// Whether a message is in the claim that ends then. One that was recorded, or that another worker has claimed since, is
/// not.
#[diesel::dsl::auto_type]
fn is_claimed(until: Timestamp) -> _ {
    let end: At = At(until);
    let pending: DeliveryState = DeliveryState::Pending;
    notifications::state.eq(pending).and(notifications::next_attempt_at.eq(end))
}

/// Extends a claim. Returns the messages that are still in it.
pub fn renew(
    tx: &mut Tx<'_>,
    claimed: &[NotificationId],
    until: Timestamp,
    new_until: Timestamp,
) -> Result<Vec<NotificationId>, StoreError> {
    let still_claimed = notifications::table.filter(notifications::id.eq_any(claimed).and(is_claimed(until)));
    let extended = diesel::update(still_claimed)
        .set(notifications::next_attempt_at.eq(At(new_until)))
        .returning(notifications::id);
    Ok(on_either!(tx.changing(Subject::Other)?, |conn| extended.load(conn))?)
}

/// Locks the messages. PostgreSQL skips those that another instance is claiming. SQLite needs no lock: it has one
/// writer.
fn lock_due(tx: &mut Tx<'_>, channel: Channel, now: Timestamp, at_most: i64) -> Result<Vec<Row>, StoreError> {
    let due = notifications::table
        .filter(notifications::state.eq(DeliveryState::Pending))
        .filter(notifications::channel.eq(channel).and(notifications::next_attempt_at.le(At(now))))
        .order((notifications::next_attempt_at, notifications::id))
        .limit(at_most)
        .select((
            notifications::id,
            notifications::application_id,
            notifications::message,
            notifications::language,
            notifications::recipient_sealed,
            notifications::contents_sealed,
            notifications::attempts,
            notifications::attempt_policy,
            notifications::created_at,
        ));
    Ok(locked!(tx.conn()?, due, for_update().skip_locked(), load)?)
}

impl Row {
    fn into_due(self, tx: &mut Tx<'_>, channel: Channel) -> Due {
        Due {
            id: self.id,
            attempt: self.attempts + 1,
            created_at: self.created_at.0,
            policy: self.attempt_policy.parse().unwrap_or(channel.attempt_policy()),
            notification: self.open(tx, channel),
        }
    }

    fn open(self, tx: &mut Tx<'_>, channel: Channel) -> Result<Notification, Unreadable> {
        let message: Message = self.message.parse().map_err(|_| Unreadable::UnknownKind)?;
        let recipient = String::from_utf8(self.open_column(tx, "recipient", &self.recipient_sealed)?)
            .map_err(|_| StoreError::from(KeyError::Sealed("it is not text")))?;
        let contents =
            contents::from_json(message, &self.open_column(tx, "contents", &self.contents_sealed)?)?;
        Ok(Notification { channel, language: self.language, recipient, contents })
    }

    fn open_column(&self, tx: &mut Tx<'_>, column: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let place = sealing_place(self.id, column);
        match self.application_id {
            Some(case) => case_key::open(tx, case, &place, sealed),
            None => Ok(tx.keyring.open(&place, sealed)?),
        }
    }
}

/// An attempt to deliver a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The message.
    pub id: NotificationId,
    /// Its number, from 1.
    pub number: i32,
    /// When it ended.
    pub at: Timestamp,
    /// Whether the message was sent, or why not.
    pub result: Result<(), Failure>,
}

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure it is.
    pub outcome: Outcome,
    /// The server's reply code or the kind of failure; never an address.
    pub detail: String,
    /// When to try again; none: never.
    pub again_at: Option<Timestamp>,
}

/// Records attempts: a message was sent, is tried again later, or is abandoned.
pub fn record(tx: &mut Tx<'_>, attempts: &[Attempt]) -> Result<(), StoreError> {
    insert_rows!(tx.changing(Subject::Other)?, delivery_attempts, attempts, |attempt| {
        notification_id: attempt.id,
        attempt: attempt.number,
        at: At(attempt.at),
        outcome: attempt.result.as_ref().map_or_else(|failure| failure.outcome, |()| Outcome::Sent),
        detail: attempt.result.as_ref().err().map(|failure| &failure.detail),
    });
    let all_sent = attempts.iter().filter(|attempt| attempt.result.is_ok());
    let sent: Vec<NotificationId> = all_sent.clone().map(|attempt| attempt.id).collect();
    if let Some(now) = all_sent.map(|attempt| attempt.at).max() {
        diesel::update(notifications::table.filter(notifications::id.eq_any(sent)))
            .set((notifications::state.eq(DeliveryState::Sent), notifications::sent_at.eq(Some(At(now)))))
            .execute(tx.changing(Subject::Other)?)?;
    }
    for attempt in attempts {
        if let Err(failure) = &attempt.result {
            record_failure(tx, attempt, failure)?;
        }
    }
    Ok(())
}

/// Does not change a message whose claim has ended and that another worker has claimed since.
fn record_failure(tx: &mut Tx<'_>, attempt: &Attempt, failure: &Failure) -> Result<(), StoreError> {
    let state = if failure.again_at.is_some() { DeliveryState::Pending } else { DeliveryState::Dead };
    let is_ours =
        notifications::state.eq(DeliveryState::Pending).and(notifications::attempts.eq(attempt.number));
    diesel::update(notifications::table.find(attempt.id).filter(is_ours))
        .set((
            notifications::state.eq(state),
            notifications::next_attempt_at.eq(At(failure.again_at.unwrap_or(attempt.at))),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Releases claimed messages whose attempts were not begun. They are due at once.
pub fn release(
    tx: &mut Tx<'_>,
    claimed: &[NotificationId],
    until: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::update(notifications::table.filter(notifications::id.eq_any(claimed).and(is_claimed(until))))
        .set((
            notifications::attempts.eq(notifications::attempts - 1),
            notifications::next_attempt_at.eq(At(now)),
        ))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Makes all pending messages of the channel due at once, whatever their claim or delay. Call this only when no other
/// process sends messages.
pub fn make_all_due(tx: &mut Tx<'_>, channel: Channel, now: Timestamp) -> Result<(), StoreError> {
    let of_channel = notifications::state.eq(DeliveryState::Pending).and(notifications::channel.eq(channel));
    let waiting = of_channel.and(notifications::next_attempt_at.gt(At(now)));
    diesel::update(notifications::table.filter(waiting))
        .set(notifications::next_attempt_at.eq(At(now)))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// The number of messages in each state that has any.
pub fn count_by_state(tx: &mut Tx<'_>) -> Result<Vec<(DeliveryState, i64)>, StoreError> {
    let counts = notifications::table
        .group_by(notifications::state)
        .order(notifications::state)
        .select((notifications::state, diesel::dsl::count_star()))
        .load(tx.conn()?)?;
    Ok(counts)
}

/// The number of attempts with each outcome that has any.
pub fn count_attempts(tx: &mut Tx<'_>) -> Result<Vec<(Outcome, i64)>, StoreError> {
    let counts = delivery_attempts::table
        .group_by(delivery_attempts::outcome)
        .order(delivery_attempts::outcome)
        .select((delivery_attempts::outcome, diesel::dsl::count_star()))
        .load(tx.conn()?)?;
    Ok(counts)
}

pub(super) fn sealing_place(id: NotificationId, column: &str) -> String {
    format!("notifications/{id}/{column}")
}
