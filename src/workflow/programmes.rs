//! The programmes, for everybody to read.

use std::sync::Arc;

use crate::{
    domain::{
        lifecycle::BatchAction,
        policy::{self, Operation, Subject},
        programme::Programme,
    },
    store,
    workflow::{
        Result,
        entrance::{Context, Query},
        subject::{Installation, Permitted, ProgrammeCode},
    },
};

/// The newest version of every programme.
#[derive(Clone, Copy, Debug)]
pub struct ListProgrammes;

impl Query for ListProgrammes {
    type Subject = Installation;
    type Output = Vec<Arc<Programme>>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ListProgrammes, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<Arc<Programme>>> {
        Ok(store::programme::all_newest(ctx.tx)?)
    }
}

/// The programmes for which the actor may plan batches.
#[derive(Clone, Copy, Debug)]
pub struct ProgrammesToPlan;

impl Query for ProgrammesToPlan {
    type Subject = Installation;
    type Output = Vec<Arc<Programme>>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::PlanBatches, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Vec<Arc<Programme>>> {
        let mut programmes = store::programme::all_newest(ctx.tx)?;
        let create = Operation::Batch(BatchAction::Create);
        programmes.retain(|one| policy::permit(create, ctx.actor, Subject::Programme(one)).is_ok());
        Ok(programmes)
    }
}

/// The newest version of a programme.
#[derive(Clone, Debug)]
pub struct ShowProgramme {
    /// Its code.
    pub code: String,
}

impl Query for ShowProgramme {
    type Subject = ProgrammeCode;
    type Output = Arc<Programme>;

    fn right(&self) -> (Operation, ProgrammeCode) {
        (Operation::ShowProgramme, ProgrammeCode(self.code.clone()))
    }

    fn run(&self, _: &mut Context<'_, '_>, on: Permitted<ProgrammeCode>) -> Result<Arc<Programme>> {
        Ok(on.into_inner())
    }
}
