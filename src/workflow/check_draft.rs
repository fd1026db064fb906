//! What a form still lacks before it can be submitted.

use crate::{
    domain::{field_error::FieldError, ids::ApplicationId, policy::Operation},
    store,
    workflow::{
        Result, WorkflowError,
        entrance::{Context, Query},
        screen,
        subject::Permitted,
    },
};

/// Every fault that a submission would report now; for the case's own side.
#[derive(Clone, Copy, Debug)]
pub struct CheckDraft {
    /// The case.
    pub case: ApplicationId,
}

impl Query for CheckDraft {
    type Subject = ApplicationId;
    type Output = Vec<FieldError>;

    fn right(&self) -> (Operation, ApplicationId) {
        (Operation::CheckDraft, self.case)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<ApplicationId>) -> Result<Vec<FieldError>> {
        let batch = store::batch::by_id(ctx.tx, dossier.case.batch)?.ok_or(WorkflowError::NotFound)?;
        let kinds = screen::kinds_present(ctx.tx, &dossier)?;
        Ok(screen::faults(&dossier, &batch, &kinds, ctx.now))
    }
}
