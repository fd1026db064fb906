//! Accounts, organisations, API clients: who may come in, and as what. A verb per file.
//!
//! Hashing a password takes too long for a transaction: doors do it between two of them (see `password.rs`).

pub mod authenticate_client;
pub mod change_password;
pub mod choose_password;
pub mod create_account;
pub mod create_client;
pub mod create_organisation;
pub mod list_people;
pub mod request_link;
pub mod sign_in;
pub mod sign_up;

use crate::{
    domain::{
        actor::{Actor, Role},
        refusal::Forbidden,
    },
    workflow::WorkflowError,
};

/// Accounts and organisations are run by administrators.
fn must_be_administrator(actor: &Actor) -> Result<(), WorkflowError> {
    if actor.is(Role::Administrator) { Ok(()) } else { Err(Forbidden::Role.into()) }
}
