//! Corridor: travel authorization for people whose work cannot wait for the border to reopen.
//!
//! The house, room by room (see `docs/architecture.md`): `web, cli -> workflow -> (domain, store)`; a transaction
//! leaves its messages in the outbox, and `notify -> store` carries them away.

pub mod chance;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod digest;
pub mod domain;
pub mod keyring;
pub mod notify;
pub mod password;
pub mod private;
pub mod scheduler;
pub mod service;
pub mod shapes;
pub mod store;
pub mod texts;
pub mod web;
pub mod workflow;
