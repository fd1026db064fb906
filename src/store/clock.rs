//! What the database knows about the time: its own clock, when timed work was recorded last, and which instances have a
//! clock that cannot be trusted.

use diesel::{dsl::sql, prelude::*};
use jiff::Timestamp;
use uuid::Uuid;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::on_either,
    schema::{clock_faults, duties},
    tx::Subject,
    types::{AnyId, At, Instant},
};
use crate::domain::clock_fault::{ClockFault, ReportedFault, TimeRecord};

/// The row of `duties` with the time when a person last said that the clock is right. It is not a duty.
const ACCEPTED: &str = "accept_clock";

/// The time of the database's clock. None: SQLite has no clock of its own.
pub fn database_time(tx: &mut Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    match tx.conn()? {
        AnyConnection::Postgres(conn) => {
            let time: At = diesel::select(sql::<Instant>("clock_timestamp()")).get_result(conn)?;
            Ok(Some(time.0))
        }
        AnyConnection::Sqlite(_) => Ok(None),
    }
}

/// What is recorded about the time.
pub fn record(tx: &mut Tx<'_>) -> Result<TimeRecord, StoreError> {
    let rows: Vec<(String, At)> = duties::table.select((duties::name, duties::last_at)).load(tx.conn()?)?;
    let accepted = rows.iter().find(|(name, _)| name == ACCEPTED).map(|(_, at)| at.0);
    Ok(TimeRecord { last_work: rows.into_iter().map(|(_, at)| at.0).max(), accepted })
}

/// Records that the clock is right now. Records of a later time came from a clock that was ahead.
pub fn accept(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    diesel::update(duties::table.filter(duties::last_at.gt(At(now))))
        .set(duties::last_at.eq(At(now)))
        .execute(tx.changing(Subject::Other)?)?;
    let row = (duties::name.eq(ACCEPTED), duties::last_at.eq(At(now)), duties::done.eq(1));
    let again = (duties::last_at.eq(At(now)), duties::done.eq(duties::done + 1));
    let insert = diesel::insert_into(duties::table).values(row);
    let conn = tx.changing(Subject::Other)?;
    on_either!(conn, |conn| insert.on_conflict(duties::name).do_update().set(again).execute(conn))?;
    Ok(())
}

/// The instances whose clock cannot be trusted.
pub fn faults(tx: &mut Tx<'_>) -> Result<Vec<ReportedFault>, StoreError> {
    let rows = clock_faults::table.order(clock_faults::instance_id);
    let rows: Vec<(AnyId, String, String, At, At)> = rows.load(tx.conn()?)?;
    rows.into_iter()
        .map(|(instance, host, kind, own, other)| {
            let unknown = |_| StoreError::Broken(format!("{kind} is no fault of a clock"));
            let fault = ClockFault { kind: kind.parse().map_err(unknown)?, own: own.0, other: other.0 };
            Ok(ReportedFault { instance: instance.0, host, fault })
        })
        .collect()
}

/// Records the fault of an instance.
pub fn report(tx: &mut Tx<'_>, reported: &ReportedFault) -> Result<(), StoreError> {
    let ReportedFault { instance, host, fault } = reported;
    let set = (
        clock_faults::kind.eq(fault.kind.as_str()),
        clock_faults::own_time.eq(At(fault.own)),
        clock_faults::other_time.eq(At(fault.other)),
    );
    let row = (clock_faults::instance_id.eq(AnyId(*instance)), clock_faults::host.eq(host), set);
    let insert = diesel::insert_into(clock_faults::table).values(row);
    let conn = tx.changing(Subject::Other)?;
    on_either!(conn, |conn| insert
        .on_conflict(clock_faults::instance_id)
        .do_update()
        .set(set)
        .execute(conn))?;
    Ok(())
}

/// Removes the faults of these instances.
pub fn forget(tx: &mut Tx<'_>, instances: &[Uuid]) -> Result<(), StoreError> {
    for instance in instances {
        diesel::delete(clock_faults::table.find(AnyId(*instance))).execute(tx.changing(Subject::Other)?)?;
    }
    Ok(())
}
