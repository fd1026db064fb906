//! Send a one-time link: to confirm an address, to choose a new password.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::notification::{Contents, Message, Notice},
    secret,
    store::{self, Tx, account::Account, one_time_link::Purpose},
    workflow::WorkflowError,
};

/// How long a link works.
const VALID: SignedDuration = SignedDuration::from_hours(24);

/// Sends a link to choose a new password, if there is such an account; the caller cannot tell.
pub fn request_link(tx: &mut Tx<'_>, email: &str, token: &str, now: Timestamp) -> Result<(), WorkflowError> {
    match store::account::by_email(tx, email)?.filter(|account| account.disabled_at.is_none()) {
        Some(account) => send(tx, &account, Purpose::ResetPassword, token, now),
        None => Ok(()),
    }
}

/// Makes the link and puts its message into the outbox.
pub(super) fn send(
    tx: &mut Tx<'_>,
    account: &Account,
    purpose: Purpose,
    token: &str,
    now: Timestamp,
) -> Result<(), WorkflowError> {
    if account.disabled_at.is_some() {
        return Ok(());
    }
    let until = make(tx, account, purpose, token, now)?;
    let message = match purpose {
        Purpose::ConfirmAddress => Message::ConfirmAddress,
        Purpose::ResetPassword => Message::ResetPassword,
    };
    let contents = Contents {
        name: account.name.clone(),
        path: path(token),
        happened_at: Some(now),
        until: Some(until),
        ..Contents::default()
    };
    let notice =
        Notice { message, language: account.language.clone(), recipient: account.email.clone(), contents };
    store::outbox::enqueue(tx, None, &notice, now)?;
    Ok(())
}

/// Makes the link alone; returns until when it works.
pub(super) fn make(
    tx: &mut Tx<'_>,
    account: &Account,
    purpose: Purpose,
    token: &str,
    now: Timestamp,
) -> Result<Timestamp, WorkflowError> {
    let until = now.checked_add(VALID).unwrap_or(now);
    store::one_time_link::create(tx, account.id, purpose, &secret::sha256(token.as_bytes()), now, until)?;
    Ok(until)
}

/// Where a link leads, within the service.
pub fn path(token: &str) -> String {
    format!("/choose-password?token={token}")
}
