//! The first event of what is older than its history, without a step.

use super::chain;
use crate::{
    domain::ids::{ApplicationId, BatchId},
    store::{self, StoreError},
    workflow::{WorkflowError, entrance::Context},
};

/// Begins the history of a batch, if it has none.
pub fn begin_history_of_batch(ctx: &mut Context<'_, '_>, id: BatchId) -> Result<(), WorkflowError> {
    let Some(mut batch) = store::batch::by_id_for_update(ctx.tx, id)? else { return Ok(()) };
    chain::begin_of_batch(ctx, &mut batch)?;
    let is_written = store::batch::update(ctx.tx, &batch, &batch.terms(), batch.version)?;
    if is_written { Ok(()) } else { Err(StoreError::Raced.into()) }
}

/// Begins the histories of the authorizations of a case that have none.
pub fn begin_histories_of_authorizations(
    ctx: &mut Context<'_, '_>,
    case: ApplicationId,
) -> Result<(), WorkflowError> {
    // The case first: whoever moves an authorization has locked it.
    store::application::by_id_for_update(ctx.tx, case)?;
    for mut authorization in store::authorization::of_cases(ctx.tx, &[case])? {
        chain::begin_of_authorization(ctx, &mut authorization)?;
        if !store::authorization::update(ctx.tx, &authorization, authorization.version)? {
            return Err(StoreError::Raced.into());
        }
    }
    Ok(())
}
