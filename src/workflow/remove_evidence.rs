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
    let (dossier, unused) = service.execute(actor, RemoveEvidence { evidence }.on(case)).await?;
    if let Some(storage_name) = unused
        && let Err(leftover) = erase_case::remove_file(service, storage_name).await
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
    /// The case, and the name of the file if nobody needs it.
    type Output = (Dossier, Option<String>);

    fn action(&self) -> Action {
        Action::RemoveEvidence
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Self::Output> {
        let documents = store::evidence::of_case(ctx.tx, dossier.case.id)?;
        let document = documents.iter().find(|document| document.id == self.evidence).cloned();
        let document = document.ok_or(WorkflowError::NotFound)?;
        store::evidence::remove(ctx.tx, &document, ctx.now)?;
        let is_unused = dossier.case.state == State::Draft;
        if is_unused {
            store::evidence::erase(ctx.tx, &document, ctx.now)?;
        }
        let evidence = Some(format!("{} {}", document.kind, document.id));
        let facts = Facts { evidence, ..Facts::default() };
        let step = CaseStep { facts, ..CaseStep::stay(&dossier) };
        let dossier = transition::apply(ctx, dossier, step)?;
        Ok((dossier, is_unused.then_some(document.storage_name)))
    }
}
