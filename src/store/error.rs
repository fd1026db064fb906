//! What can go wrong in the store. `dialect.rs` translates the errors of the databases.

use crate::keyring::KeyError;

/// A failure of the database, in terms of what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or not in time: try again later.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// The database has no space left, or its disk fails: try again later.
    #[error("the database cannot store anything: {0}")]
    NoSpace(String),
    /// Another transaction changed the same rows first. The same transaction may succeed when it is retried.
    #[error("another transaction changed the same rows first")]
    Raced,
    /// A unique constraint, by name.
    #[error("a row with the same unique value exists already ({0})")]
    Duplicate(String),
    /// A CHECK, by name. The code should have asked the guard first.
    #[error("the CHECK constraint {0} failed")]
    Guarded(String),
    /// The schema is from a later version of this program.
    #[error(
        "the database has migration {0}, which this version does not know: use the version that made it, or a later one"
    )]
    NewerDatabase(String),
    /// A sealed column does not open.
    #[error(transparent)]
    Sealed(#[from] KeyError),
    /// Something that is stored cannot be read: a later version has written it, or somebody has changed it.
    #[error("this version cannot read what is stored: {0}")]
    Unreadable(String),
    /// The database has failed a statement, and the kind of its error does not say why. `db/verdict.rs` decides what it
    /// was. If nothing else explains it, it is a bug.
    #[error("the database failed: {0}")]
    Unexplained(String),
    /// Anything else: a bug, or a fault of the disk.
    #[error("the database failed: {0}")]
    Broken(String),
}

impl StoreError {
    /// Whether the database was not able to do the work. A later retry may succeed.
    pub(super) const fn is_outage(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NoSpace(_))
    }

    /// An error of a connection that does nothing yet: whatever it is, the database cannot be used.
    pub(super) fn of_connection(self) -> Self {
        match self {
            Self::Unexplained(because) => Self::Unavailable(because),
            other => other,
        }
    }

    /// The same error, if it is one whose cause is found out after the rollback.
    pub(super) fn copy_exactly(&self) -> Self {
        match self {
            Self::Unexplained(because) => Self::Unexplained(because.clone()),
            other => other.copy(),
        }
    }

    /// The same error for another job of the same transaction.
    pub(super) fn copy(&self) -> Self {
        match self {
            Self::Unavailable(because) => Self::Unavailable(because.clone()),
            Self::NoSpace(because) => Self::NoSpace(because.clone()),
            Self::Raced => Self::Raced,
            other => Self::Broken(other.to_string()),
        }
    }
}

/// An error of a use case that knows whether the same transaction may succeed when it is retried.
pub trait Transient {
    /// Whether only bad timing was the cause.
    fn is_transient(&self) -> bool;

    /// The error of the database, if that was the cause.
    fn store_error(&self) -> Option<&StoreError> {
        None
    }

    /// Whether the database has refused a statement. PostgreSQL then aborts the whole transaction, unless there is a
    /// savepoint to go back to.
    fn is_of_database(&self) -> bool {
        self.is_transient()
    }
}

impl Transient for StoreError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Raced)
    }

    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }

    fn is_of_database(&self) -> bool {
        !matches!(self, Self::Sealed(_) | Self::Unreadable(_) | Self::NewerDatabase(_))
    }
}
