//! Choose a password by a one-time link. The link came by mail, so the address is confirmed too.

use jiff::Timestamp;

use crate::{
    domain::{ids::AccountId, refusal::Conflict},
    secret,
    store::{self, Tx, one_time_link::Purpose},
    workflow::WorkflowError,
};

/// Whose link it is, while it can be used.
pub fn owner_of(
    tx: &mut Tx<'_>,
    token: &str,
    now: Timestamp,
) -> Result<store::account::Account, WorkflowError> {
    let hash = secret::sha256(token.as_bytes());
    for purpose in Purpose::ALL {
        if let Some(id) = store::one_time_link::peek(tx, *purpose, &hash, now)? {
            return store::account::by_id(tx, id)?.ok_or(WorkflowError::NotFound);
        }
    }
    Err(Conflict::LinkUnusable.into())
}

/// Uses the link up and sets the password. Every session of the account ends.
pub fn choose_password(
    tx: &mut Tx<'_>,
    token: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<AccountId, WorkflowError> {
    let hash = secret::sha256(token.as_bytes());
    for purpose in Purpose::ALL {
        if let Some(id) = store::one_time_link::take(tx, *purpose, &hash, now)? {
            store::account::set_password(tx, id, password_hash)?;
            store::account::confirm(tx, id, now)?;
            store::session::close_all(tx, id)?;
            if let Some(account) = store::account::by_id(tx, id)? {
                store::sign_in_failure::clear(tx, &account.email)?;
            }
            return Ok(id);
        }
    }
    Err(Conflict::LinkUnusable.into())
}
