//! Change a batch's terms: capacity, limits, dates. New places are given to waiting cases.

use crate::{
    domain::{
        batch::{Batch, Terms, TermsChange},
        lifecycle::{BatchAction, BatchState},
        policy::Operation,
    },
    store::{self, Tx},
    workflow::{
        Result, WorkflowError,
        create_batch::unknown_sponsors,
        entrance::{Command, Context},
        move_batch::as_it_is,
        promote,
        security_log::SecurityEvent,
        subject::{Permitted, SeenBatch},
        transition::{self, BatchStep},
    },
};

/// Changes the terms.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct ChangeBatch {
    pub batch: SeenBatch,
    pub change: TermsChange,
}

impl Command for ChangeBatch {
    type Subject = SeenBatch;
    type Output = Batch;

    fn right(&self) -> (Operation, SeenBatch) {
        (Operation::Batch(BatchAction::Change), self.batch)
    }

    fn security_event(&self, batch: &Batch) -> Option<SecurityEvent> {
        SecurityEvent::new("batch_changed", batch.id)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, on: Permitted<SeenBatch>) -> Result<Batch> {
        let (batch, programme) = &*on;
        let terms = self.change.applied_to(batch.terms());
        let mut faults = terms.faults(programme);
        faults.extend(unknown_sponsors(ctx.tx, &terms)?);
        if batch.state != BatchState::Planned {
            faults.extend(terms.faults_after_opening(&batch.terms()));
        }
        if !faults.is_empty() {
            return Err(WorkflowError::Invalid(faults));
        }
        if terms.capacity < batch.held + batch.taken {
            return Err(WorkflowError::below_use("/capacity"));
        }
        // Locks the batch's row first, so that no place moves while the limits are set.
        let (before, step) =
            (batch.clone(), BatchStep { terms: Some(terms.clone()), ..BatchStep::to(batch.state) });
        let (batch, _) = transition::apply(ctx, on, step)?;
        // With the row locked nobody joins the line.
        if terms.ordering != before.ordering
            && !store::waitlist::count_waiting(ctx.tx, &[batch.id])?.is_empty()
        {
            return Err(WorkflowError::field("/order", "fixed_while_waiting"));
        }
        set_limits(ctx.tx, &before, &terms)?;
        promote::from_line(ctx, batch.id)?;
        as_it_is(ctx, batch.id)
    }
}

fn set_limits(tx: &mut Tx<'_>, before: &Batch, terms: &Terms) -> Result<()> {
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
