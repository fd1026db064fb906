//! Loading a case with all that a decision needs. What the actor may not know of does not exist.

use crate::{
    domain::{
        actor::Actor,
        case::{Case, Dossier},
        ids::ApplicationId,
        lifecycle::{self, Action, NotAllowed, Row, State},
    },
    store::{self, Tx},
    workflow::WorkflowError,
};

/// Which case is meant, and which version of it the actor looked at (none: whatever it is now).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The case.
    pub case: ApplicationId,
    /// Its version as seen.
    pub seen_version: Option<i32>,
}

/// The case, to be read.
pub fn visible(tx: &mut Tx<'_>, actor: &Actor, id: ApplicationId) -> Result<Dossier, WorkflowError> {
    let case = store::application::by_id(tx, id)?.ok_or(WorkflowError::NotFound)?;
    let dossier = complete(tx, case)?;
    if dossier.is_visible_to(actor) { Ok(dossier) } else { Err(WorkflowError::NotFound) }
}

/// The case, kept from others until the transaction ends, for an actor who may take `action` now.
pub fn for_action(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    action: Action,
) -> Result<(Dossier, Row), WorkflowError> {
    let case = store::application::by_id_for_update(tx, target.case)?.ok_or(WorkflowError::NotFound)?;
    let dossier = complete(tx, case)?;
    if !dossier.is_visible_to(actor) {
        return Err(WorkflowError::NotFound);
    }
    // Rights before versions: a stranger is not told how often a case has changed.
    let row = lifecycle::permits(&dossier, actor, action).map_err(|refusal| match refusal {
        NotAllowed::Forbidden(because) => WorkflowError::Forbidden(because),
        NotAllowed::State => {
            WorkflowError::ActionNotAllowed { available: lifecycle::available_actions(&dossier, actor) }
        }
    })?;
    if target.seen_version.is_some_and(|seen| seen != dossier.case.version) {
        return Err(WorkflowError::VersionConflict);
    }
    Ok((dossier, row))
}

/// A case with its programme, endorsements and findings.
pub fn complete(tx: &mut Tx<'_>, case: Case) -> Result<Dossier, WorkflowError> {
    let programme =
        store::programme::version(tx, &case.programme, case.programme_version)?.ok_or_else(|| {
            store::StoreError::Broken(format!("{} has no version {}", case.programme, case.programme_version))
        })?;
    let endorsements = store::event::endorsements(tx, case.id)?;
    let findings = store::finding::of_case(tx, case.id)?;
    let has_entered = case.state == State::Approved
        && store::authorization::of_case(tx, case.id)?.is_some_and(|a| a.entered_on.is_some());
    Ok(Dossier { case, programme, endorsements, findings, has_entered })
}
