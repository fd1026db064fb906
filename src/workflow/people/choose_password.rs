//! Choose a password by a one-time link. The link came by mail, so the address is confirmed too. The link of a sign-up
//! makes the account.

use crate::{
    digest,
    domain::{
        actor::{Actor, Role},
        ids::AccountId,
        journal::JournalAction,
        policy::Operation,
        refusal::Conflict,
    },
    password, random,
    store::{self, StoreError, Tx, account::Account, journal::By, one_time_link::Purpose, sign_up::SignUp},
    workflow::{
        Result, Service, WorkflowError,
        entrance::{Command, Context, Query},
        people::{
            change_password,
            limits::GuessPassword,
            sign_in::{self, Device, NewSession},
        },
        security_log::SecurityEvent,
        subject::{Installation, Permitted},
    },
};

/// Sets a new password by a link, if it is good enough, and signs its owner in.
pub async fn choose(
    service: &Service,
    token: String,
    password: String,
    device: Device,
) -> Result<NewSession> {
    let nobody = Actor::anonymous();
    let email = service.query(&nobody, LinkOwner { token: token.clone() }).await?;
    if let Some(fault) = password::fault(&password, &email) {
        return Err(WorkflowError::Invalid(vec![fault]));
    }
    let password_hash = password::hash(password).await?;
    service.execute(&nobody, ChoosePassword { token, password_hash, device }).await
}

/// The address to which a link was sent, while it can be used.
#[derive(Clone, Debug)]
pub struct LinkOwner {
    /// The token in the link.
    pub token: String,
}

impl Query for LinkOwner {
    type Subject = Installation;
    type Output = String;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<String> {
        let hash = digest::sha256(self.token.as_bytes());
        for purpose in Purpose::ALL {
            if let Some(id) = store::one_time_link::peek(ctx.tx, *purpose, &hash, ctx.now)? {
                let owner = store::account::by_id(ctx.tx, id)?.ok_or(WorkflowError::NotFound)?;
                return Ok(owner.email);
            }
        }
        let new = store::sign_up::peek(ctx.tx, &hash, ctx.now)?;
        Ok(new.ok_or(Conflict::LinkUnusable)?.email)
    }
}

/// Uses the link up and sets the password. Every session of the account ends; a new one is opened.
#[derive(Clone)]
pub struct ChoosePassword {
    /// The token in the link.
    pub token: String,
    /// The hash of the new password.
    pub password_hash: String,
    /// Where its owner is signed in.
    pub device: Device,
}

impl Command for ChoosePassword {
    type Subject = Installation;
    type Output = NewSession;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn security_event(&self, opened: &NewSession) -> Option<SecurityEvent> {
        SecurityEvent::new("password_chosen", opened.account.id)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<NewSession> {
        let hash = digest::sha256(self.token.as_bytes());
        for purpose in Purpose::ALL {
            if let Some(id) = store::one_time_link::take(ctx.tx, *purpose, &hash, ctx.now)? {
                let before = locked(ctx.tx, id)?;
                store::sign_up::delete_of(ctx.tx, &before.email)?;
                return self.set(ctx, &before, before.clone());
            }
        }
        let new = store::sign_up::take(ctx.tx, &hash, ctx.now)?.ok_or(Conflict::LinkUnusable)?;
        store::sign_up::delete_of(ctx.tx, &new.email)?;
        match store::account::by_email(ctx.tx, &new.email)? {
            None => self.create(ctx, new),
            Some(known) => {
                let before = locked(ctx.tx, known.id)?;
                store::one_time_link::delete_of(ctx.tx, known.id)?;
                let mut after = before.clone();
                if before.confirmed_at.is_none() {
                    // The owner's own words win over what somebody else has typed.
                    (after.name, after.language) = (new.name, new.language);
                }
                self.set(ctx, &before, after)
            }
        }
    }
}

impl ChoosePassword {
    /// Sets the password of an account.
    fn set(&self, ctx: &mut Context<'_, '_>, before: &Account, after: Account) -> Result<NewSession> {
        if before.disabled_at.is_some() {
            return Err(Conflict::LinkUnusable.into());
        }
        let after = Account {
            password_hash: Some(self.password_hash.clone()),
            confirmed_at: before.confirmed_at.or(Some(ctx.now)),
            ..after
        };
        // The link proves who acts.
        let by = By { actor: &before.actor(), at: ctx.now };
        store::account::update(ctx.tx, before, &after, JournalAction::ChoosePassword, by)?;
        store::session::close_all(ctx.tx, before.id)?;
        if before.password_hash.is_some() {
            change_password::tell_of_change(ctx, before)?;
        }
        let guesses = GuessPassword { email: before.email.clone(), network: self.device.network.clone() };
        guesses.forget(ctx)?;
        sign_in::open_session(ctx, before.id, &self.device)
    }

    /// Makes the account of somebody who has signed up.
    fn create(&self, ctx: &mut Context<'_, '_>, new: SignUp) -> Result<NewSession> {
        let account = Account {
            id: AccountId(random::id()),
            email: new.email,
            name: new.name,
            password_hash: Some(self.password_hash.clone()),
            roles: vec![Role::Applicant],
            organisation: None,
            language: new.language,
            created_at: ctx.now,
            confirmed_at: Some(ctx.now),
            disabled_at: None,
        };
        let by = By { actor: &account.actor(), at: ctx.now };
        store::account::insert(ctx.tx, &account, by).map_err(|error| match error {
            // Somebody has created it just now. The next attempt finds it.
            StoreError::Duplicate(_) => StoreError::Raced,
            error => error,
        })?;
        sign_in::open_session(ctx, account.id, &self.device)
    }
}

fn locked(tx: &mut Tx<'_>, id: AccountId) -> Result<Account> {
    store::account::by_id_for_update(tx, id)?.ok_or(WorkflowError::NotFound)
}
