//! Read an uploaded document. Every view by somebody who is not on the case's own side is recorded.

use uuid::Uuid;

use crate::{
    domain::{
        access::Access,
        actor::Actor,
        evidence::Evidence,
        ids::{ApplicationId, EvidenceId},
        policy::Operation,
    },
    store,
    workflow::{
        Result, Service, WorkflowError, access::RecordedQuery, add_evidence::in_background,
        entrance::Context, subject::Permitted,
    },
};

/// The document and its contents, for an actor who may read it.
pub async fn contents(service: &Service, actor: &Actor, which: ReadEvidence) -> Result<(Evidence, Vec<u8>)> {
    let document = service.query_recorded(actor, which).await?;
    let name = document.storage_name.clone();
    let contents = in_background(service, move |files| files.read(&name)).await?;
    Ok((document, contents))
}

/// The document's row; its file is in the data folder under the storage name.
#[derive(Clone, Copy, Debug)]
pub struct ReadEvidence {
    /// Of this case.
    pub case: ApplicationId,
    /// Which.
    pub evidence: EvidenceId,
}

impl RecordedQuery for ReadEvidence {
    type Output = Evidence;

    fn right(&self) -> (Operation, ApplicationId) {
        (Operation::ShowEvidence, self.case)
    }

    fn access(&self) -> (Access, Uuid) {
        (Access::Evidence, self.evidence.0)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<ApplicationId>) -> Result<Evidence> {
        let documents = store::evidence::of_case(ctx.tx, self.case)?;
        documents.into_iter().find(|document| document.id == self.evidence).ok_or(WorkflowError::NotFound)
    }
}
