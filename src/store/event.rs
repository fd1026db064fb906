//! Events of cases: append and read. No function here changes or deletes an event.

use std::convert::identity;

use diesel::{dsl::exists, prelude::*};

use super::{
    StoreError, Tx, case_key,
    connection::AnyConnection,
    dialect::{insert_rows, on_either},
    one_of::one_of,
    schema::{accounts, api_clients, applications, authorization_events, batch_events, events},
    tx::{FlushOrder, PendingRow, Subject},
    types::{AnyId, At},
};
use crate::{
    digest,
    domain::{
        event::{AuditedEvent, Chained, Event, Facts, Words},
        ids::{AccountId, ApplicationId, ClientId, OrganisationId},
        lifecycle::{Action, State},
        review::{Review, ReviewEvent},
    },
    keyring::KeyError,
    random,
};

#[derive(Queryable)]
pub(super) struct Row {
    application_id: ApplicationId,
    seq: i32,
    at: At,
    actor_kind: String,
    actor_id: Option<AnyId>,
    actor_organisation_id: Option<OrganisationId>,
    action: Action,
    from_state: Option<State>,
    to_state: State,
    from_stage: Option<String>,
    to_stage: Option<String>,
    facts: String,
    words_sealed: Option<Vec<u8>>,
    words_digest: Option<Vec<u8>>,
    previous_hash: Vec<u8>,
    hash: Vec<u8>,
    hash_key: Option<String>,
    digest: Option<Vec<u8>>,
}

pub(super) fn sealing_place(application: ApplicationId, seq: i32) -> String {
    format!("events/{application}/{seq}/words")
}

/// An event that is ready to be written: its words are sealed, its hash is computed.
struct Sealed {
    event: Event,
    facts: String,
    words: Option<Vec<u8>>,
}

/// Seals an event's words, and computes their digest and the event's hash.
fn seal(tx: &mut Tx<'_>, mut event: Event) -> Result<Sealed, StoreError> {
    let mut sealed = None;
    if let Some(words) = event.words.as_ref().filter(|words| !words.is_empty()) {
        // With a salt, so that nobody can guess erased words by their digest. The salt is erased with them.
        let salt = digest::hex(&random::bytes::<16>());
        let plain = serde_json::to_vec(&(salt, words)).map_err(|e| StoreError::Broken(e.to_string()))?;
        event.words_digest = Some(digest::sha256(&plain));
        let place = sealing_place(event.subject, event.seq);
        sealed = Some(case_key::seal(tx, event.subject, &place, &plain)?);
    }
    let facts = set_hash(tx, &mut event)?;
    Ok(Sealed { event, facts, words: sealed })
}

/// The next cases whose newest event has no key, or no digest, in the order of their ids.
pub fn plain_ends(
    tx: &mut Tx<'_>,
    after: Option<ApplicationId>,
    at_most: i64,
) -> Result<Vec<ApplicationId>, StoreError> {
    let after = after.unwrap_or(ApplicationId(uuid::Uuid::nil()));
    let is_end = applications::id.eq(events::application_id).and(applications::event_seq.eq(events::seq));
    let query = applications::table
        .inner_join(events::table.on(is_end))
        .filter(applications::id.gt(after).and(events::hash_key.is_null().or(events::digest.is_null())))
        .order(applications::id)
        .limit(at_most)
        .select(applications::id);
    Ok(query.load(tx.conn()?)?)
}

/// Whether a line of any history is hashed with this key.
pub fn has_lines_under(tx: &mut Tx<'_>, key: &str) -> Result<bool, StoreError> {
    let of_cases = events::table.filter(events::hash_key.eq(key));
    let of_authorizations = authorization_events::table.filter(authorization_events::hash_key.eq(key));
    let of_batches = batch_events::table.filter(batch_events::hash_key.eq(key));
    let any = diesel::select((exists(of_cases), exists(of_authorizations), exists(of_batches)));
    let (cases, authorizations, batches): (bool, bool, bool) =
        on_either!(tx.conn()?, |conn| any.get_result(conn))?;
    Ok(cases || authorizations || batches)
}

