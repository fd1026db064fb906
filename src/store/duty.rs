//! The scheduler's duties: what has been done, and what is due.

use diesel::prelude::*;
use jiff::{Timestamp, civil::Date};

use super::{
    StoreError, Tx,
    dialect::on_either,
    schema::{applications, batches, duties, jobs, notifications},
    tx::Subject,
    types::{At, On},
};
use crate::domain::{
    delivery::DeliveryState,
    duty::{Agenda, Duty, Record},
    job::JobState,
    lifecycle::{BatchState, State},
    notification::Channel,
};

/// The limit of a count. The exact number beyond it does not matter.
const COUNTED_AT_MOST: i64 = 1000;

/// The record of each duty.
pub fn records(tx: &mut Tx<'_>) -> Result<Vec<(Duty, Record)>, StoreError> {
    let rows: Vec<(String, At, i32, Option<String>)> = duties::table.load(tx.conn()?)?;
    let known = rows.into_iter().filter_map(|(name, last_at, done, last_error)| {
        Some((name.parse().ok()?, Record { last_at: last_at.0, done, last_error }))
    });
    Ok(known.collect())
}

/// The record of a duty.
pub fn record_of(tx: &mut Tx<'_>, duty: Duty) -> Result<Option<Record>, StoreError> {
    let row: Option<(String, At, i32, Option<String>)> =
        duties::table.find(duty.as_str()).first(tx.conn()?).optional()?;
    Ok(row.map(|(_, last_at, done, last_error)| Record { last_at: last_at.0, done, last_error }))
}

/// Begins an attempt of a duty that only one instance may do, unless another one has begun since `seen`: the time of the
/// attempt before. Until [`end`], the attempt counts as failed.
pub fn begin(
    tx: &mut Tx<'_>,
    duty: Duty,
    seen: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let begun = (duties::last_at.eq(At(now)), duties::last_error.eq(Some(NOT_ENDED)));
    let conn = tx.changing(Subject::Other)?;
    let changed = match seen {
        Some(seen) => {
            let same = duties::table.find(duty.as_str()).filter(duties::last_at.eq(At(seen)));
            diesel::update(same).set(begun).execute(conn)?
        }
        None => {
            let row = (duties::name.eq(duty.as_str()), duties::done.eq(0), begun);
            let insert = diesel::insert_into(duties::table).values(row);
            on_either!(conn, |conn| insert.on_conflict_do_nothing().execute(conn))?
        }
    };
    Ok(changed == 1)
}

/// The error of an attempt that has begun and not ended.
const NOT_ENDED: &str = "begun, and not ended";

/// Ends the attempt: records its error, or counts it as done.
pub fn end(tx: &mut Tx<'_>, duty: Duty, error: Option<&str>) -> Result<(), StoreError> {
    let done = i32::from(error.is_none());
    diesel::update(duties::table.find(duty.as_str()))
        .set((duties::done.eq(duties::done + done), duties::last_error.eq(error)))
        .execute(tx.changing(Subject::Other)?)?;
    Ok(())
}

/// Adds to the record of a duty.
pub fn record(tx: &mut Tx<'_>, duty: Duty, count: i32, now: Timestamp) -> Result<(), StoreError> {
    let conn = tx.changing(Subject::Other)?;
    let row = (duties::name.eq(duty.as_str()), duties::last_at.eq(At(now)), duties::done.eq(count));
    let again = (duties::last_at.eq(At(now)), duties::done.eq(duties::done + count));
    let insert = diesel::insert_into(duties::table).values(row);
    on_either!(conn, |conn| insert.on_conflict(duties::name).do_update().set(again).execute(conn))?;
    Ok(())
}

/// Cases in a state that are or will be due.
pub fn cases(tx: &mut Tx<'_>, state: State, now: Timestamp) -> Result<Agenda, StoreError> {
    let of_state = || applications::table.filter(applications::state.eq(state));
    let first: Option<Option<At>> = of_state()
        .filter(applications::due_at.is_not_null())
        .order((applications::due_at, applications::id))
        .select(applications::due_at)
        .first(tx.conn()?)
        .optional()?;
    let overdue: Vec<Option<At>> = of_state()
        .filter(applications::due_at.le(Some(At(now))))
        .order((applications::due_at, applications::id))
        .select(applications::due_at)
        .limit(COUNTED_AT_MOST)
        .load(tx.conn()?)?;
    Ok(agenda(first.flatten().map(|at| at.0), overdue.len()))
}

