//! What is sent: delivers the messages of the outbox, each on its channel. Records each attempt; a message that is given
//! up is a state, not a line in a log. Addresses and contents never reach a log.

pub mod letter;
pub mod mail;
mod retry;
mod smtp;
pub mod transport;
pub mod worker;
