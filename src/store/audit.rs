//! Queries for the audit. It reads many cases at a time, in the order of their ids, so that it needs little memory.

use diesel::{dsl::sum, prelude::*};

use super::{
    StoreError, Tx, application, case_key,
    event::{self, Row as EventRow},
    schema::{applications, events, notifications, quota_entries},
};
use crate::domain::{
    event::AuditedEvent,
    ids::{ApplicationId, BatchId},
    lifecycle::State,
    quota::Place,
};

/// The columns of a case that the audit checks.
#[derive(Clone, Debug, Queryable)]
#[expect(missing_docs, reason = "the fields are columns")]
pub struct AuditedCase {
    pub id: ApplicationId,
    pub reference: String,
    pub programme: String,
    pub programme_version: i32,
    pub batch: BatchId,
    pub direction: String,
    pub category: String,
    pub state: State,
    pub place: Place,
    pub event_seq: i32,
    pub event_hash: Vec<u8>,
    pub document_hash: Option<Vec<u8>>,
    pub live_document_hash: Option<Vec<u8>>,
}

/// The number of cases. This reads the whole table, as the audit does anyway.
pub fn count_cases(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    Ok(applications::table.count().get_result(tx.conn()?)?)
}

/// Cases by id, after `after`.
pub fn cases(
    tx: &mut Tx<'_>,
    after: Option<ApplicationId>,
    at_most: i64,
) -> Result<Vec<AuditedCase>, StoreError> {
    let mut query = applications::table
        .order(applications::id)
        .limit(at_most)
        .select((
            applications::id,
            applications::reference,
            applications::programme_code,
            applications::programme_version,
            applications::batch_id,
            applications::direction,
            applications::category,
            applications::state,
            applications::place,
            applications::event_seq,
            applications::event_hash,
            applications::document_hash,
            applications::live_document_hash,
        ))
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(applications::id.gt(after));
    }
    Ok(query.load(tx.conn()?)?)
}

/// Those of these cases whose form cannot be opened, and why.
pub fn unreadable_forms(
    tx: &mut Tx<'_>,
    cases: &[ApplicationId],
) -> Result<Vec<(ApplicationId, String)>, StoreError> {
    let forms: Vec<(ApplicationId, Vec<u8>)> = applications::table
        .filter(applications::id.eq_any(cases))
        .select((applications::id, applications::form_sealed))
        .load(tx.conn()?)?;
    case_key::prefetch(tx, cases)?;
    let mut unreadable = Vec::new();
    for (case, sealed) in forms {
        match application::open_form(tx, case, &sealed) {
            Ok(_) => {}
            Err(StoreError::Sealed(error)) => unreadable.push((case, error.to_string())),
            Err(error) => return Err(error),
        }
    }
    Ok(unreadable)
}

/// All events of these cases, by case and number.
pub fn events_of(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<Vec<AuditedEvent>, StoreError> {
    let rows: Vec<EventRow> = events::table
        .filter(events::application_id.eq_any(cases.to_vec()))
        .order((events::application_id, events::seq))
        .load(tx.conn()?)?;
    case_key::prefetch(tx, cases)?;
    rows.into_iter().map(|row| event::audited(tx, row)).collect()
}

/// The events of these cases that have a message in the outbox.
pub fn notified_events(
    tx: &mut Tx<'_>,
    cases: &[ApplicationId],
) -> Result<Vec<(ApplicationId, i32)>, StoreError> {
    let cases: Vec<Option<ApplicationId>> = cases.iter().copied().map(Some).collect();
    let rows: Vec<(Option<ApplicationId>, Option<i32>)> = notifications::table
        .filter(notifications::application_id.eq_any(cases))
        .select((notifications::application_id, notifications::event_seq))
        .load(tx.conn()?)?;
    Ok(rows.into_iter().filter_map(|(case, seq)| case.zip(seq)).collect())
}

/// The sums of the ledger for each of these cases (held, taken).
pub fn ledger_of(
    tx: &mut Tx<'_>,
    cases: &[ApplicationId],
) -> Result<Vec<(ApplicationId, i64, i64)>, StoreError> {
    let rows: Vec<(ApplicationId, Option<i64>, Option<i64>)> = quota_entries::table
        .filter(quota_entries::application_id.eq_any(cases.to_vec()))
        .group_by(quota_entries::application_id)
        .select((
            quota_entries::application_id,
            sum(quota_entries::held_delta),
            sum(quota_entries::taken_delta),
        ))
        .load(tx.conn()?)?;
    Ok(rows.into_iter().map(|(case, held, taken)| (case, held.unwrap_or(0), taken.unwrap_or(0))).collect())
}

/// Travel documents with more than one live case in a programme: the programme and the number of cases.
pub fn documents_live_twice(tx: &mut Tx<'_>) -> Result<Vec<(String, i64)>, StoreError> {
    let rows: Vec<(String, Option<Vec<u8>>, i64)> = applications::table
        .filter(applications::live_document_hash.is_not_null())
        .group_by((applications::programme_code, applications::live_document_hash))
        .having(diesel::dsl::count_star().gt(1))
        .select((applications::programme_code, applications::live_document_hash, diesel::dsl::count_star()))
        .load(tx.conn()?)?;
    Ok(rows.into_iter().map(|(programme, _, count)| (programme, count)).collect())
}
