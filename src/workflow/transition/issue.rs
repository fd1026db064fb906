//! Issuing an authorization: part of the step that approves a case.

use crate::{
    domain::{authorization::Authorization, case::Dossier, reference, refusal::Conflict},
    random, store,
    workflow::{Result, WorkflowError, entrance::Context},
};

/// The authorization for a case. Fails if the journey can no longer be made.
pub(super) fn draft(ctx: &mut Context<'_, '_>, dossier: &Dossier) -> Result<Authorization> {
    let case = &dossier.case;
    let batch = store::batch::by_id(ctx.tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    let number = reference::authorization_number(&case.programme, random::bytes());
    let today = dossier.programme.day_in(dossier.host(), ctx.now);
    let issued = Authorization::issue(number, case, &batch, &dossier.programme, today, ctx.now);
    issued.ok_or_else(|| Conflict::JourneyOver.into())
}
