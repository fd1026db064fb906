//! Batches and their limits: terms and state. Only `counters.rs` changes the counters.

use std::sync::Arc;

use diesel::prelude::*;
use jiff::{Timestamp, civil::Date};

use super::{
    StoreError, Tx,
    connection::AnyConnection,
    counters,
    dialect::load_any,
    schema::{batch_limits, batches},
    tx::Subject,
    types::{At, On},
};
use crate::domain::{
    ballot::{Ballot, Bytes32, Draw},
    batch::{Batch, Dimension, HoldAt, Limit, OnFull, Ordering},
    case::Case,
    ids::{ApplicationId, BatchId},
    lifecycle::BatchState,
};

#[derive(Queryable)]
struct Row {
    id: BatchId,
    programme_code: String,
    name: String,
    state: BatchState,
    capacity: i32,
    held: i32,
    taken: i32,
    hold_at: HoldAt,
    on_full: OnFull,
    ordering: Ordering,
    opens_at: Option<At>,
    closes_at: Option<At>,
    travel_from: On,
    travel_until: On,
    version: i32,
    _created_at: At,
    ballot_commitment: Option<Bytes32>,
    _ballot_seed_sealed: Option<Vec<u8>>,
    ballot_seed: Option<Bytes32>,
    drawn_at: Option<At>,
    event_seq: i32,
    event_hash: Vec<u8>,
    drawing: bool,
    promoting: bool,
}

impl Row {
    fn with_limits(self, limits: Vec<Limit>) -> Batch {
        let draw = self.ballot_seed.zip(self.drawn_at).map(|(seed, at)| Draw { seed, at: at.0 });
        Batch {
            id: self.id,
            programme: self.programme_code,
            name: self.name,
            state: self.state,
            capacity: self.capacity,
            held: self.held,
            taken: self.taken,
            limits,
            hold_at: self.hold_at,
            on_full: self.on_full,
            ordering: self.ordering,
            opens_at: self.opens_at.map(|at| at.0),
            closes_at: self.closes_at.map(|at| at.0),
            travel_from: self.travel_from.0,
            travel_until: self.travel_until.0,
            version: self.version,
            event_seq: self.event_seq,
            event_hash: self.event_hash,
            ballot: self.ballot_commitment.map(|commitment| Ballot { commitment, draw }),
            drawing: self.drawing,
            promoting: self.promoting,
        }
    }
}

#[derive(Queryable)]
struct LimitRow {
    batch_id: BatchId,
    dimension: Dimension,
    key: String,
    capacity: i32,
    held: i32,
    taken: i32,
}

impl From<LimitRow> for Limit {
    fn from(row: LimitRow) -> Self {
        Self {
            dimension: row.dimension,
            key: row.key,
            capacity: row.capacity,
            held: row.held,
            taken: row.taken,
        }
    }
}

/// The batch with this id, as this transaction has read it, with the places that this transaction has moved.
pub fn by_id(tx: &mut Tx<'_>, id: BatchId) -> Result<Option<Arc<Batch>>, StoreError> {
    prefetch(tx, &[id])?;
    Ok(tx.prefetched.get(Subject::Batch(id)).cloned())
}

/// The batch with this id, read again and locked until the transaction ends.
pub fn by_id_for_update(tx: &mut Tx<'_>, id: BatchId) -> Result<Option<Batch>, StoreError> {
    tx.prefetched.forget(Subject::Batch(id));
    // SQLite needs no lock: it has one writer.
    if let AnyConnection::Postgres(conn) = tx.conn()? {
        let _: Option<BatchId> =
            batches::table.find(id).select(batches::id).for_no_key_update().first(conn).optional()?;
    }
    Ok(by_id(tx, id)?.map(Arc::unwrap_or_clone))
}

/// This transaction prevents the end of the batch.
struct EndPrevented;

/// Prevents the end of a batch until this transaction ends: [`lock_for_end`] waits. If the batch has changed since it was
/// read, the transaction has to be retried. Unlike the other locks, this one lets others count places. SQLite needs none:
/// it has one writer.
pub fn prevent_end(tx: &mut Tx<'_>, batch: &Batch) -> Result<(), StoreError> {
    if tx.prefetched.get::<EndPrevented>(Subject::Batch(batch.id)).is_some() {
        return Ok(());
    }
    if let AnyConnection::Postgres(conn) = tx.conn_unflushed()? {
        let unchanged = batches::table.find(batch.id).filter(batches::version.eq(batch.version));
        let locked: Option<BatchId> = unchanged.select(batches::id).for_key_share().first(conn).optional()?;
        locked.ok_or(StoreError::Raced)?;
    }
    tx.prefetched.put(Subject::Batch(batch.id), EndPrevented);
    Ok(())
}

