//! Seal the values of all cases again, under the keys of the cases, beside the running service.

use crate::{
    store::{self, Tx, key_job::KeyJob, reseal::Slice},
    workflow::WorkflowError,
};

/// Cases in a slice: a few milliseconds in which nobody else writes.
const CASES: i64 = 200;

/// Whether cases are left.
pub fn is_unfinished(tx: &mut Tx<'_>) -> Result<bool, WorkflowError> {
    Ok(store::key_job::is_unfinished(tx, KeyJob::Reseal)?)
}

/// Seals the next cases again. None: nothing is left, or another instance is doing it.
pub fn slice(tx: &mut Tx<'_>) -> Result<Option<Slice>, WorkflowError> {
    let Some(after) = store::key_job::claim(tx, KeyJob::Reseal)? else { return Ok(None) };
    let slice = store::reseal::slice(tx, after, CASES)?;
    store::key_job::advance(tx, KeyJob::Reseal, slice.last)?;
    Ok(Some(slice))
}
