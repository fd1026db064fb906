//! Add an uploaded document to a case.

use jiff::Timestamp;

use crate::{
    chance,
    domain::{
        actor::Actor,
        event::Facts,
        evidence::{Evidence, MOST_FILES, MediaType},
        field_error::FieldError,
        ids::EvidenceId,
        lifecycle::Action,
        refusal::Forbidden,
    },
    store::{self, Tx},
    workflow::{
        WorkflowError,
        dossier::{self, Target},
        transition::{self, Step},
    },
};

/// A file that lies in the data folder already; it is removed again if this use case fails.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Uploaded {
    pub kind: String,
    pub file_name: String,
    pub media_type: MediaType,
    pub bytes: i32,
    pub sha256: Vec<u8>,
    pub storage_name: String,
}

/// Adds the document.
pub fn add_evidence(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    file: &Uploaded,
    now: Timestamp,
) -> Result<Evidence, WorkflowError> {
    let (dossier, _) = dossier::for_action(tx, actor, target, Action::AddEvidence)?;
    let kinds = || dossier.programme.evidence.iter().map(|kind| &kind.kind);
    if !kinds().any(|kind| *kind == file.kind) {
        return Err(WorkflowError::Invalid(vec![FieldError::unknown_code("/kind", kinds())]));
    }
    if store::evidence::of_case(tx, dossier.case.id)?.len() >= MOST_FILES {
        return Err(WorkflowError::field("/file", "too_many_files"));
    }
    let document = Evidence {
        id: EvidenceId(chance::fresh_id()),
        application: dossier.case.id,
        kind: file.kind.clone(),
        file_name: file.file_name.clone(),
        media_type: file.media_type,
        bytes: file.bytes,
        sha256: file.sha256.clone(),
        storage_name: file.storage_name.clone(),
        uploaded_by: actor.identity.id().ok_or(Forbidden::Role)?,
        uploaded_at: now,
    };
    store::evidence::insert(tx, &document)?;
    let facts = Facts { evidence: Some(format!("{} {}", document.kind, document.id)), ..Facts::default() };
    let step = Step { facts, ..Step::stay(&dossier.case, Action::AddEvidence) };
    transition::apply(tx, dossier, step, actor, now)?;
    Ok(document)
}
