//! Typed ids (UUIDv7, RFC 9562): a batch's id cannot be used as a case's id.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { text.parse().map(Self) }
        }
    )+};
}

ids! {
    /// An authority, a sponsor or a verifier.
    OrganisationId,
    /// A person who signs in.
    AccountId,
    /// A program that acts for an organisation.
    ClientId,
    /// A tranche of a programme.
    BatchId,
    /// One traveller's case.
    ApplicationId,
    /// An uploaded document.
    EvidenceId,
    /// What screening or an officer noticed.
    FindingId,
    /// A message in the outbox.
    NotificationId,
    /// Long work.
    JobId,
}
