//! Events of authorizations and of batches: two tables of one shape, appended to and read. No function here changes or
//! deletes an event.

use diesel::prelude::*;

use super::{
    StoreError, Tx,
    event::{facts_of, set_hash},
    schema,
    tx::Subject,
    types::{AnyId, At},
};
use crate::domain::{
    event::{AuditedEvent, Chained, Event},
    ids::{BatchId, OrganisationId},
    lifecycle::{Action, AuthorizationState, BatchAction, BatchState},
};

/// An event with its hash, to be appended after the row of its subject was written.
pub struct Hashed<S: Chained> {
    event: Event<S>,
    facts: String,
}

impl<S: Chained> Hashed<S> {
    /// Computes the hash.
    pub fn new(tx: &Tx<'_>, mut event: Event<S>) -> Result<Self, StoreError> {
        let facts = set_hash(tx, &mut event)?;
        Ok(Self { event, facts })
    }

    /// The number of the event.
    pub const fn seq(&self) -> i32 {
        self.event.seq
    }

    /// The new end of the chain.
    pub fn hash(&self) -> &[u8] {
        &self.event.hash
    }
}

macro_rules! events_of {
    ($(#[$doc:meta])* $module:ident: $table:ident, $id:ident: $Id:ty, $State:ty, $Action:ty, $of:ident.$key:ident, $changed:expr) => {
        $(#[$doc])*
        pub mod $module {
            use schema::$table;

            use super::*;

            /// Appends events to the chain of their subject.
            pub fn append(tx: &mut Tx<'_>, events: &[Hashed<$State>]) -> Result<(), StoreError> {
                for Hashed { event, facts } in events {
                    diesel::insert_into($table::table)
                        .values((
                            $table::$id.eq(&event.subject),
                            $table::seq.eq(event.seq),
                            $table::at.eq(At(event.at)),
                            $table::actor_kind.eq(&event.actor_kind),
                            $table::actor_id.eq(event.actor.map(AnyId)),
                            $table::actor_organisation_id.eq(event.actor_organisation),
                            $table::action.eq(event.action),
                            $table::from_state.eq(event.from.map(<$State>::as_str)),
                            $table::to_state.eq(event.to),
                            $table::facts.eq(facts),
                            $table::previous_hash.eq(&event.previous_hash),
                            $table::hash.eq(&event.hash),
                            $table::hash_key.eq(&event.hash_key),
                        ))
                        .execute(tx.changing($changed(&event.subject))?)?;
                }
                Ok(())
            }

            #[derive(Queryable)]
            struct Row {
                subject: $Id,
                seq: i32,
                at: At,
                actor_kind: String,
                actor_id: Option<AnyId>,
                actor_organisation_id: Option<OrganisationId>,
                action: $Action,
                from_state: Option<$State>,
                to_state: $State,
                facts: String,
                previous_hash: Vec<u8>,
                hash: Vec<u8>,
                hash_key: Option<String>,
            }

            /// The events of these subjects, each chain in its order.
            pub fn of(tx: &mut Tx<'_>, subjects: &[$Id]) -> Result<Vec<AuditedEvent<$State>>, StoreError> {
                let rows: Vec<Row> = $table::table
                    .filter($table::$id.eq_any(subjects))
                    .order(($table::$id, $table::seq))
                    .load(tx.conn()?)?;
                rows.into_iter().map(audited).collect()
            }

            /// The next subjects whose newest event has no key, by id.
            pub fn plain_ends(tx: &mut Tx<'_>, after: &$Id, at_most: i64) -> Result<Vec<$Id>, StoreError> {
                use schema::$of;
                let is_end = $of::$key.eq($table::$id).and($of::event_seq.eq($table::seq));
                let query = $of::table
                    .inner_join($table::table.on(is_end))
                    .filter($of::$key.gt(after).and($table::hash_key.is_null()))
                    .order($of::$key)
                    .limit(at_most)
                    .select($of::$key);
                Ok(query.load(tx.conn()?)?)
            }

            fn audited(row: Row) -> Result<AuditedEvent<$State>, StoreError> {
                let event = Event {
                    facts: facts_of(&row.facts)?,
                    subject: row.subject,
                    seq: row.seq,
                    at: row.at.0,
                    actor_kind: row.actor_kind,
                    actor: row.actor_id.map(|id| id.0),
                    actor_organisation: row.actor_organisation_id,
                    action: row.action,
                    from: row.from_state,
                    to: row.to_state,
                    from_stage: None,
                    to_stage: None,
                    words: None,
                    words_digest: None,
                    digest: None,
                    previous_hash: row.previous_hash,
                    hash_key: row.hash_key,
                    hash: row.hash,
                };
                Ok(AuditedEvent { event, facts: row.facts, words_fit: true, has_words: false })
            }
        }
    };
}

events_of!(
    /// Events of authorizations.
    authorization_event: authorization_events, authorization_number: String, AuthorizationState, Action,
    authorizations.number,
    |_: &String| Subject::Other
);
events_of!(
    /// Events of batches.
    batch_event: batch_events, batch_id: BatchId, BatchState, BatchAction, batches.id,
    |batch: &BatchId| Subject::Batch(*batch)
);
