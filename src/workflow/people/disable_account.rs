//! Disable an account, and enable it again.

use crate::{
    domain::{ids::AccountId, policy::Operation, refusal::Forbidden},
    store,
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        subject::{Installation, Permitted},
    },
};

/// Disables an account and ends its sessions, or enables it again. Nobody disables their own.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct DisableAccount {
    pub account: AccountId,
    pub disabled: bool,
}

impl Command for DisableAccount {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::DisableAccount, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        if ctx.actor.account() == Some(self.account) {
            return Err(Forbidden::OwnCase.into());
        }
        store::account::by_id(ctx.tx, self.account)?.ok_or(WorkflowError::NotFound)?;
        store::account::set_disabled(ctx.tx, self.account, self.disabled.then_some(ctx.now))?;
        if self.disabled {
            store::session::close_all(ctx.tx, self.account)?;
        }
        Ok(())
    }
}
