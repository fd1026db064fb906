//! Choose a password by a one-time link. The link came by mail, so the address is confirmed too.

use crate::{
    digest,
    domain::{actor::Actor, journal::JournalAction, policy::Operation, refusal::Conflict},
    password,
    store::{self, account::Account, journal::By, one_time_link::Purpose},
    workflow::{
        Result, Service, WorkflowError,
        entrance::{Command, Context, Query},
        people::sign_in::{self, NewSession},
        subject::{Installation, Permitted},
    },
};

/// Sets a new password by a link, if it is good enough, and signs its owner in.
pub async fn choose(service: &Service, token: String, password: String) -> Result<NewSession> {
    let nobody = Actor::anonymous();
    let owner = service.query(&nobody, LinkOwner { token: token.clone() }).await?;
    if let Some(fault) = password::fault(&password, &owner.email) {
        return Err(WorkflowError::Invalid(vec![fault]));
    }
    let password_hash = password::hash(password).await?;
    service.execute(&nobody, ChoosePassword { token, password_hash }).await
}

/// Whose link it is, while it can be used.
#[derive(Clone, Debug)]
pub struct LinkOwner {
    /// The token in the link.
    pub token: String,
}

impl Query for LinkOwner {
    type Subject = Installation;
    type Output = Account;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Account> {
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

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<NewSession> {
        let hash = digest::sha256(self.token.as_bytes());
        for purpose in Purpose::ALL {
            if let Some(id) = store::one_time_link::take(ctx.tx, *purpose, &hash, ctx.now)? {
                let before = store::account::by_id_for_update(ctx.tx, id)?.ok_or(WorkflowError::NotFound)?;
                let after = Account {
                    password_hash: Some(self.password_hash.clone()),
                    confirmed_at: before.confirmed_at.or(Some(ctx.now)),
                    ..before.clone()
                };
                // The link proves who acts.
                let by = By { actor: &before.actor(), at: ctx.now };
                store::account::update(ctx.tx, &before, &after, JournalAction::ChoosePassword, by)?;
                store::session::close_all(ctx.tx, id)?;
                return sign_in::open_session(ctx, id);
            }
        }
        Err(Conflict::LinkUnusable.into())
    }
}
