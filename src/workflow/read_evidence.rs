//! Read an uploaded document.

use crate::{
    domain::{
        evidence::Evidence,
        ids::{ApplicationId, EvidenceId},
        policy::Operation,
    },
    store,
    workflow::{
        WorkflowError,
        entrance::{Context, Query},
        subject::Permitted,
    },
};

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
