//! Gives the free places of a batch to its waiting cases, in the order of the line. A change of the terms starts this job
//! if it frees more places than one transaction gives. Until the job is finished the batch is `promoting`, and only the
//! job gives its places: a case that is endorsed meanwhile waits, and gets a place when its turn comes.

use super::{Slice, batch_of};
use crate::{
    domain::job::Job,
    store,
    workflow::{WorkflowError, entrance::Context, promote},
};

/// Gives the next places. There is no cursor: a case that got a place no longer waits.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let batch = batch_of(job)?;
    let given = promote::next_cases(ctx, batch, at_most)?;
    if given.is_over {
        store::batch::set_promoting(ctx.tx, batch, false)?;
    }
    Ok(Slice { done: given.count, is_last: given.is_over, ..Slice::default() })
}
