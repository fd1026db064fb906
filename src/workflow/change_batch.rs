//! Change a batch's terms: capacity, limits, dates. More room is given to those who wait in the same transaction.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        batch::{Batch, BatchState, Terms},
        ids::BatchId,
        refusal::Conflict,
    },
    store::{self, StoreError, Tx},
    workflow::{
        WorkflowError,
        batch_overview::may_manage,
        create_batch::{as_conflict, unknown_sponsors},
        promote,
    },
};

/// Sets the terms to what `change` makes of them, if the batch is still at the version that the actor saw.
pub fn change_batch(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: BatchId,
    seen_version: Option<i32>,
    change: &dyn Fn(&mut Terms),
    now: Timestamp,
) -> Result<Batch, WorkflowError> {
    let batch = store::batch::by_id(tx, id)?.ok_or(WorkflowError::NotFound)?;
    may_manage(tx, actor, &batch.programme)??;
    if seen_version.is_some_and(|seen| seen != batch.version) {
        return Err(WorkflowError::VersionConflict);
    }
    if batch.state == BatchState::Ended {
        return Err(Conflict::BatchState.into());
    }
    let mut terms = batch.terms();
    change(&mut terms);
    let programme = store::programme::newest(tx, &batch.programme)?.ok_or(WorkflowError::NotFound)?;
    let mut faults = terms.faults(&programme);
    faults.extend(unknown_sponsors(tx, &terms)?);
    if batch.state != BatchState::Planned {
        faults.extend(terms.faults_after_opening(&batch.terms()));
    }
    if !faults.is_empty() {
        return Err(WorkflowError::Invalid(faults));
    }
    if terms.capacity < batch.held + batch.taken {
        return Err(WorkflowError::below_use("/capacity"));
    }
    // The batch's row first: it is then ours until the end, and no place moves while the limits are set.
    if !store::batch::set_terms(tx, id, batch.version, &terms).map_err(as_conflict)? {
        return Err(StoreError::Raced.into());
    }
    set_limits(tx, &batch, &terms)?;
    promote::from_line(tx, id, now)?;
    store::batch::by_id(tx, id)?.ok_or(WorkflowError::NotFound)
}

fn set_limits(tx: &mut Tx<'_>, before: &Batch, terms: &Terms) -> Result<(), WorkflowError> {
    for old in &before.limits {
        let kept = terms.limits.iter().any(|new| new.dimension == old.dimension && new.key == old.key);
        if !kept {
            store::batch::remove_limit(tx, before.id, old.dimension, &old.key)?;
        }
    }
    for (index, new) in terms.limits.iter().enumerate() {
        let below_use = || WorkflowError::below_use(format!("/limits/{index}/capacity"));
        let old = before.limits.iter().find(|old| old.dimension == new.dimension && old.key == new.key);
        match old {
            Some(old) if old.capacity == new.capacity => {}
            Some(_) => {
                if !store::batch::set_limit_capacity(tx, before.id, new.dimension, &new.key, new.capacity)? {
                    return Err(below_use());
                }
            }
            None => {
                let in_use = store::ledger::in_use(tx, before.id, Some((new.dimension, &new.key)))?;
                if in_use.0 + in_use.1 > new.capacity {
                    return Err(below_use());
                }
                store::batch::insert_limit(tx, before.id, new.dimension, &new.key, new.capacity, in_use)?;
            }
        }
    }
    Ok(())
}
