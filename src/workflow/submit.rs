//! Hand the case in.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        batch::{Batch, HoldAt, OnFull},
        case::Dossier,
        event::Facts,
        lifecycle::{Action, State},
        quota::Place,
        refusal::Conflict,
    },
    store::{self, Tx},
    workflow::{
        WorkflowError,
        dossier::{self, Target},
        promote, screen,
        transition::{self, Step},
    },
};

/// Submits a draft whose form is complete, while its batch is open, unless the same travel document has another live
/// case. A batch that holds at submission holds a place now, or waitlists, or is full.
pub fn submit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (mut dossier, _) = dossier::for_action(tx, actor, target, Action::Submit)?;
    let batch = store::batch::by_id(tx, dossier.case.batch)?.ok_or(WorkflowError::NotFound)?;
    let kinds = screen::kinds_present(tx, &dossier)?;
    screen::refuse_faults(screen::faults(&dossier, &batch, &kinds, now))?;
    if !batch.accepts_submissions(now) {
        return Err(Conflict::BatchNotOpen.into());
    }
    screen::refuse_twin(tx, &dossier)?;
    let findings = screen::refresh(tx, &mut dossier, &kinds, now)?;
    let step = first_step(&dossier, &batch, now)?;
    // Who hands in while the lots are drawn is in the draw or too late for it.
    if step.to == State::Waitlisted || batch.is_by_lot() {
        promote::join_line(tx, &batch, &dossier.case)?;
    }
    let facts = Facts { findings, ..Facts::default() };
    transition::apply(tx, dossier, Step { facts, ..step }, actor, now)
}

fn first_step(dossier: &Dossier, batch: &Batch, now: Timestamp) -> Result<Step, WorkflowError> {
    let case = &dossier.case;
    let first = dossier.programme.stages.first().ok_or(WorkflowError::NotFound)?;
    let sponsor = case.sponsor.as_ref().map(|sponsor| sponsor.code.as_str());
    let desk = |place| Step::to_stage(dossier, Action::Submit, &first.code, place, now);
    match (batch.hold_at, batch.has_room_for(&case.direction, &case.category, sponsor), batch.on_full) {
        (HoldAt::Approval, _, _) => Ok(desk(Place::None)),
        (HoldAt::Submission, true, _) => Ok(desk(Place::Held)),
        (HoldAt::Submission, false, OnFull::Waitlist) => Ok(Step::end(Action::Submit, State::Waitlisted)),
        (HoldAt::Submission, false, OnFull::Refuse) => Err(Conflict::BatchFull.into()),
    }
}
