//! A sponsor that a form names. The case is the sponsor's once the sponsor has accepted it. Until then the sponsor
//! cannot see or change it, and its place does not count for the sponsor's limit. A case that the sponsor entered is
//! accepted from the start.

use super::case::SponsorRef;
use crate::text_enum;

text_enum! {
    /// The answer to a request.
    pub enum RequestState {
        /// There is none yet.
        Requested = "requested",
        /// The sponsor does not sponsor this case.
        Declined = "declined",
    }
}

/// A request to a sponsor that has not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct SponsorshipRequest {
    pub sponsor: SponsorRef,
    pub state: RequestState,
}
