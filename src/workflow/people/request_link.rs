//! Send a one-time link: to confirm an address, to choose a new password. No account exists before its address is
//! confirmed, unless an administrator has created it.

use jiff::Timestamp;

use crate::{
    digest,
    domain::{
        email::EmailAddress,
        limits::LINK,
        notification::{Channel, ConfirmAddress, Contents, Notification, ResetPassword},
        policy::Operation,
    },
    random,
    store::{self, account::Account, one_time_link::Purpose, sign_up::SignUp},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        people::limits,
        subject::{Installation, Permitted},
    },
};

/// Sends a link to choose a new password, if there is such an account; the caller cannot tell.
#[derive(Clone, Debug)]
pub struct RequestLink {
    /// The address.
    pub email: String,
    /// The network that the request comes from.
    pub network: String,
}

impl Command for RequestLink {
    type Subject = Installation;
    type Output = ();

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<()> {
        let email = EmailAddress::required(&self.email, "/email");
        let email = email.map_err(|fault| WorkflowError::Invalid(vec![fault]))?;
        if !limits::may_send_link(ctx, email.as_typed(), &self.network)? {
            return Ok(());
        }
        let account = store::account::by_email(ctx.tx, email.as_typed())?;
        match account.filter(|account| account.disabled_at.is_none()) {
            Some(account) => send(ctx, &account, Purpose::ResetPassword),
            None => Ok(()),
        }
    }
}

/// Makes the link and puts its message into the outbox.
pub(super) fn send(ctx: &mut Context<'_, '_>, account: &Account, purpose: Purpose) -> Result<()> {
    if account.disabled_at.is_some() {
        return Ok(());
    }
    let (token, until) = make(ctx, account, purpose)?;
    // Whoever has typed the name may not be the owner of the address.
    let name = account.confirmed_at.map_or_else(String::new, |_| account.name.clone());
    let path = path(&token);
    let contents = match purpose {
        Purpose::ConfirmAddress => Contents::ConfirmAddress(ConfirmAddress { name, path, until }),
        Purpose::ResetPassword => Contents::ResetPassword(ResetPassword { name, path, until }),
    };
    enqueue(ctx, &account.email, &account.language, contents)
}

/// Sends somebody who signs up a link that makes the account.
pub(super) fn send_to_new(ctx: &mut Context<'_, '_>, new: &SignUp) -> Result<()> {
    let (token, until) = (random::token(), until(ctx.now));
    store::sign_up::insert(ctx.tx, new, &digest::sha256(token.as_bytes()), until)?;
    let (name, path) = (String::new(), path(&token));
    let contents = Contents::ConfirmAddress(ConfirmAddress { name, path, until });
    enqueue(ctx, &new.email, &new.language, contents)
}

fn enqueue(ctx: &mut Context<'_, '_>, email: &str, language: &str, contents: Contents) -> Result<()> {
    let (recipient, language) = (email.to_owned(), language.to_owned());
    let notification = Notification { channel: Channel::Email, language, recipient, contents };
    store::outbox::enqueue(ctx.tx, None, &notification, ctx.now)?;
    Ok(())
}

/// Makes the link alone; returns its token, and until when it works.
pub(super) fn make(
    ctx: &mut Context<'_, '_>,
    account: &Account,
    purpose: Purpose,
) -> Result<(String, Timestamp)> {
    let (token, until) = (random::token(), until(ctx.now));
    let hash = digest::sha256(token.as_bytes());
    store::one_time_link::create(ctx.tx, account.id, purpose, &hash, ctx.now, until)?;
    Ok((token, until))
}

fn until(now: Timestamp) -> Timestamp {
    now.checked_add(LINK).unwrap_or(now)
}

/// Where a link leads, within the service.
pub fn path(token: &str) -> String {
    format!("/choose-password?token={token}")
}
