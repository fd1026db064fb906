//! When the scheduler looks at the journey of an undecided case again (`domain/journey.rs`).

use diesel::prelude::*;
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::insert_rows,
    schema::journey_checks,
    tx::{FlushOrder, PendingRow, Subject},
    types::At,
};
use crate::domain::ids::ApplicationId;

struct Row {
    case: ApplicationId,
    check_at: Timestamp,
}

impl PendingRow for Row {
    const ORDER: FlushOrder = FlushOrder::JourneyChecks;

    fn subject(&self) -> Subject {
        Subject::Other
    }

    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
        insert_rows!(conn, journey_checks, rows, |row| {
            application_id: row.case,
            check_at: At(row.check_at),
        });
        Ok(())
    }
}

/// Sets the first check of a case.
pub fn add(tx: &mut Tx<'_>, case: ApplicationId, check_at: Timestamp) {
    tx.push(Row { case, check_at });
}

/// Sets another time, or none if nothing is left to check.
pub fn set(tx: &mut Tx<'_>, case: ApplicationId, check_at: Option<Timestamp>) -> Result<(), StoreError> {
    diesel::delete(journey_checks::table.find(case)).execute(tx.changing(Subject::Other)?)?;
    if let Some(check_at) = check_at {
        add(tx, case, check_at);
    }
    Ok(())
}

/// The next check of a case.
pub fn of_case(tx: &mut Tx<'_>, case: ApplicationId) -> Result<Option<Timestamp>, StoreError> {
    let check_at = journey_checks::table.find(case).select(journey_checks::check_at);
    let check_at: Option<At> = check_at.first(tx.conn()?).optional()?;
    Ok(check_at.map(|at| at.0))
}

/// The cases whose check is due, the longest overdue first.
pub fn due(tx: &mut Tx<'_>, now: Timestamp, at_most: i64) -> Result<Vec<ApplicationId>, StoreError> {
    Ok(journey_checks::table
        .filter(journey_checks::check_at.le(At(now)))
        .order((journey_checks::check_at, journey_checks::application_id))
        .limit(at_most)
        .select(journey_checks::application_id)
        .load(tx.conn()?)?)
}

/// The earliest check.
pub fn first(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    // The condition is where the search of the index begins.
    let all = journey_checks::table.filter(journey_checks::check_at.gt(At(Timestamp::UNIX_EPOCH)));
    let first = all.order(journey_checks::check_at).select(journey_checks::check_at);
    let first: Option<At> = first.first(tx.conn()?).optional()?;
    Ok(first.map(|at| at.0))
}
