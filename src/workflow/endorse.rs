//! Say yes at a stage.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        batch::{Batch, OnFull},
        case::{Dossier, Endorsement},
        event::Words,
        lifecycle::{Action, State},
        quota::Place,
        refusal::Conflict,
    },
    store::{self, Tx},
    workflow::{
        WorkflowError,
        claim::refuse_others_claim,
        dossier::{self, Target},
        promote,
        transition::{self, Step},
    },
};

/// Endorses the case at its stage: on to the next stage; after the last, approved, or waitlisted when no place is
/// left (or refused with `batch_full`, where the batch keeps no line).
pub fn endorse(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    note: Option<String>,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (mut dossier, _) = dossier::for_action(tx, actor, target, Action::Endorse)?;
    refuse_others_claim(&dossier, actor)?;
    if dossier.blocking_findings().next().is_some() {
        return Err(Conflict::BlockingFinding.into());
    }
    let stage = dossier.case.stage.clone().ok_or(WorkflowError::NotFound)?;
    let step = match dossier.programme.stage_after(&stage).map(|next| next.code.clone()) {
        Some(next) => Step::to_stage(&dossier, Action::Endorse, &next, dossier.case.place, now),
        None => {
            let batch = store::batch::by_id(tx, dossier.case.batch)?.ok_or(WorkflowError::NotFound)?;
            let step = last_step(&dossier, &batch)?;
            if step.to == State::Waitlisted {
                promote::join_line(tx, &batch, &dossier.case)?;
            }
            step
        }
    };
    if let Some(by) = actor.identity.id() {
        dossier.endorsements.push(Endorsement { stage, by });
    }
    let words = Words { note, ..Words::default() };
    transition::apply(tx, dossier, Step { words, ..step }, actor, now)
}

fn last_step(dossier: &Dossier, batch: &Batch) -> Result<Step, WorkflowError> {
    let case = &dossier.case;
    let sponsor = case.sponsor.as_ref().map(|sponsor| sponsor.code.as_str());
    let has_place = case.place == Place::Held || batch.has_room_for(&case.direction, &case.category, sponsor);
    match (has_place, batch.on_full) {
        (true, _) => Ok(Step { place: Place::Taken, ..Step::end(Action::Endorse, State::Approved) }),
        (false, OnFull::Waitlist) => Ok(Step::end(Action::Endorse, State::Waitlisted)),
        (false, OnFull::Refuse) => Err(Conflict::BatchFull.into()),
    }
}
