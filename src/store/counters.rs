//! The counters of batches and their limits. Read `domain/quota.rs` before you change anything here.
//!
//! Lock order: first the row of the case, last the row of the batch, which is the hot row, then its limits. The guards
//! are `WHERE held + taken + delta <= capacity` and the CHECKs `…_never_one_too_many`.

use std::{collections::BTreeMap, sync::Arc};

use diesel::{
    prelude::*,
    sql_types::{Array, Integer, Text},
};

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    dialect::on_either,
    schema::{batch_limits, batches},
    statement::{cached_sql_around, update},
    tx::{FlushOrder, PendingRow, Subject},
    types::Id,
};
use crate::domain::{
    batch::{Batch, Dimension},
    ids::BatchId,
    quota::{CountedUnder, Movement},
};

/// A place that moved in the counters of a batch and of the limits that count it.
struct PlaceMove {
    batch: BatchId,
    /// The version of the batch's terms by which the room was checked.
    version: i32,
    limits: Vec<(Dimension, String)>,
    movement: Movement,
}

/// Moves a place in the counters of the batch and of the limits that count it. False: there is no room. `batch`
/// is the batch as this transaction has read it. If its terms have changed since, or other transactions have taken the
/// room, the flush fails with [`StoreError::Raced`] and the transaction is retried.
pub fn move_place(tx: &mut Tx<'_>, batch: &Batch, under: &CountedUnder, movement: Movement) -> bool {
    if movement.needs_room() && !batch.has_free_place_for(under) {
        return false;
    }
    let limits = batch.limits_of(under);
    let moved = PlaceMove {
        batch: batch.id,
        version: batch.version,
        limits: limits.map(|limit| (limit.dimension, limit.key.clone())).collect(),
        movement,
    };
    if let Some(prefetched) = tx.prefetched.get_mut::<Arc<Batch>>(Subject::Batch(batch.id)) {
        moved.apply(Arc::make_mut(prefetched));
    }
    tx.push(moved);
    true
}

impl PlaceMove {
    /// Counts the move in a batch that was read before it.
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

/// Counts the pending moves of this transaction in a batch that was just read.
pub(super) fn count_pending(tx: &Tx<'_>, batch: &mut Batch) {
    let id = batch.id;
    let pending = tx.pending.unwritten::<PlaceMove>().iter();
    pending.filter(|moved| moved.batch == id).for_each(|moved| moved.apply(batch));
}

/// Sums of `held` and `taken`.
type Sums = (i32, i32);
/// The sums for each batch, at the version of the terms by which the room was checked.
type BatchSums = BTreeMap<(BatchId, i32), Sums>;
/// The sums for each limit.
type LimitSums<'a> = BTreeMap<(BatchId, &'a str, &'a str), Sums>;

impl PendingRow for PlaceMove {
    const ORDER: FlushOrder = FlushOrder::Counters;

    /// Not the batch: [`move_place`] keeps the prefetched batch up to date.
    fn subject(&self) -> Subject {
        Subject::Other
    }

