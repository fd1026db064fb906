//! What belongs to a step of a batch: its row and its event. Places are no part of it: taking and releasing them writes
//! no event, or every decision would wait for the row of its batch.

use std::sync::Arc;

use super::{Step, chain, permitted_action};
use crate::{
    domain::{
        batch::{Batch, Terms},
        event::{Facts, GENESIS},
        lifecycle::{BatchAction, BatchState},
        policy::Permission,
        programme::Programme,
        refusal::Conflict,
    },
    store::{self, StoreError},
    workflow::{WorkflowError, entrance::Context, subject::BatchAndProgramme},
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
    ) -> Result<BatchAndProgramme, WorkflowError> {
        let mut batch = before.clone();
        chain::begin_of_batch(ctx, &mut batch)?;
        batch.state = self.to;
        batch.version += 1;
        let terms = self.terms.clone().map(Box::new);
        let facts = Facts { terms, ..self.facts };
        chain::extend_batch(ctx, &mut batch, action, Some(before.state), facts)?;
        let terms = self.terms.unwrap_or_else(|| before.terms());
        if !store::batch::update(ctx.tx, &batch, &terms, before.version).map_err(as_conflict)? {
            return Err(StoreError::Raced.into());
        }
        let batch = store::batch::by_id(ctx.tx, batch.id)?.ok_or(WorkflowError::NotFound)?;
        Ok((batch, programme))
    }
}

/// Adds a planned batch, with its limits and its first event.
pub fn begin(
    ctx: &mut Context<'_, '_>,
    permission: Permission,
    batch: &mut Batch,
) -> Result<(), WorkflowError> {
    let action = permitted_action(permission, None, batch.state)?;
    batch.event_hash = GENESIS.to_vec();
    store::batch::insert(ctx.tx, batch, ctx.now).map_err(as_conflict)?;
    let facts = Facts { terms: Some(Box::new(batch.terms())), ..Facts::default() };
    chain::extend_batch(ctx, batch, action, None, facts)?;
    if store::batch::update(ctx.tx, batch, &batch.terms(), batch.version)? {
        Ok(())
    } else {
        Err(StoreError::Raced.into())
    }
}

/// A name that is in use is the caller's to mend.
fn as_conflict(error: StoreError) -> WorkflowError {
    match error {
        StoreError::Duplicate(name) if name == "batches_name_unique" => Conflict::AlreadyExists.into(),
        error => error.into(),
    }
}
