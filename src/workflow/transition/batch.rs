//! What belongs to a step of a batch: its row and its event. Taking and releasing places is not a step: it writes no
//! event, because otherwise every decision would wait for the row of its batch.

use std::sync::Arc;

use super::{Step, chain, permitted_action};
use crate::{
    domain::{
        batch::{Batch, Terms},
        event::{Facts, GENESIS},
        lifecycle::{BatchAction, BatchState},
        programme::Programme,
        refusal::Conflict,
    },
    store::{self, StoreError},
    workflow::{
        Result, WorkflowError,
        entrance::Context,
        subject::{BatchAndProgramme, Permitted, ProposedProgramme},
    },
};

/// What a use case has decided for a batch.
#[derive(Clone, Debug)]
pub struct BatchStep {
    /// The state afterwards.
    pub to: BatchState,
    /// The terms afterwards, if they change. The limits are left to the caller.
    pub terms: Option<Terms>,
    /// For the history.
    pub facts: Facts,
}

impl BatchStep {
    /// A step to this state.
    pub fn to(state: BatchState) -> Self {
        Self { to: state, terms: None, facts: Facts::default() }
    }
}

impl Step for BatchStep {
    type State = BatchState;
    type Loaded = BatchAndProgramme;

    fn from((batch, _): &BatchAndProgramme) -> Option<BatchState> {
        Some(batch.state)
    }

    fn to(&self) -> BatchState {
        self.to
    }

    fn carry_out(
        self,
        ctx: &mut Context<'_, '_>,
        (before, programme): (Batch, Arc<Programme>),
        action: BatchAction,
    ) -> Result<BatchAndProgramme> {
        let mut batch = before.clone();
        let mut events = Vec::from_iter(chain::begin_of_batch(ctx, &mut batch)?);
        batch.state = self.to;
        // A draw changes nothing that a client's version could depend on.
        batch.version += if action == BatchAction::Draw { 0 } else { 1 };
        if let Some(terms) = &self.terms {
            batch.agree(terms);
        }
        let facts = Facts { terms: self.terms.map(Box::new), ..self.facts };
        events.push(chain::extend_batch(ctx, &mut batch, action, Some(before.state), facts)?);
        // The row first: a transaction that loses the race for it has written nothing yet.
        if !store::batch::update(ctx.tx, &batch, &before).map_err(as_conflict)? {
            return Err(StoreError::Raced.into());
        }
        store::batch_event::append(ctx.tx, &events)?;
        let batch = store::batch::by_id(ctx.tx, batch.id)?.ok_or(WorkflowError::NotFound)?;
        Ok((Arc::unwrap_or_clone(batch), programme))
    }
}

/// Adds a planned batch, with its limits and its first event.
pub fn begin(
    ctx: &mut Context<'_, '_>,
    permitted: &Permitted<ProposedProgramme>,
    mut batch: Batch,
) -> Result<()> {
    let action = permitted_action(permitted.permission(), None, batch.state)?;
    batch.event_hash = GENESIS.to_vec();
    let facts = Facts {
        programme: Some(batch.programme.clone()),
        terms: Some(Box::new(batch.terms())),
        ..Facts::default()
    };
    let event = chain::extend_batch(ctx, &mut batch, action, None, facts)?;
    store::batch::insert(ctx.tx, &batch, ctx.now).map_err(as_conflict)?;
    Ok(store::batch_event::append(ctx.tx, &[event])?)
}

/// Translates a duplicate: the name is in use.
fn as_conflict(error: StoreError) -> WorkflowError {
    match error {
        StoreError::Duplicate(name) if name == "batches_name_unique" => Conflict::AlreadyExists.into(),
        error => error.into(),
    }
}