    /// Updates each counter once, in the order of the keys, a batch before its limits: the lock on the batch protects
    /// its limits too. If the terms have changed or the room is taken, the transaction has to be retried.
    fn write(conn: &mut AnyConnection, moves: &[Self]) -> Result<(), StoreError> {
        let mut batches = BatchSums::new();
        let mut limits = LimitSums::new();
        for moved in moves {
            let deltas = moved.movement.deltas();
            add(batches.entry((moved.batch, moved.version)).or_default(), deltas);
            for (dimension, key) in &moved.limits {
                add(limits.entry((moved.batch, dimension.as_str(), key.as_str())).or_default(), deltas);
            }
        }
        match conn {
            // More than one batch: one round trip for all of them.
            AnyConnection::Postgres(conn) if batches.len() > 1 => update_with_arrays(conn, &batches, &limits),
            conn => update_one_by_one(conn, batches, limits),
        }
    }
}

fn update_one_by_one(
    conn: &mut AnyConnection,
    batch_sums: BatchSums,
    limit_sums: LimitSums<'_>,
) -> Result<(), StoreError> {
    for ((id, version), (held, taken)) in batch_sums {
        let has_room = (batches::held + batches::taken + (held + taken)).le(batches::capacity);
        let unchanged = batches::id.eq(id).and(batches::version.eq(version)).and(has_room);
        let counters = (batches::held.eq(batches::held + held), batches::taken.eq(batches::taken + taken));
        let update = update(batches::table, unchanged, counters);
        retry_unless(on_either!(&mut *conn, |conn| update.execute(conn))? == 1)?;
    }
    for ((batch, dimension, key), (held, taken)) in limit_sums {
        let counters = (
            batch_limits::held.eq(batch_limits::held + held),
            batch_limits::taken.eq(batch_limits::taken + taken),
        );
        let has_room = (batch_limits::held + batch_limits::taken + (held + taken)).le(batch_limits::capacity);
        let limit = batch_limits::batch_id.eq(batch);
        let limit = limit.and(batch_limits::dimension.eq(dimension)).and(batch_limits::key.eq(key));
        let update = update(batch_limits::table, limit.and(has_room), counters);
        retry_unless(on_either!(&mut *conn, |conn| update.execute(conn))? == 1)?;
    }
    Ok(())
}

/// The same with one statement a table, on arrays. The rows of the batches are locked first, in the order of their ids.
fn update_with_arrays(
    conn: &mut PgConnection,
    batch_sums: &BatchSums,
    limit_sums: &LimitSums<'_>,
) -> Result<(), StoreError> {
    let ids: Vec<BatchId> = batch_sums.keys().map(|(id, _)| *id).collect();
    let locked = batches::table.filter(batches::id.eq_any(&ids)).order(batches::id);
    let _: Vec<BatchId> = locked.select(batches::id).for_no_key_update().load(conn)?;
    let sums = (
        ids.into_sql::<Array<Id>>(),
        batch_sums.keys().map(|(_, version)| *version).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
        batch_sums.values().map(|(held, _)| *held).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
        batch_sums.values().map(|(_, taken)| *taken).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
    );
    let updated = cached_sql_around(
        "UPDATE batches AS b SET held = b.held + m.held, taken = b.taken + m.taken FROM unnest(",
        sums,
        ") AS m (id, version, held, taken)
         WHERE b.id = m.id AND b.version = m.version AND b.held + b.taken + m.held + m.taken <= b.capacity",
    )
    .execute(conn)?;
    retry_unless(updated == batch_sums.len())?;
    let sums = (
        limit_sums.keys().map(|(batch, ..)| *batch).collect::<Vec<_>>().into_sql::<Array<Id>>(),
        limit_sums.keys().map(|(_, dimension, _)| *dimension).collect::<Vec<_>>().into_sql::<Array<Text>>(),
        limit_sums.keys().map(|(.., key)| *key).collect::<Vec<_>>().into_sql::<Array<Text>>(),
        limit_sums.values().map(|(held, _)| *held).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
        limit_sums.values().map(|(_, taken)| *taken).collect::<Vec<_>>().into_sql::<Array<Integer>>(),
    );
    let updated = cached_sql_around(
        "UPDATE batch_limits AS l SET held = l.held + m.held, taken = l.taken + m.taken FROM unnest(",
        sums,
        ") AS m (batch_id, dimension, key, held, taken)
         WHERE l.batch_id = m.batch_id AND l.dimension = m.dimension AND l.key = m.key
           AND l.held + l.taken + m.held + m.taken <= l.capacity",
    )
    .execute(conn)?;
    retry_unless(updated == limit_sums.len())
}

fn add(sum: &mut Sums, (held, taken): Sums) {
    *sum = (sum.0 + held, sum.1 + taken);
}

fn retry_unless(all_updated: bool) -> Result<(), StoreError> {
    if all_updated { Ok(()) } else { Err(StoreError::Raced) }
}
