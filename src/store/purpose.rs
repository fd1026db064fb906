//! What a connection is used for, and the time limits that follow. A request must have its answer soon. A migration or
//! an audit has no time limit.

use std::time::Duration;

use super::dialect::{SQLITE_READ_ONLY, SQLITE_SETTINGS, SQLITE_WRITER};

/// The use of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To write what requests change.
    Write,
    /// To read what requests show.
    Read,
    /// To check whether the service can write.
    Check,
    /// To migrate the schema.
    Migrate,
    /// To verify, to copy and to compute statistics.
    Audit,
}

/// How long a transaction waits for a lock, for a statement, and for its program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub lock: Duration,
    pub statement: Duration,
    pub idle: Duration,
}

impl Purpose {
    /// The limits, if there are any. A statement that begins as late as possible ends within the time limit of its job
    /// (`db/ticket.rs`), reading (`db.rs`) or check (`db/readiness.rs`).
    pub const fn limits(self) -> Option<Limits> {
        let (lock, statement, idle) = match self {
            // An instance that stands still in a transaction keeps others from the rows of its group. A little longer
            // than a job waits in the queue, so that those that wait learn that nothing was changed.
            Self::Write => (3000, 5000, 7000),
            Self::Read => (3000, 5000, 15_000),
            Self::Check => (500, 700, 5000),
            Self::Migrate | Self::Audit => return None,
        };
        Some(Limits {
            lock: Duration::from_millis(lock),
            statement: Duration::from_millis(statement),
            idle: Duration::from_millis(idle),
        })
    }

    /// The settings of a new connection to PostgreSQL. All limits are set, because the administrator may have set
    /// others for the role or the database.
    pub fn postgres_settings(self) -> String {
        let limits = self.limits();
        let limit = |of: fn(Limits) -> Duration| {
            limits.map_or(0, |limits| u64::try_from(of(limits).as_millis()).unwrap_or(0))
        };
        // A writer finds its rows by keys, so one plan fits all values, and each statement is planned once. Sequential scans
        // are off because a plan may be from a time when the tables were nearly empty.
        let planning = match self {
            Self::Write => "; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off",
            Self::Read | Self::Check | Self::Migrate | Self::Audit => "",
        };
        format!(
            "SET TIME ZONE 'UTC'; SET statement_timeout = {}; SET lock_timeout = {}; \
             SET idle_in_transaction_session_timeout = {}{planning}",
            limit(|limits| limits.statement),
            limit(|limits| limits.lock),
            limit(|limits| limits.idle),
        )
    }

    /// The settings of a new connection to SQLite. A connection that may write waits one second for a lock, and then
    /// checks whether to go on waiting.
    pub fn sqlite_settings(self) -> String {
        let (busy, own) = match self {
            Self::Write => (1000, SQLITE_WRITER),
            Self::Migrate => (1000, SQLITE_WRITER),
            Self::Read => (3000, SQLITE_READ_ONLY),
            Self::Check => (500, SQLITE_READ_ONLY),
            Self::Audit => (10_000, SQLITE_WRITER),
        };
        format!("PRAGMA busy_timeout = {busy}; {SQLITE_SETTINGS} {own}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_answers_requests_has_time_limits() {
        for purpose in [Purpose::Migrate, Purpose::Audit] {
            let settings = purpose.postgres_settings();
            assert!(settings.contains("statement_timeout = 0;") && settings.contains("lock_timeout = 0;"));
        }
        assert!(
            Purpose::Write
                .postgres_settings()
                .contains("SET statement_timeout = 5000; SET lock_timeout = 3000; SET idle_in_transaction_session_timeout = 7000")
        );
    }
}
