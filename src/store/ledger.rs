//! The quota ledger: one line for each place that a case holds, takes or frees. The counters are its sums
//! (`counters.rs`).

use diesel::{dsl::sum, prelude::*};
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::insert_rows,
    schema::quota_entries,
    tx::{FlushOrder, PendingRow, Subject},
    types::At,
};
use crate::domain::{
    batch::Dimension,
    case::Case,
    ids::{ApplicationId, BatchId},
    quota::Movement,
};

/// Writes the line of the ledger that belongs to an event.
pub fn record(tx: &mut Tx<'_>, case: &Case, event_seq: i32, movement: Movement, now: Timestamp) {
    let (held_delta, taken_delta) = movement.deltas();
    tx.push(Entry {
        application: case.id,
        event_seq,
        batch: case.batch,
        at: now,
        movement,
        held_delta,
        taken_delta,
        direction: case.direction.clone(),
        category: case.category.clone(),
        sponsor: case.sponsor.as_ref().map(|sponsor| sponsor.code.clone()),
    });
}

impl PendingRow for Entry {
    const ORDER: FlushOrder = FlushOrder::QuotaEntries;

    fn subject(&self) -> Subject {
        Subject::Case(self.application)
    }

    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
        insert_rows!(conn, quota_entries::table, rows, |entry| (
            quota_entries::application_id.eq(entry.application),
            quota_entries::event_seq.eq(entry.event_seq),
            quota_entries::batch_id.eq(entry.batch),
            quota_entries::at.eq(At(entry.at)),
            quota_entries::movement.eq(entry.movement),
            quota_entries::held_delta.eq(entry.held_delta),
            quota_entries::taken_delta.eq(entry.taken_delta),
            quota_entries::direction.eq(&entry.direction),
            quota_entries::category.eq(&entry.category),
            quota_entries::sponsor.eq(&entry.sponsor),
        ));
        Ok(())
    }
}

#[derive(Queryable)]
struct Row {
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
    pub direction: String,
    pub category: String,
    pub sponsor: Option<String>,
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
            direction: row.direction,
            category: row.category,
            sponsor: row.sponsor,
        }
    }
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
