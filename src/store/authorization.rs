//! Authorizations: what approved applicants hold.

use diesel::prelude::*;
use jiff::{Timestamp, civil::Date};

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::insert_rows,
    schema::authorizations,
    tx::{FlushOrder, PendingRow, Subject},
    types::{At, On},
};
use crate::domain::{
    authorization::{Authorization, AuthorizationState},
    ids::ApplicationId,
};

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
        }
    }
}

/// The newest authorization of a case.
pub fn of_case(tx: &mut Tx<'_>, application: ApplicationId) -> Result<Option<Authorization>, StoreError> {
    let pending = tx.pending.unwritten::<Authorization>().iter().rev();
    if let Some(newest) = pending.into_iter().find(|pending| pending.application == application) {
        return Ok(Some(newest.clone()));
    }
    let row: Option<Row> = authorizations::table
        .filter(authorizations::application_id.eq(application))
        .order(authorizations::issued_at.desc())
        .first(tx.conn()?)
        .optional()?;
    Ok(row.map(Authorization::from))
}

/// The authorization of this number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<Authorization>, StoreError> {
    let row: Option<Row> = authorizations::table.find(number).first(tx.conn()?).optional()?;
    Ok(row.map(Authorization::from))
}

/// Records the day of the first entry.
pub fn set_entered(tx: &mut Tx<'_>, authorization: &Authorization, on: Date) -> Result<(), StoreError> {
    diesel::update(authorizations::table.find(&authorization.number))
        .set(authorizations::entered_on.eq(Some(On(on))))
        .execute(tx.changing(Subject::Case(authorization.application))?)?;
    Ok(())
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
        insert_rows!(conn, authorizations::table, rows, |authorization| (
            authorizations::number.eq(&authorization.number),
            authorizations::application_id.eq(authorization.application),
            authorizations::state.eq(authorization.state),
            authorizations::valid_from.eq(On(authorization.valid_from)),
            authorizations::valid_until.eq(On(authorization.valid_until)),
            authorizations::issued_at.eq(At(authorization.issued_at)),
        ));
        Ok(())
    }
}

/// Ends an authorization.
pub fn end(
    tx: &mut Tx<'_>,
    authorization: &Authorization,
    state: AuthorizationState,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::update(authorizations::table.find(&authorization.number))
        .set((authorizations::state.eq(state), authorizations::ended_at.eq(Some(At(now)))))
        .execute(tx.changing(Subject::Case(authorization.application))?)?;
    Ok(())
}
