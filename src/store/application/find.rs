//! The ids of cases that wait for something, and of the case with a reference.

use diesel::prelude::*;
use jiff::Timestamp;

use crate::{
    domain::{
        ids::{AccountId, ApplicationId, BatchId},
        lifecycle::State,
    },
    store::{StoreError, Tx, schema::applications, types::At},
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

/// The next cases of a batch that are submitted and not decided, in the order of their ids.
pub fn undecided_after(
    tx: &mut Tx<'_>,
    batch: BatchId,
    after: Option<ApplicationId>,
    at_most: i64,
) -> Result<Vec<ApplicationId>, StoreError> {
    let after = after.unwrap_or(ApplicationId(uuid::Uuid::nil()));
    let mut cases: Vec<ApplicationId> = Vec::new();
    for state in State::UNDECIDED {
        let of_state = applications::batch_id.eq(batch).and(applications::state.eq(state));
        let next = applications::table.filter(of_state.and(applications::id.gt(after)));
        let next = next.order(applications::id).limit(at_most).select(applications::id);
        cases.extend(next.load::<ApplicationId>(tx.conn()?)?);
    }
    cases.sort();
    cases.truncate(usize::try_from(at_most).unwrap_or(usize::MAX));
    Ok(cases)
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

/// The number of cases of a batch that are submitted and not decided.
pub fn count_undecided(tx: &mut Tx<'_>, batch: BatchId) -> Result<i64, StoreError> {
    let mut count = 0;
    for state in State::UNDECIDED {
        let of_state = applications::batch_id.eq(batch).and(applications::state.eq(state));
        count += applications::table.filter(of_state).count().get_result::<i64>(tx.conn()?)?;
    }
    Ok(count)
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
