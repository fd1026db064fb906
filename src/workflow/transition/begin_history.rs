//! The first event of authorizations and batches from before there were histories, without a step.

use super::chain;
use crate::{
    domain::ids::{ApplicationId, BatchId},
    store::{self, StoreError},
    workflow::{Result, entrance::Context},
};

/// Begins the history of a batch, if it has none.
pub fn begin_history_of_batch(ctx: &mut Context<'_, '_>, id: BatchId) -> Result<()> {
    let Some(before) = store::batch::by_id_for_update(ctx.tx, id)? else { return Ok(()) };
    let mut batch = before.clone();
    let Some(event) = chain::begin_of_batch(ctx, &mut batch)? else { return Ok(()) };
    if !store::batch::update(ctx.tx, &batch, &before)? {
        return Err(StoreError::Raced.into());
    }
    Ok(store::batch_event::append(ctx.tx, &[event])?)
}

/// Begins the histories of the authorizations of a case that have none.
pub fn begin_histories_of_authorizations(ctx: &mut Context<'_, '_>, case: ApplicationId) -> Result<()> {
    // The case first: every transaction that changes an authorization locks the case first.
    store::application::lock(ctx.tx, case)?;
    for before in store::authorization::of_cases(ctx.tx, &[case])? {
        let mut authorization = before.clone();
        let Some(event) = chain::begin_of_authorization(ctx, &mut authorization)? else { continue };
        if !store::authorization::update(ctx.tx, &authorization, &before)? {
            return Err(StoreError::Raced.into());
        }
        store::authorization_event::append(ctx.tx, &[event])?;
    }
    Ok(())
}
