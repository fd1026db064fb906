//! Read an uploaded document: whoever may see the case may see its papers, batch managers excepted.

use crate::{
    domain::{
        actor::{Actor, Role},
        evidence::Evidence,
        ids::{ApplicationId, EvidenceId},
        lifecycle,
        refusal::Forbidden,
    },
    store::{self, Tx},
    workflow::{WorkflowError, dossier},
};

/// What is known of the document; the file lies in the data folder under its storage name.
pub fn read_evidence(
    tx: &mut Tx<'_>,
    actor: &Actor,
    case: ApplicationId,
    id: EvidenceId,
) -> Result<Evidence, WorkflowError> {
    let dossier = dossier::visible(tx, actor, case)?;
    let reads = [Role::Officer, Role::Supervisor, Role::Auditor].iter().any(|role| actor.is(*role));
    if !(lifecycle::is_side(&dossier, actor) || reads) {
        return Err(Forbidden::Role.into());
    }
    let documents = store::evidence::of_case(tx, case)?;
    documents.into_iter().find(|document| document.id == id).ok_or(WorkflowError::NotFound)
}
