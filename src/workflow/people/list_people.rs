//! Accounts and organisations for administrators.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::{Actor, Role},
        ids::AccountId,
        refusal::Forbidden,
    },
    store::{self, Tx, account::Account, organisation::Organisation},
    workflow::{WorkflowError, people::must_be_administrator},
};

/// Accounts by address, after the address `after`.
pub fn list_accounts(
    tx: &mut Tx<'_>,
    actor: &Actor,
    after: Option<&str>,
    at_most: i64,
) -> Result<Vec<Account>, WorkflowError> {
    must_be_administrator(actor)?;
    Ok(store::account::list(tx, after, at_most)?)
}

/// Organisations by code, after `after`.
pub fn list_organisations(
    tx: &mut Tx<'_>,
    actor: &Actor,
    after: Option<&str>,
    at_most: i64,
) -> Result<Vec<Organisation>, WorkflowError> {
    must_be_administrator(actor)?;
    Ok(store::organisation::list(tx, after, at_most)?)
}

/// Locks an account and ends its sessions, or lets it in again. Nobody locks themselves out.
pub fn set_disabled(
    tx: &mut Tx<'_>,
    actor: &Actor,
    id: AccountId,
    disabled: Option<Timestamp>,
) -> Result<(), WorkflowError> {
    must_be_administrator(actor)?;
    if actor.account() == Some(id) {
        return Err(Forbidden::OwnCase.into());
    }
    store::account::by_id(tx, id)?.ok_or(WorkflowError::NotFound)?;
    store::account::set_disabled(tx, id, disabled)?;
    if disabled.is_some() {
        store::session::close_all(tx, id)?;
    }
    Ok(())
}

/// The officers whom a supervisor can give a case to: those of the own authority.
pub fn officers(tx: &mut Tx<'_>, actor: &Actor) -> Result<Vec<(AccountId, String)>, WorkflowError> {
    let own = actor.organisation_id().filter(|_| actor.is(Role::Supervisor)).ok_or(Forbidden::Role)?;
    Ok(store::account::officers_of(tx, own)?)
}
