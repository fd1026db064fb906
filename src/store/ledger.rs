//! The quota ledger and the counters that are its sums. Read `domain/quota.rs` before changing anything here.
//!
//! Order of locks: the case's row, and last, since it is the hot one, the batch's, with its limits behind it. The
//! guards are `WHERE held + taken + what comes <= capacity` and the CHECKs `…_never_one_too_many`.

use std::collections::BTreeMap;

use diesel::{
    dsl::sum,
    prelude::*,
    sql_types::{Array, Integer, Text},
};
use jiff::Timestamp;

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::{insert_rows, on_either},
    schema::{batch_limits, batches, quota_entries},
    statement::{around, update},
    types::{At, Id},
};
use crate::domain::{
    batch::{Batch, Dimension},
    case::Case,
    ids::{ApplicationId, BatchId},
    quota::Movement,
};

/// A place that was moved: what it does to the counters of the batch and of the limits that count the case.
pub(super) struct Move {
    batch: BatchId,
    /// The batch's terms that were asked whether there is room.
    version: i32,
    limits: Vec<(Dimension, String)>,
    movement: Movement,
}

/// Moves a place of the batch and of the limits that count the case, or says that there is no room. `batch` is as
/// this transaction knows it; if its terms have changed since, or others have taken the room, the transaction will be
/// tried again.
pub fn move_place(tx: &mut Tx<'_>, batch: &Batch, case: &Case, movement: Movement) -> bool {
    let sponsor = case.sponsor.as_ref().map(|sponsor| sponsor.code.as_str());
    if movement.needs_room() && !batch.has_room_for(&case.direction, &case.category, sponsor) {
        return false;
    }
    let limits = batch.limits_of(&case.direction, &case.category, sponsor);
    let moved = Move {
        batch: batch.id,
        version: batch.version,
        limits: limits.map(|limit| (limit.dimension, limit.key.clone())).collect(),
        movement,
    };
    if let Some(known) = tx.known.batches.get_mut(&batch.id) {
        moved.apply(known);
    }
    tx.owed.moves.push(moved);
    true
}

impl Move {
    /// Counts it in a batch that was read before.
    fn apply(&self, batch: &mut Batch) {
        let (held, taken) = self.movement.deltas();
        batch.held += held;
        batch.taken += taken;
        for limit in &mut batch.limits {
            if self.limits.iter().any(|(dimension, key)| (*dimension, key) == (limit.dimension, &limit.key)) {
                limit.held += held;
                limit.taken += taken;
            }
        }
    }
}

/// Counts what this transaction owes in a batch that was just read.
pub(super) fn count_owed(tx: &Tx<'_>, batch: &mut Batch) {
    let id = batch.id;
    tx.owed.moves.unwritten().iter().filter(|moved| moved.batch == id).for_each(|moved| moved.apply(batch));
}

/// The sums for one batch or limit: held, taken.
type Sums = (i32, i32);

/// Moves the counters, each row once, in the order of their keys: a batch before its limits, which are safe with it.
/// Where the terms are others or the room is gone, the transaction is to be tried again.
pub(super) fn move_counters(conn: &mut AnyConnection, moves: &[Move]) -> Result<(), StoreError> {
    let mut of_batches = OfBatches::new();
    let mut of_limits = OfLimits::new();
    for moved in moves {
        let deltas = moved.movement.deltas();
        let limits =
            moved.limits.iter().map(|(dimension, key)| (moved.batch, dimension.as_str(), key.as_str()));
        let sums = std::iter::once(of_batches.entry((moved.batch, moved.version)).or_default());
        sums.for_each(|sum| add(sum, deltas));
        limits.for_each(|limit| add(of_limits.entry(limit).or_default(), deltas));
    }
    match conn {
        // More batches than one: in a round trip for all of them, not in one for each.
        AnyConnection::Postgres(conn) if of_batches.len() > 1 => move_at_once(conn, &of_batches, &of_limits),
        conn => move_one_by_one(conn, of_batches, of_limits),
    }
}

/// What is moved of each batch at the terms that it was asked by.
type OfBatches = BTreeMap<(BatchId, i32), Sums>;
/// What is moved of each limit.
type OfLimits<'a> = BTreeMap<(BatchId, &'a str, &'a str), Sums>;

