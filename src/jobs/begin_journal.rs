//! Writes the first lines of the journals of programmes, organisations, accounts and API clients from before there was a
//! journal. An upgrade starts this job.

use serde::{Deserialize, Serialize};

use super::{Slice, read_cursor, write_cursor};
use crate::{
    domain::{job::Job, journal::JournalKind},
    store,
    workflow::{WorkflowError, entrance::Context},
};

/// The kind whose turn it is, and the last subject that was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    kind: JournalKind,
    after: Option<String>,
}

/// Begins the journals of the next subjects: kind by kind, in the order of the subjects.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let [first, ..] = JournalKind::IN_JOURNAL;
    let cursor: Cursor = read_cursor(job)?.unwrap_or(Cursor { kind: first, after: None });
    let next = store::journal::entries_after(ctx.tx, cursor.kind, cursor.after.as_deref(), at_most)?;
    for found in &next {
        store::journal::begin(ctx.tx, found, ctx.now)?;
    }
    let last = next.last().and_then(|entries| entries.last()).map(|entry| entry.subject.clone());
    let cursor = match last {
        Some(last) => Some(Cursor { after: Some(last), ..cursor }),
        None => {
            let after = JournalKind::IN_JOURNAL.into_iter().skip_while(|kind| *kind != cursor.kind).nth(1);
            after.map(|kind| Cursor { kind, after: None })
        }
    };
    Ok(Slice {
        done: next.len(),
        is_last: cursor.is_none(),
        cursor: cursor.as_ref().map(write_cursor).transpose()?,
        ..Slice::default()
    })
}
