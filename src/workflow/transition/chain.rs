//! The next event of a chain. Authorizations and batches may be older than their histories: then the chain begins with
//! an event that states what was found. The service itself writes it, no matter who takes the next step.

use crate::{
    domain::{
        authorization::Authorization,
        batch::Batch,
        event::{Chained, Event, Facts, GENESIS},
        lifecycle::{Action, AuthorizationState, BatchAction, BatchState},
    },
    store::{self, Hashed, StoreError},
    workflow::{Result, entrance::Context},
};

/// The event that follows the end of a chain, its number and its hash. Has no stages and no words.
pub(super) fn next<S: Chained>(
    ctx: &Context<'_, '_>,
    subject: S::Id,
    (seq, hash): (i32, &[u8]),
    action: S::Action,
    (from, to): (Option<S>, S),
    facts: Facts,
) -> Event<S> {
    Event {
        subject,
        seq: seq + 1,
        at: ctx.now,
        actor_kind: ctx.actor.identity.kind().to_owned(),
        actor: ctx.actor.identity.id(),
        actor_organisation: ctx.actor.organisation_id(),
        action,
        from,
        to,
        from_stage: None,
        to_stage: None,
        facts,
        words: None,
        words_digest: None,
        digest: None,
        previous_hash: hash.to_vec(),
        hash_key: None,
        hash: Vec::new(),
    }
}

/// The event that begins the chain of an authorization that has none. It states what was found.
pub(super) fn begin_of_authorization(
    ctx: &mut Context<'_, '_>,
    authorization: &mut Authorization,
) -> Result<Option<Hashed<AuthorizationState>>> {
    if !authorization.event_hash.is_empty() {
        return Ok(None);
    }
    let issued = store::event::issuing(ctx.tx, authorization.application, &authorization.number)?;
    authorization.event_hash = issued.ok_or_else(|| {
        StoreError::Unreadable(format!("no event has issued the authorization {}", authorization.number))
    })?;
    let validity = Some((authorization.valid_from, authorization.valid_until));
    let facts = Facts { validity, crossed_on: authorization.entered_on, ..Facts::default() };
    extend_authorization(&ctx.as_system(), authorization, Action::Found, None, facts).map(Some)
}

/// The event that leads to the state in which the authorization is. To be appended once the row was written.
pub(super) fn extend_authorization(
    ctx: &Context<'_, '_>,
    authorization: &mut Authorization,
    action: Action,
    from: Option<AuthorizationState>,
    facts: Facts,
) -> Result<Hashed<AuthorizationState>> {
    let end = (authorization.event_seq, authorization.event_hash.as_slice());
    let number = authorization.number.clone();
    let event = Hashed::new(ctx.tx, next(ctx, number, end, action, (from, authorization.state), facts))?;
    authorization.event_seq = event.seq();
    authorization.event_hash = event.hash().to_vec();
    Ok(event)
}

/// The event that begins the chain of a batch that has none. It states what was found.
pub(super) fn begin_of_batch(
    ctx: &mut Context<'_, '_>,
    batch: &mut Batch,
) -> Result<Option<Hashed<BatchState>>> {
    if batch.event_seq > 0 {
        return Ok(None);
    }
    batch.event_hash = GENESIS.to_vec();
    let ballot = batch.ballot.as_ref();
    let facts = Facts {
        programme: Some(batch.programme.clone()),
        terms: Some(Box::new(batch.terms())),
        commitment: ballot.map(|ballot| ballot.commitment.to_string()),
        seed: ballot.and_then(|ballot| ballot.draw.as_ref()).map(|draw| draw.seed.to_string()),
        ..Facts::default()
    };
    extend_batch(&ctx.as_system(), batch, BatchAction::Found, None, facts).map(Some)
}

/// The event that leads to the state in which the batch is. To be appended once the row was written.
pub(super) fn extend_batch(
    ctx: &Context<'_, '_>,
    batch: &mut Batch,
    action: BatchAction,
    from: Option<BatchState>,
    facts: Facts,
) -> Result<Hashed<BatchState>> {
    let end = (batch.event_seq, batch.event_hash.as_slice());
    let event = Hashed::new(ctx.tx, next(ctx, batch.id, end, action, (from, batch.state), facts))?;
    batch.event_seq = event.seq();
    batch.event_hash = event.hash().to_vec();
    Ok(event)
}
