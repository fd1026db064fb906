//! Add an uploaded document to a case.

use crate::{
    chance,
    domain::{
        event::Facts,
        evidence::{Evidence, MOST_FILES, MediaType},
        field_error::FieldError,
        ids::EvidenceId,
        lifecycle::Action,
        refusal::Forbidden,
    },
    store,
    workflow::{
        WorkflowError,
        case_command::CaseCommand,
        entrance::Context,
        subject::{Permitted, SeenCase},
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
#[derive(Clone, Debug)]
pub struct AddEvidence {
    /// What was uploaded.
    pub file: Uploaded,
}

impl CaseCommand for AddEvidence {
    type Output = Evidence;

    fn action(&self) -> Action {
        Action::AddEvidence
    }

    fn run(
        &self,
        ctx: &mut Context<'_, '_>,
        dossier: Permitted<SeenCase>,
    ) -> Result<Evidence, WorkflowError> {
        let file = self.file.clone();
        let kinds = || dossier.programme.evidence.iter().map(|kind| &kind.kind);
        if !kinds().any(|kind| *kind == file.kind) {
            return Err(WorkflowError::Invalid(vec![FieldError::unknown_code("/kind", kinds())]));
        }
        if store::evidence::of_case(ctx.tx, dossier.case.id)?.len() >= MOST_FILES {
            return Err(WorkflowError::field("/file", "too_many_files"));
        }
        let document = Evidence {
            id: EvidenceId(chance::fresh_id()),
            application: dossier.case.id,
            kind: file.kind,
            file_name: file.file_name,
            media_type: file.media_type,
            bytes: file.bytes,
            sha256: file.sha256,
            storage_name: file.storage_name,
            uploaded_by: ctx.actor.identity.id().ok_or(Forbidden::Role)?,
            uploaded_at: ctx.now,
        };
        store::evidence::insert(ctx.tx, &document)?;
        let evidence = Some(format!("{} {}", document.kind, document.id));
        let facts = Facts { evidence, ..Facts::default() };
        let step = Step { facts, ..Step::stay(&dossier) };
        transition::apply(ctx, dossier, step)?;
        Ok(document)
    }
}
