//! Authorizations: what approved applicants hold.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::{insert_rows, on_either},
    schema::authorizations,
    tx::{FlushOrder, PendingRow, Subject},
    types::{At, On},
};
use crate::domain::{authorization::Authorization, ids::ApplicationId, lifecycle::AuthorizationState};

#[derive(Queryable)]
struct Row {
    number: String,
    application_id: ApplicationId,
    state: AuthorizationState,
    valid_from: On,
    valid_until: On,
    issued_at: At,
    ended_at: Option<At>,
    entered_on: Option<On>,
    exited_on: Option<On>,
    version: i32,
    event_seq: i32,
    event_hash: Vec<u8>,
}

impl From<Row> for Authorization {
    fn from(row: Row) -> Self {
        Self {
            number: row.number,
            application: row.application_id,
            state: row.state,
            valid_from: row.valid_from.0,
            valid_until: row.valid_until.0,
            issued_at: row.issued_at.0,
            ended_at: row.ended_at.map(|at| at.0),
            entered_on: row.entered_on.map(|on| on.0),
            exited_on: row.exited_on.map(|on| on.0),
            version: row.version,
            event_seq: row.event_seq,
            event_hash: row.event_hash,
        }
    }
}

/// The newest authorization of a case.
pub fn of_case(tx: &mut Tx<'_>, application: ApplicationId) -> Result<Option<Authorization>, StoreError> {
    let pending = tx.pending.unwritten::<Authorization>().iter().rev();
    if let Some(newest) = pending.into_iter().find(|pending| pending.application == application) {
        return Ok(Some(newest.clone()));
    }
    let newest = authorizations::table
        .filter(authorizations::application_id.eq(application))
        .order(authorizations::issued_at.desc());
    let row: Option<Row> = on_either!(tx.conn()?, |conn| newest.first(conn)).optional()?;
    Ok(row.map(Authorization::from))
}

/// The authorization of this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<Authorization>, StoreError> {
    let query = authorizations::table.find(number);
    let row: Option<Row> = on_either!(tx.conn()?, |conn| query.first(conn)).optional()?;
    Ok(row.map(Authorization::from))
}

/// Adds an authorization.
pub fn insert(tx: &mut Tx<'_>, authorization: &Authorization) {
    tx.push(authorization.clone());
}

impl PendingRow for Authorization {
    const ORDER: FlushOrder = FlushOrder::Authorizations;

    fn subject(&self) -> Subject {
        Subject::Case(self.application)
    }

    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
        insert_rows!(conn, authorizations, rows, |authorization| {
            number: &authorization.number,
            application_id: authorization.application,
            state: authorization.state,
            valid_from: On(authorization.valid_from),
            valid_until: On(authorization.valid_until),
            issued_at: At(authorization.issued_at),
            version: authorization.version,
            event_seq: authorization.event_seq,
            event_hash: &authorization.event_hash,
        });
        Ok(())
    }
}

/// Writes what a step changes. False: it is not as it was `before` any more.
pub fn update(
    tx: &mut Tx<'_>,
    authorization: &Authorization,
    before: &Authorization,
) -> Result<bool, StoreError> {
    let seen = authorizations::version.eq(before.version).and(authorizations::event_seq.eq(before.event_seq));
    let row = authorizations::table.find(&authorization.number).filter(seen);
    let changed = diesel::update(row)
        .set((
            authorizations::state.eq(authorization.state),
            authorizations::ended_at.eq(authorization.ended_at.map(At)),
            authorizations::entered_on.eq(authorization.entered_on.map(On)),
            authorizations::exited_on.eq(authorization.exited_on.map(On)),
            authorizations::version.eq(authorization.version),
            authorizations::event_seq.eq(authorization.event_seq),
            authorizations::event_hash.eq(&authorization.event_hash),
        ))
        .execute(tx.changing(Subject::Case(authorization.application))?)?;
    Ok(changed == 1)
}

/// Cases after this one with authorizations that are older than their histories and have none yet, by id.
pub fn cases_without_history(
    tx: &mut Tx<'_>,
    after: Option<ApplicationId>,
    at_most: i64,
) -> Result<Vec<ApplicationId>, StoreError> {
    let after = after.unwrap_or(ApplicationId(uuid::Uuid::nil()));
    Ok(authorizations::table
        .filter(authorizations::application_id.gt(after).and(authorizations::event_hash.eq(Vec::new())))
        .order(authorizations::application_id)
        .limit(at_most)
        .select(authorizations::application_id)
        .load(tx.conn()?)?)
}

/// The authorizations of these cases, by case.
pub fn of_cases(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<Vec<Authorization>, StoreError> {
    let rows: Vec<Row> = authorizations::table
        .filter(authorizations::application_id.eq_any(cases.to_vec()))
        .order((authorizations::application_id, authorizations::issued_at))
        .load(tx.conn()?)?;
    Ok(rows.into_iter().map(Authorization::from).collect())
}
