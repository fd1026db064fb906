//! Erase the personal data of a case that is over. What is left tells that there was a case, what happened to it and who
//! did it, and nothing of the person.

use crate::{
    domain::{event::Facts, ids::ApplicationId, lifecycle::Action, policy::Operation},
    store,
    workflow::{
        WorkflowError,
        entrance::{Command, Context},
        subject::{Installation, Permitted},
        transition,
    },
};

/// Deletes the key of the case, and with it its form, words and messages; blanks the columns that tell of the person;
/// drops the messages that were not sent. An erased case stays as it is. No page offers this yet: the system does it.
#[derive(Clone, Copy, Debug)]
pub struct EraseCase {
    /// The case.
    pub case: ApplicationId,
}

impl Command for EraseCase {
    type Subject = Installation;
    type Output = ();

    fn operation(&self) -> Operation {
        Operation::Maintain
    }

    fn subject(&self) -> Installation {
        Installation
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<(), WorkflowError> {
        let case = store::application::by_id_for_update(ctx.tx, self.case)?;
        let mut case = case.ok_or(WorkflowError::NotFound)?;
        if store::event::newest_of(ctx.tx, self.case, &[Action::Erase])?.is_some() {
            return Ok(());
        }
        if !case.state.is_final() {
            return Err(WorkflowError::ActionNotAllowed { available: Vec::new() });
        }
        transition::record(ctx, &mut case, Action::Erase, Facts::default())?;
        Ok(store::erase::erase(ctx.tx, self.case, ctx.now)?)
    }
}
