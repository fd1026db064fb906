//! The traveller has entered on the authorization: recorded by whoever checks it at the border.

use jiff::{Timestamp, civil::Date};

use crate::{
    domain::{
        actor::{Actor, Role, Scope},
        authorization::{Authorization, AuthorizationState},
        calendar,
        event::Facts,
        lifecycle::{Action, State},
        refusal::{Conflict, Forbidden},
    },
    store::{self, Tx},
    workflow::{WorkflowError, transition},
};

/// Records the day of the first entry. From then on the authorization cannot be given back, and it completes instead
/// of expiring.
pub fn record_entry(
    tx: &mut Tx<'_>,
    actor: &Actor,
    number: &str,
    on: Date,
    now: Timestamp,
) -> Result<Authorization, WorkflowError> {
    if !actor.is(Role::Verifier) {
        return Err(Forbidden::Role.into());
    }
    if !actor.has_scope(Scope::AuthorizationsVerify) {
        return Err(Forbidden::Scope.into());
    }
    let found = store::authorization::by_number(tx, number)?.ok_or(WorkflowError::NotFound)?;
    let case = store::application::by_id_for_update(tx, found.application)?;
    let mut case = case.ok_or(WorkflowError::NotFound)?;
    if case.state != State::Approved || found.state != AuthorizationState::Valid {
        return Err(Conflict::ActionNotAllowed.into());
    }
    if found.entered_on.is_some() {
        return Err(Conflict::AlreadyEntered.into());
    }
    if on < found.valid_from || on > found.valid_until || on > calendar::day_of(now) {
        return Err(WorkflowError::field("/on", "impossible_date"));
    }
    store::authorization::set_entered(tx, &found, on)?;
    let facts = Facts { authorization: Some(number.to_owned()), ..Facts::default() };
    transition::record(tx, &mut case, Action::RecordEntry, facts, actor, now)?;
    Ok(Authorization { entered_on: Some(on), ..found })
}
