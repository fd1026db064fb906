//! A line of a case's history.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    digest::hex,
    domain::{event::Facts, form::Change},
    workflow::history::HistoryLine,
};

/// One event. Internal notes are for officers; how officers share their work is not told to the applicant.
#[derive(Serialize, ToSchema)]
pub struct EventBody {
    seq: i32,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(example = "endorse")]
    action: &'static str,
    /// `account`, `client`, `system` or `operator`.
    actor_kind: String,
    actor: Option<String>,
    /// The code of the authority that acted.
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
    /// SHA-256 over the event and the hash before it, hexadecimal.
    hash: String,
}

impl From<HistoryLine> for EventBody {
    fn from(line: HistoryLine) -> Self {
        let event = line.event;
        let words = event.words.unwrap_or_default();
        Self {
            seq: event.seq,
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
            hash: hex(&event.hash),
        }
    }
}
