//! Draws a ballot. First every submitted case gets its lot, in the order of the ids; no case can be added, since the
//! batch is closed. Then the seed is revealed, and with it the order is published. Then the places go in that order.
//! Until the last of them is given the batch is `drawing`, and nothing else gives its places: a case that is endorsed
//! meanwhile waits, and gets a place here when its lot is next.

use serde::{Deserialize, Serialize};

use super::{Slice, batch_of, is_end, read_cursor, write_cursor};
use crate::{
    domain::{
        ids::{ApplicationId, BatchId},
        job::Job,
    },
    store,
    workflow::{WorkflowError, ballot, entrance::Context, promote},
};

/// The progress of a draw.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Cursor {
    /// The cases up to this one have their lots.
    Lots(Option<ApplicationId>),
    /// Every case has a lot, the seed is revealed, and places are given.
    Places,
}

/// Draws the next lots, or gives the next places.
pub(super) fn slice(ctx: &mut Context<'_, '_>, job: &Job, at_most: i64) -> Result<Slice, WorkflowError> {
    let batch = batch_of(job)?;
    let (done, next) = match read_cursor(job)?.unwrap_or(Cursor::Lots(None)) {
        Cursor::Lots(after) => draw_lots(ctx, batch, after, at_most)?,
        Cursor::Places => give_places(ctx, batch, at_most)?,
    };
    Ok(Slice {
        done,
        is_last: next.is_none(),
        cursor: next.as_ref().map(write_cursor).transpose()?,
        ..Slice::default()
    })
}

type Progress = (usize, Option<Cursor>);

fn draw_lots(
    ctx: &mut Context<'_, '_>,
    batch: BatchId,
    after: Option<ApplicationId>,
    at_most: i64,
) -> Result<Progress, WorkflowError> {
    let seed = store::ballot::sealed_seed(ctx.tx, batch)?
        .ok_or_else(|| WorkflowError::Internal(format!("batch {batch} was opened without a seed")))?;
    let cases = store::application::of_batch_after(ctx.tx, batch, after, at_most)?;
    let submitted = cases.iter().filter(|case| case.was_submitted);
    let lots: Vec<_> = submitted.map(|case| (case.id, ballot::lot(&seed, case.id))).collect();
    store::ballot::set_lots(ctx.tx, &lots)?;
    if !is_end(cases.len(), at_most) {
        return Ok((lots.len(), Some(Cursor::Lots(cases.last().map(|case| case.id)))));
    }
    ballot::reveal(ctx, batch, seed)?;
    Ok((lots.len(), Some(Cursor::Places)))
}

fn give_places(ctx: &mut Context<'_, '_>, batch: BatchId, at_most: i64) -> Result<Progress, WorkflowError> {
    let given = promote::drawn(ctx, batch, at_most)?;
    if given.is_over {
        store::ballot::end_draw(ctx.tx, batch)?;
    }
    Ok((given.count, (!given.is_over).then_some(Cursor::Places)))
}
