//! Ends the reviews and the waiting list of a batch that has ended: its undecided cases lapse, in the order of their ids.

use super::{Slice, batch_of, is_end, last_case};
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

/// Lets the undecided cases among the next ones lapse. The cursor is the last case. A case that cannot be opened stays,
/// and the scheduler tries it again.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let batch = batch_of(job)?;
    let cases = store::application::of_batch_after(ctx.tx, batch, last_case(job)?, at_most)?;
    let mut slice = Slice::default();
    for case in cases.iter().filter(|case| case.state.is_undecided()) {
        match Permitted::load(ctx, Operation::Act(Action::Lapse), SeenCase::any_version(case.id)) {
            Ok(permitted) => {
                transition::apply(ctx, permitted, CaseStep::end(State::Lapsed))?;
                slice.done += 1;
            }
            // It was decided or withdrawn while this transaction waited for its row.
            Err(WorkflowError::ActionNotAllowed { .. }) => {}
            Err(error) if error.is_of_one_case() => {
                store::journey_check::set(ctx.tx, case.id, Some(ctx.now))?;
                slice.skipped.push((case.id, error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    slice.is_last = is_end(cases.len(), at_most);
    slice.cursor = cases.last().map(|case| case.id.to_string());
    Ok(slice)
}