/// Sets the hash of a new event, under the current key, and returns its facts as stored.
pub(super) fn set_hash<S: Chained>(tx: &Tx<'_>, event: &mut Event<S>) -> Result<String, StoreError> {
    let facts = serde_json::to_string(&event.facts).map_err(|e| StoreError::Broken(e.to_string()))?;
    let key = tx.keyring.history_key();
    event.hash_key = Some(key.clone());
    event.hash = tx.keyring.history_hash(&key, &event.hashed_bytes(&facts))?;
    Ok(facts)
}

/// The hash that an event should have: under its key, or a plain one if it is from before there were keys. Fails if the
/// key is missing.
pub fn expected_hash<S: Chained>(tx: &Tx<'_>, event: &Event<S>, facts: &str) -> Result<Vec<u8>, StoreError> {
    let line = event.hashed_bytes(facts);
    match &event.hash_key {
        Some(key) => Ok(tx.keyring.history_hash(key, &line)?),
        None => Ok(digest::sha256(&line)),
    }
}

/// Seals and appends an event, and returns its hash, the new end of the chain.
pub fn append(tx: &mut Tx<'_>, event: Event) -> Result<Vec<u8>, StoreError> {
    let sealed = seal(tx, event)?;
    let hash = sealed.event.hash.clone();
    tx.push(sealed);
    Ok(hash)
}

impl PendingRow for Sealed {
    const ORDER: FlushOrder = FlushOrder::Events;

    fn subject(&self) -> Subject {
        Subject::Case(self.event.subject)
    }

    fn write(conn: &mut AnyConnection, rows: &[Self]) -> Result<(), StoreError> {
        insert_rows!(conn, events, rows, |row| {
            application_id: row.event.subject,
            seq: row.event.seq,
            at: At(row.event.at),
            actor_kind: &row.event.actor_kind,
            actor_id: row.event.actor.map(AnyId),
            actor_organisation_id: row.event.actor_organisation,
            action: row.event.action,
            from_state: row.event.from.map(State::as_str),
            to_state: row.event.to,
            from_stage: &row.event.from_stage,
            to_stage: &row.event.to_stage,
            facts: &row.facts,
            words_sealed: &row.words,
            words_digest: &row.event.words_digest,
            previous_hash: &row.event.previous_hash,
            hash: &row.event.hash,
            hash_key: &row.event.hash_key,
            digest: &row.event.digest,
        });
        Ok(())
    }
}

/// A case's events after number `after`, with the facts as stored (the hash is computed from these).
pub fn of_case(
    tx: &mut Tx<'_>,
    application: ApplicationId,
    after: i32,
    at_most: i64,
) -> Result<Vec<(Event, String)>, StoreError> {
    let query = events::table
        .filter(events::application_id.eq(application).and(events::seq.gt(after)))
        .order(events::seq)
        .limit(at_most);
    let rows: Vec<Row> = on_either!(tx.conn()?, |conn| query.load(conn))?;
    rows.into_iter().map(|row| into_event(tx, row)).collect()
}

/// The newest event of a case with one of these actions.
pub fn newest_of(
    tx: &mut Tx<'_>,
    application: ApplicationId,
    actions: &[Action],
) -> Result<Option<Event>, StoreError> {
    let codes: Vec<&str> = actions.iter().map(|action| action.as_str()).collect();
    let row: Option<Row> = events::table
        .filter(events::application_id.eq(application).and(events::action.eq_any(codes)))
        .order(events::seq.desc())
        .first(tx.conn()?)
        .optional()?;
    row.map(|row| into_event(tx, row).map(|(event, _)| event)).transpose()
}

