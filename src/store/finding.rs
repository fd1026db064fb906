//! Findings of a case.

use std::{collections::BTreeMap, convert::identity};

use diesel::prelude::*;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    StoreError, Tx, case_key,
    dialect::on_either,
    one_of::one_of,
    schema::findings,
    tx::Subject,
    types::{AnyId, At},
};
use crate::{
    domain::{
        finding::{Finding, FindingCode, Noticed, Screened, Severity},
        ids::{ApplicationId, FindingId},
    },
    random,
};

#[derive(Queryable)]
struct Row {
    id: FindingId,
    application_id: ApplicationId,
    code: FindingCode,
    subject: Option<String>,
    severity: Severity,
    stage: Option<String>,
    raised_at: At,
    resolved_at: Option<At>,
    resolved_by: Option<AnyId>,
    round: i32,
}

/// All but the sealed values.
const COLUMNS: (
    findings::id,
    findings::application_id,
    findings::code,
    findings::subject,
    findings::severity,
    findings::stage,
    findings::raised_at,
    findings::resolved_at,
    findings::resolved_by,
    findings::round,
) = (
    findings::id,
    findings::application_id,
    findings::code,
    findings::subject,
    findings::severity,
    findings::stage,
    findings::raised_at,
    findings::resolved_at,
    findings::resolved_by,
    findings::round,
);

impl From<Row> for Finding {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            round: row.round,
            noticed: Noticed {
                code: row.code,
                subject: row.subject,
                severity: row.severity,
                stage: row.stage,
            },
            raised_at: row.raised_at.0,
            resolved_at: row.resolved_at.map(|at| at.0),
            resolved_by: row.resolved_by.map(|id| id.0),
        }
    }
}

/// All findings of a case, the oldest first.
pub fn of_case(tx: &mut Tx<'_>, application: ApplicationId) -> Result<Vec<Finding>, StoreError> {
    if let Some(findings) = tx.prefetched.take(Subject::Case(application)) {
        return Ok(findings);
    }
    let query = findings::table
        .filter(findings::application_id.eq(application))
        .order((findings::raised_at, findings::id))
        .select(COLUMNS);
    let rows: Vec<Row> = on_either!(tx.conn_unflushed()?, |conn| query.load(conn))?;
    Ok(rows.into_iter().map(Finding::from).collect())
}

/// The findings of several cases.
pub(super) fn of_cases(
    tx: &mut Tx<'_>,
    cases: &[ApplicationId],
) -> Result<Vec<(ApplicationId, Finding)>, StoreError> {
    let query = findings::table
        .filter(one_of(findings::application_id, cases))
        .order((findings::application_id, findings::raised_at, findings::id))
        .select(COLUMNS);
    let rows: Vec<Row> = on_either!(tx.conn_unflushed()?, |conn| query.load(conn))?;
    Ok(rows.into_iter().map(|row| (row.application_id, Finding::from(row))).collect())
}

/// Prefetches the findings of several cases.
pub(super) fn prefetch(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<(), StoreError> {
    let findings = of_cases(tx, cases)?;
    tx.prefetched.put_lists(Subject::Case, cases, findings, identity);
    Ok(())
}

/// The values that the findings of a case are about. Findings from before they were stored are left out.
pub fn values_of_case(
    tx: &mut Tx<'_>,
    application: ApplicationId,
) -> Result<BTreeMap<FindingId, String>, StoreError> {
    let query = findings::table
        .filter(findings::application_id.eq(application).and(findings::values_sealed.is_not_null()))
        .select((findings::id, findings::values_sealed.assume_not_null()));
    let rows: Vec<(FindingId, Vec<u8>)> = on_either!(tx.conn()?, |conn| query.load(conn))?;
    let mut values = BTreeMap::new();
    for (id, sealed) in rows {
        let plain = case_key::open(tx, application, &sealing_place(id), &sealed)?;
        let text = String::from_utf8(plain)
            .map_err(|_| StoreError::Unreadable(format!("the values of finding {id} are not text")))?;
        values.insert(id, text);
    }
    Ok(values)
}

pub(super) fn sealing_place(id: FindingId) -> String {
    format!("findings/{id}/values")
}

/// Adds a finding of a round.
pub fn insert(
    tx: &mut Tx<'_>,
    application: ApplicationId,
    round: i32,
    screened: &Screened,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (id, noticed) = (FindingId(random::id()), &screened.noticed);
    let values = case_key::seal(tx, application, &sealing_place(id), screened.values.as_bytes())?;
    diesel::insert_into(findings::table)
        .values((
            findings::id.eq(id),
            findings::application_id.eq(application),
            findings::code.eq(noticed.code),
            findings::subject.eq(&noticed.subject),
            findings::severity.eq(noticed.severity),
            findings::stage.eq(&noticed.stage),
            findings::raised_at.eq(At(now)),
            findings::round.eq(round),
            findings::values_sealed.eq(Some(values)),
        ))
        .execute(tx.changing(Subject::Case(application))?)?;
    Ok(())
}

/// Marks a finding as resolved, by nobody if it no longer applies. False: it was resolved before.
pub fn resolve(
    tx: &mut Tx<'_>,
    application: ApplicationId,
    id: FindingId,
    by: Option<Uuid>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let changed = diesel::update(findings::table.find(id).filter(findings::resolved_at.is_null()))
        .set((findings::resolved_at.eq(Some(At(now))), findings::resolved_by.eq(by.map(AnyId))))
        .execute(tx.changing(Subject::Case(application))?)?;
    Ok(changed == 1)
}