fn move_one_by_one(
    conn: &mut AnyConnection,
    of_batches: OfBatches,
    of_limits: OfLimits<'_>,
) -> Result<(), StoreError> {
    for ((id, version), (held, taken)) in of_batches {
        let has_room = (batches::held + batches::taken + (held + taken)).le(batches::capacity);
        let as_known = batches::id.eq(id).and(batches::version.eq(version)).and(has_room);
        let counters = (batches::held.eq(batches::held + held), batches::taken.eq(batches::taken + taken));
        let update = update(batches::table, as_known, counters);
        raced_unless(on_either!(&mut *conn, |conn| update.execute(conn))? == 1)?;
    }
    for ((batch, dimension, key), (held, taken)) in of_limits {
        let counters = (
            batch_limits::held.eq(batch_limits::held + held),
            batch_limits::taken.eq(batch_limits::taken + taken),
        );
        let has_room = (batch_limits::held + batch_limits::taken + (held + taken)).le(batch_limits::capacity);
        let limit = batch_limits::batch_id.eq(batch);
        let limit = limit.and(batch_limits::dimension.eq(dimension)).and(batch_limits::key.eq(key));
        let update = update(batch_limits::table, limit.and(has_room), counters);
        raced_unless(on_either!(&mut *conn, |conn| update.execute(conn))? == 1)?;
    }
    Ok(())
}

/// The same with arrays. The rows of the batches are locked first, in the order of their ids.
fn move_at_once(
    conn: &mut PgConnection,
    of_batches: &OfBatches,
    of_limits: &OfLimits<'_>,
) -> Result<(), StoreError> {
    let ids: Vec<BatchId> = of_batches.keys().map(|(id, _)| *id).collect();
    let locked = batches::table.filter(batches::id.eq_any(&ids)).order(batches::id);
    let _: Vec<BatchId> = locked.select(batches::id).for_no_key_update().load(conn)?;
    let sums = (
        ids.into_sql::<Array<Id>>(),
        of_batches.keys().map(|(_, version)| *version).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
        of_batches.values().map(|(held, _)| *held).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
        of_batches.values().map(|(_, taken)| *taken).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
    );
    let moved = around(
        "UPDATE batches AS b SET held = b.held + m.held, taken = b.taken + m.taken FROM unnest(",
        sums,
        ") AS m (id, version, held, taken)
         WHERE b.id = m.id AND b.version = m.version AND b.held + b.taken + m.held + m.taken <= b.capacity",
    )
    .execute(conn)?;
    raced_unless(moved == of_batches.len())?;
    let sums = (
        of_limits.keys().map(|(batch, ..)| *batch).collect::<Vec<_>>().into_sql::<Array<Id>>(),
        of_limits.keys().map(|(_, dimension, _)| *dimension).collect::<Vec<_>>().into_sql::<Array<Text>>(),
        of_limits.keys().map(|(.., key)| *key).collect::<Vec<_>>().into_sql::<Array<Text>>(),
        of_limits.values().map(|(held, _)| *held).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
        of_limits.values().map(|(_, taken)| *taken).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
    );
    let moved = around(
        "UPDATE batch_limits AS l SET held = l.held + m.held, taken = l.taken + m.taken FROM unnest(",
        sums,
        ") AS m (batch_id, dimension, key, held, taken)
         WHERE l.batch_id = m.batch_id AND l.dimension = m.dimension AND l.key = m.key
           AND l.held + l.taken + m.held + m.taken <= l.capacity",
    )
    .execute(conn)?;
    raced_unless(moved == of_limits.len())
}

fn add(sum: &mut Sums, (held, taken): Sums) {
    *sum = (sum.0 + held, sum.1 + taken);
}

fn raced_unless(all_moved: bool) -> Result<(), StoreError> {
    if all_moved { Ok(()) } else { Err(StoreError::Raced) }
}

/// Writes the line of the ledger that belongs to an event.
pub fn record(tx: &mut Tx<'_>, case: &Case, event_seq: i32, movement: Movement, now: Timestamp) {
    let (held_delta, taken_delta) = movement.deltas();
    tx.owed.ledger.push(Entry {
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

/// A new line, as it is written.
pub(super) type NewRow = Entry;

pub(super) fn write(conn: &mut AnyConnection, rows: &[NewRow]) -> Result<(), StoreError> {
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
    let rows: Vec<Row> = query.load(tx.conn()?)?;
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
    let (held, taken): (Option<i64>, Option<i64>) = query.first(tx.conn()?)?;
    let fits = |sum: Option<i64>| {
        i32::try_from(sum.unwrap_or(0))
            .map_err(|_| StoreError::Broken("the ledger's sum is out of range".into()))
    };
    Ok((fits(held)?, fits(taken)?))
}
