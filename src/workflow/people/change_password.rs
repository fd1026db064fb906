//! What people change of their own account.

use crate::{
    domain::{
        actor::Actor, field_error::FieldError, ids::AccountId, language::Language, policy::Operation,
        refusal::Forbidden,
    },
    password, store,
    workflow::{
        Result, Service, WorkflowError,
        entrance::{Command, Context},
        people::{
            choose_password,
            sign_in::{self, Credentials, NewSession},
        },
        subject::{Installation, Permitted},
    },
};

/// Changes the password of the account with this address, if the current one is right and the new one good enough. It
/// reports both faults at once.
pub async fn change(
    service: &Service,
    actor: &Actor,
    email: &str,
    current: String,
    new: String,
) -> Result<NewSession> {
    let known = service.query(actor, Credentials { email: email.to_owned() }).await?;
    let mut faults = Vec::new();
    if !password::is_right(current, known.password_hash).await {
        faults.push(FieldError::new("/current", "wrong_password"));
    }
    faults.extend(password::fault(&new, email));
    if !faults.is_empty() {
        return Err(WorkflowError::Invalid(faults));
    }
    let password_hash = choose_password::hash(new).await?;
    service.execute(actor, ChangePassword { password_hash }).await
}

/// Sets a new password, after the old one was checked. Every session ends; a new one is opened.
#[derive(Clone)]
pub struct ChangePassword {
    /// The hash of the new password.
    pub password_hash: String,
}

impl Command for ChangePassword {
    type Subject = Installation;
    type Output = NewSession;

    fn right(&self) -> (Operation, Installation) {
        (Operation::ChangeAccount, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<NewSession> {
        let id = own_account(ctx)?;
        store::account::set_password(ctx.tx, id, &self.password_hash)?;
        store::session::close_all(ctx.tx, id)?;
        sign_in::open_session(ctx, id)
    }
}

/// Sets the language of pages and messages.
#[derive(Clone, Copy, Debug)]
pub struct ChangeLanguage {
    /// The language.
    pub language: Language,
}

impl Command for ChangeLanguage {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::ChangeAccount, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        let id = own_account(ctx)?;
        Ok(store::account::set_language(ctx.tx, id, self.language.as_str())?)
    }
}

/// Ends every session of the person, this one too.
#[derive(Clone, Copy, Debug)]
pub struct SignOutEverywhere;

impl Command for SignOutEverywhere {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::ChangeAccount, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        let id = own_account(ctx)?;
        Ok(store::session::close_all(ctx.tx, id)?)
    }
}

fn own_account(ctx: &Context<'_, '_>) -> Result<AccountId> {
    ctx.actor.account().ok_or_else(|| Forbidden::Role.into())
}
