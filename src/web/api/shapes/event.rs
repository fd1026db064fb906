//! A line of a case's history: an event or an access record.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    digest::hex,
    domain::{event::Facts, form::Change},
    workflow::history::{AccessLine, HistoryLine, Line},
};

/// An event or an access record. Only officers see internal notes, claims and access records.
#[derive(Serialize, ToSchema)]
pub struct EventBody {
    /// Numbers the events. An access record has none, because it changes nothing.
    seq: Option<i32>,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(example = "endorse")]
    action: &'static str,
    /// `account`, `client`, `system` or `operator`.
    actor_kind: String,
    actor: Option<String>,
    /// The code of the authority that acted, or of the reader's organisation.
    authority: Option<String>,
    from: Option<&'static str>,
    to: &'static str,
    from_stage: Option<String>,
    to_stage: Option<String>,
    /// Codes and deadlines: grounds, respond_by, finding, authorization.
    #[schema(value_type = Object)]
    facts: Facts,
    note: Option<String>,
    message: Option<String>,
    questions: Vec<String>,
    answers: Vec<String>,
    #[schema(value_type = Vec<super::form::Change>)]
    changes: Vec<Change>,
    /// HMAC-SHA-256 over the event and the hash before it, in hexadecimal; of an event from before there were keys,
    /// its SHA-256. An access record has none.
    hash: Option<String>,
}

impl From<HistoryLine> for EventBody {
    fn from(line: HistoryLine) -> Self {
        let event = line.event;
        let words = event.words.unwrap_or_default();
        Self {
            seq: Some(event.seq),
            at: event.at,
            action: event.action.as_str(),
            actor_kind: event.actor_kind,
            actor: line.actor_name,
            authority: line.authority,
            from: event.from.map(|state| state.as_str()),
            to: event.to.as_str(),
            from_stage: event.from_stage,
            to_stage: event.to_stage,
            facts: event.facts,
            note: words.note,
            message: words.message,
            questions: words.questions,
            answers: words.answers,
            changes: words.changes,
            hash: Some(hex(&event.hash)),
        }
    }
}

impl From<AccessLine> for EventBody {
    fn from(line: AccessLine) -> Self {
        Self {
            seq: None,
            at: line.record.at,
            action: line.record.what.as_str(),
            actor_kind: line.record.actor_kind,
            actor: line.actor_name,
            authority: line.organisation,
            from: Some(line.state.as_str()),
            to: line.state.as_str(),
            from_stage: line.stage.clone(),
            to_stage: line.stage,
            facts: Facts { evidence: line.evidence, ..Facts::default() },
            note: None,
            message: None,
            questions: Vec::new(),
            answers: Vec::new(),
            changes: Vec::new(),
            hash: None,
        }
    }
}

impl From<Line> for EventBody {
    fn from(line: Line) -> Self {
        match line {
            Line::Event(event) => event.into(),
            Line::Access(access) => access.into(),
        }
    }
}
