//! Why a statement has failed, if the kind of its error does not say that. PostgreSQL writes its messages in the
//! server's language, so they are for the log only. The decision uses only what does not depend on the language:
//! whether the connection still answers, how long the statement took, and whether the server can store anything.

use std::time::Duration;

use crate::store::{
    StoreError,
    connection::AnyConnection,
    dialect,
    purpose::{Limits, Purpose},
};

/// Explains the error with this message, of a statement that took this long. The connection has rolled back.
pub(super) fn explain(
    conn: &mut AnyConnection,
    message: String,
    took: Duration,
    purpose: Purpose,
) -> StoreError {
    if has_timed_out(took, purpose) {
        return timed_out(&message);
    }
    match dialect::deadlock_timeout(conn) {
        Err(_) => StoreError::Unavailable(message),
        // A server finds a deadlock after this time.
        Ok(Some(timeout)) if took >= timeout => StoreError::Raced,
        Ok(_) if purpose == Purpose::Write && dialect::demand_space(conn).is_err() => {
            StoreError::NoSpace(message)
        }
        Ok(_) => StoreError::Unexplained(message),
    }
}

/// Whether a statement that has failed after this time can have reached a time limit.
pub(super) fn has_timed_out(took: Duration, purpose: Purpose) -> bool {
    purpose.limits().is_some_and(|Limits { lock, statement, .. }| took >= lock.min(statement))
}

/// The error of a statement that has reached a time limit.
pub(super) fn timed_out(message: &str) -> StoreError {
    StoreError::Unavailable(format!("a statement has reached its time limit: {message}"))
}
