//! Corridor: travel authorization for people whose work cannot wait for the border to reopen.
//!
//! `docs/architecture.md` describes the parts. They depend on each other in one direction: `web, cli, scheduler ->
//! workflow -> (domain, store)`. A transaction writes its messages to the outbox, and `notify` sends them.

mod backoff;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod digest;
pub mod domain;
pub mod jobs;
pub mod keyring;
pub mod notify;
pub mod password;
pub mod private;
pub mod random;
pub mod scheduler;
pub mod service;
pub mod shapes;
pub mod store;
pub mod texts;
pub mod web;
pub mod workflow;
