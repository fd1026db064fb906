//! Every problem that an answer can name: its code and its HTTP status. Title and explanation stand in
//! `locales/*/problems.ftl` as `problem-<code>` and `problem-<code>.detail`; a test misses none.

use actix_web::http::StatusCode;

/// Declares the list: `Name = "code" STATUS`.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal $status:ident),+ $(,)?) => {
        $crate::domain::text_enum::text_enum! {
            /// What went wrong, as a fixed code.
            pub enum Code { $($(#[$doc])* $name = $code),+ }
        }

        impl Code {
            /// The HTTP status that goes with it.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }
        }
    };
}

codes! {
    /// The request is no proper HTTP request of ours.
    BadRequest = "bad_request" BAD_REQUEST,
    /// The body is not JSON.
    NotJson = "not_json" BAD_REQUEST,
    /// Nobody is signed in; no token, or a bad one.
    Unauthenticated = "unauthenticated" UNAUTHORIZED,
    /// The combination of address and password is wrong.
    SignInFailed = "sign_in_failed" UNAUTHORIZED,
    /// The actor may not.
    Forbidden = "forbidden" FORBIDDEN,
    /// A form that did not come from our page in this browser.
    ForgedForm = "forged_form" FORBIDDEN,
    /// It is not there, or the actor may not know of it.
    NotFound = "not_found" NOT_FOUND,
    /// The address knows other methods.
    MethodNotAllowed = "method_not_allowed" METHOD_NOT_ALLOWED,
    /// No representation that the client accepts.
    NotAcceptable = "not_acceptable" NOT_ACCEPTABLE,
    /// The client took too long to send.
    RequestTimeout = "request_timeout" REQUEST_TIMEOUT,
    /// The lifecycle has no such step from this state.
    ActionNotAllowed = "action_not_allowed" CONFLICT,
    /// Another officer has claimed the case.
    ClaimedByAnother = "claimed_by_another" CONFLICT,
    /// A blocking finding is unresolved.
    BlockingFinding = "blocking_finding" CONFLICT,
    /// No place is left.
    BatchFull = "batch_full" CONFLICT,
    /// The batch takes no submissions now.
    BatchNotOpen = "batch_not_open" CONFLICT,
    /// The state of the batch does not allow it.
    BatchState = "batch_state" CONFLICT,
    /// Fewer places than are held and taken.
    CapacityBelowUse = "capacity_below_use" CONFLICT,
    /// The places are drawn by lot when the batch closes, and not before.
    BallotNotDrawn = "ballot_not_drawn" CONFLICT,
    /// Another live case has the same travel document.
    DuplicateCase = "duplicate_case" CONFLICT,
    /// The case cannot be changed now.
    NotEditable = "not_editable" CONFLICT,
    /// The finding is resolved already.
    FindingResolved = "finding_resolved" CONFLICT,
    /// The traveller has entered already.
    AlreadyEntered = "already_entered" CONFLICT,
    /// The code, name or address is in use.
    AlreadyExists = "already_exists" CONFLICT,
    /// A request with the same idempotency key is still under way.
    IdempotencyKeyInUse = "idempotency_key_in_use" CONFLICT,
    /// The answer under the idempotency key was stored by another version and cannot be read.
    IdempotencyAnswerUnreadable = "idempotency_answer_unreadable" CONFLICT,
    /// The one-time link was used, is too old, or never was.
    LinkUnusable = "link_unusable" CONFLICT,
    /// An older version was looked at than the one that is stored.
    VersionConflict = "version_conflict" PRECONDITION_FAILED,
    /// The body is too large.
    TooLarge = "too_large" PAYLOAD_TOO_LARGE,
    /// The body is of a type that is not taken here.
    UnsupportedMediaType = "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE,
    /// Fields are faulty; `errors` names each.
    Invalid = "invalid" UNPROCESSABLE_ENTITY,
    /// The same, and all that is wrong is fields that nobody knows.
    UnknownField = "unknown_field" UNPROCESSABLE_ENTITY,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused" UNPROCESSABLE_ENTITY,
    /// `If-Match` is needed here.
    VersionRequired = "version_required" PRECONDITION_REQUIRED,
    /// Too many attempts.
    TooManyAttempts = "too_many_attempts" TOO_MANY_REQUESTS,
    /// A fault of ours.
    Internal = "internal" INTERNAL_SERVER_ERROR,
    /// The key for what is asked is missing.
    CannotDecrypt = "cannot_decrypt" SERVICE_UNAVAILABLE,
    /// The database cannot be reached; again soon.
    Unavailable = "unavailable" SERVICE_UNAVAILABLE,
}

impl Code {
    /// The code for a status that somebody else (actix) chose.
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 | 410 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            408 => Self::RequestTimeout,
            412 => Self::VersionConflict,
            413 => Self::TooLarge,
            415 => Self::UnsupportedMediaType,
            422 => Self::Invalid,
            428 => Self::VersionRequired,
            429 => Self::TooManyAttempts,
            503 => Self::Unavailable,
            400..=499 => Self::BadRequest,
            _ => Self::Internal,
        }
    }
}
