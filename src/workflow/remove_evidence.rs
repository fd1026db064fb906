//! Take a document out of a case.

use jiff::Timestamp;

use crate::{
    domain::{actor::Actor, case::Dossier, event::Facts, ids::EvidenceId, lifecycle::Action},
    store::{self, Tx},
    workflow::{
        WorkflowError,
        dossier::{self, Target},
        transition::{self, Step},
    },
};

/// Removes the document from the case.
pub fn remove_evidence(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    id: EvidenceId,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (dossier, _) = dossier::for_action(tx, actor, target, Action::RemoveEvidence)?;
    let documents = store::evidence::of_case(tx, dossier.case.id)?;
    let document = documents.into_iter().find(|document| document.id == id).ok_or(WorkflowError::NotFound)?;
    store::evidence::remove(tx, &document, now)?;
    let facts = Facts { evidence: Some(format!("{} {}", document.kind, document.id)), ..Facts::default() };
    let step = Step { facts, ..Step::stay(&dossier.case, Action::RemoveEvidence) };
    transition::apply(tx, dossier, step, actor, now)
}
