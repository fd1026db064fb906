//! Reseals the values of all cases under the case keys. An upgrade starts this job.

use super::Slice;
use crate::{
    domain::{ids::ApplicationId, job::Job},
    store,
    workflow::{WorkflowError, entrance::Context},
};

/// Reseals the next cases, in the order of their ids. The cursor is the last of them.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let after: Option<ApplicationId> = job.cursor.as_deref().and_then(|case| case.parse().ok());
    let resealed = store::reseal::slice(ctx.tx, after, at_most)?;
    Ok(Slice {
        done: resealed.cases,
        is_last: resealed.last.is_none(),
        cursor: resealed.last.map(|case| case.to_string()),
        skipped: resealed.unreadable.into_iter().map(|(case, error)| (case, error.to_string())).collect(),
    })
}
