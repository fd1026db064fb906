//! Authorizations: what an approved applicant holds, tied to the travel document of the case.

use jiff::{Timestamp, civil::Date};

use super::{ids::ApplicationId, lifecycle::AuthorizationState};

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
    /// Counts every change.
    pub version: i32,
    /// The number of its own events.
    pub event_seq: i32,
    /// The hash of the last of them; before the first, of the case's event that issued it. Empty: the authorization is
    /// from before there were histories, and its history has not begun yet.
    pub event_hash: Vec<u8>,
}
