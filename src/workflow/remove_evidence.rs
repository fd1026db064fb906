//! Remove a document from a case.

use crate::{
    domain::{case::Dossier, event::Facts, ids::EvidenceId, lifecycle::Action},
    store,
    workflow::{
        Result, WorkflowError,
        case_command::CaseCommand,
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Removes the document.
#[derive(Clone, Copy, Debug)]
pub struct RemoveEvidence {
    /// Which.
    pub evidence: EvidenceId,
}

impl CaseCommand for RemoveEvidence {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::RemoveEvidence
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Dossier> {
        let documents = store::evidence::of_case(ctx.tx, dossier.case.id)?;
        let document = documents.into_iter().find(|document| document.id == self.evidence);
        let document = document.ok_or(WorkflowError::NotFound)?;
        store::evidence::remove(ctx.tx, &document, ctx.now)?;
        let evidence = Some(format!("{} {}", document.kind, document.id));
        let facts = Facts { evidence, ..Facts::default() };
        let step = CaseStep { facts, ..CaseStep::stay(&dossier) };
        transition::apply(ctx, dossier, step)
    }
}
