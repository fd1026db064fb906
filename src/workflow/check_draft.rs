//! What a form still lacks before it can be handed in.

use jiff::Timestamp;

use crate::{
    domain::{actor::Actor, field_error::FieldError, ids::ApplicationId, lifecycle},
    store::{self, Tx},
    workflow::{WorkflowError, dossier, screen},
};

/// Every fault that submitting would name now; for the case's own people.
pub fn check_draft(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: ApplicationId,
    now: Timestamp,
) -> Result<Vec<FieldError>, WorkflowError> {
    let dossier = dossier::visible(tx, actor, id)?;
    if !lifecycle::is_side(&dossier, actor) {
        return Err(WorkflowError::NotFound);
    }
    let batch = store::batch::by_id(tx, dossier.case.batch)?.ok_or(WorkflowError::NotFound)?;
    let kinds = screen::kinds_present(tx, &dossier)?;
    Ok(screen::faults(&dossier, &batch, &kinds, now))
}
