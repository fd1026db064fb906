//! What is remembered. Diesel and nothing else of the machinery; a file per aggregate. Queries speak domain types;
//! no rule hides in SQL except the guards, and those are named functions with a CHECK behind them.
//!
//! To add a table: a migration in both folders, its `table!` in `schema.rs`, a file here.

pub mod account;
pub mod api_client;
pub mod application;
pub mod audit;
pub mod authorization;
pub mod ballot;
pub mod batch;
pub mod case_list;
mod connection;
pub mod counters;
pub mod db;
mod dialect;
mod error;
pub mod event;
pub mod evidence;
pub mod files;
pub mod finding;
pub mod ledger;
mod migrate;
pub mod one_time_link;
pub mod organisation;
pub mod outbox;
mod position;
mod prefetch;
pub mod programme;
mod programme_cache;
pub mod recipient;
pub(crate) mod schema;
pub mod session;
pub mod sign_in_failure;
mod statement;
mod tx;
mod types;

pub use db::Db;
pub use error::{StoreError, Transient};
pub use tx::Tx;
