//! Choose a password by a one-time link. The link came by mail, so the address is confirmed too.

use crate::{
    digest,
    domain::{policy::Operation, refusal::Conflict},
    store::{self, account::Account, one_time_link::Purpose},
    workflow::{
        WorkflowError,
        entrance::{Command, Context, Query},
        people::sign_in::{self, NewSession},
        subject::{Installation, Permitted},
    },
};

/// Whose link it is, while it can be used.
#[derive(Clone, Debug)]
pub struct LinkOwner {
    /// The token in the link.
    pub token: String,
}

impl Query for LinkOwner {
    type Subject = Installation;
    type Output = Account;

    fn operation(&self) -> Operation {
        Operation::SignIn
    }

    fn subject(&self) -> Installation {
        Installation
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Account, WorkflowError> {
        let hash = digest::sha256(self.token.as_bytes());
        for purpose in Purpose::ALL {
            if let Some(id) = store::one_time_link::peek(ctx.tx, *purpose, &hash, ctx.now)? {
                return store::account::by_id(ctx.tx, id)?.ok_or(WorkflowError::NotFound);
            }
        }
        Err(Conflict::LinkUnusable.into())
    }
}

/// Uses the link up and sets the password. Every session of the account ends; a new one is opened.
#[derive(Clone)]
pub struct ChoosePassword {
    /// The token in the link.
    pub token: String,
    /// The hash of the new password.
    pub password_hash: String,
}

impl Command for ChoosePassword {
    type Subject = Installation;
    type Output = NewSession;

    fn operation(&self) -> Operation {
        Operation::SignIn
    }

    fn subject(&self) -> Installation {
        Installation
    }

    fn run(
        &self,
        ctx: &mut Context<'_, '_>,
        _: Permitted<Installation>,
    ) -> Result<NewSession, WorkflowError> {
        let hash = digest::sha256(self.token.as_bytes());
        for purpose in Purpose::ALL {
            if let Some(id) = store::one_time_link::take(ctx.tx, *purpose, &hash, ctx.now)? {
                store::account::set_password(ctx.tx, id, &self.password_hash)?;
                store::account::confirm(ctx.tx, id, ctx.now)?;
                store::session::close_all(ctx.tx, id)?;
                return sign_in::open_session(ctx, id);
            }
        }
        Err(Conflict::LinkUnusable.into())
    }
}
