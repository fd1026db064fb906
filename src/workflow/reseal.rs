//! Seal the values of all cases again, under the keys of the cases, beside the running service.

use crate::{
    domain::policy::Operation,
    store::{self, key_job::KeyJob, reseal::Slice},
    workflow::{
        WorkflowError,
        entrance::{Command, Context},
        subject::{Installation, Permitted},
    },
};

/// Cases in a slice: a few milliseconds in which nobody else writes.
const CASES: i64 = 200;

/// Seals the next cases again.
#[derive(Clone, Copy, Debug)]
pub struct ResealSlice;

/// How far sealing again is.
#[derive(Debug)]
pub enum Resealing {
    /// Nothing is left.
    Done,
    /// Another instance is doing it.
    ByAnother,
    /// More may be left.
    GoesOn(Slice),
}

impl Command for ResealSlice {
    type Subject = Installation;
    type Output = Resealing;

    fn operation(&self) -> Operation {
        Operation::Maintain
    }

    fn subject(&self) -> Installation {
        Installation
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Resealing, WorkflowError> {
        if !store::key_job::is_unfinished(ctx.tx, KeyJob::Reseal)? {
            return Ok(Resealing::Done);
        }
        let Some(after) = store::key_job::claim(ctx.tx, KeyJob::Reseal)? else {
            return Ok(Resealing::ByAnother);
        };
        let slice = store::reseal::slice(ctx.tx, after, CASES)?;
        store::key_job::advance(ctx.tx, KeyJob::Reseal, slice.last)?;
        Ok(Resealing::GoesOn(slice))
    }
}
