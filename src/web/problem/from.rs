//! How errors of use cases become problems. The matches are complete, so every status is chosen on purpose.

use std::fmt;

use actix_web::http::header::{self, HeaderName};

use super::{Code, Problem};
use crate::{
    domain::{
        limits::{AttemptLimit, BODY_RATE, BODY_SILENCE, DAY, DayLimit, MEGABYTE},
        refusal::{Conflict, Forbidden},
    },
    workflow::WorkflowError,
};

/// Seconds until a caller may try again while the service cannot use its database or its files.
const RETRY_AFTER: &str = "5";

// draft-ietf-httpapi-ratelimit-headers: the limit that is reached, and in how many seconds it allows something again.
static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// A limit of a day as a `RateLimit-Policy`.
fn policy(limit: DayLimit, most: i64) -> String {
    let day = DAY.as_secs();
    match limit {
        DayLimit::Bytes => format!("\"{limit}\";q={};qu=\"content-bytes\";w={day}", most * MEGABYTE),
        _ => format!("\"{limit}\";q={most};w={day}"),
    }
}

impl Problem {
    /// The service cannot do it now.
    pub fn unavailable(cause: impl fmt::Display) -> Self {
        Self::new(Code::Unavailable).with_header(header::RETRY_AFTER, RETRY_AFTER).caused_by(cause)
    }

    /// The body arrived more slowly than the limits allow.
    pub fn too_slow() -> Self {
        let limits = vec![
            ("seconds", BODY_SILENCE.as_secs().to_string()),
            ("kilobytes", (BODY_RATE / 1024).to_string()),
        ];
        Self::new(Code::RequestTimeout).because("problem-request_timeout-limits", limits)
    }
}

impl From<WorkflowError> for Problem {
    fn from(error: WorkflowError) -> Self {
        Self::from(&error)
    }
}

impl From<&WorkflowError> for Problem {
    fn from(error: &WorkflowError) -> Self {
        match error {
            WorkflowError::NotFound => Self::new(Code::NotFound),
            WorkflowError::Forbidden(because) => (*because).into(),
            WorkflowError::Invalid(errors) => Self::invalid(errors.clone()),
            WorkflowError::CapacityBelowUse(fault) => {
                Self { errors: vec![fault.clone()], ..Self::new(Code::CapacityBelowUse) }
            }
            WorkflowError::VersionConflict => Self::new(Code::VersionConflict),
            WorkflowError::Conflict(because) => (*because).into(),
            WorkflowError::ActionNotAllowed { available } => {
                let available: Vec<&str> = available.iter().map(|action| action.as_str()).collect();
                Self::new(Code::ActionNotAllowed).with_member("available_actions", available)
            }
            WorkflowError::TooManyAttempts { limit, retry_after_seconds } => {
                let text = match limit {
                    AttemptLimit::Passwords => "field-error-too_many_attempts",
                    AttemptLimit::Secrets => "too-many-secrets",
                    AttemptLimit::Mails => "too-many-mails",
                };
                Self::new(Code::TooManyAttempts)
                    .because(text, vec![("minutes", retry_after_seconds.div_ceil(60).to_string())])
                    .with_header(header::RETRY_AFTER, retry_after_seconds.to_string())
                    .with_header(RATE_LIMIT.clone(), format!("\"{limit}\";r=0;t={retry_after_seconds}"))
            }
            WorkflowError::Busy(busy) => Self::new(Code::Busy)
                .caused_by(busy)
                .because("people-busy", vec![("ahead", busy.ahead.to_string())])
                .with_header(header::RETRY_AFTER, busy.retry_after_seconds.to_string()),
            WorkflowError::LimitReached { limit, most, retry_after_seconds } => {
                let hours = retry_after_seconds.div_ceil(3600).to_string();
                Self::new(Code::LimitReached)
                    .because(
                        format!("limit-reached-{limit}"),
                        vec![("most", most.to_string()), ("hours", hours)],
                    )
                    .with_header(header::RETRY_AFTER, retry_after_seconds.to_string())
                    .with_header(RATE_LIMIT_POLICY.clone(), policy(*limit, *most))
                    .with_header(RATE_LIMIT.clone(), format!("\"{limit}\";r=0;t={retry_after_seconds}"))
            }
            WorkflowError::SignInFailed => Self::new(Code::SignInFailed),
            WorkflowError::KeyReused => Self::new(Code::IdempotencyKeyReused),
            WorkflowError::KeyInUse => {
                Self::new(Code::IdempotencyKeyInUse).with_header(header::RETRY_AFTER, RETRY_AFTER)
            }
            WorkflowError::AnswerUnreadable(_) => {
                Self::new(Code::IdempotencyAnswerUnreadable).caused_by(error)
            }
            WorkflowError::Unavailable(error) => Self::unavailable(error),
            WorkflowError::CannotDecrypt(error) => Self::new(Code::CannotDecrypt).caused_by(error),
            WorkflowError::Unreadable(error) | WorkflowError::Store(error) => {
                Self::new(Code::Internal).caused_by(error)
            }
            WorkflowError::TooSlow => Self::too_slow(),
            // Who has opened it has logged it.
            WorkflowError::Files(error) if error.is_lost() => Self::new(Code::DocumentLost),
            WorkflowError::Files(error) => Self::unavailable(error),
            WorkflowError::Internal(cause) => Self::new(Code::Internal).caused_by(cause),
        }
    }
}

impl From<Forbidden> for Problem {
    fn from(because: Forbidden) -> Self {
        Self::new(Code::Forbidden)
            .because(format!("forbidden-{because}"), vec![])
            .with_member("reason", because.as_str())
    }
}

impl From<Conflict> for Problem {
    fn from(because: Conflict) -> Self {
        Self::new(match because {
            Conflict::ActionNotAllowed => Code::ActionNotAllowed,
            Conflict::ClaimedByAnother => Code::ClaimedByAnother,
            Conflict::BlockingFinding => Code::BlockingFinding,
            Conflict::BatchFull => Code::BatchFull,
            Conflict::BatchNotOpen => Code::BatchNotOpen,
            Conflict::BatchState => Code::BatchState,
            Conflict::BallotNotDrawn => Code::BallotNotDrawn,
            Conflict::DuplicateCase => Code::DuplicateCase,
            Conflict::NotEditable => Code::NotEditable,
            Conflict::FindingResolved => Code::FindingResolved,
            Conflict::JourneyOver => Code::JourneyOver,
            Conflict::AlreadyEntered => Code::AlreadyEntered,
            Conflict::AlreadyExists => Code::AlreadyExists,
            Conflict::LinkUnusable => Code::LinkUnusable,
        })
    }
}
