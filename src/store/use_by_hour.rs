//! What people and organisations have used of the limits of a day, by the hour. Each has a few rows at most, so a check
//! takes as long after a hundred thousand uploads as after one.
//!
//! All programs of an organisation share its rows, so these are hot. They are written last, when everything else of the
//! transaction is: a lock on them is held only while the transaction commits. Transactions that run at the same time
//! cannot exceed a limit together, because the row of the hour takes no more than what was left of it.

use std::collections::BTreeMap;

use diesel::{prelude::*, query_dsl::methods};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::on_either,
    schema::used_by_hour,
    tx::{FlushOrder, PendingRow, Subject},
    types::{AnyId, At},
};
use crate::domain::limits::{Allowance, Used};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What was used in an hour.
#[derive(Clone, Copy, Debug)]
pub struct UsedInHour {
    /// The beginning of the hour.
    pub hour: Timestamp,
    /// What was used in it.
    pub used: Used,
}

/// What was used in the hours that began after `since`, the oldest first, with what this transaction has not written yet.
pub fn since(tx: &mut Tx<'_>, who: Uuid, since: Timestamp) -> Result<Vec<UsedInHour>, StoreError> {
    let own = used_by_hour::who.eq(AnyId(who)).and(used_by_hour::hour.gt(At(since)));
    let columns = (used_by_hour::hour, used_by_hour::drafts, used_by_hour::documents, used_by_hour::bytes);
    // Nothing that is pending is in this answer: see below.
    let stored: Vec<(At, i64, i64, i64)> =
        used_by_hour::table.filter(own).select(columns).load(tx.conn_unflushed()?)?;
    let stored = stored
        .into_iter()
        .map(|(hour, drafts, documents, bytes)| (hour.0, Used { drafts, documents, bytes }));
    let mut hours: BTreeMap<Timestamp, Used> = stored.collect();
    for row in tx.pending.unwritten::<Row>().iter().filter(|row| row.who == who) {
        let used = hours.entry(row.hour).or_default();
        *used = used.plus(row.used);
    }
    Ok(hours.into_iter().map(|(hour, used)| UsedInHour { hour, used }).collect())
}

/// Counts a use in the hour of `now`. `before` is what [`since`] has returned.
pub fn add(tx: &mut Tx<'_>, allowance: &Allowance, before: &[UsedInHour], used: Used, now: Timestamp) {
    let hour = hour_of(now);
    let earlier = before.iter().filter(|line| line.hour != hour);
    let most = earlier.fold(allowance.most, |left, line| left.minus(line.used));
    tx.push(Row { who: allowance.who, hour, used, most });
}

fn hour_of(now: Timestamp) -> Timestamp {
    let into_hour = now.as_second().rem_euclid(HOUR.as_secs());
    Timestamp::from_second(now.as_second() - into_hour).unwrap_or(now)
}

/// Removes the hours up to `before`.
pub fn delete_old(tx: &mut Tx<'_>, before: Timestamp) -> Result<usize, StoreError> {
    let old = used_by_hour::table.filter(used_by_hour::hour.le(At(before)));
    Ok(diesel::delete(old).execute(tx.changing(Subject::Other)?)?)
}

/// A use that is not written yet.
struct Row {
    who: Uuid,
    hour: Timestamp,
    used: Used,
    /// What may be used in this hour.
    most: Used,
}

impl PendingRow for Row {
    const ORDER: FlushOrder = FlushOrder::UseByHour;

    fn subject(&self) -> Subject {
        Subject::Other
    }

    /// Adds up what belongs to one row, and writes the rows in the order of their keys.
    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
        let mut sums: BTreeMap<(Uuid, Timestamp), (Used, Used)> = BTreeMap::new();
        for row in rows {
            let (used, most) = sums.entry((row.who, row.hour)).or_insert((Used::default(), row.most));
            *used = used.plus(row.used);
            *most = row.most;
        }
        for ((who, hour), (used, most)) in sums {
            let insert = diesel::insert_into(used_by_hour::table).values((
                used_by_hour::who.eq(AnyId(who)),
                used_by_hour::hour.eq(At(hour)),
                used_by_hour::drafts.eq(used.drafts),
                used_by_hour::documents.eq(used.documents),
                used_by_hour::bytes.eq(used.bytes),
            ));
            let more = (
                used_by_hour::drafts.eq(used_by_hour::drafts + used.drafts),
                used_by_hour::documents.eq(used_by_hour::documents + used.documents),
                used_by_hour::bytes.eq(used_by_hour::bytes + used.bytes),
            );
            let left = most.minus(used);
            let has_room = used_by_hour::drafts
                .le(left.drafts)
                .and(used_by_hour::documents.le(left.documents))
                .and(used_by_hour::bytes.le(left.bytes));
            let written = on_either!(&mut *conn, |conn| methods::FilterDsl::filter(
                insert.on_conflict((used_by_hour::who, used_by_hour::hour)).do_update().set(more),
                has_room
            )
            .execute(conn))?;
            if written != 1 {
                // Another transaction was faster. The retry reads what it has used.
                return Err(StoreError::Raced);
            }
        }
        Ok(())
    }
}