/// The hash of the event of a case that issued the authorization of this number.
pub fn issuing(
    tx: &mut Tx<'_>,
    application: ApplicationId,
    number: &str,
) -> Result<Option<Vec<u8>>, StoreError> {
    let approves = events::to_state.eq(State::Approved).and(events::from_state.ne(State::Approved.as_str()));
    let rows: Vec<(String, Vec<u8>)> = events::table
        .filter(events::application_id.eq(application).and(approves.assume_not_null()))
        .select((events::facts, events::hash))
        .load(tx.conn()?)?;
    for (facts, hash) in rows {
        if facts_of(&facts)?.authorization.as_deref() == Some(number) {
            return Ok(Some(hash));
        }
    }
    Ok(None)
}

fn into_event(tx: &mut Tx<'_>, row: Row) -> Result<(Event, String), StoreError> {
    let unreadable = |what: &str, e: serde_json::Error| {
        StoreError::Unreadable(format!("{what} of event {}/{}: {e}", row.application_id, row.seq))
    };
    let facts = facts_of(&row.facts)?;
    let words = match &row.words_sealed {
        None => None,
        Some(sealed) => {
            let plain = open_words(tx, &row, sealed)?;
            let (_salt, words): (String, Words) =
                serde_json::from_slice(&plain).map_err(|e| unreadable("words", e))?;
            Some(words)
        }
    };
    let event = Event {
        subject: row.application_id,
        seq: row.seq,
        at: row.at.0,
        actor_kind: row.actor_kind,
        actor: row.actor_id.map(|id| id.0),
        actor_organisation: row.actor_organisation_id,
        action: row.action,
        from: row.from_state,
        to: row.to_state,
        from_stage: row.from_stage,
        to_stage: row.to_stage,
        facts,
        words,
        words_digest: row.words_digest,
        digest: row.digest,
        previous_hash: row.previous_hash,
        hash_key: row.hash_key,
        hash: row.hash,
    };
    Ok((event, row.facts))
}

/// Reads facts as stored.
pub(super) fn facts_of(stored: &str) -> Result<Facts, StoreError> {
    serde_json::from_str(stored).map_err(|e| StoreError::Unreadable(format!("the facts of an event: {e}")))
}

fn open_words(tx: &mut Tx<'_>, row: &Row, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    case_key::open(tx, row.application_id, &sealing_place(row.application_id, row.seq), sealed)
}

/// An event as the audit reads it: without its words. Words that cannot be opened do not stop the audit. They count as
/// changed, unless their key is missing.
pub(super) fn audited(tx: &mut Tx<'_>, mut row: Row) -> Result<AuditedEvent, StoreError> {
    let has_words = row.words_sealed.is_some();
    let words_fit = match row.words_sealed.take() {
        None => true,
        Some(sealed) => match open_words(tx, &row, &sealed) {
            Ok(plain) => row.words_digest == Some(digest::sha256(&plain)),
            Err(StoreError::Sealed(KeyError::Sealed(_))) => false,
            Err(StoreError::Sealed(_)) => true,
            Err(error) => return Err(error),
        },
    };
    into_event(tx, row).map(|(event, facts)| AuditedEvent { event, facts, words_fit, has_words })
}

/// The rounds of a case.
pub fn review(tx: &mut Tx<'_>, application: ApplicationId) -> Result<Review, StoreError> {
    if let Some(events) = tx.prefetched.take::<Vec<ReviewEvent>>(Subject::Case(application)) {
        return Ok(Review::of(events));
    }
    let query = events::table
        .filter(events::application_id.eq(application).and(is_of_review()))
        .order(events::seq)
        .select(REVIEW_COLUMNS);
    let rows: Vec<ReviewRow> = on_either!(tx.conn()?, |conn| query.load(conn))?;
    Ok(Review::of(rows.into_iter().map(|row| review_event(row).1)))
}

