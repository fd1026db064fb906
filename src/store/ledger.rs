//! The quota ledger: one line for each place that a case holds, takes or frees. The counters are its sums
//! (`counters.rs`).

use std::collections::BTreeMap;

use diesel::{dsl::sum, prelude::*};
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::{insert_rows, on_either},
    one_of::one_of,
    schema::quota_entries,
    tx::{FlushOrder, PendingRow, Subject},
    types::At,
};
use crate::domain::{
    batch::Dimension,
    case::Case,
    ids::{ApplicationId, BatchId},
    quota::{CountedUnder, Movement, Place},
};

/// Writes the line of the ledger that belongs to an event.
pub fn record(
    tx: &mut Tx<'_>,
    case: &Case,
    event_seq: i32,
    under: CountedUnder,
    movement: Movement,
    now: Timestamp,
) {
    let (held_delta, taken_delta) = movement.deltas();
    tx.push(Entry {
        application: case.id,
        event_seq,
        batch: case.batch,
        at: now,
        movement,
        held_delta,
        taken_delta,
        under,
    });
}

impl PendingRow for Entry {
    const ORDER: FlushOrder = FlushOrder::QuotaEntries;

    fn subject(&self) -> Subject {
        Subject::Place(self.application)
    }

    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
        insert_rows!(conn, quota_entries, rows, |entry| {
            application_id: entry.application,
            event_seq: entry.event_seq,
            batch_id: entry.batch,
            at: At(entry.at),
            movement: entry.movement,
            held_delta: entry.held_delta,
            taken_delta: entry.taken_delta,
            direction: &entry.under.direction,
            category: &entry.under.category,
            sponsor: &entry.under.sponsor,
        });
        Ok(())
    }
}

#[derive(Queryable)]
pub(super) struct Row {
    application_id: ApplicationId,
    event_seq: i32,
    batch_id: BatchId,
    at: At,
    movement: Movement,
    held_delta: i32,
    taken_delta: i32,
    direction: String,
    category: String,
    sponsor: Option<String>,
}

/// One line of the ledger.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Entry {
    pub application: ApplicationId,
    pub event_seq: i32,
    pub batch: BatchId,
    pub at: Timestamp,
    pub movement: Movement,
    pub held_delta: i32,
    pub taken_delta: i32,
    /// What the place is counted under.
    pub under: CountedUnder,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        Self {
            application: row.application_id,
            event_seq: row.event_seq,
            batch: row.batch_id,
            at: row.at.0,
            movement: row.movement,
            held_delta: row.held_delta,
            taken_delta: row.taken_delta,
            under: CountedUnder { direction: row.direction, category: row.category, sponsor: row.sponsor },
        }
    }
}

/// What the newest place of a case is counted under; none if the case never had a place.
pub fn counted_under(tx: &mut Tx<'_>, case: ApplicationId) -> Result<Option<CountedUnder>, StoreError> {
    if let Some(under) = tx.prefetched.get::<CountedUnder>(Subject::Place(case)) {
        return Ok(Some(under.clone()));
    }
    let query = quota_entries::table
        .filter(quota_entries::application_id.eq(case))
        .order(quota_entries::event_seq.desc())
        .select((quota_entries::direction, quota_entries::category, quota_entries::sponsor));
    let newest: Option<Keys> = on_either!(tx.conn()?, |conn| query.first(conn)).optional()?;
    Ok(newest.map(under))
}

/// The columns of what a place is counted under.
type Keys = (String, String, Option<String>);

fn under((direction, category, sponsor): Keys) -> CountedUnder {
    CountedUnder { direction, category, sponsor }
}

/// Prefetches what the places of several cases are counted under.
pub(super) fn prefetch(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<(), StoreError> {
    let has_place = |case: &Case| case.place != Place::None;
    let with_place: Vec<ApplicationId> = cases
        .iter()
        .copied()
        .filter(|case| tx.prefetched.get(Subject::Case(*case)).is_some_and(has_place))
        .collect();
    if with_place.is_empty() {
        return Ok(());
    }
    for (case, under) in counted_under_of(tx, &with_place)? {
        tx.prefetched.put(Subject::Place(case), under);
    }
    Ok(())
}

/// What the newest places of several cases are counted under. Cases that never had a place are left out.
pub(super) fn counted_under_of(
    tx: &mut Tx<'_>,
    cases: &[ApplicationId],
) -> Result<BTreeMap<ApplicationId, CountedUnder>, StoreError> {
    let query = quota_entries::table
        .filter(one_of(quota_entries::application_id, cases))
        .order((quota_entries::application_id, quota_entries::event_seq))
        .select((
            quota_entries::application_id,
            (quota_entries::direction, quota_entries::category, quota_entries::sponsor),
        ));
    let rows: Vec<(ApplicationId, Keys)> = on_either!(tx.conn_unflushed()?, |conn| query.load(conn))?;
    // The newest of a case comes last and stays.
    Ok(rows.into_iter().map(|(case, keys)| (case, under(keys))).collect())
}

/// A place in the listing of a ledger.
pub type EntryKey = (Timestamp, ApplicationId, i32);

/// The lines of a batch's ledger after `after`, the oldest first.
pub fn entries(
    tx: &mut Tx<'_>,
    batch: BatchId,
    after: Option<EntryKey>,
    at_most: i64,
) -> Result<Vec<Entry>, StoreError> {
    let mut query = quota_entries::table
        .filter(quota_entries::batch_id.eq(batch))
        .order((quota_entries::at, quota_entries::application_id, quota_entries::event_seq))
        .limit(at_most)
        .into_boxed();
    if let Some((at, application, seq)) = after {
        // The condition on the time alone is where the index scan begins.
        let same_case = quota_entries::application_id.eq(application).and(quota_entries::event_seq.gt(seq));
        let later =
            quota_entries::at.gt(At(at)).or(quota_entries::application_id.gt(application)).or(same_case);
        query = query.filter(quota_entries::at.ge(At(at)).and(later));
    }
    let rows: Vec<Row> = query.load(tx.conn()?)?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

/// The places in use (held, taken) according to the ledger: in the whole batch, or in one limit.
pub fn in_use(
    tx: &mut Tx<'_>,
    batch: BatchId,
    limit: Option<(Dimension, &str)>,
) -> Result<(i32, i32), StoreError> {
    let mut query = quota_entries::table
        .filter(quota_entries::batch_id.eq(batch))
        .select((sum(quota_entries::held_delta), sum(quota_entries::taken_delta)))
        .into_boxed();
    match limit {
        None => {}
        Some((Dimension::Direction, key)) => {
            query = query.filter(quota_entries::direction.eq(key.to_owned()))
        }
        Some((Dimension::Category, key)) => query = query.filter(quota_entries::category.eq(key.to_owned())),
        Some((Dimension::Sponsor, key)) => query = query.filter(quota_entries::sponsor.eq(key.to_owned())),
    }
    let (held, taken): (Option<i64>, Option<i64>) = query.first(tx.conn()?)?;
    let fits = |sum: Option<i64>| {
        i32::try_from(sum.unwrap_or(0))
            .map_err(|_| StoreError::Broken("the ledger's sum is out of range".into()))
    };
    Ok((fits(held)?, fits(taken)?))
}