/// Batches that are or will be due to be closed.
pub fn closing_batches(tx: &mut Tx<'_>, now: Timestamp) -> Result<Agenda, StoreError> {
    let open = || batches::table.filter(batches::state.eq(BatchState::Open));
    let first: Option<Option<At>> = open()
        .filter(batches::closes_at.is_not_null())
        .order(batches::closes_at)
        .select(batches::closes_at)
        .first(tx.conn()?)
        .optional()?;
    let overdue: Vec<Option<At>> = open()
        .filter(batches::closes_at.le(Some(At(now))))
        .order(batches::closes_at)
        .select(batches::closes_at)
        .limit(COUNTED_AT_MOST)
        .load(tx.conn()?)?;
    Ok(agenda(first.flatten().map(|at| at.0), overdue.len()))
}

/// Batches that are or will be due to be opened.
pub fn opening_batches(tx: &mut Tx<'_>, now: Timestamp) -> Result<Agenda, StoreError> {
    // One whose whole window has passed is left to its managers.
    let is_in_time = batches::closes_at.is_null().or(batches::closes_at.gt(Some(At(now))));
    let planned =
        || batches::table.filter(batches::state.eq(BatchState::Planned)).filter(is_in_time.assume_not_null());
    let first: Option<Option<At>> = planned()
        .filter(batches::opens_at.is_not_null())
        .order(batches::opens_at)
        .select(batches::opens_at)
        .first(tx.conn()?)
        .optional()?;
    let overdue: Vec<Option<At>> = planned()
        .filter(batches::opens_at.le(Some(At(now))))
        .order(batches::opens_at)
        .select(batches::opens_at)
        .limit(COUNTED_AT_MOST)
        .load(tx.conn()?)?;
    Ok(agenda(first.flatten().map(|at| at.0), overdue.len()))
}

/// The programmes and last days of batches that have not ended, the earliest first: as many as are counted.
pub fn ending_batches(tx: &mut Tx<'_>) -> Result<Vec<(String, Date)>, StoreError> {
    let mut all = Vec::new();
    for state in [BatchState::Open, BatchState::Closed] {
        let of_state: Vec<(String, On)> = batches::table
            .filter(batches::state.eq(state))
            .order(batches::travel_until)
            .select((batches::programme_code, batches::travel_until))
            .limit(COUNTED_AT_MOST)
            .load(tx.conn()?)?;
        all.extend(of_state.into_iter().map(|(programme, last_day)| (programme, last_day.0)));
    }
    Ok(all)
}

/// Messages that are not sent yet, and since when. Counts only those whose next attempt comes first.
pub fn unsent_messages(tx: &mut Tx<'_>) -> Result<Agenda, StoreError> {
    let mut since: Vec<Timestamp> = Vec::new();
    for channel in Channel::ALL {
        let created: Vec<At> = notifications::table
            .filter(notifications::state.eq(DeliveryState::Pending).and(notifications::channel.eq(channel)))
            .order((notifications::next_attempt_at, notifications::id))
            .select(notifications::created_at)
            .limit(COUNTED_AT_MOST)
            .load(tx.conn()?)?;
        since.extend(created.into_iter().map(|at| at.0));
    }
    Ok(agenda(since.iter().min().copied(), since.len()))
}

/// Jobs that wait, have failed or go on after an error, since they were begun.
pub fn jobs_in_trouble(tx: &mut Tx<'_>) -> Result<Agenda, StoreError> {
    let mut since: Vec<Timestamp> = Vec::new();
    for state in [JobState::Waiting, JobState::Running, JobState::Failed] {
        let of_state: Vec<(At, Option<String>)> = jobs::table
            .filter(jobs::state.eq(state))
            .order(jobs::id)
            .select((jobs::created_at, jobs::last_error))
            .limit(COUNTED_AT_MOST)
            .load(tx.conn()?)?;
        let in_trouble =
            of_state.into_iter().filter(|(_, error)| state != JobState::Running || error.is_some());
        since.extend(in_trouble.map(|(at, _)| at.0));
    }
    Ok(agenda(since.iter().min().copied(), since.len()))
}

fn agenda(first: Option<Timestamp>, overdue: usize) -> Agenda {
    Agenda { first, overdue: i32::try_from(overdue).unwrap_or(i32::MAX) }
}
