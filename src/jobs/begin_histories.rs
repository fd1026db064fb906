//! Begin the histories of authorizations and batches that are older than their histories: an upgrade has left that to do.

use super::Slice;
use crate::{
    domain::{ids::ApplicationId, job::Job},
    store,
    workflow::{WorkflowError, entrance::Context, transition},
};

/// Begins the histories of the next subjects: of batches first, then of the authorizations of cases, in the order of
/// their ids. The cursor is the last of these cases.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let batches = store::batch::without_history(ctx.tx, at_most)?;
    for batch in &batches {
        transition::begin_history_of_batch(ctx, *batch)?;
    }
    if !batches.is_empty() {
        return Ok(Slice { done: batches.len(), cursor: job.cursor.clone(), ..Slice::default() });
    }
    let after: Option<ApplicationId> = job.cursor.as_deref().and_then(|case| case.parse().ok());
    let cases = store::authorization::cases_without_history(ctx.tx, after, at_most)?;
    for case in &cases {
        transition::begin_histories_of_authorizations(ctx, *case)?;
    }
    let cursor = cases.last().map(|case| case.to_string());
    Ok(Slice { done: cases.len(), is_last: cursor.is_none(), cursor, ..Slice::default() })
}
