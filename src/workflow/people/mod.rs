//! Accounts, organisations, API clients: who can sign in, and as what. A verb per file.
//!
//! Hashing a password takes too long for a transaction: it is done between two of them (see `password.rs`).

pub mod authenticate_client;
pub mod change_client;
pub mod change_password;
pub mod change_roles;
pub mod choose_password;
pub mod create_account;
pub mod create_client;
pub mod create_organisation;
pub mod disable_account;
mod limits;
pub mod list_people;
mod membership;
pub mod request_link;
pub mod sessions;
pub mod sign_in;
pub mod sign_up;
