//! Batches and their numbers, for everybody to read; the ledger for those who run or audit them.

use crate::{
    domain::{
        actor::{Actor, Role},
        batch::{Batch, BatchState},
        ids::BatchId,
        refusal::Forbidden,
    },
    store::{
        self, Tx,
        batch::BatchFilter,
        ledger::{Entry, EntryKey},
    },
    workflow::WorkflowError,
};

/// A batch, and how many wait for a place in it.
#[derive(Clone, Debug)]
pub struct BatchView {
    /// The batch with its counters.
    pub batch: Batch,
    /// The length of the line.
    pub waitlisted: i64,
    /// Whether the actor may change it.
    pub may_manage: bool,
}

/// Which batches are wanted.
#[derive(Clone, Debug, Default)]
pub struct WantedBatches {
    /// Of this programme.
    pub programme: Option<String>,
    /// In this state.
    pub state: Option<BatchState>,
    /// After this one.
    pub after: Option<BatchId>,
}

/// At most so many batches, the newest first. Planned ones are shown to those who run or review them.
pub fn list_batches(
    tx: &mut Tx<'_>,
    actor: Option<&Actor>,
    wanted: &WantedBatches,
    at_most: i64,
) -> Result<Vec<BatchView>, WorkflowError> {
    let states = match (wanted.state, sees_planned(actor)) {
        (Some(BatchState::Planned), false) => return Ok(Vec::new()),
        (Some(state), _) => vec![state],
        (None, true) => Vec::new(),
        (None, false) => vec![BatchState::Open, BatchState::Closed, BatchState::Ended],
    };
    let filter = BatchFilter { programme: wanted.programme.clone(), states, after: wanted.after };
    let batches = store::batch::list(tx, &filter, at_most)?;
    let ids: Vec<BatchId> = batches.iter().map(|batch| batch.id).collect();
    let waiting = store::waitlist::count_waiting(tx, &ids)?;
    let mut views = Vec::with_capacity(batches.len());
    for batch in batches {
        let waitlisted = waiting.iter().find(|(id, _)| *id == batch.id).map_or(0, |(_, count)| *count);
        let may_manage = match actor {
            Some(actor) => may_manage(tx, actor, &batch.programme)?.is_ok(),
            None => false,
        };
        views.push(BatchView { batch, waitlisted, may_manage });
    }
    Ok(views)
}

/// One batch.
pub fn show_batch(tx: &mut Tx<'_>, actor: Option<&Actor>, id: BatchId) -> Result<BatchView, WorkflowError> {
    let batch = store::batch::by_id(tx, id)?.ok_or(WorkflowError::NotFound)?;
    if batch.state == BatchState::Planned && !sees_planned(actor) {
        return Err(WorkflowError::NotFound);
    }
    let waitlisted = store::waitlist::count_waiting(tx, &[id])?.first().map_or(0, |(_, count)| *count);
    let may_manage = match actor {
        Some(actor) => may_manage(tx, actor, &batch.programme)?.is_ok(),
        None => false,
    };
    Ok(BatchView { batch, waitlisted, may_manage })
}

/// A batch's ledger.
pub fn ledger(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: BatchId,
    after: Option<EntryKey>,
    at_most: i64,
) -> Result<Vec<Entry>, WorkflowError> {
    let batch = store::batch::by_id(tx, id)?.ok_or(WorkflowError::NotFound)?;
    let takes_part = takes_part(tx, actor, &batch.programme)?;
    if !(actor.is(Role::Auditor) || (takes_part && sees_planned(Some(actor)))) {
        return Err(Forbidden::Role.into());
    }
    Ok(store::ledger::entries(tx, id, after, at_most)?)
}

fn sees_planned(actor: Option<&Actor>) -> bool {
    let roles = [Role::Officer, Role::Supervisor, Role::BatchManager, Role::Auditor, Role::Administrator];
    actor.is_some_and(|actor| roles.iter().any(|role| actor.is(*role)))
}

/// Whether the actor runs batches of the programme: a batch manager of one of its authorities, or the operator.
pub(super) fn may_manage(
    tx: &mut Tx<'_>,
    actor: &Actor,
    programme: &str,
) -> Result<Result<(), Forbidden>, WorkflowError> {
    if !actor.is(Role::BatchManager) {
        return Ok(Err(Forbidden::Role));
    }
    if actor.identity == crate::domain::actor::Identity::Operator || takes_part(tx, actor, programme)? {
        return Ok(Ok(()));
    }
    Ok(Err(Forbidden::NotYourTerritory))
}

/// Whether the actor's organisation is one of the programme's authorities, or at home in one of its territories.
fn takes_part(tx: &mut Tx<'_>, actor: &Actor, programme: &str) -> Result<bool, WorkflowError> {
    let Some(own) = &actor.organisation else { return Ok(false) };
    let Some(programme) = store::programme::newest(tx, programme)? else { return Ok(false) };
    Ok(programme.authority(&own.code).is_some())
}
