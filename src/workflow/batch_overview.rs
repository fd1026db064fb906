//! Batches and their numbers, for everybody to read; the ledger for those who run or audit them.

/// A line of the ledger, and its key for the next page.
pub use crate::store::ledger::{Entry as LedgerEntry, EntryKey as LedgerKey};
use crate::{
    domain::{
        batch::{Batch, Dimension},
        ids::BatchId,
        lifecycle::{BatchAction, BatchState},
        policy::{self, Denied, Operation, Subject},
    },
    store::{self, batch::BatchFilter},
    workflow::{
        Result, WorkflowError,
        entrance::{Context, Query},
        subject::{Installation, Permitted},
    },
};

/// A batch, and the number of its waitlisted cases.
#[derive(Clone, Debug)]
pub struct BatchView {
    /// The batch with its counters.
    pub batch: Batch,
    /// The number of waitlisted cases.
    pub waitlisted: i64,
    /// Whether the actor may change it.
    pub may_manage: bool,
}

/// Some batches, the newest first. Planned ones are shown to those who run or review them.
#[derive(Clone, Debug, Default)]
pub struct ListBatches {
    /// Of this programme.
    pub programme: Option<String>,
    /// In this state.
    pub state: Option<BatchState>,
    /// After this one.
    pub after: Option<BatchId>,
    /// The maximum number of batches.
    pub at_most: i64,
}

impl Query for ListBatches {
    type Subject = Installation;
    type Output = Vec<BatchView>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListBatches, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<BatchView>> {
        let states = match (self.state, policy::sees_planned_batches(ctx.actor)) {
            (Some(BatchState::Planned), false) => return Ok(Vec::new()),
            (Some(state), _) => vec![state],
            (None, true) => Vec::new(),
            (None, false) => vec![BatchState::Open, BatchState::Closed, BatchState::Ended],
        };
        let filter = BatchFilter { programme: self.programme.clone(), states, after: self.after };
        let batches = store::batch::list(ctx.tx, &filter, self.at_most)?;
        let ids: Vec<BatchId> = batches.iter().map(|batch| batch.id).collect();
        let waiting = store::waitlist::count_waiting(ctx.tx, &ids)?;
        let count_of = |id| waiting.iter().find(|(known, _)| *known == id).map_or(0, |(_, count)| *count);
        batches.into_iter().map(|batch| view_of(ctx, count_of(batch.id), batch)).collect()
    }
}

/// One batch.
#[derive(Clone, Copy, Debug)]
pub struct ShowBatch {
    /// Which.
    pub batch: BatchId,
}

impl Query for ShowBatch {
    type Subject = BatchId;
    type Output = BatchView;

    fn right(&self) -> (Operation, BatchId) {
        (Operation::ShowBatch, self.batch)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<BatchId>) -> Result<BatchView> {
        let (batch, _) = on.into_inner();
        let waitlisted = store::waitlist::count_waiting(ctx.tx, &[batch.id])?;
        view_of(ctx, waitlisted.first().map_or(0, |(_, count)| *count), batch)
    }
}

/// A reader who does not run or audit the programme's batches sees neither which other companies have limits nor how many
/// places they use.
fn view_of(ctx: &mut Context<'_, '_>, waitlisted: i64, mut batch: Batch) -> Result<BatchView> {
    let programme = store::programme::newest(ctx.tx, &batch.programme)?.ok_or(WorkflowError::NotFound)?;
    let subject = Subject::Batch(&batch, &programme);
    let permitted = policy::permit(Operation::Batch(BatchAction::Change), ctx.actor, subject);
    let may_manage = matches!(permitted, Ok(_) | Err(Denied::State));
    if policy::permit(Operation::ShowSponsorLimits, ctx.actor, subject).is_err() {
        let own = ctx.actor.organisation.as_ref().map(|organisation| organisation.code.as_str());
        batch.limits.retain(|limit| limit.dimension != Dimension::Sponsor || Some(limit.key.as_str()) == own);
    }
    Ok(BatchView { batch, waitlisted, may_manage })
}

/// A batch's ledger.
#[derive(Clone, Copy, Debug)]
pub struct ShowLedger {
    /// Of this batch.
    pub batch: BatchId,
    /// After this line.
    pub after: Option<LedgerKey>,
    /// The maximum number of lines.
    pub at_most: i64,
}

impl Query for ShowLedger {
    type Subject = BatchId;
    type Output = Vec<LedgerEntry>;

    fn right(&self) -> (Operation, BatchId) {
        (Operation::ShowLedger, self.batch)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<BatchId>) -> Result<Vec<LedgerEntry>> {
        Ok(store::ledger::entries(ctx.tx, self.batch, self.after, self.at_most)?)
    }
}
