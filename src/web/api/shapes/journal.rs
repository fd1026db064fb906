//! A line of the journal.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{digest::hex, domain::journal::JournalChange, workflow::list_journal::ListedLine};

/// A line of the journal: who changed what and when.
#[derive(Serialize, ToSchema)]
pub struct JournalBody {
    /// `batch`, `programme`, `organisation`, `account` or `client`.
    #[schema(example = "account")]
    kind: &'static str,
    /// An id; of a programme its code.
    subject: String,
    /// What people call the subject: a name, code or address.
    label: Option<String>,
    /// Numbers the lines about this subject.
    seq: i32,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    #[schema(example = "disable")]
    action: &'static str,
    /// `account`, `client`, `system`, `operator` or `anonymous`.
    actor_kind: String,
    /// The person's or program's name.
    actor: Option<String>,
    /// The code of the organisation that the actor acted for.
    organisation: Option<String>,
    /// Secrets and documents appear as SHA-256 digests.
    changes: Vec<ChangeBody>,
    /// The hash of the line and of the hash before it, in hexadecimal.
    hash: String,
}

/// A value that was changed.
#[derive(Serialize, ToSchema)]
pub struct ChangeBody {
    #[schema(example = "roles")]
    field: String,
    old: Option<String>,
    new: Option<String>,
}

impl From<ListedLine> for JournalBody {
    fn from(line: ListedLine) -> Self {
        let change = |JournalChange { field, old, new }| ChangeBody { field, old, new };
        Self {
            kind: line.place.kind.as_str(),
            subject: line.place.subject,
            label: line.label,
            seq: line.place.seq,
            at: line.place.at,
            action: line.action,
            actor_kind: line.actor_kind,
            actor: line.actor,
            organisation: line.organisation,
            changes: line.changes.into_iter().map(change).collect(),
            hash: hex(&line.hash),
        }
    }
}
