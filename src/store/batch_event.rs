//! Events of batches: append and read. No function here changes or deletes an event.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    event::{facts_of, set_hash},
    schema::batch_events,
    tx::Subject,
    types::{AnyId, At},
};
use crate::domain::{
    event::{AuditedEvent, Event},
    ids::{BatchId, OrganisationId},
    lifecycle::{BatchAction, BatchState},
};

/// Appends an event, and returns its hash, the new end of the chain.
pub fn append(tx: &mut Tx<'_>, mut event: Event<BatchState>) -> Result<Vec<u8>, StoreError> {
    let facts = set_hash(&mut event)?;
    diesel::insert_into(batch_events::table)
        .values((
            batch_events::batch_id.eq(event.subject),
            batch_events::seq.eq(event.seq),
            batch_events::at.eq(At(event.at)),
            batch_events::actor_kind.eq(&event.actor_kind),
            batch_events::actor_id.eq(event.actor.map(AnyId)),
            batch_events::actor_organisation_id.eq(event.actor_organisation),
            batch_events::action.eq(event.action),
            batch_events::from_state.eq(event.from.map(BatchState::as_str)),
            batch_events::to_state.eq(event.to),
            batch_events::facts.eq(facts),
            batch_events::previous_hash.eq(&event.previous_hash),
            batch_events::hash.eq(&event.hash),
        ))
        .execute(tx.changing(Subject::Batch(event.subject))?)?;
    Ok(event.hash)
}

#[derive(Queryable)]
struct Row {
    batch_id: BatchId,
    seq: i32,
    at: At,
    actor_kind: String,
    actor_id: Option<AnyId>,
    actor_organisation_id: Option<OrganisationId>,
    action: BatchAction,
    from_state: Option<BatchState>,
    to_state: BatchState,
    facts: String,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
}

/// The events of a batch in order.
pub fn of_batch(tx: &mut Tx<'_>, batch: BatchId) -> Result<Vec<AuditedEvent<BatchState>>, StoreError> {
    let rows: Vec<Row> = batch_events::table
        .filter(batch_events::batch_id.eq(batch))
        .order(batch_events::seq)
        .load(tx.conn()?)?;
    rows.into_iter().map(Row::into_event).collect()
}

impl Row {
    fn into_event(self) -> Result<AuditedEvent<BatchState>, StoreError> {
        let event = Event {
            facts: facts_of(&self.facts)?,
            subject: self.batch_id,
            seq: self.seq,
            at: self.at.0,
            actor_kind: self.actor_kind,
            actor: self.actor_id.map(|id| id.0),
            actor_organisation: self.actor_organisation_id,
            action: self.action,
            from: self.from_state,
            to: self.to_state,
            from_stage: None,
            to_stage: None,
            words: None,
            words_digest: None,
            previous_hash: self.previous_hash,
            hash: self.hash,
        };
        Ok(AuditedEvent { event, facts: self.facts, words_fit: true })
    }
}
