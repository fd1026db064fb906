//! Open, close and end a batch.

use std::sync::Arc;

use crate::{
    domain::{
        batch::Batch,
        event::Facts,
        ids::BatchId,
        job::JobKind,
        lifecycle::{BatchAction, BatchState, Lifecycle},
        policy::Operation,
        refusal::Conflict,
    },
    store, text_enum,
    workflow::{
        Result, WorkflowError, ballot,
        entrance::{Command, Context},
        job,
        security_log::SecurityEvent,
        subject::{Permitted, SeenBatch},
        transition::{self, BatchStep},
    },
};

text_enum! {
    /// What can be done to a batch as a whole.
    pub enum BatchMove {
        /// Accept submissions (again).
        Open = "open",
        /// Accept no more submissions; reviews and promotions continue. A ballot is drawn now.
        Close = "close",
        /// End the batch; its undecided cases lapse.
        End = "end",
    }
}

impl BatchMove {
    /// The action of the lifecycle.
    pub const fn action(self) -> BatchAction {
        match self {
            Self::Open => BatchAction::Open,
            Self::Close => BatchAction::Close,
            Self::End => BatchAction::End,
        }
    }

    const fn to(self) -> BatchState {
        match self {
            Self::Open => BatchState::Open,
            Self::Close => BatchState::Closed,
            Self::End => BatchState::Ended,
        }
    }

    /// Whether the move is possible now. After a draw the batch stays closed, since no case can be added to it.
    pub fn is_possible(self, batch: &Batch) -> bool {
        let mut rows = BatchState::TABLE.iter().filter(|row| row.action == self.action());
        let is_drawn = batch.is_by_lot() && batch.state == BatchState::Closed;
        rows.any(|row| row.begins(Some(batch.state))) && !(self == Self::Open && is_drawn)
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

    fn right(&self) -> (Operation, SeenBatch) {
        (Operation::Batch(self.step.action()), self.batch)
    }

    fn security_event(&self, batch: &Batch) -> Option<SecurityEvent> {
        SecurityEvent::new("batch_moved", batch.id)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<SeenBatch>) -> Result<Batch> {
        if !self.step.is_possible(&on.0) {
            return Err(Conflict::BatchState.into());
        }
        let id = on.0.id;
        make(ctx, on, self.step)?;
        as_it_is(ctx, id)
    }
}

/// The batch after a command.
pub(super) fn as_it_is(ctx: &mut Context<'_, '_>, id: BatchId) -> Result<Batch> {
    Ok(Arc::unwrap_or_clone(store::batch::by_id(ctx.tx, id)?.ok_or(WorkflowError::NotFound)?))
}

/// Makes the move. When a batch opens, the seed of its ballot is committed to; when it closes, a job draws it. When a
/// batch ends, another job lets its undecided cases lapse.
pub(super) fn make(ctx: &mut Context<'_, '_>, on: Permitted<SeenBatch>, step: BatchMove) -> Result<()> {
    let (id, is_by_lot) = (on.0.id, on.0.is_by_lot());
    let is_to_be_drawn = is_by_lot && on.0.state == BatchState::Open;
    let mut facts = Facts::default();
    if is_by_lot && step == BatchMove::Open {
        facts.commitment = Some(ballot::promise(ctx.tx, id)?.to_string());
    }
    if step == BatchMove::End {
        // A submission that has seen the batch open comes before, and the job finds its case.
        store::batch::lock_for_end(ctx.tx, id)?;
    }
    transition::apply(ctx, on, BatchStep { facts, ..BatchStep::to(step.to()) })?;
    if is_to_be_drawn {
        ballot::begin(ctx, id)?;
    }
    if step == BatchMove::End {
        let undecided = store::application::count_undecided(ctx.tx, id)?;
        job::begin(ctx, JobKind::EndBatch, Some(id.0), Some(undecided))?;
    }
    Ok(())
}
