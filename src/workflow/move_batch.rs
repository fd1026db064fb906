//! Open, close and end a batch.

use crate::{
    domain::{
        actor::Actor,
        batch::{Batch, BatchState},
        ids::BatchId,
        refusal::Conflict,
    },
    store::{self, StoreError, Tx},
    text_enum,
    workflow::{WorkflowError, batch_overview::may_manage},
};

text_enum! {
    /// What can be done to a batch as a whole.
    pub enum BatchMove {
        /// Take submissions (again).
        Open = "open",
        /// Take no more; reviews and promotions go on.
        Close = "close",
        /// Over; who still waits lapses.
        End = "end",
    }
}

impl BatchMove {
    /// Where it leads from a state; none if it does not.
    pub const fn from(self, state: BatchState) -> Option<BatchState> {
        match (self, state) {
            (Self::Open, BatchState::Planned | BatchState::Closed) => Some(BatchState::Open),
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
) -> Result<Batch, WorkflowError> {
    let batch = store::batch::by_id(tx, id)?.ok_or(WorkflowError::NotFound)?;
    may_manage(tx, actor, &batch.programme)??;
    if seen_version.is_some_and(|seen| seen != batch.version) {
        return Err(WorkflowError::VersionConflict);
    }
    let next = wish.from(batch.state).ok_or(Conflict::BatchState)?;
    if !store::batch::set_state(tx, id, batch.version, next)? {
        return Err(StoreError::Raced.into());
    }
    store::batch::by_id(tx, id)?.ok_or(WorkflowError::NotFound)
}
