//! Open, close and end a batch.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        batch::{Batch, BatchState},
        ids::BatchId,
        refusal::Conflict,
    },
    store::{self, StoreError, Tx},
    text_enum,
    workflow::{WorkflowError, ballot, batch_overview::may_manage, promote},
};

text_enum! {
    /// What can be done to a batch as a whole.
    pub enum BatchMove {
        /// Take submissions (again).
        Open = "open",
        /// Take no more; reviews and promotions go on. A ballot is drawn now.
        Close = "close",
        /// Over; who still waits lapses.
        End = "end",
    }
}

impl BatchMove {
    /// Where it leads the batch; none if it does not. Nobody can join a draw that was held: its batch stays closed.
    pub const fn leads_to(self, batch: &Batch) -> Option<BatchState> {
        match (self, batch.state) {
            (Self::Open, BatchState::Planned) => Some(BatchState::Open),
            (Self::Open, BatchState::Closed) if !batch.is_by_lot() => Some(BatchState::Open),
            (Self::Close, BatchState::Open) => Some(BatchState::Closed),
            (Self::End, BatchState::Planned | BatchState::Open | BatchState::Closed) => {
                Some(BatchState::Ended)
            }
            _ => None,
        }
    }
}

/// Moves the batch on.
pub fn move_batch(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: BatchId,
    seen_version: Option<i32>,
    wish: BatchMove,
    now: Timestamp,
) -> Result<Batch, WorkflowError> {
    let batch = store::batch::by_id(tx, id)?.ok_or(WorkflowError::NotFound)?;
    may_manage(tx, actor, &batch.programme)??;
    if seen_version.is_some_and(|seen| seen != batch.version) {
        return Err(WorkflowError::VersionConflict);
    }
    let next = wish.leads_to(&batch).ok_or(Conflict::BatchState)?;
    if !enter(tx, &batch, next, now)? {
        return Err(StoreError::Raced.into());
    }
    store::batch::by_id(tx, id)?.ok_or(WorkflowError::NotFound)
}

/// Moves the batch to its next state, unless somebody else was faster: false then. A ballot is promised when its batch
/// opens; when it opens no more, the ballot is drawn and the places go in the drawn order, all in this transaction. Who
/// waits for a place in a batch that ends lapses, one by one, soon after.
pub(super) fn enter(
    tx: &mut Tx<'_>,
    batch: &Batch,
    next: BatchState,
    now: Timestamp,
) -> Result<bool, WorkflowError> {
    let is_drawn = batch.is_by_lot() && batch.state == BatchState::Open;
    if is_drawn {
        store::ballot::lock_cases(tx, batch.id)?;
    }
    if !store::batch::set_state(tx, batch.id, batch.version, next)? {
        return Ok(false);
    }
    if is_drawn {
        ballot::draw(tx, batch.id, now)?;
        promote::from_line(tx, batch.id, now)?;
    } else if batch.is_by_lot() && next == BatchState::Open {
        ballot::promise(tx, batch.id)?;
    }
    if next == BatchState::Ended {
        store::waitlist::end_line(tx, batch.id, now)?;
    }
    Ok(true)
}
