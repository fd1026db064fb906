//! Moves everything that is sealed under an older master key to the current one: first the case keys, then the columns
//! that belong to no case, then the words of the journal, then the hashes of travel documents.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Slice, read_cursor, worker, write_cursor};
use crate::{
    domain::{
        ids::{ApplicationId, JobId},
        job::{Job, JobState},
    },
    keyring::KeyId,
    store::{
        self, StoreError,
        rewrap::{Column, LineKey},
    },
    workflow::{Service, WorkflowError, entrance::Context, rotate_keys},
};

/// The progress of a rotation.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    step: Step,
    after: Option<ApplicationId>,
    /// The column that belongs to no case, and its last row that was looked at.
    column: Column,
    after_row: Option<Uuid>,
    /// The last line of the journal that was looked at.
    after_line: Option<LineKey>,
    case_keys: usize,
    columns: usize,
    hashes: usize,
    unreadable: usize,
    /// What a newer version, which runs beside this one, has added.
    #[serde(flatten)]
    unknown: serde_json::Map<String, serde_json::Value>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    #[default]
    CaseKeys,
    Columns,
    Journal,
    Hashes,
    Done,
}

impl Cursor {
    /// Starts the next step if the current one is finished.
    fn go_on(&mut self, after: Option<ApplicationId>, next: Step) {
        self.after = after;
        if after.is_none() {
            self.step = next;
        }
    }
}

/// Moves the next values.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    // Another process may have made the key current.
    store::master_key::sync(ctx.tx)?;
    let mut cursor: Cursor = read_cursor(job)?.unwrap_or_default();
    let (done, unreadable) = match cursor.step {
        Step::CaseKeys => {
            let slice = store::rewrap::case_keys(ctx.tx, cursor.after, at_most)?;
            cursor.case_keys += slice.done;
            cursor.go_on(slice.last, Step::Columns);
            (slice.done, slice.unreadable)
        }
        Step::Columns => {
            let slice = cursor.column.reseal(ctx.tx, cursor.after_row, at_most)?;
            cursor.columns += slice.done;
            cursor.unreadable += slice.unreadable;
            cursor.after_row = slice.last;
            if slice.last.is_none() {
                match cursor.column.next() {
                    Some(next) => cursor.column = next,
                    None => cursor.step = Step::Journal,
                }
            }
            (slice.done, Vec::new())
        }
        Step::Journal => {
            let (last, done) = store::rewrap::journal_words(ctx.tx, cursor.after_line.as_ref(), at_most)?;
            cursor.columns += done;
            cursor.step = if last.is_none() { Step::Hashes } else { Step::Journal };
            cursor.after_line = last;
            (done, Vec::new())
        }
        Step::Hashes => {
            let slice = store::rehash::slice(ctx.tx, cursor.after, at_most)?;
            cursor.hashes += slice.done;
            cursor.go_on(slice.last, Step::Done);
            (slice.done, slice.unreadable)
        }
        Step::Done => (0, Vec::new()),
    };
    cursor.unreadable += unreadable.len();
    Ok(Slice {
        done,
        is_last: cursor.step == Step::Done,
        cursor: Some(write_cursor(&cursor)?),
        skipped: unreadable,
        ..Slice::default()
    })
}

/// The result of a rotation.
#[derive(Clone, Debug)]
pub struct Rotated {
    /// The job.
    pub job: JobId,
    /// The current key.
    pub key: KeyId,
    /// Whether this resumed an interrupted rotation.
    pub was_resumed: bool,
    /// Case keys that were wrapped again.
    pub case_keys: usize,
    /// Other columns that were sealed again.
    pub columns: usize,
    /// Hashes of travel documents that were computed again.
    pub hashes: usize,
    /// Values that cannot be opened.
    pub unreadable: usize,
}

/// Rotates the master key, or resumes an interrupted rotation, and waits until everything is moved. Reports the
/// progress after each slice.
pub async fn rotate(service: &Service, tell: impl FnMut(&Job)) -> Result<Rotated, WorkflowError> {
    let _lock = service.keys().lock_file().map_err(StoreError::from)?;
    let (job, was_resumed) = rotate_keys::begin(service).await?;
    let job = worker::finish(service, job, tell).await?;
    if job.state == JobState::Failed {
        let because = job.last_error.unwrap_or_default();
        return Err(WorkflowError::Internal(format!("the rotation has failed: {because}")));
    }
    let done: Cursor = read_cursor(&job)?.unwrap_or_default();
    Ok(Rotated {
        job: job.id,
        key: service.keys().current(),
        was_resumed,
        case_keys: done.case_keys,
        columns: done.columns,
        hashes: done.hashes,
        unreadable: done.unreadable,
    })
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn the_progress_of_a_newer_version_is_read_and_kept() {
        let newer = r#"{"step":"columns","columns":3,"mails":7}"#;
        let cursor: Cursor = serde_json::from_str(newer).unwrap();
        assert_eq!(cursor.columns, 3);
        assert!(serde_json::to_string(&cursor).unwrap().contains(r#""mails":7"#));
    }
}
