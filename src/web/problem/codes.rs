//! Every problem code with its HTTP status. Title and explanation are in `locales/*/problems.ftl` as `problem-<code>`
//! and `problem-<code>.detail`; a test checks that none is missing.

use actix_web::http::StatusCode;

/// Declares the list: `Name = "code" STATUS`.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal $status:ident),+ $(,)?) => {
        $crate::domain::text_enum::text_enum! {
            /// The fixed code of a problem.
            pub enum Code { $($(#[$doc])* $name = $code),+ }
        }

        impl Code {
            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }
        }
    };
}

codes! {
    /// The request is malformed.
    BadRequest = "bad_request" BAD_REQUEST,
    /// The body is not JSON.
    NotJson = "not_json" BAD_REQUEST,
    /// Nobody is signed in, or the token is missing or invalid.
    Unauthenticated = "unauthenticated" UNAUTHORIZED,
    /// The address or the password is wrong.
    SignInFailed = "sign_in_failed" UNAUTHORIZED,
    /// The actor is not allowed to do this.
    Forbidden = "forbidden" FORBIDDEN,
    /// The form did not come from our page in this browser.
    ForgedForm = "forged_form" FORBIDDEN,
    /// It does not exist, or the actor may not know of it.
    NotFound = "not_found" NOT_FOUND,
    /// The address does not support this method.
    MethodNotAllowed = "method_not_allowed" METHOD_NOT_ALLOWED,
    /// No representation is acceptable to the client.
    NotAcceptable = "not_acceptable" NOT_ACCEPTABLE,
    /// The client took too long to send the request.
    RequestTimeout = "request_timeout" REQUEST_TIMEOUT,
    /// The lifecycle does not allow this action in this state.
    ActionNotAllowed = "action_not_allowed" CONFLICT,
    /// Another officer has claimed the case.
    ClaimedByAnother = "claimed_by_another" CONFLICT,
    /// A blocking finding is unresolved.
    BlockingFinding = "blocking_finding" CONFLICT,
    /// No place is left.
    BatchFull = "batch_full" CONFLICT,
    /// The batch is not open for submissions.
    BatchNotOpen = "batch_not_open" CONFLICT,
    /// The batch's state does not allow this.
    BatchState = "batch_state" CONFLICT,
    /// The capacity would be less than the places held and taken.
    CapacityBelowUse = "capacity_below_use" CONFLICT,
    /// The draw is held when the batch closes, and not before.
    BallotNotDrawn = "ballot_not_drawn" CONFLICT,
    /// Another live case has the same travel document.
    DuplicateCase = "duplicate_case" CONFLICT,
    /// The case cannot be changed in its state.
    NotEditable = "not_editable" CONFLICT,
    /// The finding has been resolved.
    FindingResolved = "finding_resolved" CONFLICT,
    /// The journey, or the validity of the passport, is over.
    JourneyOver = "journey_over" CONFLICT,
    /// The entry was recorded before.
    AlreadyEntered = "already_entered" CONFLICT,
    /// The code, name or address is in use.
    AlreadyExists = "already_exists" CONFLICT,
    /// A request with the same idempotency key is in progress.
    IdempotencyKeyInUse = "idempotency_key_in_use" CONFLICT,
    /// The answer stored under the idempotency key cannot be read: its key is missing, or another version stored it.
    IdempotencyAnswerUnreadable = "idempotency_answer_unreadable" CONFLICT,
    /// The one-time link was used, has expired or never existed.
    LinkUnusable = "link_unusable" CONFLICT,
    /// The file of a document is missing or damaged.
    DocumentLost = "document_lost" GONE,
    /// The caller has seen an older version than the stored one.
    VersionConflict = "version_conflict" PRECONDITION_FAILED,
    /// The body is too large.
    TooLarge = "too_large" PAYLOAD_TOO_LARGE,
    /// The endpoint does not accept this media type.
    UnsupportedMediaType = "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE,
    /// Fields are faulty; `errors` lists them.
    Invalid = "invalid" UNPROCESSABLE_ENTITY,
    /// The same, if all faults are unknown fields.
    UnknownField = "unknown_field" UNPROCESSABLE_ENTITY,
    /// The idempotency key was used for another request.
    IdempotencyKeyReused = "idempotency_key_reused" UNPROCESSABLE_ENTITY,
    /// `If-Match` is required.
    VersionRequired = "version_required" PRECONDITION_REQUIRED,
    /// Too many attempts.
    TooManyAttempts = "too_many_attempts" TOO_MANY_REQUESTS,
    /// A limit of a day is reached.
    LimitReached = "limit_reached" TOO_MANY_REQUESTS,
    /// An error on our side.
    Internal = "internal" INTERNAL_SERVER_ERROR,
    /// The key for this data is missing.
    CannotDecrypt = "cannot_decrypt" SERVICE_UNAVAILABLE,
    /// Too much at once: memory for requests, or passwords to check; try again soon.
    Busy = "busy" SERVICE_UNAVAILABLE,
    /// The database cannot be reached; try again soon.
    Unavailable = "unavailable" SERVICE_UNAVAILABLE,
}

impl Code {
    /// The code for a status that actix chose.
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
