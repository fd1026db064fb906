//! Send a one-time link: to confirm an address, to choose a new password.

use jiff::{SignedDuration, Timestamp};

use crate::{
    digest,
    domain::{
        notification::{Channel, ConfirmAddress, Contents, Notification, ResetPassword},
        policy::Operation,
    },
    random,
    store::{self, account::Account, one_time_link::Purpose},
    workflow::{
        Result,
        entrance::{Command, Context},
        people::limits,
        subject::{Installation, Permitted},
    },
};

/// How long a link works.
const VALID: SignedDuration = SignedDuration::from_hours(24);

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
        if !limits::may_send_link(ctx, &self.email, &self.network)? {
            return Ok(());
        }
        let account = store::account::by_email(ctx.tx, &self.email)?;
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
    // A stranger may have signed up with this address, and chosen the name.
    let name = account.confirmed_at.map_or_else(String::new, |_| account.name.clone());
    let path = path(&token);
    let contents = match purpose {
        Purpose::ConfirmAddress => Contents::ConfirmAddress(ConfirmAddress { name, path, until }),
        Purpose::ResetPassword => Contents::ResetPassword(ResetPassword { name, path, until }),
    };
    let notification = Notification {
        channel: Channel::Email,
        language: account.language.clone(),
        recipient: account.email.clone(),
        contents,
    };
    store::outbox::enqueue(ctx.tx, None, &notification, ctx.now)?;
    Ok(())
}

/// Makes the link alone; returns its token, and until when it works.
pub(super) fn make(
    ctx: &mut Context<'_, '_>,
    account: &Account,
    purpose: Purpose,
) -> Result<(String, Timestamp)> {
    let (token, now) = (random::token(), ctx.now);
    let until = now.checked_add(VALID).unwrap_or(now);
    let hash = digest::sha256(token.as_bytes());
    store::one_time_link::create(ctx.tx, account.id, purpose, &hash, now, until)?;
    Ok((token, until))
}

/// Where a link leads, within the service.
pub fn path(token: &str) -> String {
    format!("/choose-password?token={token}")
}
