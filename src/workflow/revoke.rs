//! Take an authorization back.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        case::Dossier,
        lifecycle::{Action, State},
        quota::Place,
    },
    store::Tx,
    workflow::{
        WorkflowError,
        dossier::{self, Target},
        refuse::Reasons,
        transition::{self, Step},
    },
};

/// Revokes the authorization. Its place is free again, unless the traveller has used it.
pub fn revoke(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    reasons: Reasons,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (dossier, _) = dossier::for_action(tx, actor, target, Action::Revoke)?;
    let faults = reasons.faults(&dossier.programme);
    if !faults.is_empty() {
        return Err(WorkflowError::Invalid(faults));
    }
    let (facts, words) = reasons.into_record();
    let place = if dossier.has_entered { Place::Taken } else { Place::None };
    let step = Step { place, facts, words, ..Step::end(Action::Revoke, State::Revoked) };
    transition::apply(tx, dossier, step, actor, now)
}
