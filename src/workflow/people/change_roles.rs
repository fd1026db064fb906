//! Change the roles and the organisation of an account.

use crate::{
    domain::{
        actor::Role,
        ids::AccountId,
        journal::JournalAction,
        policy::{self, Operation},
    },
    store::{self, account::Account},
    workflow::{
        Result, WorkflowError, claim,
        entrance::{Command, Context},
        people::membership,
        security_log::SecurityEvent,
        subject::{Installation, Permitted},
    },
};

/// Changes the roles of an account, its organisation, or both. Its sessions go on with the new rights, and the cases that
/// it may not hold any more return to the queue. Nobody changes their own.
#[derive(Clone, Debug)]
pub struct ChangeRoles {
    /// The account.
    pub account: AccountId,
    /// The new roles. None: they stay.
    pub roles: Option<Vec<Role>>,
    /// The code of the new organisation, or that there is none any more. None: it stays.
    pub organisation: Option<Option<String>>,
}

impl Command for ChangeRoles {
    type Subject = Installation;
    type Output = Account;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ChangeRoles, Installation)
    }

    fn security_event(&self, _: &Account) -> Option<SecurityEvent> {
        SecurityEvent::new("roles_changed", self.account)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Account> {
        policy::refuse_own_account(ctx.actor, self.account)?;
        let before =
            store::account::by_id_for_update(ctx.tx, self.account)?.ok_or(WorkflowError::NotFound)?;
        let roles = self.roles.clone().unwrap_or_else(|| before.roles.clone());
        let own = || before.organisation.as_ref().map(|own| own.code.clone());
        let code = self.organisation.clone().unwrap_or_else(own);
        let (organisation, faults) = membership::check(ctx.tx, &roles, code.as_deref())?;
        if !faults.is_empty() {
            return Err(WorkflowError::Invalid(faults));
        }
        let after = Account { roles, organisation, ..before.clone() };
        store::account::update(ctx.tx, &before, &after, JournalAction::ChangeRoles, ctx.by())?;
        claim::release_lost(ctx, self.account)?;
        Ok(after)
    }
}
