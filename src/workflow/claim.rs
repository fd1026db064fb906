//! Claim a case, release it, assign it to an officer.

use crate::{
    domain::{
        actor::{Actor, Identity, Role},
        case::Dossier,
        event::Facts,
        ids::AccountId,
        job::JobKind,
        lifecycle::Action,
        policy,
        refusal::{Conflict, Forbidden},
    },
    store,
    workflow::{
        Result, WorkflowError,
        case_command::CaseCommand,
        entrance::Context,
        job,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Makes the actor the case's officer. Claiming one's own case again changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct Claim;

impl CaseCommand for Claim {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Claim
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Dossier> {
        let Identity::Account(officer) = ctx.actor.identity else { return Err(Forbidden::Role.into()) };
        refuse_others_claim(&dossier, ctx.actor)?;
        if dossier.case.assignee == Some(officer) {
            return Ok(dossier.into_inner());
        }
        refuse_former_officer(ctx, &dossier, officer)?;
        set_assignee(ctx, dossier, Some(officer))
    }
}

/// Releases the case: its officer, or a supervisor of the stage's authority.
#[derive(Clone, Copy, Debug)]
pub struct Unclaim;

impl CaseCommand for Unclaim {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Unclaim
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Dossier> {
        if !ctx.actor.is(Role::Supervisor) {
            refuse_others_claim(&dossier, ctx.actor)?;
        }
        if dossier.case.assignee.is_none() {
            return Ok(dossier.into_inner());
        }
        release(ctx, dossier)
    }
}

/// Assigns the case to an officer of the stage's authority.
#[derive(Clone, Copy, Debug)]
pub struct Assign {
    /// Who gets the case.
    pub officer: AccountId,
}

impl CaseCommand for Assign {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Assign
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Dossier> {
        let officer = store::account::actor_of_unchanging(ctx.tx, self.officer)?;
        let is_colleague = officer.is_some_and(|other| policy::is_officer_here(&dossier, &other));
        if !is_colleague {
            return Err(WorkflowError::field("/assignee", "not_an_officer_here"));
        }
        set_assignee(ctx, dossier, Some(self.officer))
    }
}

/// Puts the case back for everybody.
pub fn release(ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Dossier> {
    set_assignee(ctx, dossier, None)
}

/// Begins to put back the cases that a person may not hold any more. Nothing happens if the person holds none.
pub(super) fn release_lost(ctx: &mut Context<'_, '_>, officer: AccountId) -> Result<()> {
    if !store::application::claimed_by_after(ctx.tx, officer, None, 1)?.is_empty() {
        job::begin(ctx, JobKind::ReleaseClaims, Some(officer.0), None)?;
    }
    Ok(())
}

fn set_assignee(
    ctx: &mut Context<'_, '_>,
    dossier: Permitted<SeenCase>,
    assignee: Option<AccountId>,
) -> Result<Dossier> {
    let facts = Facts { assignee: assignee.map(|id| id.0), ..Facts::default() };
    let step = CaseStep { assignee, facts, ..CaseStep::stay(&dossier) };
    transition::apply(ctx, dossier, step)
}

/// An officer who takes a case must still be one: the account may have been locked since the request began, and then its
/// claims were released already.
pub(super) fn refuse_former_officer(
    ctx: &mut Context<'_, '_>,
    dossier: &Dossier,
    officer: AccountId,
) -> Result<()> {
    let holder = store::account::actor_of_unchanging(ctx.tx, officer)?;
    let is_officer = holder.is_some_and(|holder| policy::is_officer_here(dossier, &holder));
    if is_officer { Ok(()) } else { Err(Forbidden::Role.into()) }
}

/// Officers act on unclaimed cases and their own.
pub(super) fn refuse_others_claim(dossier: &Dossier, actor: &Actor) -> Result<()> {
    if dossier.is_claimed_by_another(actor) { Err(Conflict::ClaimedByAnother.into()) } else { Ok(()) }
}