/// Prefetches what the reviews of several cases depend on.
pub(super) fn prefetch_reviews(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<(), StoreError> {
    let query = events::table
        .filter(one_of(events::application_id, cases))
        .filter(is_of_review())
        .order((events::application_id, events::seq))
        .select(REVIEW_COLUMNS);
    let rows: Vec<ReviewRow> = on_either!(tx.conn()?, |conn| query.load(conn))?;
    tx.prefetched.put_lists(Subject::Case, cases, rows.into_iter().map(review_event), identity);
    Ok(())
}

type ReviewRow = (ApplicationId, Action, Option<String>, State, Option<AnyId>, At);
const REVIEW_COLUMNS: (
    events::application_id,
    events::action,
    events::from_stage,
    events::to_state,
    events::actor_id,
    events::at,
) = (
    events::application_id,
    events::action,
    events::from_stage,
    events::to_state,
    events::actor_id,
    events::at,
);

/// Not `eq_any`: SQLite would plan the statement again each time.
#[diesel::dsl::auto_type]
fn is_of_review() -> _ {
    let a: Action = ReviewEvent::ACTIONS[0];
    let b: Action = ReviewEvent::ACTIONS[1];
    let c: Action = ReviewEvent::ACTIONS[2];
    let d: Action = ReviewEvent::ACTIONS[3];
    events::action.eq(a).or(events::action.eq(b)).or(events::action.eq(c)).or(events::action.eq(d))
}

fn review_event((case, action, from_stage, to, by, at): ReviewRow) -> (ApplicationId, ReviewEvent) {
    (case, ReviewEvent { action, from_stage, to, by: by.map(|id| id.0), at: at.0 })
}

/// The names of the accounts and clients with these ids.
pub fn names_of(tx: &mut Tx<'_>, ids: &[uuid::Uuid]) -> Result<Vec<(uuid::Uuid, String)>, StoreError> {
    let people: Vec<AccountId> = ids.iter().copied().map(AccountId).collect();
    let programs: Vec<ClientId> = ids.iter().copied().map(ClientId).collect();
    let people: Vec<(AccountId, String)> = accounts::table
        .filter(accounts::id.eq_any(people))
        .select((accounts::id, accounts::name))
        .load(tx.conn()?)?;
    let programs: Vec<(ClientId, String)> = api_clients::table
        .filter(api_clients::id.eq_any(programs))
        .select((api_clients::id, api_clients::name))
        .load(tx.conn()?)?;
    let people = people.into_iter().map(|(id, name)| (id.0, name));
    Ok(people.chain(programs.into_iter().map(|(id, name)| (id.0, name))).collect())
}

#[cfg(test)]
mod tests {
    use super::facts_of;
    use crate::domain::event::Words;

    #[test]
    fn stored_changes_are_read_and_written_the_same_way() {
        let stored = concat!(
            r#"{"changes":[{"field":"/applicant/sex","old":null,"new":"F"},"#,
            r#"{"field":"/health/declarations/truthful","old":false,"new":true},"#,
            r#"{"field":"/journey/itinerary","old":[],"new":[{"from":"2026-04-01","place":"Almaty","to":null}]}]}"#,
        );
        let words: Words = serde_json::from_str(stored).unwrap();
        assert_eq!(serde_json::to_string(&words).unwrap(), stored);
    }

    #[test]
    fn what_a_newer_version_has_added_does_not_prevent_reading() {
        let facts = facts_of(
            r#"{"grounds":["security"],"weather":"fair","terms":{"name":"A","capacity":1,"limits":[],"hold_at":"approval",
                "on_full":"refuse","ordering":"ranked","opens_at":null,"closes_at":null,"travel_from":"2026-04-01",
                "travel_until":"2026-05-01","season":"spring"}}"#,
        );
        assert_eq!(facts.unwrap().grounds, ["security"]);
        let words =
            r#"{"note":"Seen.","mood":"good","changes":[{"field":"/a","old":null,"new":"x","why":"typo"}]}"#;
        assert_eq!(serde_json::from_str::<Words>(words).unwrap().note.as_deref(), Some("Seen."));
    }
}
