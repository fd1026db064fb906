//! Say yes at a stage.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        batch::{BatchState, OnFull},
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
        room::has_room,
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
        None => last_step(tx, &dossier, now)?,
    };
    if let Some(by) = actor.identity.id() {
        dossier.endorsements.push(Endorsement { stage, by });
    }
    let words = Words { note, ..Words::default() };
    transition::apply(tx, dossier, Step { words, ..step }, actor, now)
}

fn last_step(tx: &mut Tx<'_>, dossier: &Dossier, now: Timestamp) -> Result<Step, WorkflowError> {
    let case = &dossier.case;
    let has_place = case.place == Place::Held || has_room(tx, case)?;
    let batch = store::batch::by_id(tx, case.batch)?.ok_or(WorkflowError::NotFound)?;
    match (has_place, batch.on_full) {
        (true, _) => Ok(Step { place: Place::Taken, ..Step::end(Action::Endorse, State::Approved) }),
        (false, OnFull::Waitlist) => {
            // In a batch that has ended there is nothing to wait for.
            let due_at = (batch.state == BatchState::Ended).then_some(now);
            Ok(Step { due_at, ..Step::end(Action::Endorse, State::Waitlisted) })
        }
        (false, OnFull::Refuse) => Err(Conflict::BatchFull.into()),
    }
}
