//! Events of authorizations: append and read. No function here changes or deletes an event.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    event::{facts_of, set_hash},
    schema::authorization_events,
    tx::Subject,
    types::{AnyId, At},
};
use crate::domain::{
    event::{AuditedEvent, Event},
    ids::{ApplicationId, OrganisationId},
    lifecycle::{Action, AuthorizationState},
};

/// Appends an event of an authorization of this case, and returns its hash, the new end of the chain.
pub fn append(
    tx: &mut Tx<'_>,
    case: ApplicationId,
    mut event: Event<AuthorizationState>,
) -> Result<Vec<u8>, StoreError> {
    let facts = set_hash(&mut event)?;
    diesel::insert_into(authorization_events::table)
        .values((
            authorization_events::authorization_number.eq(&event.subject),
            authorization_events::seq.eq(event.seq),
            authorization_events::at.eq(At(event.at)),
            authorization_events::actor_kind.eq(&event.actor_kind),
            authorization_events::actor_id.eq(event.actor.map(AnyId)),
            authorization_events::actor_organisation_id.eq(event.actor_organisation),
            authorization_events::action.eq(event.action),
            authorization_events::from_state.eq(event.from.map(AuthorizationState::as_str)),
            authorization_events::to_state.eq(event.to),
            authorization_events::facts.eq(facts),
            authorization_events::previous_hash.eq(&event.previous_hash),
            authorization_events::hash.eq(&event.hash),
        ))
        .execute(tx.changing(Subject::Case(case))?)?;
    Ok(event.hash)
}

#[derive(Queryable)]
struct Row {
    authorization_number: String,
    seq: i32,
    at: At,
    actor_kind: String,
    actor_id: Option<AnyId>,
    actor_organisation_id: Option<OrganisationId>,
    action: Action,
    from_state: Option<AuthorizationState>,
    to_state: AuthorizationState,
    facts: String,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
}

/// The events of these authorizations, by number and in order.
pub fn of_authorizations(
    tx: &mut Tx<'_>,
    numbers: &[String],
) -> Result<Vec<AuditedEvent<AuthorizationState>>, StoreError> {
    let rows: Vec<Row> = authorization_events::table
        .filter(authorization_events::authorization_number.eq_any(numbers))
        .order((authorization_events::authorization_number, authorization_events::seq))
        .load(tx.conn()?)?;
    rows.into_iter().map(Row::into_event).collect()
}

impl Row {
    fn into_event(self) -> Result<AuditedEvent<AuthorizationState>, StoreError> {
        let event = Event {
            facts: facts_of(&self.facts)?,
            subject: self.authorization_number,
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
