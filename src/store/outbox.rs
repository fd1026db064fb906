//! The outbox: what is owed to whom, what was tried, what came back. A row per recipient; a row is claimed by moving
//! its next attempt ahead (a lease), so that two instances never send the same one, and what a crashed one held comes
//! back by itself.

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    schema::{delivery_attempts, notifications},
    types::At,
};
use crate::{
    chance,
    domain::{
        ids::{ApplicationId, NotificationId},
        notification::{Contents, Message, Notice},
    },
    text_enum,
};

text_enum! {
    /// What came of an attempt.
    pub enum Outcome {
        /// The server took it.
        Sent = "sent",
        /// The server said: not now.
        Temporary = "temporary",
        /// The server said: never.
        Permanent = "permanent",
        /// No server was reached, or our side failed.
        Technical = "technical",
    }
}

/// A message that is due.
#[derive(Clone)]
pub struct Due {
    /// Its id, which becomes its `Message-ID`.
    pub id: NotificationId,
    /// What it says, to whom.
    pub notice: Notice,
    /// How often it was tried.
    pub attempts: i32,
    /// Since when it is owed.
    pub created_at: Timestamp,
}

fn place(id: NotificationId, column: &str) -> String {
    format!("notifications/{id}/{column}")
}

/// Puts a message into the outbox.
pub fn enqueue(
    tx: &mut Tx<'_>,
    event: Option<(ApplicationId, i32)>,
    notice: &Notice,
    now: Timestamp,
) -> Result<NotificationId, StoreError> {
    let id = NotificationId(chance::fresh_id());
    let contents = serde_json::to_vec(&notice.contents).map_err(|e| StoreError::Broken(e.to_string()))?;
    diesel::insert_into(notifications::table)
        .values((
            notifications::id.eq(id),
            notifications::application_id.eq(event.map(|(application, _)| application)),
            notifications::event_seq.eq(event.map(|(_, seq)| seq)),
            notifications::message.eq(notice.message),
            notifications::language.eq(&notice.language),
            notifications::recipient_sealed
                .eq(tx.secret.seal(&place(id, "recipient"), notice.recipient.as_bytes())?),
            notifications::contents_sealed.eq(tx.secret.seal(&place(id, "contents"), &contents)?),
            notifications::state.eq("pending"),
            notifications::attempts.eq(0),
            notifications::next_attempt_at.eq(At(now)),
            notifications::created_at.eq(At(now)),
        ))
        .execute(tx.conn)?;
    Ok(id)
}

#[derive(Queryable)]
struct Row {
    id: NotificationId,
    message: Message,
    language: String,
    recipient: Vec<u8>,
    contents: Vec<u8>,
    attempts: i32,
    created_at: At,
}

/// Claims what is due, the longest waiting first, until `lease_until`.
pub fn claim(
    tx: &mut Tx<'_>,
    now: Timestamp,
    at_most: i64,
    lease_until: Timestamp,
) -> Result<Vec<Due>, StoreError> {
    let due = notifications::table
        .filter(notifications::state.eq("pending").and(notifications::next_attempt_at.le(At(now))))
        .order((notifications::next_attempt_at, notifications::id))
        .limit(at_most)
        .select((
            notifications::id,
            notifications::message,
            notifications::language,
            notifications::recipient_sealed,
            notifications::contents_sealed,
            notifications::attempts,
            notifications::created_at,
        ));
    let rows: Vec<Row> = match tx.conn {
        AnyConnection::Postgres(conn) => due.for_update().skip_locked().load(conn)?,
        AnyConnection::Sqlite(conn) => due.load(conn)?,
    };
    let ids: Vec<NotificationId> = rows.iter().map(|row| row.id).collect();
    if !ids.is_empty() {
        diesel::update(notifications::table.filter(notifications::id.eq_any(ids)))
            .set(notifications::next_attempt_at.eq(At(lease_until)))
            .execute(tx.conn)?;
    }
    rows.into_iter().map(|row| opened(tx, row)).collect()
}

fn opened(tx: &Tx<'_>, row: Row) -> Result<Due, StoreError> {
    let unreadable = |e: String| StoreError::Broken(format!("notification {} cannot be read: {e}", row.id));
    let recipient = tx.secret.open(&place(row.id, "recipient"), &row.recipient)?;
    let contents = tx.secret.open(&place(row.id, "contents"), &row.contents)?;
    let contents: Contents = serde_json::from_slice(&contents).map_err(|e| unreadable(e.to_string()))?;
    let recipient = String::from_utf8(recipient).map_err(|e| unreadable(e.to_string()))?;
    let notice = Notice { message: row.message, language: row.language, recipient, contents };
    Ok(Due { id: row.id, notice, attempts: row.attempts, created_at: row.created_at.0 })
}

/// The message is delivered.
pub fn record_sent(tx: &mut Tx<'_>, due: &Due, now: Timestamp) -> Result<(), StoreError> {
    record_attempt(tx, due, Outcome::Sent, None, now)?;
    diesel::update(notifications::table.find(due.id))
        .set((
            notifications::state.eq("sent"),
            notifications::attempts.eq(due.attempts + 1),
            notifications::sent_at.eq(Some(At(now))),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The message is not delivered: again at `next`, or, without one, given up where everybody can see it.
pub fn record_failure(
    tx: &mut Tx<'_>,
    due: &Due,
    outcome: Outcome,
    detail: &str,
    next: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), StoreError> {
    record_attempt(tx, due, outcome, Some(detail), now)?;
    diesel::update(notifications::table.find(due.id))
        .set((
            notifications::state.eq(if next.is_some() { "pending" } else { "dead" }),
            notifications::attempts.eq(due.attempts + 1),
            notifications::next_attempt_at.eq(At(next.unwrap_or(now))),
        ))
        .execute(tx.conn)?;
    Ok(())
}

fn record_attempt(
    tx: &mut Tx<'_>,
    due: &Due,
    outcome: Outcome,
    detail: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(delivery_attempts::table)
        .values((
            delivery_attempts::notification_id.eq(due.id),
            delivery_attempts::attempt.eq(due.attempts + 1),
            delivery_attempts::at.eq(At(now)),
            delivery_attempts::outcome.eq(outcome.as_str()),
            delivery_attempts::detail.eq(detail),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// How many messages are in each state.
pub fn count_by_state(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(notifications::table
        .group_by(notifications::state)
        .select((notifications::state, diesel::dsl::count_star()))
        .load(tx.conn)?)
}

/// Tries what was given up once more.
pub fn resend_dead(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(diesel::update(notifications::table.filter(notifications::state.eq("dead")))
        .set((
            notifications::state.eq("pending"),
            notifications::next_attempt_at.eq(At(now)),
            notifications::created_at.eq(At(now)),
        ))
        .execute(tx.conn)?)
}
