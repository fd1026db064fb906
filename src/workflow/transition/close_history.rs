//! The line that closes a history from before the hashes had a key. It covers the lines before it by the hash before it, and
//! the case by its digest. It moves nothing, and no version changes: what somebody has read is still true.

use super::chain;
use crate::{
    digest,
    domain::{
        event::{Event, Facts},
        ids::{ApplicationId, BatchId},
        lifecycle::{Action, BatchAction},
    },
    store::{self, StoreError},
    workflow::{Result, entrance::Context},
};

/// Closes the histories of these cases. Nobody else changes them until the transaction ends. The forms are covered as they
/// are sealed, and are not opened.
pub fn close_histories_of_cases(ctx: &mut Context<'_, '_>, ids: &[ApplicationId]) -> Result<()> {
    store::application::lock_all(ctx.tx, ids)?;
    for stands in store::standing::of_cases(ctx.tx, ids)? {
        let before = &stands.case;
        let end = (before.event_seq, before.event_hash.as_slice());
        let states = (Some(before.state), before.state);
        let event = Event {
            from_stage: before.stage.clone(),
            to_stage: before.stage.clone(),
            digest: Some(digest::sha256(&stands.standing().bytes())),
            ..chain::next(ctx, before.id, end, Action::CloseHistory, states, Facts::default())
        };
        let mut case = before.clone();
        case.event_seq = event.seq;
        case.event_hash = store::event::append(ctx.tx, event)?;
        store::application::update_position(ctx.tx, &case, before)?;
    }
    Ok(())
}

/// Closes the history of a batch.
pub fn close_history_of_batch(ctx: &mut Context<'_, '_>, id: BatchId) -> Result<()> {
    let Some(before) = store::batch::by_id_for_update(ctx.tx, id)? else { return Ok(()) };
    let mut batch = before.clone();
    let facts = Facts { programme: Some(before.programme.clone()), ..Facts::default() };
    let event = chain::extend_batch(ctx, &mut batch, BatchAction::CloseHistory, Some(before.state), facts)?;
    if !store::batch::update(ctx.tx, &batch, &before)? {
        return Err(StoreError::Raced.into());
    }
    Ok(store::batch_event::append(ctx.tx, &[event])?)
}

/// Closes the history of the authorization with this number.
pub fn close_history_of_authorization(ctx: &mut Context<'_, '_>, number: &str) -> Result<()> {
    let Some(before) = store::authorization::by_number(ctx.tx, number)? else { return Ok(()) };
    let mut held = before.clone();
    let state = Some(before.state);
    let event = chain::extend_authorization(ctx, &mut held, Action::CloseHistory, state, Facts::default())?;
    if !store::authorization::update(ctx.tx, &held, &before)? {
        return Err(StoreError::Raced.into());
    }
    Ok(store::authorization_event::append(ctx.tx, &[event])?)
}
