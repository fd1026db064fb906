//! Ends the reviews and the waiting list of a batch that has ended: its undecided cases lapse, in the order of their ids.

use super::{Slice, batch_of, last_case};
use crate::{
    domain::{
        job::Job,
        lifecycle::{Action, State},
        policy::Operation,
    },
    store,
    workflow::{
        WorkflowError,
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Lets the next undecided cases lapse. The cursor is the last of them. A case whose key cannot be opened stays, and the
/// scheduler tries it again.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let batch = batch_of(job)?;
    let undecided = store::application::undecided_after(ctx.tx, batch, last_case(job)?, at_most)?;
    let mut slice = Slice::default();
    for case in &undecided {
        match Permitted::load(ctx, Operation::Act(Action::Lapse), SeenCase::any_version(*case)) {
            Ok(permitted) => {
                transition::apply(ctx, permitted, CaseStep::end(State::Lapsed))?;
                slice.done += 1;
            }
            // It was decided or withdrawn while this transaction waited for its row.
            Err(WorkflowError::ActionNotAllowed { .. }) => {}
            Err(WorkflowError::CannotDecrypt(error)) => {
                store::journey_check::set(ctx.tx, *case, Some(ctx.now))?;
                slice.skipped.push((*case, error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    // A case may have changed its state between the readings: look once more from the beginning.
    let is_end = i64::try_from(undecided.len()).is_ok_and(|count| count < at_most);
    slice.is_last = is_end && slice.done == 0;
    slice.cursor = undecided.last().filter(|_| !is_end).map(|case| case.to_string());
    Ok(slice)
}
