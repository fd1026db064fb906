//! What is told: carries the outbox's messages away. Records each attempt; what is given up is a state, not a line in
//! a log. Addresses and contents never reach a log.

pub mod letter;
pub mod mail;
mod retry;
mod smtp;
pub mod worker;
