//! Events: the history of a case, an authorization or a batch, append-only, chained by hash. The hash covers everything
//! but the words. For the words it covers a digest: they can be erased when their time is over, and the chain holds. The
//! hash is keyed (`keyring/history.rs`); lines from before there were keys keep their plain one.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    batch::Terms,
    form::Change,
    hashed_fields::HashedFields,
    ids::{ApplicationId, BatchId, OrganisationId},
    lifecycle::{AuthorizationState, BatchState, Lifecycle, State},
};

/// What happened, without the person: codes and deadlines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Codes of the grounds of a refusal or revocation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grounds: Vec<String>,
    /// Pointers of the fields that were changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Until when an answer is awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub respond_by: Option<Timestamp>,
    /// A finding that was resolved: its code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    /// The findings that screening made: their codes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<String>,
    /// The kind of evidence that was added or removed, and its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// The number of the authorization that was issued or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<String>,
    /// The kind of the message that is sent again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The new assignee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Uuid>,
    /// The version of the programme whose rules an authorization was issued by. Events from before it was recorded have
    /// none: the rules of that time are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme_version: Option<i32>,
    /// The first and the last day of an authorization.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validity: Option<(Date, Date)>,
    /// The day on which the traveller crossed the border.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crossed_on: Option<Date>,
    /// The programme of a batch: in its first event, or in the one that closed an older history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
    /// The terms of a batch from here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<Box<Terms>>,
    /// The commitment of a ballot, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment: Option<String>,
    /// The seed of a ballot that was drawn, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
}

/// Words and changes of an event: stored encrypted, erased when their time is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Words {
    /// For officers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// For the applicant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What the applicant is asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<String>,
    /// What the applicant answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// What changed in the form, old beside new.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

impl Words {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A lifecycle whose subjects have a history.
pub trait Chained: Lifecycle {
    /// What identifies a subject.
    type Id: Clone + std::fmt::Debug + PartialEq + Eq;

    /// Begins the hashed bytes, so that events of different kinds never have the same. The version of the format follows.
    const FORMAT: &'static str;

    /// The id as hashed.
    fn id_bytes(id: &Self::Id) -> &[u8];
}

impl Chained for State {
    type Id = ApplicationId;
    const FORMAT: &'static str = "corridor event";
    fn id_bytes(id: &ApplicationId) -> &[u8] {
        id.0.as_bytes()
    }
}

impl Chained for AuthorizationState {
    /// The number.
    type Id = String;
    const FORMAT: &'static str = "corridor authorization event";
    fn id_bytes(number: &String) -> &[u8] {
        number.as_bytes()
    }
}

impl Chained for BatchState {
    type Id = BatchId;
    const FORMAT: &'static str = "corridor batch event";
    fn id_bytes(id: &BatchId) -> &[u8] {
        id.0.as_bytes()
    }
}

/// One line of a history; of a case's, if nothing else is said. Only events of cases have stages and words.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Event<S: Chained = State> {
    pub subject: S::Id,
    /// From 1, without gaps.
    pub seq: i32,
    pub at: Timestamp,
    /// `account`, `client`, `system` or `operator`.
    pub actor_kind: String,
    pub actor: Option<Uuid>,
    pub actor_organisation: Option<OrganisationId>,
    pub action: S::Action,
    pub from: Option<S>,
    pub to: S,
    pub from_stage: Option<String>,
    pub to_stage: Option<String>,
    pub facts: Facts,
    pub words: Option<Words>,
    pub words_digest: Option<Vec<u8>>,
    /// Of a case: the digest of its values after the event ([`super::standing::Standing`]).
    pub digest: Option<Vec<u8>>,
    pub previous_hash: Vec<u8>,
    /// The id of the key that the hash is made with. None: a plain SHA-256, from before there were keys.
    pub hash_key: Option<String>,
    pub hash: Vec<u8>,
}

/// An event as an audit reads it.
#[derive(Clone, Debug)]
pub struct AuditedEvent<S: Chained = State> {
    /// The event.
    pub event: Event<S>,
    /// Its facts as stored: the hash covers these bytes.
    pub facts: String,
    /// Whether its words have their digest. Erased words count as a match.
    pub words_fit: bool,
    /// Whether there are words.
    pub has_words: bool,
}

/// The hash before the first event of a case or batch. The history of an authorization starts from the case's event that
/// issued it.
pub const GENESIS: [u8; 32] = [0; 32];

impl<S: Chained> Event<S> {
    /// The bytes that the hash is made of. `facts` is the JSON as stored. A line from before there were keys keeps the
    /// bytes that it had.
    pub fn hashed_bytes(&self, facts: &str) -> Vec<u8> {
        let version = if self.hash_key.is_some() { 2 } else { 1 };
        let to_stage = self.to_stage.as_deref().unwrap_or_default();
        let fields = HashedFields::default()
            .text(&format!("{} {version}", S::FORMAT))
            .bytes(&self.previous_hash)
            .bytes(S::id_bytes(&self.subject))
            .number(self.seq)
            .time(self.at)
            .text(&self.actor_kind)
            .some_id(self.actor)
            .some_id(self.actor_organisation.map(|id| id.0))
            .text(&self.action.to_string())
            .text(&self.from.map(|from| from.to_string()).unwrap_or_default())
            .text(&format!("{}/{to_stage}", self.to))
            .some_text(self.from_stage.as_deref())
            .text(facts)
            .bytes(self.words_digest.as_deref().unwrap_or_default());
        let fields = match &self.hash_key {
            Some(key) => fields.text(key).bytes(self.digest.as_deref().unwrap_or_default()),
            None => fields,
        };
        fields.into_bytes()
    }
}
