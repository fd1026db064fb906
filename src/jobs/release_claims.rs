//! Puts back the cases that a person has claimed and may not hold any more: the account is locked, or its roles or
//! organisation were changed.

use super::{Slice, is_end, last_case};
use crate::{
    domain::{
        ids::AccountId,
        job::Job,
        lifecycle::Action,
        policy::{self, Operation},
    },
    store,
    workflow::{
        WorkflowError, claim,
        entrance::Context,
        subject::{Permitted, SeenCase},
    },
};

/// Puts back the next cases, in the order of their ids. The cursor is the last of them.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let after = last_case(job)?;
    let account = job.subject.map(AccountId);
    let account =
        account.ok_or_else(|| WorkflowError::Internal(format!("job {} names no account", job.id)))?;
    let holder = store::account::actor_of(ctx.tx, account)?;
    let claimed = store::application::claimed_by_after(ctx.tx, account, after, at_most)?;
    let mut slice = Slice::default();
    for case in &claimed {
        match Permitted::load(ctx, Operation::Act(Action::Unclaim), SeenCase::any_version(*case)) {
            Ok(permitted) => {
                let may_hold =
                    holder.as_ref().is_some_and(|holder| policy::is_officer_here(&permitted, holder));
                if permitted.case.assignee == Some(account) && !may_hold {
                    claim::release(ctx, permitted)?;
                    slice.done += 1;
                }
            }
            // It was decided or withdrawn while this transaction waited for its row.
            Err(WorkflowError::ActionNotAllowed { .. }) => {}
            Err(error) if error.is_of_one_case() => slice.skipped.push((*case, error.to_string())),
            Err(error) => return Err(error),
        }
    }
    slice.is_last = is_end(claimed.len(), at_most);
    slice.cursor = claimed.last().map(|case| case.to_string());
    Ok(slice)
}
