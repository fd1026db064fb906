//! Plan a batch.

use crate::{
    domain::{
        actor::OrganisationKind,
        batch::{Batch, Dimension, Terms},
        field_error::FieldError,
        ids::BatchId,
        lifecycle::BatchAction,
        policy::Operation,
    },
    random,
    store::{self, Tx},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        move_batch::as_it_is,
        security_log::SecurityEvent,
        subject::{Permitted, ProposedProgramme},
        transition,
    },
};

/// Plans a batch of a programme; [`super::move_batch`] opens it.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct CreateBatch {
    pub programme: String,
    pub terms: Terms,
}

impl Command for CreateBatch {
    type Subject = ProposedProgramme;
    type Output = Batch;

    fn right(&self) -> (Operation, ProposedProgramme) {
        (Operation::Batch(BatchAction::Create), ProposedProgramme(self.programme.clone()))
    }

    fn security_event(&self, batch: &Batch) -> Option<SecurityEvent> {
        SecurityEvent::new("batch_created", batch.id)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<ProposedProgramme>) -> Result<Batch> {
        let Some(programme) = on.as_deref() else {
            return Err(WorkflowError::field("/programme", "unknown_programme"));
        };
        let mut faults = self.terms.faults(programme);
        faults.extend(unknown_sponsors(ctx.tx, &self.terms)?);
        if !faults.is_empty() {
            return Err(WorkflowError::Invalid(faults));
        }
        let id = BatchId(random::id());
        let batch = Batch::planned(id, self.programme.clone(), self.terms.clone());
        transition::begin_batch(ctx, &on, batch)?;
        as_it_is(ctx, id)
    }
}

/// The faults of limits for unknown sponsors.
pub(super) fn unknown_sponsors(tx: &mut Tx<'_>, terms: &Terms) -> Result<Vec<FieldError>> {
    let mut faults = Vec::new();
    for (index, limit) in
        terms.limits.iter().enumerate().filter(|(_, limit)| limit.dimension == Dimension::Sponsor)
    {
        let known =
            store::organisation::by_code(tx, &limit.key)?.filter(|o| o.kind == OrganisationKind::Sponsor);
        if known.is_none() {
            faults.push(FieldError::new(format!("/limits/{index}/key"), "unknown_sponsor"));
        }
    }
    Ok(faults)
}
