//! The quota ledger and the counters that are its sums. Read `domain/quota.rs` before changing anything here.
//!
//! Order of locks: the case's row, the limits in the order of their key, the batch's row last, since it is the hot
//! one. The guards are `WHERE held + taken < capacity` and the CHECKs `…_never_one_too_many`.

use diesel::{dsl::sum, prelude::*};
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    schema::{batch_limits, batches, quota_entries},
    types::At,
};
use crate::domain::{
    batch::{Batch, Dimension},
    case::Case,
    ids::{ApplicationId, BatchId},
    quota::Movement,
};

/// What came of an attempt to move a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Done.
    Yes,
    /// The batch or a limit has no room; nothing was moved.
    Full,
}

/// Moves the counters of the batch and of the limits that count the case. `batch` is as read in this transaction; if
/// its terms have changed since, the transaction is to be tried again.
pub fn move_place(
    tx: &mut Tx<'_>,
    batch: &Batch,
    case: &Case,
    movement: Movement,
) -> Result<Moved, StoreError> {
    let sponsor = case.sponsor.as_ref().map(|sponsor| sponsor.code.as_str());
    let mut moved: Vec<(Dimension, &str)> = Vec::new();
    for limit in batch.limits_of(&case.direction, &case.category, sponsor) {
        if !move_limit(tx, batch.id, limit.dimension, &limit.key, movement)? {
            for (dimension, key) in moved {
                give_back(tx, batch.id, dimension, key, movement)?;
            }
            return Ok(Moved::Full);
        }
        moved.push((limit.dimension, &limit.key));
    }
    if move_batch(tx, batch, movement)? {
        return Ok(Moved::Yes);
    }
    for (dimension, key) in moved {
        give_back(tx, batch.id, dimension, key, movement)?;
    }
    // Nothing was changed: either it is full, or its terms are no longer those that the limits were read with.
    let version: i32 = batches::table.find(batch.id).select(batches::version).first(tx.conn)?;
    if version == batch.version { Ok(Moved::Full) } else { Err(StoreError::Raced) }
}

/// The guarded update of a limit.
fn move_limit(
    tx: &mut Tx<'_>,
    id: BatchId,
    dimension: Dimension,
    key: &str,
    movement: Movement,
) -> Result<bool, StoreError> {
    let (held, taken) = movement.deltas();
    let row = batch_limits::table.find((id, dimension.as_str(), key));
    let counters = (
        batch_limits::held.eq(batch_limits::held + held),
        batch_limits::taken.eq(batch_limits::taken + taken),
    );
    let changed = if movement.needs_room() {
        let has_room = (batch_limits::held + batch_limits::taken).lt(batch_limits::capacity);
        diesel::update(row.filter(has_room)).set(counters).execute(tx.conn)?
    } else {
        diesel::update(row).set(counters).execute(tx.conn)?
    };
    Ok(changed == 1)
}

fn give_back(
    tx: &mut Tx<'_>,
    id: BatchId,
    dimension: Dimension,
    key: &str,
    movement: Movement,
) -> Result<(), StoreError> {
    let (held, taken) = movement.deltas();
    diesel::update(batch_limits::table.find((id, dimension.as_str(), key)))
        .set((
            batch_limits::held.eq(batch_limits::held - held),
            batch_limits::taken.eq(batch_limits::taken - taken),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// The guarded update of the batch, the hot row.
fn move_batch(tx: &mut Tx<'_>, batch: &Batch, movement: Movement) -> Result<bool, StoreError> {
    let (held, taken) = movement.deltas();
    let row = batches::table.find(batch.id).filter(batches::version.eq(batch.version));
    let counters = (batches::held.eq(batches::held + held), batches::taken.eq(batches::taken + taken));
    let changed = if movement.needs_room() {
        let has_room = (batches::held + batches::taken).lt(batches::capacity);
        diesel::update(row.filter(has_room)).set(counters).execute(tx.conn)?
    } else {
        diesel::update(row).set(counters).execute(tx.conn)?
    };
    Ok(changed == 1)
}

/// Writes the line of the ledger that belongs to an event.
pub fn record(
    tx: &mut Tx<'_>,
    case: &Case,
    event_seq: i32,
    movement: Movement,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (held, taken) = movement.deltas();
    diesel::insert_into(quota_entries::table)
        .values((
            quota_entries::application_id.eq(case.id),
            quota_entries::event_seq.eq(event_seq),
            quota_entries::batch_id.eq(case.batch),
            quota_entries::at.eq(At(now)),
            quota_entries::movement.eq(movement),
            quota_entries::held_delta.eq(held),
            quota_entries::taken_delta.eq(taken),
            quota_entries::direction.eq(&case.direction),
            quota_entries::category.eq(&case.category),
            quota_entries::sponsor.eq(case.sponsor.as_ref().map(|sponsor| &sponsor.code)),
        ))
        .execute(tx.conn)?;
    Ok(())
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

/// A batch's ledger, the oldest line first, after `after`.
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
        // The bound on the time alone is what the index begins at.
        let same_case = quota_entries::application_id.eq(application).and(quota_entries::event_seq.gt(seq));
        let later =
            quota_entries::at.gt(At(at)).or(quota_entries::application_id.gt(application)).or(same_case);
        query = query.filter(quota_entries::at.ge(At(at)).and(later));
    }
    let rows: Vec<Row> = query.load(tx.conn)?;
    Ok(rows.into_iter().map(Entry::from).collect())
}

/// What the ledger says is in use (held, taken): of the whole batch, or of what one limit counts.
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
    let (held, taken): (Option<i64>, Option<i64>) = query.first(tx.conn)?;
    let fits = |sum: Option<i64>| {
        i32::try_from(sum.unwrap_or(0))
            .map_err(|_| StoreError::Broken("the ledger's sum is out of range".into()))
    };
    Ok((fits(held)?, fits(taken)?))
}
