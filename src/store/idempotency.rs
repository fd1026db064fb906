//! Answers stored under the idempotency key of a client, sealed, for a day.

use diesel::prelude::*;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::{self, insert_rows, on_either},
    schema::idempotency_keys,
    tx::{FlushOrder, PendingRow, Subject},
    types::{AnyId, At},
};
use crate::{
    digest,
    domain::ids::{ApplicationId, ClientId},
    random,
};

/// An answer that can be stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names and values of the headers that belong to the answer itself.
    pub headers: Vec<(String, String)>,
    /// The body, which is text.
    pub body: String,
}

/// The key of a request, and what identifies the request itself.
#[derive(Clone, Debug)]
pub struct Key {
    /// The client. Another client may use the same key.
    pub client: ClientId,
    /// SHA-256 of the key.
    pub hash: Vec<u8>,
    /// SHA-256 of the request.
    pub fingerprint: Vec<u8>,
}

/// What is stored under a key.
#[derive(Debug)]
pub struct Stored {
    /// SHA-256 of the request that was answered.
    pub fingerprint: Vec<u8>,
    /// When it was answered.
    pub at: Timestamp,
    /// The answer; an error if its key is missing, or if another version of this program wrote it in a form that
    /// cannot be read here.
    pub answer: Result<Answer, StoreError>,
}

/// A row that is ready to be written.
struct Sealed {
    id: Uuid,
    key: Key,
    about: Option<ApplicationId>,
    answer: Vec<u8>,
    at: Timestamp,
}

pub(super) fn sealing_place(id: Uuid) -> String {
    format!("idempotency/{id}/answer")
}

/// Reserves the key until the transaction ends. False: another transaction has it.
pub fn try_reserve(tx: &mut Tx<'_>, key: &Key) -> Result<bool, StoreError> {
    let digest = digest::sha256(&[&key.client.0.as_bytes()[..], &key.hash].concat());
    let number = digest.first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes));
    Ok(dialect::try_lock(tx.conn_unflushed()?, number)?)
}

/// What is stored under the key.
pub fn find(tx: &mut Tx<'_>, key: &Key) -> Result<Option<Stored>, StoreError> {
    let own = idempotency_keys::client_id.eq(key.client).and(idempotency_keys::key_hash.eq(&key.hash));
    let query = idempotency_keys::table.filter(own).select((
        idempotency_keys::id,
        idempotency_keys::fingerprint,
        idempotency_keys::answer_sealed,
        idempotency_keys::created_at,
    ));
    let row: Option<(AnyId, Vec<u8>, Vec<u8>, At)> =
        on_either!(tx.conn()?, |conn| query.first(conn).optional())?;
    Ok(row.map(|(id, fingerprint, sealed, at)| Stored {
        fingerprint,
        at: at.0,
        answer: open(tx, id.0, &sealed),
    }))
}

fn open(tx: &Tx<'_>, id: Uuid, sealed: &[u8]) -> Result<Answer, StoreError> {
    let plain = tx.keyring.open(&sealing_place(id), sealed)?;
    serde_json::from_slice(&plain).map_err(|e| StoreError::Unreadable(format!("an answer: {e}")))
}

/// Stores the answer under the key. `about`: the case whose data it contains. If the key exists already, the whole
/// transaction runs again.
pub fn insert(
    tx: &mut Tx<'_>,
    key: &Key,
    about: Option<ApplicationId>,
    answer: &Answer,
    now: Timestamp,
) -> Result<(), StoreError> {
    let id = random::id();
    let plain = serde_json::to_vec(answer).map_err(|e| StoreError::Broken(e.to_string()))?;
    let answer = tx.keyring.seal(&sealing_place(id), &plain)?;
    tx.push(Sealed { id, key: key.clone(), about, answer, at: now });
    Ok(())
}

/// Removes what is stored under the key.
pub fn delete(tx: &mut Tx<'_>, key: &Key) -> Result<(), StoreError> {
    let own = idempotency_keys::client_id.eq(key.client).and(idempotency_keys::key_hash.eq(&key.hash));
    diesel::delete(idempotency_keys::table.filter(own)).execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Removes every answer about the case.
pub(super) fn delete_about(tx: &mut Tx<'_>, case: ApplicationId) -> Result<(), StoreError> {
    diesel::delete(idempotency_keys::table.filter(idempotency_keys::application_id.eq(Some(case))))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Whether any answer is from `until` or earlier.
pub fn has_old(tx: &mut Tx<'_>, until: Timestamp) -> Result<bool, StoreError> {
    let old = idempotency_keys::table.filter(idempotency_keys::created_at.le(At(until)));
    Ok(diesel::select(diesel::dsl::exists(old)).get_result(tx.conn()?)?)
}

/// When the oldest answer was stored.
pub fn first(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    // The condition is where the search of the index begins.
    let all = idempotency_keys::table.filter(idempotency_keys::created_at.gt(At(Timestamp::UNIX_EPOCH)));
    let first = all.order(idempotency_keys::created_at).select(idempotency_keys::created_at);
    let first: Option<At> = first.first(tx.conn()?).optional()?;
    Ok(first.map(|at| at.0))
}

/// Removes at most this many answers from `until` or earlier.
pub fn delete_old(tx: &mut Tx<'_>, until: Timestamp, at_most: i64) -> Result<usize, StoreError> {
    let old: Vec<AnyId> = idempotency_keys::table
        .filter(idempotency_keys::created_at.le(At(until)))
        .order(idempotency_keys::created_at)
        .limit(at_most)
        .select(idempotency_keys::id)
        .load(tx.conn()?)?;
    Ok(diesel::delete(idempotency_keys::table.filter(idempotency_keys::id.eq_any(old)))
        .execute(tx.changing(Subject::Other)?)?)
}

impl PendingRow for Sealed {
    const ORDER: FlushOrder = FlushOrder::IdempotencyKeys;

    fn subject(&self) -> Subject {
        Subject::Other
    }

    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
        write(conn, rows).map_err(|error| match error {
            // Another transaction has just answered the same request. The retry finds that answer.
            StoreError::Duplicate(_) => StoreError::Raced,
            other => other,
        })
    }
}

fn write(conn: &mut AnyConnection, rows: &[Sealed]) -> Result<(), StoreError> {
    insert_rows!(conn, idempotency_keys, rows, |row| {
        id: AnyId(row.id),
        client_id: row.key.client,
        key_hash: &row.key.hash,
        fingerprint: &row.key.fingerprint,
        answer_sealed: &row.answer,
        created_at: At(row.at),
        application_id: row.about,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Answer;

    #[test]
    fn an_answer_with_a_field_of_a_newer_version_is_read() {
        let stored = r#"{"status":201,"headers":[],"body":"{}","encoding":"utf-8"}"#;
        assert_eq!(serde_json::from_str::<Answer>(stored).unwrap().status, 201);
    }
}
