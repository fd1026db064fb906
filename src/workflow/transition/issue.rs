//! Issuing an authorization: part of the step that approves a case.

use crate::{
    domain::{authorization::Authorization, calendar, case::Case, lifecycle::AuthorizationState, reference},
    random, store,
    workflow::{Result, WorkflowError, entrance::Context},
};

/// The authorization for a case: valid from now or the beginning of the batch's travel window to its end.
pub(super) fn draft(ctx: &mut Context<'_, '_>, case: &Case) -> Result<Authorization> {
    let batch = store::batch::by_id(ctx.tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    Ok(Authorization {
        number: reference::authorization_number(&case.programme, random::bytes()),
        application: case.id,
        state: AuthorizationState::Valid,
        valid_from: batch.travel_from.max(calendar::day_of(ctx.now)),
        valid_until: batch.travel_until,
        issued_at: ctx.now,
        ended_at: None,
        entered_on: None,
        exited_on: None,
        version: 1,
        event_seq: 0,
        event_hash: Vec::new(),
    })
}
