//! Reseals the values of all cases under the case keys. An upgrade starts this job.

use super::{Slice, last_case};
use crate::{
    domain::job::Job,
    store,
    workflow::{WorkflowError, entrance::Context},
};

/// Reseals the next cases, in the order of their ids. The cursor is the last of them.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let resealed = store::reseal::slice(ctx.tx, last_case(job)?, at_most)?;
    Ok(Slice {
        done: resealed.cases,
        is_last: resealed.last.is_none(),
        cursor: resealed.last.map(|case| case.to_string()),
        skipped: resealed.unreadable.into_iter().map(|(case, error)| (case, error.to_string())).collect(),
        ..Slice::default()
    })
}
