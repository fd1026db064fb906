//! Remove a document from a case. Nobody but its own side has seen the documents of a draft: their files are removed at
//! once. Afterwards a file stays until its case is erased.

use crate::{
    domain::{
        actor::Actor,
        case::Dossier,
        event::Facts,
        ids::EvidenceId,
        lifecycle::{Action, State},
    },
    store,
    workflow::{
        Result, Service, WorkflowError,
        case_command::CaseCommand,
        entrance::Context,
        erase_case,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Removes the document, and its file if nobody needs it.
pub async fn remove(
    service: &Service,
    actor: &Actor,
    case: SeenCase,
    evidence: EvidenceId,
) -> Result<Dossier> {
    let dossier = service.execute(actor, RemoveEvidence { evidence }.on(case)).await?;
    if dossier.case.state == State::Draft
        && let Err(leftover) = erase_case::remove_files(service, 0, |names| names).await
    {
        tracing::warn!(%leftover, "cannot remove the file of a removed document; the scheduler will");
    }
    Ok(dossier)
}

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
        if dossier.case.state == State::Draft {
            store::evidence::erase(ctx.tx, &document, ctx.now)?;
        }
        let evidence = Some(format!("{} {}", document.kind, document.id));
        let facts = Facts { evidence, ..Facts::default() };
        let step = CaseStep { facts, ..CaseStep::stay(&dossier) };
        transition::apply(ctx, dossier, step)
    }
}
