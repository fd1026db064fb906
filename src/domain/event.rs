//! Events: the history of a case, append-only, chained by hash. The hash covers everything but the words, of which it
//! covers a digest: words can be erased when their time is over, and the chain still holds.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    form::Change,
    ids::{ApplicationId, OrganisationId},
    lifecycle::{Action, State},
};

/// What happened, without the person: codes and deadlines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
    /// The officer who has the case now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Uuid>,
}

/// What was said and changed: kept encrypted, erased when its time is over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
    /// Whether nothing was said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// One line of a case's history.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Event {
    pub application: ApplicationId,
    /// From 1, without gaps.
    pub seq: i32,
    pub at: Timestamp,
    /// `account`, `client`, `system` or `operator`.
    pub actor_kind: String,
    pub actor: Option<Uuid>,
    pub actor_organisation: Option<OrganisationId>,
    pub action: Action,
    pub from: Option<State>,
    pub to: State,
    pub from_stage: Option<String>,
    pub to_stage: Option<String>,
    pub facts: Facts,
    pub words: Option<Words>,
    pub words_digest: Option<Vec<u8>>,
    pub previous_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

/// The hash before the first event.
pub const GENESIS: [u8; 32] = [0; 32];

impl Event {
    /// The bytes that the hash is made of: every field with its length before it, so that no two events have the
    /// same bytes. `facts` is the JSON as stored.
    pub fn hashed_bytes(&self, facts: &str) -> Vec<u8> {
        let optional = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let fields: [Vec<u8>; 14] = [
            b"corridor event 1".to_vec(),
            self.previous_hash.clone(),
            self.application.0.as_bytes().to_vec(),
            self.seq.to_be_bytes().to_vec(),
            self.at.as_microsecond().to_be_bytes().to_vec(),
            self.actor_kind.clone().into_bytes(),
            self.actor.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
            self.actor_organisation.map(|id| id.0.as_bytes().to_vec()).unwrap_or_default(),
            self.action.as_str().as_bytes().to_vec(),
            optional(self.from.map(State::as_str)).into_bytes(),
            format!("{}/{}", self.to, optional(self.to_stage.as_deref())).into_bytes(),
            optional(self.from_stage.as_deref()).into_bytes(),
            facts.as_bytes().to_vec(),
            self.words_digest.clone().unwrap_or_default(),
        ];
        let mut bytes = Vec::new();
        for field in fields {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(&field);
        }
        bytes
    }
}
