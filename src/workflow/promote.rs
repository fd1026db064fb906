//! A place has come free: the first in line whose own limits have room gets it, and the next, while there is room.

use jiff::Timestamp;

use crate::{
    domain::{
        case::Dossier,
        ids::{ApplicationId, BatchId},
        lifecycle::{Action, State},
        policy::Operation,
        quota::Place,
        waitlist,
    },
    store::{self, Tx},
    workflow::{
        WorkflowError,
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Gives free places to those who wait, in the batch's order; a case whose own limit is full is stepped over. Runs in
/// the transaction that freed the places, for the service itself.
pub fn from_line(system: &mut Context<'_, '_>, batch: BatchId) -> Result<(), WorkflowError> {
    // From here on nobody else moves its places.
    store::batch::by_id_for_update(system.tx, batch)?;
    while let Some(next) = next_in_line(system.tx, batch)? {
        let promoted = Operation::Act(Action::Promote);
        let case = match Permitted::load(system, promoted, SeenCase::any_version(next)) {
            Ok(found) => found,
            // Withdrawn while we waited for its row: the line goes on without it.
            Err(WorkflowError::ActionNotAllowed { .. }) => continue,
            Err(error) => return Err(error),
        };
        let step = out_of_line(&case, system.now);
        transition::apply(system, case, step)?;
    }
    Ok(())
}

/// Who gets the next place, if one is free.
pub(super) fn next_in_line(tx: &mut Tx<'_>, batch: BatchId) -> Result<Option<ApplicationId>, WorkflowError> {
    let Some(batch) = store::batch::by_id(tx, batch)? else { return Ok(None) };
    if waitlist::gives_places(&batch) { Ok(store::waitlist::first_in_line(tx, &batch)?) } else { Ok(None) }
}

/// Approved if all stages are endorsed; else to the first stage, holding the place.
fn out_of_line(dossier: &Dossier, now: Timestamp) -> CaseStep {
    match dossier.programme.stages.first() {
        Some(first) if !dossier.is_fully_endorsed() => {
            CaseStep::to_stage(dossier, &first.code, Place::Held, now)
        }
        _ => CaseStep { place: Place::Taken, ..CaseStep::end(State::Approved) },
    }
}
