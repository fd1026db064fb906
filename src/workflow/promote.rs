//! A place has come free: the first in line whose own limits have room gets it, and the next, while there is room.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        batch::BatchState,
        case::Dossier,
        ids::{ApplicationId, BatchId},
        lifecycle::{Action, State},
        quota::Place,
    },
    store::{self, Tx},
    workflow::{
        WorkflowError,
        dossier::{self, Target},
        transition::{self, Step},
    },
};

/// Gives free places to those who wait, in the batch's order; a case whose own limit is full is stepped over. Runs in
/// the transaction that freed the places.
pub fn from_line(tx: &mut Tx<'_>, batch: BatchId, now: Timestamp) -> Result<(), WorkflowError> {
    // From here on nobody else moves its places.
    store::batch::by_id_for_update(tx, batch)?;
    while let Some(next) = next_in_line(tx, batch)? {
        let target = Target { case: next, seen_version: None };
        let (dossier, _) = match dossier::for_action(tx, &Actor::system(), target, Action::Promote) {
            Ok(found) => found,
            // Taken back while we waited for its row: the line goes on without it.
            Err(WorkflowError::ActionNotAllowed { .. }) => continue,
            Err(error) => return Err(error),
        };
        let step = out_of_line(&dossier, now);
        transition::apply(tx, dossier, step, &Actor::system(), now)?;
    }
    Ok(())
}

/// Who gets the next place, if one is free.
pub(super) fn next_in_line(tx: &mut Tx<'_>, batch: BatchId) -> Result<Option<ApplicationId>, WorkflowError> {
    let Some(batch) = store::batch::by_id(tx, batch)? else { return Ok(None) };
    let is_over = batch.state == BatchState::Ended;
    if batch.available() <= 0 || is_over || batch.awaits_draw() {
        Ok(None)
    } else {
        Ok(store::waitlist::first_in_line(tx, &batch)?)
    }
}

/// Approved if all stages are endorsed; else to the first stage, holding the place.
fn out_of_line(dossier: &Dossier, now: Timestamp) -> Step {
    match dossier.programme.stages.first() {
        Some(first) if !dossier.is_fully_endorsed() => {
            Step::to_stage(dossier, Action::Promote, &first.code, Place::Held, now)
        }
        _ => Step { place: Place::Taken, ..Step::end(Action::Promote, State::Approved) },
    }
}
