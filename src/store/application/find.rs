//! The ids of cases that wait for something, and of the case with a reference.

use diesel::prelude::*;
use jiff::Timestamp;

use crate::{
    domain::{
        ids::{AccountId, ApplicationId, BatchId},
        lifecycle::State,
    },
    store::{StoreError, Tx, dialect::locked, schema::applications, types::At},
};

/// Cases in `state` that are due, the longest overdue first.
pub fn due(
    tx: &mut Tx<'_>,
    state: State,
    now: Timestamp,
    at_most: i64,
) -> Result<Vec<ApplicationId>, StoreError> {
    Ok(applications::table
        .filter(applications::state.eq(state).and(applications::due_at.le(Some(At(now)))))
        .order((applications::due_at, applications::id))
        .select(applications::id)
        .limit(at_most)
        .load(tx.conn()?)?)
}

/// What a job that goes through a batch needs of each case.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct CaseOfBatch {
    pub id: ApplicationId,
    pub state: State,
    pub was_submitted: bool,
}

/// The next cases of a batch in the order of their ids, locked until the transaction ends.
pub fn of_batch_after(
    tx: &mut Tx<'_>,
    batch: BatchId,
    after: Option<ApplicationId>,
    at_most: i64,
) -> Result<Vec<CaseOfBatch>, StoreError> {
    let after = after.unwrap_or(ApplicationId(uuid::Uuid::nil()));
    let next = applications::table
        .filter(applications::batch_id.eq(batch).and(applications::id.gt(after)))
        .order(applications::id)
        .limit(at_most)
        .select((applications::id, applications::state, applications::submitted_at.is_not_null()));
    Ok(locked!(tx.conn()?, next, for_update(), load)?)
}

/// The next cases that an officer has claimed, in the order of their ids.
pub fn claimed_by_after(
    tx: &mut Tx<'_>,
    officer: AccountId,
    after: Option<ApplicationId>,
    at_most: i64,
) -> Result<Vec<ApplicationId>, StoreError> {
    let after = after.unwrap_or(ApplicationId(uuid::Uuid::nil()));
    let mut cases: Vec<ApplicationId> = applications::table
        .filter(applications::assignee_id.eq(Some(officer)).and(applications::id.gt(after)))
        .select(applications::id)
        .load(tx.conn()?)?;
    // Few: an officer works on them one by one.
    cases.sort();
    cases.truncate(usize::try_from(at_most).unwrap_or(usize::MAX));
    Ok(cases)
}

/// The number of cases of a batch that are submitted and not decided. Reads all cases of the batch: an index on their
/// states would be written by every decision.
pub fn count_undecided(tx: &mut Tx<'_>, batch: BatchId) -> Result<i64, StoreError> {
    let undecided = applications::state.eq_any(State::UNDECIDED.map(State::as_str));
    let of_batch = applications::table.filter(applications::batch_id.eq(batch).and(undecided));
    Ok(of_batch.count().get_result(tx.conn()?)?)
}

/// The next cases with their states, in the order of their ids.
pub fn states_after(
    tx: &mut Tx<'_>,
    after: Option<ApplicationId>,
    at_most: i64,
) -> Result<Vec<(ApplicationId, State)>, StoreError> {
    let after = after.unwrap_or(ApplicationId(uuid::Uuid::nil()));
    Ok(applications::table
        .filter(applications::id.gt(after))
        .order(applications::id)
        .limit(at_most)
        .select((applications::id, applications::state))
        .load(tx.conn()?)?)
}

/// The case with this reference.
pub fn id_by_reference(tx: &mut Tx<'_>, reference: &str) -> Result<Option<ApplicationId>, StoreError> {
    let by_reference = applications::table.filter(applications::reference.eq(reference));
    Ok(by_reference.select(applications::id).first(tx.conn()?).optional()?)
}
