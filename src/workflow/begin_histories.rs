//! Begin the histories of authorizations and batches that are older than their histories, beside the running service.

use crate::{
    domain::{ids::ApplicationId, policy::Operation},
    store::{self, key_job::KeyJob},
    workflow::{
        WorkflowError,
        entrance::{Command, Context},
        subject::{Installation, Permitted},
        transition,
    },
};

/// Subjects in a slice: a few milliseconds in which nobody else writes.
const SUBJECTS: i64 = 200;

/// Begins the histories of the next subjects: of batches first, then of authorizations.
#[derive(Clone, Copy, Debug)]
pub struct BeginHistories;

/// Whether histories are left to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Histories {
    /// None is left.
    Begun,
    /// Another instance is beginning them.
    ByAnother,
    /// Some may be left.
    Left,
}

impl Command for BeginHistories {
    type Subject = Installation;
    type Output = Histories;

    fn operation(&self) -> Operation {
        Operation::Maintain
    }

    fn subject(&self) -> Installation {
        Installation
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Histories, WorkflowError> {
        if !store::key_job::is_unfinished(ctx.tx, KeyJob::BeginHistories)? {
            return Ok(Histories::Begun);
        }
        let Some(after) = store::key_job::claim(ctx.tx, KeyJob::BeginHistories)? else {
            return Ok(Histories::ByAnother);
        };
        let batches = store::batch::without_history(ctx.tx, SUBJECTS)?;
        for batch in &batches {
            transition::begin_history_of_batch(ctx, *batch)?;
        }
        let last = if batches.is_empty() { of_authorizations(ctx, after)? } else { after };
        if batches.is_empty() || last.is_some() {
            store::key_job::advance(ctx.tx, KeyJob::BeginHistories, last)?;
        }
        Ok(Histories::Left)
    }
}

/// Begins those of the next cases, and returns the last case.
fn of_authorizations(
    ctx: &mut Context<'_, '_>,
    after: Option<ApplicationId>,
) -> Result<Option<ApplicationId>, WorkflowError> {
    let cases = store::authorization::cases_without_history(ctx.tx, after, SUBJECTS)?;
    for case in &cases {
        transition::begin_histories_of_authorizations(ctx, *case)?;
    }
    Ok(cases.last().copied())
}
