//! Ends the waiting list of a batch that has ended: its waitlisted cases lapse, in the order of their ids. A case that
//! is waitlisted later, by an endorsement, is due at once, and the scheduler lets it lapse.

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

/// Lets the next waiting cases lapse. The cursor is the last of them. A case whose key cannot be opened stays, and the
/// scheduler tries it again.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let batch = batch_of(job)?;
    let waiting = store::waitlist::waiting_after(ctx.tx, batch, last_case(job)?, at_most)?;
    let mut slice = Slice {
        cursor: waiting.last().map(|case| case.to_string()),
        is_last: i64::try_from(waiting.len()).is_ok_and(|count| count < at_most),
        ..Slice::default()
    };
    for case in waiting {
        match Permitted::load(ctx, Operation::Act(Action::Lapse), SeenCase::any_version(case)) {
            Ok(permitted) => {
                transition::apply(ctx, permitted, CaseStep::end(State::Lapsed))?;
                slice.done += 1;
            }
            // It was withdrawn while this transaction waited for its row.
            Err(WorkflowError::ActionNotAllowed { .. }) => {}
            Err(WorkflowError::CannotDecrypt(error)) => {
                store::waitlist::set_due(ctx.tx, case, ctx.now)?;
                slice.skipped.push((case, error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(slice)
}
