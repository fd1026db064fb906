//! Sets when the scheduler looks at the journeys of undecided cases from before it did. An upgrade starts this job.

use super::{Slice, is_end, last_case};
use crate::{
    domain::job::Job,
    store,
    workflow::{Result, entrance::Context},
};

/// Lets the scheduler look at the next undecided cases at once; it finds out what is to be done and when it looks again.
/// The cursor is the last of the cases that were looked at.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice> {
    let cases = store::application::states_after(ctx.tx, last_case(job)?, at_most)?;
    for (case, _) in cases.iter().filter(|(_, state)| state.is_undecided()) {
        store::journey_check::set(ctx.tx, *case, Some(ctx.now))?;
    }
    Ok(Slice {
        done: cases.len(),
        cursor: cases.last().map(|(case, _)| case.to_string()),
        is_last: is_end(cases.len(), at_most),
        ..Slice::default()
    })
}
