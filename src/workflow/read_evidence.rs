//! Read an uploaded document.

use crate::{
    domain::{
        actor::Actor,
        evidence::Evidence,
        ids::{ApplicationId, EvidenceId},
        policy::Operation,
    },
    store,
    workflow::{
        Service, WorkflowError,
        add_evidence::in_background,
        entrance::{Context, Query},
        subject::Permitted,
    },
};

/// The document and its contents, for an actor who may read it.
pub async fn contents(
    service: &Service,
    actor: &Actor,
    which: ReadEvidence,
) -> Result<(Evidence, Vec<u8>), WorkflowError> {
    let document = service.query(actor, which).await?;
    let name = document.storage_name.clone();
    let contents = in_background(service, move |files| files.read(&name)).await?;
    Ok((document, contents))
}

/// What is known of the document; the file lies in the data folder under its storage name.
#[derive(Clone, Copy, Debug)]
pub struct ReadEvidence {
    /// Of this case.
    pub case: ApplicationId,
    /// Which.
    pub evidence: EvidenceId,
}

impl Query for ReadEvidence {
    type Subject = ApplicationId;
    type Output = Evidence;

    fn operation(&self) -> Operation {
        Operation::ShowEvidence
    }

    fn subject(&self) -> ApplicationId {
        self.case
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<ApplicationId>) -> Result<Evidence, WorkflowError> {
        let documents = store::evidence::of_case(ctx.tx, self.case)?;
        documents.into_iter().find(|document| document.id == self.evidence).ok_or(WorkflowError::NotFound)
    }
}
