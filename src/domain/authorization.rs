//! Authorizations: what an approved applicant holds, tied to the travel document of the case.

use jiff::{Timestamp, civil::Date};

use super::ids::ApplicationId;
use crate::text_enum;

text_enum! {
    /// Whether it can be travelled on.
    pub enum AuthorizationState {
        /// It can.
        Valid = "valid",
        /// Not for now.
        Suspended = "suspended",
        /// Taken or given back.
        Revoked = "revoked",
        /// Its validity is over, and nobody travelled.
        Expired = "expired",
        /// The journey is over.
        Used = "used",
    }
}

/// An authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the words of the design")]
pub struct Authorization {
    pub number: String,
    pub application: ApplicationId,
    pub state: AuthorizationState,
    pub valid_from: Date,
    pub valid_until: Date,
    pub issued_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub entered_on: Option<Date>,
    pub exited_on: Option<Date>,
}