/// Waits for the transactions that prevent the end of the batch, and locks it until this one ends.
pub fn lock_for_end(tx: &mut Tx<'_>, id: BatchId) -> Result<(), StoreError> {
    if let AnyConnection::Postgres(conn) = tx.conn()? {
        let row = batches::table.find(id).select(batches::id);
        let _: Option<BatchId> = row.for_update().first(conn).optional()?;
    }
    Ok(())
}

/// Prefetches the batches of several prefetched cases.
pub(super) fn prefetch_of_cases(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<(), StoreError> {
    let cases = cases.iter().filter_map(|id| tx.prefetched.get::<Case>(Subject::Case(*id)));
    let batches: Vec<BatchId> = cases.map(|case| case.batch).collect();
    prefetch(tx, &batches)
}

/// Reads the batches that are not prefetched yet.
fn prefetch(tx: &mut Tx<'_>, ids: &[BatchId]) -> Result<(), StoreError> {
    let is_missing = |id: &BatchId| tx.prefetched.get::<Arc<Batch>>(Subject::Batch(*id)).is_none();
    let mut missing: Vec<BatchId> = ids.iter().copied().filter(is_missing).collect();
    missing.sort();
    missing.dedup();
    if missing.is_empty() {
        return Ok(());
    }
    let rows: Vec<Row> = load_any!(tx.conn_unflushed()?, batches::table, batches::id, missing);
    for mut batch in with_limits(tx, rows)? {
        counters::count_pending(tx, &mut batch);
        tx.prefetched.put(Subject::Batch(batch.id), Arc::new(batch));
    }
    Ok(())
}

/// Which batches to list.
#[derive(Clone, Debug, Default)]
pub struct BatchFilter {
    /// Of this programme.
    pub programme: Option<String>,
    /// In one of these states; empty: in any state.
    pub states: Vec<BatchState>,
    /// After this batch, in the listing's order.
    pub after: Option<BatchId>,
}

/// Batches, the newest first.
pub fn list(tx: &mut Tx<'_>, filter: &BatchFilter, at_most: i64) -> Result<Vec<Batch>, StoreError> {
    let mut query = batches::table.order(batches::id.desc()).limit(at_most).into_boxed();
    if let Some(programme) = &filter.programme {
        query = query.filter(batches::programme_code.eq(programme));
    }
    if !filter.states.is_empty() {
        let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
        query = query.filter(batches::state.eq_any(states));
    }
    if let Some(after) = filter.after {
        query = query.filter(batches::id.lt(after));
    }
    let rows: Vec<Row> = query.load(tx.conn()?)?;
    with_limits(tx, rows)
}

/// The batches whose travel window ended before `today`, and those whose application window has begun or is over at
/// `now`: at most `at_most` of each.
pub fn due(tx: &mut Tx<'_>, now: Timestamp, today: Date, at_most: i64) -> Result<Vec<Batch>, StoreError> {
    let mut rows: Vec<Row> = Vec::new();
    for state in [BatchState::Open, BatchState::Closed] {
        let over = batches::state.eq(state).and(batches::travel_until.lt(On(today)));
        rows.extend(batches::table.filter(over).limit(at_most).load::<Row>(tx.conn()?)?);
    }
    let closing = batches::state.eq(BatchState::Open).and(batches::closes_at.le(Some(At(now))));
    let is_in_time = batches::closes_at.is_null().or(batches::closes_at.gt(Some(At(now))));
    let opening = batches::state.eq(BatchState::Planned).and(batches::opens_at.le(Some(At(now))));
    let opening = opening.and(is_in_time.assume_not_null());
    let closing: Vec<Row> = batches::table.filter(closing).limit(at_most).load(tx.conn()?)?;
    let opening: Vec<Row> = batches::table.filter(opening).limit(at_most).load(tx.conn()?)?;
    for row in closing.into_iter().chain(opening) {
        if rows.iter().all(|other| other.id != row.id) {
            rows.push(row);
        }
    }
    with_limits(tx, rows)
}

fn with_limits(tx: &mut Tx<'_>, rows: Vec<Row>) -> Result<Vec<Batch>, StoreError> {
    let ids: Vec<BatchId> = rows.iter().map(|row| row.id).collect();
    let ordered =
        batch_limits::table.order((batch_limits::batch_id, batch_limits::dimension, batch_limits::key));
    let mut limits: Vec<LimitRow> = load_any!(tx.conn_unflushed()?, ordered, batch_limits::batch_id, ids);
    let batches = rows.into_iter().map(|row| {
        let (own, others) =
            std::mem::take(&mut limits).into_iter().partition(|limit| limit.batch_id == row.id);
        limits = others;
        row.with_limits(Vec::from_iter::<Vec<LimitRow>>(own).into_iter().map(Limit::from).collect())
    });
    Ok(batches.collect())
}

/// Adds a batch in which nothing is in use yet, with its limits.
pub fn insert(tx: &mut Tx<'_>, batch: &Batch, now: Timestamp) -> Result<(), StoreError> {
    diesel::insert_into(batches::table)
        .values((
            batches::id.eq(batch.id),
            batches::programme_code.eq(&batch.programme),
            batches::name.eq(&batch.name),
            batches::state.eq(batch.state),
            batches::capacity.eq(batch.capacity),
            batches::held.eq(0),
            batches::taken.eq(0),
            batches::hold_at.eq(batch.hold_at),
            batches::on_full.eq(batch.on_full),
            batches::ordering.eq(batch.ordering),
            batches::opens_at.eq(batch.opens_at.map(At)),
            batches::closes_at.eq(batch.closes_at.map(At)),
            batches::travel_from.eq(On(batch.travel_from)),
            batches::travel_until.eq(On(batch.travel_until)),
            batches::version.eq(batch.version),
            batches::created_at.eq(At(now)),
            batches::event_seq.eq(batch.event_seq),
            batches::event_hash.eq(&batch.event_hash),
        ))
        .execute(tx.changing(Subject::Batch(batch.id))?)?;
    for limit in &batch.limits {
        insert_limit(tx, batch.id, limit.dimension, &limit.key, limit.capacity, (0, 0))?;
    }
    Ok(())
}

/// Adds a limit with the places that are in use already (held, taken).
pub fn insert_limit(
    tx: &mut Tx<'_>,
    id: BatchId,
    dimension: Dimension,
    key: &str,
    capacity: i32,
    (held, taken): (i32, i32),
) -> Result<(), StoreError> {
    diesel::insert_into(batch_limits::table)
        .values((
            batch_limits::batch_id.eq(id),
            batch_limits::dimension.eq(dimension),
            batch_limits::key.eq(key),
            batch_limits::capacity.eq(capacity),
            batch_limits::held.eq(held),
            batch_limits::taken.eq(taken),
        ))
        .execute(tx.changing(Subject::Batch(id))?)?;
    Ok(())
}

/// Removes a limit.
pub fn remove_limit(tx: &mut Tx<'_>, id: BatchId, dimension: Dimension, key: &str) -> Result<(), StoreError> {
    diesel::delete(batch_limits::table.find((id, dimension.as_str(), key)))
        .execute(tx.changing(Subject::Batch(id))?)?;
    Ok(())
}

/// Sets a limit's capacity. False: more places are in use.
pub fn set_limit_capacity(
    tx: &mut Tx<'_>,
    id: BatchId,
    dimension: Dimension,
    key: &str,
    capacity: i32,
) -> Result<bool, StoreError> {
    let fits = (batch_limits::held + batch_limits::taken).le(capacity);
    let changed = diesel::update(batch_limits::table.find((id, dimension.as_str(), key)).filter(fits))
        .set(batch_limits::capacity.eq(capacity))
        .execute(tx.changing(Subject::Batch(id))?)?;
    Ok(changed == 1)
}

/// Writes what a step changes, other than limits. False: it is not as it was `before` any more, or more places are in
/// use than its terms allow.
pub fn update(tx: &mut Tx<'_>, batch: &Batch, before: &Batch) -> Result<bool, StoreError> {
    let is_same = batches::version.eq(before.version).and(batches::event_seq.eq(before.event_seq));
    let current = is_same.and((batches::held + batches::taken).le(batch.capacity));
    let changed = diesel::update(batches::table.find(batch.id).filter(current))
        .set((
            batches::state.eq(batch.state),
            batches::name.eq(&batch.name),
            batches::capacity.eq(batch.capacity),
            batches::hold_at.eq(batch.hold_at),
            batches::on_full.eq(batch.on_full),
            batches::ordering.eq(batch.ordering),
            batches::opens_at.eq(batch.opens_at.map(At)),
            batches::closes_at.eq(batch.closes_at.map(At)),
            batches::travel_from.eq(On(batch.travel_from)),
            batches::travel_until.eq(On(batch.travel_until)),
            batches::version.eq(batch.version),
            batches::event_seq.eq(batch.event_seq),
            batches::event_hash.eq(&batch.event_hash),
        ))
        .execute(tx.changing(Subject::Batch(batch.id))?)?;
    Ok(changed == 1)
}

/// Sets whether a job gives the free places to waiting cases.
pub fn set_promoting(tx: &mut Tx<'_>, id: BatchId, promoting: bool) -> Result<(), StoreError> {
    diesel::update(batches::table.find(id))
        .set(batches::promoting.eq(promoting))
        .execute(tx.changing(Subject::Batch(id))?)?;
    Ok(())
}

/// Batches that are older than their histories and have none yet, in the order of their ids.
pub fn without_history(tx: &mut Tx<'_>, at_most: i64) -> Result<Vec<BatchId>, StoreError> {
    let query =
        batches::table.filter(batches::event_seq.eq(0)).order(batches::id).limit(at_most).select(batches::id);
    Ok(query.load(tx.conn()?)?)
}
