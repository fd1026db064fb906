//! Open, close and end a batch.

use crate::{
    domain::{
        batch::{Batch, BatchState},
        ids::BatchId,
        policy::Operation,
        refusal::Conflict,
    },
    store::{self, StoreError},
    text_enum,
    workflow::{
        WorkflowError, ballot,
        entrance::{Command, Context},
        promote,
        subject::{Permitted, SeenBatch},
    },
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
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct MoveBatch {
    pub batch: SeenBatch,
    pub step: BatchMove,
}

impl Command for MoveBatch {
    type Subject = SeenBatch;
    type Output = Batch;

    fn operation(&self) -> Operation {
        Operation::MoveBatch
    }

    fn subject(&self) -> SeenBatch {
        self.batch
    }

    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<SeenBatch>) -> Result<Batch, WorkflowError> {
        let (batch, _) = on.into_inner();
        let next = self.step.leads_to(&batch).ok_or(Conflict::BatchState)?;
        if !enter(ctx, &batch, next)? {
            return Err(StoreError::Raced.into());
        }
        as_it_is(ctx, batch.id)
    }
}

/// The batch after a command.
pub(super) fn as_it_is(ctx: &mut Context<'_, '_>, id: BatchId) -> Result<Batch, WorkflowError> {
    store::batch::by_id(ctx.tx, id)?.ok_or(WorkflowError::NotFound)
}

/// Moves the batch to its next state, unless somebody else was faster: false then. A ballot is promised when its batch
/// opens; when it opens no more, the ballot is drawn and the places go in the drawn order, all in this transaction. Who
/// waits for a place in a batch that ends lapses, one by one, soon after.
pub(super) fn enter(
    ctx: &mut Context<'_, '_>,
    batch: &Batch,
    next: BatchState,
) -> Result<bool, WorkflowError> {
    let mut system = ctx.as_system();
    let (tx, now) = (&mut *system.tx, system.now);
    let is_drawn = batch.is_by_lot() && batch.state == BatchState::Open;
    if is_drawn {
        store::ballot::lock_cases(tx, batch.id)?;
    }
    if !store::batch::set_state(tx, batch.id, batch.version, next)? {
        return Ok(false);
    }
    if is_drawn {
        ballot::draw(tx, batch.id, now)?;
        promote::from_line(&mut system, batch.id)?;
    } else if batch.is_by_lot() && next == BatchState::Open {
        ballot::promise(tx, batch.id)?;
    }
    if next == BatchState::Ended {
        store::waitlist::end_line(system.tx, batch.id, now)?;
    }
    Ok(true)
}
