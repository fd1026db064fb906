//! The database. One file per aggregate; queries take and return domain types. SQL contains no rules except guards:
//! each is a function with a name, and a CHECK constraint backs it.
//!
//! `db.rs` opens connections and runs transactions; `tx.rs` is a transaction. The files of the aggregates use `tx.rs`,
//! and `prefetch.rs` lists those that a group of jobs reads ahead.
//!
//! To add a table: a migration in both folders, its `table!` in `schema.rs`, a file here. A statement that changes rows
//! gets its connection from `Tx::changing`. If every decision writes to the table, see `tx/pending.rs`.

pub mod access;
pub mod account;
pub mod api_client;
pub mod application;
pub mod audit;
pub mod authorization;
pub mod ballot;
pub mod batch;
mod case_key;
pub mod case_list;
pub mod chain_end;
pub mod checkpoint_file;
pub mod clock;
mod connection;
pub mod counted;
pub mod counters;
pub mod db;
mod dialect;
pub mod duty;
pub mod erase;
mod error;
pub mod event;
pub mod evidence;
pub mod files;
pub mod files_identity;
pub mod files_to_remove;
pub mod finding;
pub mod idempotency;
pub mod job;
pub mod journal;
pub mod journey_check;
mod key_proof;
pub mod ledger;
pub mod master_key;
mod migrate;
mod one_of;
pub mod one_time_link;
mod opening;
pub mod organisation;
pub mod outbox;
mod own_events;
mod position;
mod prefetch;
pub mod programme;
mod programme_cache;
pub mod published_ballot;
mod purpose;
pub mod recipient;
pub mod rehash;
pub mod reseal;
pub mod rewrap;
pub(crate) mod schema;
pub mod session;
pub mod sign_up;
pub mod sponsorship;
pub mod standing;
mod statement;
mod tx;
mod types;
pub mod use_by_hour;
pub mod waitlist;
mod write_check;

pub use db::{Db, NotReady};
pub use error::{StoreError, Transient};
pub use opening::{NewKey, Opening};
pub use own_events::{Hashed, authorization_event, batch_event};
pub use tx::Tx;
