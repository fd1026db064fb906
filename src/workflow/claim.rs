//! Take a case on, put it back, give it to an officer.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::{Actor, Identity, Role},
        case::Dossier,
        event::{Facts, Words},
        ids::AccountId,
        lifecycle::Action,
        refusal::{Conflict, Forbidden},
    },
    store::{self, Tx},
    workflow::{
        WorkflowError,
        dossier::{self, Target},
        transition::{self, Step},
    },
};

/// Takes the case on. Claiming one's own again changes nothing.
pub fn claim(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (dossier, _) = dossier::for_action(tx, actor, target, Action::Claim)?;
    let Identity::Account(officer) = actor.identity else { return Err(Forbidden::Role.into()) };
    refuse_others_claim(&dossier, actor)?;
    if dossier.case.assignee == Some(officer) {
        return Ok(dossier);
    }
    give(tx, dossier, Action::Claim, Some(officer), actor, now)
}

/// Puts the case back: its officer, or a supervisor of the stage's authority.
pub fn unclaim(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (dossier, _) = dossier::for_action(tx, actor, target, Action::Unclaim)?;
    if !actor.is(Role::Supervisor) {
        refuse_others_claim(&dossier, actor)?;
    }
    if dossier.case.assignee.is_none() {
        return Ok(dossier);
    }
    give(tx, dossier, Action::Unclaim, None, actor, now)
}

/// Gives the case to an officer of the stage's authority.
pub fn assign(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    officer: AccountId,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (dossier, _) = dossier::for_action(tx, actor, target, Action::Assign)?;
    let officer_actor = store::account::actor_of(tx, officer)?.filter(|other| other.is(Role::Officer));
    let same_authority =
        officer_actor.as_ref().is_some_and(|other| other.organisation_id() == actor.organisation_id());
    if !same_authority {
        return Err(WorkflowError::field("/assignee", "not_an_officer_here"));
    }
    give(tx, dossier, Action::Assign, Some(officer), actor, now)
}

fn give(
    tx: &mut Tx<'_>,
    dossier: Dossier,
    action: Action,
    to: Option<AccountId>,
    actor: &Actor,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let facts = Facts { assignee: to.map(|id| id.0), ..Facts::default() };
    let step = Step { assignee: to, facts, words: Words::default(), ..Step::stay(&dossier.case, action) };
    transition::apply(tx, dossier, step, actor, now)
}

/// Officers act on unclaimed cases and their own.
pub(super) fn refuse_others_claim(dossier: &Dossier, actor: &Actor) -> Result<(), WorkflowError> {
    if dossier.is_claimed_by_another(actor) { Err(Conflict::ClaimedByAnother.into()) } else { Ok(()) }
}
