//! Closes the histories from before their hashes had a key, each with one line that has one. An upgrade starts this
//! job. A step that comes before the job closes the history itself: its line has a key.
//!
//! The line covers the form as it is sealed. So this job waits for the job that seals the forms of an older version
//! again. It adds a line to each history whose last line was written before that and has no digest.

use serde::{Deserialize, Serialize};

use super::{Slice, read_cursor, write_cursor};
use crate::{
    domain::{
        ids::{ApplicationId, BatchId},
        job::{Job, JobKind},
    },
    store,
    workflow::{WorkflowError, entrance::Context, transition},
};

/// Where the next slice begins: after the last subject that was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cursor {
    Cases(Option<ApplicationId>),
    Authorizations(String),
    Batches(Option<BatchId>),
}

/// Closes the next histories: of cases, then of authorizations, then of batches.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let cursor = read_cursor(job)?.unwrap_or(Cursor::Cases(None));
    if store::job::unfinished(ctx.tx, JobKind::Reseal, None)?.is_some() {
        return Ok(Slice { waits: true, ..Slice::default() });
    }
    let (done, next) = match cursor {
        Cursor::Cases(after) => {
            let cases = store::event::plain_ends(ctx.tx, after, at_most)?;
            transition::close_histories_of_cases(ctx, &cases)?;
            let next = cases.last().map(|case| Cursor::Cases(Some(*case)));
            (cases.len(), next.unwrap_or(Cursor::Authorizations(String::new())))
        }
        Cursor::Authorizations(after) => {
            let numbers = store::authorization_event::plain_ends(ctx.tx, &after, at_most)?;
            for number in &numbers {
                transition::close_history_of_authorization(ctx, number)?;
            }
            let next = numbers.last().map(|number| Cursor::Authorizations(number.clone()));
            (numbers.len(), next.unwrap_or(Cursor::Batches(None)))
        }
        Cursor::Batches(after) => {
            let after = after.unwrap_or(BatchId(uuid::Uuid::nil()));
            let batches = store::batch_event::plain_ends(ctx.tx, &after, at_most)?;
            for batch in &batches {
                transition::close_history_of_batch(ctx, *batch)?;
            }
            let last = batches.last().copied();
            if last.is_none() {
                return Ok(Slice { is_last: true, ..Slice::default() });
            }
            (batches.len(), Cursor::Batches(last))
        }
    };
    Ok(Slice { done, cursor: Some(write_cursor(&next)?), ..Slice::default() })
}
