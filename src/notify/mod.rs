//! Sends the messages of the outbox, each on its channel, and records each attempt. An abandoned message is a state in
//! the database, not only a line in the log. Addresses and contents are never logged.

pub mod letter;
pub mod mail;
mod retry;
mod smtp;
mod tls_stream;
pub mod transport;
pub mod worker;
