//! Sealed columns beside those of the cases: whether each opens where it is. A value that was moved to another row, or
//! changed, does not open. A value under a missing master key is not reported here: its case is reported.

use diesel::prelude::*;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    domain::{
        delivery::{DeliveryState, Outcome},
        ids::{ApplicationId, NotificationId},
    },
    keyring::KeyError,
    store::{
        StoreError, Tx, case_key,
        erase::ERASED,
        idempotency, outbox,
        schema::{case_keys, delivery_attempts, idempotency_keys, notifications},
        types::{AnyId, At},
    },
};

/// Whether a value opens. One that was erased, or whose key is missing here, counts as one that does.
pub(super) fn opens(
    sealed: Option<Vec<u8>>,
    open: impl FnOnce(&[u8]) -> Result<Vec<u8>, StoreError>,
) -> Result<bool, StoreError> {
    let Some(sealed) = sealed.filter(|sealed| sealed != ERASED) else { return Ok(true) };
    match open(&sealed) {
        Ok(_) | Err(StoreError::Sealed(KeyError::MissingMasterKey { .. })) => Ok(true),
        Err(StoreError::Sealed(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The ones of these cases that have a key, and whether the key opens.
pub fn keys(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<Vec<(ApplicationId, bool)>, StoreError> {
    let rows: Vec<(ApplicationId, Vec<u8>)> = case_keys::table
        .filter(case_keys::application_id.eq_any(cases))
        .select((case_keys::application_id, case_keys::wrapped_key))
        .load(tx.conn()?)?;
    let opened = |(case, wrapped): (ApplicationId, Vec<u8>)| {
        let key = tx.keyring.unwrap_case_key(&case_key::place(case), &wrapped);
        (case, !matches!(key, Err(error) if !matches!(error, KeyError::MissingMasterKey { .. })))
    };
    Ok(rows.into_iter().map(opened).collect())
}

/// A message of the outbox.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are columns")]
pub struct AuditedMessage {
    pub id: NotificationId,
    pub state: DeliveryState,
    pub next_attempt_at: Timestamp,
    pub created_at: Timestamp,
    /// Whether address and contents open.
    pub opens: bool,
    /// Whether an attempt says that it was sent.
    pub has_sent: bool,
}

type MessageRow = (NotificationId, Option<ApplicationId>, DeliveryState, At, At, Vec<u8>, Vec<u8>);

/// The ones of these messages that are blank although their case still has its key.
fn not_erased(tx: &mut Tx<'_>, rows: &[MessageRow]) -> Result<Vec<NotificationId>, StoreError> {
    let blank: Vec<_> = rows.iter().filter(|row| row.5 == ERASED || row.6 == ERASED).collect();
    if blank.is_empty() {
        return Ok(Vec::new());
    }
    let cases: Vec<ApplicationId> = blank.iter().filter_map(|row| row.1).collect();
    let with_key: Vec<ApplicationId> = case_keys::table
        .filter(case_keys::application_id.eq_any(cases))
        .select(case_keys::application_id)
        .load(tx.conn()?)?;
    let is_kept = |row: &&&MessageRow| row.1.is_none_or(|case| with_key.contains(&case));
    Ok(blank.iter().filter(is_kept).map(|row| row.0).collect())
}

/// The next messages after this one, by id.
pub fn messages(
    tx: &mut Tx<'_>,
    after: NotificationId,
    at_most: i64,
) -> Result<Vec<AuditedMessage>, StoreError> {
    let rows: Vec<MessageRow> = notifications::table
        .filter(notifications::id.gt(after))
        .order(notifications::id)
        .limit(at_most)
        .select((
            notifications::id,
            notifications::application_id,
            notifications::state,
            notifications::next_attempt_at,
            notifications::created_at,
            notifications::recipient_sealed,
            notifications::contents_sealed,
        ))
        .load(tx.conn()?)?;
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(Vec::new()) };
    let attempts = delivery_attempts::table
        .filter(delivery_attempts::notification_id.ge(first.0))
        .filter(delivery_attempts::notification_id.le(last.0))
        .filter(delivery_attempts::outcome.eq(Outcome::Sent))
        .order(delivery_attempts::notification_id)
        .select(delivery_attempts::notification_id);
    let sent: Vec<NotificationId> = attempts.load(tx.conn()?)?;
    let cases: Vec<ApplicationId> = rows.iter().filter_map(|row| row.1).collect();
    case_key::prefetch(tx, &cases)?;
    let not_erased = not_erased(tx, &rows)?;
    let mut messages = Vec::with_capacity(rows.len());
    for (id, case, state, next_attempt_at, created_at, recipient, contents) in rows {
        // Blank, although the case was not erased.
        let mut opens_all = !not_erased.contains(&id);
        for (column, sealed) in [("recipient", recipient), ("contents", contents)] {
            let place = outbox::sealing_place(id, column);
            opens_all &= opens(Some(sealed), |sealed| match case {
                Some(case) => case_key::open(tx, case, &place, sealed),
                None => Ok(tx.keyring.open(&place, sealed)?),
            })?;
        }
        messages.push(AuditedMessage {
            id,
            state,
            next_attempt_at: next_attempt_at.0,
            created_at: created_at.0,
            opens: opens_all,
            has_sent: sent.binary_search(&id).is_ok(),
        });
    }
    Ok(messages)
}

/// The next answers that are kept for repeats, and whether each opens.
pub fn answers(tx: &mut Tx<'_>, after: Uuid, at_most: i64) -> Result<Vec<(Uuid, bool)>, StoreError> {
    let rows: Vec<(AnyId, Vec<u8>)> = idempotency_keys::table
        .filter(idempotency_keys::id.gt(AnyId(after)))
        .order(idempotency_keys::id)
        .limit(at_most)
        .select((idempotency_keys::id, idempotency_keys::answer_sealed))
        .load(tx.conn()?)?;
    let mut answers = Vec::with_capacity(rows.len());
    for (AnyId(id), sealed) in rows {
        let place = idempotency::sealing_place(id);
        answers.push((id, opens(Some(sealed), |sealed| Ok(tx.keyring.open(&place, sealed)?))?));
    }
    Ok(answers)
}
