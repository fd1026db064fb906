//! Why a use case did nothing. Each variant is something that somebody can act on; `web` and `cli`
//! choose the words.

use crate::{
    domain::{
        field_error::FieldError,
        lifecycle::Action,
        limits::{AttemptLimit, DayLimit},
        refusal::{Conflict, Forbidden},
    },
    password::{Busy, HashError},
    store::{StoreError, Transient, files::FilesError},
};

/// What a use case answers.
pub type Result<T, E = WorkflowError> = std::result::Result<T, E>;

/// Why a use case changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowError {
    /// It is not there, or the actor may not know of it.
    #[error("not found")]
    NotFound,
    /// The actor has no right to it.
    #[error("forbidden: {0}")]
    Forbidden(Forbidden),
    /// The input has faults; all of them.
    #[error("{} faulty fields", .0.len())]
    Invalid(Vec<FieldError>),
    /// A capacity below the places in use, in this field: of the batch or of a limit.
    #[error("{} is below what is in use", .0.pointer)]
    CapacityBelowUse(FieldError),
    /// The actor saw an older version than the stored one.
    #[error("version conflict")]
    VersionConflict,
    /// The current state does not allow it.
    #[error("conflict: {0}")]
    Conflict(Conflict),
    /// The lifecycle has no such step from this state. Lists the steps that this actor may take.
    #[error("action not allowed")]
    ActionNotAllowed {
        /// What the actor may do instead.
        available: Vec<Action>,
    },
    /// Too many attempts.
    #[error("too many attempts")]
    TooManyAttempts {
        /// Of what.
        limit: AttemptLimit,
        /// Seconds until the next attempt is accepted.
        retry_after_seconds: u32,
    },
    /// Too many passwords are being checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// A limit of a day is reached.
    #[error("the limit {limit} is reached")]
    LimitReached {
        /// Which one.
        limit: DayLimit,
        /// Its value; of bytes, in megabytes.
        most: i64,
        /// Seconds until the same request is accepted.
        retry_after_seconds: u32,
    },
    /// Address and password do not match. Does not say which of them is wrong.
    #[error("sign-in failed")]
    SignInFailed,
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The first request with the idempotency key is still running.
    #[error("a request with the same idempotency key is still running")]
    KeyInUse,
    /// The answer under the idempotency key cannot be read: its key is missing, or another version stored it.
    #[error("the answer under the idempotency key cannot be read: {0}")]
    AnswerUnreadable(StoreError),
    /// The database cannot be reached, or the transaction has lost every race. A later retry may succeed.
    #[error(transparent)]
    Unavailable(StoreError),
    /// A sealed value does not open: its key is missing.
    #[error(transparent)]
    CannotDecrypt(StoreError),
    /// Something that is stored cannot be read: a later version has written it, or somebody has changed it.
    #[error(transparent)]
    Unreadable(StoreError),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
    /// An upload took too long.
    #[error("the upload took too long")]
    TooSlow,
    /// An uploaded file cannot be written or read.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// An internal failure that another request cannot avoid: a file, a computation.
    #[error("{0}")]
    Internal(String),
}

impl From<HashError> for WorkflowError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy(busy) => Self::Busy(busy),
            HashError::Failed => Self::Internal(error.to_string()),
        }
    }
}

impl WorkflowError {
    /// One faulty field.
    pub fn field(pointer: impl Into<String>, code: &'static str) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code)])
    }

    /// Fewer places than are in use, in this field.
    pub fn below_use(pointer: impl Into<String>) -> Self {
        Self::CapacityBelowUse(FieldError::new(pointer, "below_use"))
    }
}

impl From<StoreError> for WorkflowError {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Unavailable(_) | StoreError::NoSpace(_) | StoreError::Raced => {
                Self::Unavailable(error)
            }
            StoreError::Sealed(_) => Self::CannotDecrypt(error),
            StoreError::Unreadable(_) => Self::Unreadable(error),
            // Use cases translate the constraints that they expect. Any other violation is a bug.
            StoreError::Duplicate(_)
            | StoreError::Guarded(_)
            | StoreError::NewerDatabase(_)
            | StoreError::Unexplained(_)
            | StoreError::Broken(_) => Self::Store(error),
        }
    }
}

impl WorkflowError {
    /// Whether a repeat of the same request gets the same refusal: the use case itself has refused.
    pub const fn is_final(&self) -> bool {
        match self {
            Self::NotFound
            | Self::Forbidden(_)
            | Self::Invalid(_)
            | Self::CapacityBelowUse(_)
            | Self::VersionConflict
            | Self::Conflict(_)
            | Self::ActionNotAllowed { .. } => true,
            Self::TooManyAttempts { .. }
            | Self::Busy(_)
            | Self::LimitReached { .. }
            | Self::SignInFailed
            | Self::KeyReused
            | Self::KeyInUse
            | Self::AnswerUnreadable(_)
            | Self::Unavailable(_)
            | Self::CannotDecrypt(_)
            | Self::Unreadable(_)
            | Self::Store(_)
            | Self::TooSlow
            | Self::Files(_)
            | Self::Internal(_) => false,
        }
    }
}

impl WorkflowError {
    /// Whether only this case cannot be opened. It must not stop the work on others.
    pub const fn is_of_one_case(&self) -> bool {
        matches!(self, Self::CannotDecrypt(_) | Self::Unreadable(_))
    }

    /// Its code in the log.
    pub(crate) const fn log_code(&self) -> &'static str {
        match self {
            Self::CannotDecrypt(_) => "cannot_decrypt",
            _ => "unreadable",
        }
    }

    /// Whether the service failed, and not the request.
    pub const fn is_ours(&self) -> bool {
        match self {
            Self::AnswerUnreadable(_)
            | Self::Unavailable(_)
            | Self::CannotDecrypt(_)
            | Self::Unreadable(_)
            | Self::Store(_)
            | Self::Files(_)
            | Self::Internal(_) => true,
            Self::NotFound
            | Self::Forbidden(_)
            | Self::Invalid(_)
            | Self::CapacityBelowUse(_)
            | Self::VersionConflict
            | Self::Conflict(_)
            | Self::ActionNotAllowed { .. }
            | Self::TooManyAttempts { .. }
            | Self::Busy(_)
            | Self::LimitReached { .. }
            | Self::SignInFailed
            | Self::KeyReused
            | Self::TooSlow
            | Self::KeyInUse => false,
        }
    }
}

impl From<Forbidden> for WorkflowError {
    fn from(because: Forbidden) -> Self {
        Self::Forbidden(because)
    }
}

impl From<Conflict> for WorkflowError {
    fn from(because: Conflict) -> Self {
        Self::Conflict(because)
    }
}

impl Transient for WorkflowError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(error) if error.is_transient())
    }

    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Unavailable(error) | Self::Store(error) => Some(error),
            _ => None,
        }
    }

    fn is_of_database(&self) -> bool {
        self.store_error().is_some()
    }
}
