//! Submit a draft.

use jiff::Timestamp;

use crate::{
    domain::{
        batch::{Batch, HoldAt, OnFull},
        case::{Case, Dossier},
        event::Facts,
        lifecycle::{Action, State},
        quota::Place,
        refusal::Conflict,
    },
    store::{self, Tx},
    workflow::{
        Result, WorkflowError,
        case_command::CaseCommand,
        entrance::Context,
        room::has_room,
        screen,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Submits a draft whose form is complete, while its batch is open, unless the same travel document has another live
/// case. A batch that holds at submission holds a place now, or waitlists, or is full.
#[derive(Clone, Copy, Debug)]
pub struct Submit;

impl CaseCommand for Submit {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Submit
    }

    fn run(&self, ctx: &mut Context<'_, '_>, mut dossier: Permitted<SeenCase>) -> Result<Dossier> {
        let (tx, now) = (&mut *ctx.tx, ctx.now);
        let batch = store::batch::by_id(tx, dossier.case.batch)?.ok_or(WorkflowError::NotFound)?;
        let kinds = screen::kinds_present(tx, &dossier)?;
        screen::refuse_faults(screen::faults(&dossier, &batch, &kinds, now))?;
        if !batch.accepts_submissions(now) {
            return Err(Conflict::BatchNotOpen.into());
        }
        let others = screen::refuse_twin(tx, &dossier)?;
        let findings = screen::refresh(tx, &mut dossier, &kinds, others, now)?;
        let step = first_step(tx, &dossier, &batch, now)?;
        // During a draw, or while the batch ends, a case joins the waiting list in time or not at all.
        let may_wait = batch.is_by_lot() || step.to == State::Waitlisted;
        if may_wait && !is_still_open(tx, &dossier.case, now)? {
            return Err(Conflict::BatchNotOpen.into());
        }
        // A case that gets a place is in time or not at all anyway: the counters have a version.
        if step.place == Place::None && !may_wait {
            store::batch::prevent_end(tx, &batch)?;
        }
        if let Some(check_at) = screen::next_journey_check(&dossier, now) {
            store::journey_check::add(tx, dossier.case.id, check_at);
        }
        let facts = Facts { findings, ..Facts::default() };
        transition::apply(ctx, dossier, CaseStep { facts, ..step })
    }
}

/// Whether the batch accepts cases; if so, it does until the end of the transaction.
fn is_still_open(tx: &mut Tx<'_>, case: &Case, now: Timestamp) -> Result<bool> {
    let batch = store::batch::by_id_for_update(tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    Ok(batch.accepts_submissions(now))
}

fn first_step(tx: &mut Tx<'_>, dossier: &Dossier, batch: &Batch, now: Timestamp) -> Result<CaseStep> {
    let first = dossier.programme.stages.first().ok_or(WorkflowError::NotFound)?;
    let desk = |place| CaseStep::to_stage(dossier, &first.code, place, now);
    if batch.hold_at == HoldAt::Approval {
        return Ok(desk(Place::None));
    }
    match (has_room(tx, &dossier.case)?, batch.on_full) {
        (true, _) => Ok(desk(Place::Held)),
        (false, OnFull::Waitlist) => Ok(CaseStep::end(State::Waitlisted)),
        (false, OnFull::Refuse) => Err(Conflict::BatchFull.into()),
    }
}
