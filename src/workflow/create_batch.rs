//! Plan a batch.

use jiff::Timestamp;

use crate::{
    chance,
    domain::{
        actor::{Actor, OrganisationKind},
        batch::{Batch, Dimension, Terms},
        field_error::FieldError,
        ids::BatchId,
        refusal::Conflict,
    },
    store::{self, StoreError, Tx},
    workflow::{WorkflowError, batch_overview::may_manage},
};

/// Plans a batch of a programme; [`super::move_batch`] opens it.
pub fn create_batch(
    tx: &mut Tx<'_>,
    actor: &Actor,
    programme: &str,
    terms: &Terms,
    now: Timestamp,
) -> Result<Batch, WorkflowError> {
    may_manage(tx, actor, programme)??;
    let Some(newest) = store::programme::newest(tx, programme)? else {
        return Err(WorkflowError::field("/programme", "unknown_programme"));
    };
    let mut faults = terms.faults(&newest);
    faults.extend(unknown_sponsors(tx, terms)?);
    if !faults.is_empty() {
        return Err(WorkflowError::Invalid(faults));
    }
    let id = BatchId(chance::fresh_id());
    store::batch::insert(tx, id, programme, terms, now).map_err(as_conflict)?;
    store::batch::by_id(tx, id)?.ok_or(WorkflowError::NotFound)
}

/// Limits for sponsors that nobody knows.
pub(super) fn unknown_sponsors(tx: &mut Tx<'_>, terms: &Terms) -> Result<Vec<FieldError>, WorkflowError> {
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

/// A name that is in use is the caller's to mend.
pub(super) fn as_conflict(error: StoreError) -> WorkflowError {
    match error {
        StoreError::Duplicate(name) if name == "batches_name_unique" => Conflict::AlreadyExists.into(),
        error => error.into(),
    }
}
