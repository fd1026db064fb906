//! Writes the first events of authorizations and batches from before there were histories. An upgrade starts this job.

use super::{Slice, last_case};
use crate::{
    domain::job::Job,
    store,
    workflow::{WorkflowError, entrance::Context, transition},
};

/// Begins the histories of the next subjects: of batches first, then of the authorizations of cases, in the order of
/// their ids. The cursor is the last of these cases.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let after = last_case(job)?;
    let batches = store::batch::without_history(ctx.tx, at_most)?;
    for batch in &batches {
        transition::begin_history_of_batch(ctx, *batch)?;
    }
    if !batches.is_empty() {
        return Ok(Slice { done: batches.len(), cursor: job.cursor.clone(), ..Slice::default() });
    }
    let cases = store::authorization::cases_without_history(ctx.tx, after, at_most)?;
    let mut slice = Slice { done: cases.len(), is_last: cases.is_empty(), ..Slice::default() };
    for case in &cases {
        match transition::begin_histories_of_authorizations(ctx, *case) {
            // Nothing is written for it; `verify` reports it.
            Err(WorkflowError::Unreadable(error)) => slice.skipped.push((*case, error.to_string())),
            begun => begun?,
        }
    }
    slice.cursor = cases.last().map(|case| case.to_string());
    Ok(slice)
}
