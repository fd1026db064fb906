//! Sign in and out. Between [`credentials`] and [`sign_in`] the door checks the password.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{actor::Actor, ids::AccountId},
    store::{self, Tx, account::Account, session::SessionAccount},
    workflow::WorkflowError,
};

/// Failures within [`WINDOW`] after which an address has to wait.
const MOST_FAILURES: i32 = 10;
const WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// How long a session lasts.
const SESSION: SignedDuration = SignedDuration::from_hours(12);

/// What an address is checked against. An unknown address has neither account nor hash, and nobody is told.
#[derive(Clone)]
pub struct Credentials {
    /// The account, if it may sign in.
    pub account: Option<AccountId>,
    /// Its password's hash.
    pub password_hash: Option<String>,
}

/// Looks an address up, unless it has failed too often.
pub fn credentials(tx: &mut Tx<'_>, email: &str, now: Timestamp) -> Result<Credentials, WorkflowError> {
    let from = now.checked_sub(WINDOW).unwrap_or(now);
    if let Some((failures, since)) = store::sign_in_failure::count(tx, email, from)?
        && failures >= MOST_FAILURES
    {
        let left = since.checked_add(WINDOW).unwrap_or(now).duration_since(now).as_secs();
        return Err(WorkflowError::TooManyAttempts {
            retry_after_seconds: u32::try_from(left).unwrap_or(1).max(1),
        });
    }
    let account = store::account::by_email(tx, email)?.filter(Account::is_active);
    Ok(Credentials {
        account: account.as_ref().map(|account| account.id),
        password_hash: account.and_then(|account| account.password_hash),
    })
}

/// Opens a session for an account whose password was right.
pub fn sign_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Account, WorkflowError> {
    let account =
        store::account::by_id(tx, account)?.filter(Account::is_active).ok_or(WorkflowError::SignInFailed)?;
    store::sign_in_failure::clear(tx, &account.email)?;
    store::session::open(tx, account.id, token_hash, now, now.checked_add(SESSION).unwrap_or(now))?;
    Ok(account)
}

/// Counts a failure.
pub fn failed(tx: &mut Tx<'_>, email: &str, now: Timestamp) -> Result<(), WorkflowError> {
    let from = now.checked_sub(WINDOW).unwrap_or(now);
    Ok(store::sign_in_failure::add(tx, email, from, now)?)
}

/// Ends a session.
pub fn sign_out(tx: &mut Tx<'_>, token_hash: &[u8]) -> Result<(), WorkflowError> {
    Ok(store::session::close(tx, token_hash)?)
}

/// Whether there is anything for [`tidy_up`].
pub fn is_untidy(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, WorkflowError> {
    Ok(store::session::has_expired(tx, now)?)
}

/// Removes sessions, links and counts that are over.
pub fn tidy_up(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), WorkflowError> {
    store::session::delete_expired(tx, now)?;
    store::one_time_link::delete_expired(tx, now)?;
    store::sign_in_failure::delete_old(tx, now.checked_sub(WINDOW).unwrap_or(now))?;
    Ok(())
}

/// The person whose session it is, and as what the person acts; nobody if the session is over.
pub fn who_is_signed_in(
    tx: &mut Tx<'_>,
    token_hash: &[u8],
    now: Timestamp,
) -> Result<Option<(Actor, SessionAccount)>, WorkflowError> {
    Ok(store::session::find(tx, token_hash, now)?)
}
