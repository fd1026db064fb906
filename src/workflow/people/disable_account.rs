//! Lock or unlock an account.

use crate::{
    domain::{
        ids::AccountId,
        journal::JournalAction,
        policy::{self, Operation},
    },
    store::{self, account::Account},
    workflow::{
        Result, WorkflowError, claim,
        entrance::{Command, Context},
        security_log::SecurityEvent,
        subject::{Installation, Permitted},
    },
};

/// Locks or unlocks an account. Locking ends its sessions and links, and the cases that it has claimed return to the
/// queue. Nobody locks their own account.
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

    fn security_event(&self, _: &()) -> Option<SecurityEvent> {
        let event = if self.disabled { "account_locked" } else { "account_unlocked" };
        SecurityEvent::new(event, self.account)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        policy::refuse_own_account(ctx.actor, self.account)?;
        let before =
            store::account::by_id_for_update(ctx.tx, self.account)?.ok_or(WorkflowError::NotFound)?;
        let disabled_at = self.disabled.then(|| before.disabled_at.unwrap_or(ctx.now));
        let after = Account { disabled_at, ..before.clone() };
        let action = if self.disabled { JournalAction::Disable } else { JournalAction::Enable };
        store::account::update(ctx.tx, &before, &after, action, ctx.by())?;
        if self.disabled {
            store::session::close_all(ctx.tx, self.account)?;
            store::one_time_link::delete_of(ctx.tx, self.account)?;
            claim::release_lost(ctx, self.account)?;
        }
        Ok(())
    }
}
