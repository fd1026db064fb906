//! Access records: somebody who is not on the case's own side has viewed data that identifies the traveller.

use jiff::Timestamp;
use uuid::Uuid;

use super::ids::{ApplicationId, OrganisationId};
use crate::text_enum;

text_enum! {
    /// What was seen.
    pub enum Access {
        /// The full number of the travel document.
        Document = "view_document",
        /// An uploaded document.
        Evidence = "view_evidence",
    }
}

/// An access record of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessRecord {
    /// The case.
    pub application: ApplicationId,
    /// The newest event of the case at that time.
    pub after_seq: i32,
    /// Its place among the records after the same event, from 1.
    pub number: i32,
    /// When.
    pub at: Timestamp,
    /// `account` or `client`.
    pub actor_kind: String,
    /// The person or program.
    pub actor: Uuid,
    /// The organisation that the actor acted for.
    pub actor_organisation: Option<OrganisationId>,
    /// What was seen.
    pub what: Access,
    /// Which document; the case's id for the number of the travel document.
    pub subject: Uuid,
}
