//! Findings of a case.

use diesel::prelude::*;
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    StoreError, Tx,
    dialect::on_either,
    schema::findings,
    tx::Subject,
    types::{AnyId, At},
};
use crate::{
    domain::{
        finding::{Finding, FindingCode, Noticed, Severity},
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
        .order((findings::raised_at, findings::id));
    let rows: Vec<Row> = on_either!(tx.conn_unflushed(), |conn| query.load(conn))?;
    Ok(rows.into_iter().map(Finding::from).collect())
}

/// Prefetches the findings of several cases.
pub(super) fn prefetch(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<(), StoreError> {
    let query = findings::table.filter(findings::application_id.eq_any(cases)).order((
        findings::application_id,
        findings::raised_at,
        findings::id,
    ));
    let rows: Vec<Row> = on_either!(tx.conn_unflushed(), |conn| query.load(conn))?;
    let findings = rows.into_iter().map(|row| (row.application_id, Finding::from(row)));
    tx.prefetched.put_lists(Subject::Case, cases, findings);
    Ok(())
}

/// Adds a finding of a round.
pub fn insert(
    tx: &mut Tx<'_>,
    application: ApplicationId,
    round: i32,
    noticed: &Noticed,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::insert_into(findings::table)
        .values((
            findings::id.eq(FindingId(random::id())),
            findings::application_id.eq(application),
            findings::code.eq(noticed.code),
            findings::subject.eq(&noticed.subject),
            findings::severity.eq(noticed.severity),
            findings::stage.eq(&noticed.stage),
            findings::raised_at.eq(At(now)),
            findings::round.eq(round),
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
