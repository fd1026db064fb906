//! What each message says beside its fixed words: a type for each message, with the facts that its text uses.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::Message;
use crate::domain::batch::Ordering;

/// The contents of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the message of the same name")]
pub enum Contents {
    ConfirmAddress(ConfirmAddress),
    ResetPassword(ResetPassword),
    PasswordChanged(PasswordChanged),
    SponsorshipRequested(SponsorshipRequested),
    SponsorshipAccepted(SponsorshipAnswered),
    SponsorshipDeclined(SponsorshipAnswered),
    Received(Received),
    InformationRequested(InformationRequested),
    Waitlisted(Waitlisted),
    Approved(Approved),
    Refused(Refused),
    Withdrawn(Withdrawn),
    Revoked(Revoked),
    JourneyEnding(JourneyEnding),
    Lapsed(Lapsed),
}

impl Contents {
    /// Which message it is.
    pub const fn message(&self) -> Message {
        match self {
            Self::ConfirmAddress(_) => Message::ConfirmAddress,
            Self::ResetPassword(_) => Message::ResetPassword,
            Self::PasswordChanged(_) => Message::PasswordChanged,
            Self::SponsorshipRequested(_) => Message::SponsorshipRequested,
            Self::SponsorshipAccepted(_) => Message::SponsorshipAccepted,
            Self::SponsorshipDeclined(_) => Message::SponsorshipDeclined,
            Self::Received(_) => Message::Received,
            Self::InformationRequested(_) => Message::InformationRequested,
            Self::Waitlisted(_) => Message::Waitlisted,
            Self::Approved(_) => Message::Approved,
            Self::Refused(_) => Message::Refused,
            Self::Withdrawn(_) => Message::Withdrawn,
            Self::Revoked(_) => Message::Revoked,
            Self::JourneyEnding(_) => Message::JourneyEnding,
            Self::Lapsed(_) => Message::Lapsed,
        }
    }

    /// The facts of the case. None: the message is not about a single case.
    pub const fn case(&self) -> Option<&CaseFacts> {
        match self {
            Self::ConfirmAddress(_)
            | Self::ResetPassword(_)
            | Self::PasswordChanged(_)
            | Self::SponsorshipRequested(_) => None,
            Self::SponsorshipAccepted(message) | Self::SponsorshipDeclined(message) => Some(&message.case),
            Self::Received(message) => Some(&message.case),
            Self::InformationRequested(message) => Some(&message.case),
            Self::Waitlisted(message) => Some(&message.case),
            Self::Approved(message) => Some(&message.case),
            Self::Refused(message) => Some(&message.case),
            Self::Withdrawn(message) => Some(&message.case),
            Self::Revoked(message) => Some(&message.case),
            Self::JourneyEnding(message) => Some(&message.case),
            Self::Lapsed(message) => Some(&message.case),
        }
    }
}

/// To somebody who has signed up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmAddress {
    /// For the greeting.
    pub name: String,
    /// Where the link leads, relative to the service's public address.
    pub path: String,
    /// Until when the link works.
    pub until: Timestamp,
}

/// To somebody who has forgotten the password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetPassword {
    /// For the greeting.
    pub name: String,
    /// Where the link leads, relative to the service's public address.
    pub path: String,
    /// Until when the link works.
    pub until: Timestamp,
}

/// To the owner of an account, after a change of its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordChanged {
    /// For the greeting.
    pub name: String,
    /// The page where the owner chooses another password, relative to the service's public address.
    pub path: String,
    /// When the password was changed.
    pub at: Timestamp,
}

/// To a sponsor's representatives: one message for all open requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SponsorshipRequested {
    /// For the greeting.
    pub name: String,
    /// The sponsor's name.
    pub sponsor: String,
    /// How many applications wait for an answer.
    pub requests: u32,
    /// The page of the requests, relative to the service's public address.
    pub path: String,
}

/// The sponsor has accepted or declined the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SponsorshipAnswered {
    /// The facts of the case.
    pub case: CaseFacts,
    /// The sponsor's name.
    pub sponsor: String,
}

/// What every message about a case says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// For the greeting; empty if nobody knows it.
    pub name: String,
    /// The case's reference.
    pub reference: String,
    /// The page of the case, relative to the service's public address.
    pub path: String,
    /// When the step was taken.
    pub happened_at: Timestamp,
    /// The programme's name in the recipient's language.
    pub programme: String,
    /// The batch's name.
    pub batch: String,
    /// Issuer and last characters of the travel document, such as `CN •••••4321`. None: the applicant has taken the
    /// application back before it was decided.
    pub travel_document: Option<String>,
    /// The authority that has acted, or whose turn it is; empty if it is no authority's turn.
    pub authority: Authority,
    /// The time zone of the case's own side, such as `Asia/Almaty`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// An authority, in the recipient's language.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authority {
    /// Its name.
    pub name: String,
    /// Its postal address; empty if the programme names none.
    pub address: String,
}

/// An authorization that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are named like those of the authorization")]
pub struct Issued {
    pub number: String,
    pub valid_from: Date,
    pub valid_until: Date,
}

/// The application is under review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The facts of the case.
    pub case: CaseFacts,
    /// When the first stage is due.
    pub until: Timestamp,
}

/// The application is not decided, and the day of leaving comes near.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JourneyEnding {
    /// The facts of the case.
    pub case: CaseFacts,
    /// The day of leaving, after which the case lapses.
    pub leave_on: Date,
}

/// The authority has questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InformationRequested {
    /// The facts of the case.
    pub case: CaseFacts,
    /// What is asked.
    pub questions: Vec<String>,
    /// Until when an answer is awaited.
    pub until: Timestamp,
}

/// No place is free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waitlisted {
    /// The facts of the case.
    pub case: CaseFacts,
    /// None before the draw of a ballot.
    pub place: Option<PlaceInLine>,
    /// When the line ends.
    pub until: Timestamp,
}

/// A place in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceInLine {
    /// From 1.
    pub number: u32,
    /// The order of the line.
    pub ordering: Ordering,
}

/// The authorization is issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approved {
    /// The facts of the case.
    pub case: CaseFacts,
    /// The authorization.
    pub authorization: Issued,
    /// The programme's entry conditions in the recipient's language.
    pub entry_conditions: Vec<String>,
}

/// The application is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The facts of the case.
    pub case: CaseFacts,
    /// The grounds in the recipient's language.
    pub grounds: Vec<String>,
    /// What the officer adds.
    pub words: Option<String>,
    /// Until when an appeal is possible.
    pub until: Timestamp,
}

/// The applicant or sponsor has taken the application or the authorization back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// The facts of the case.
    pub case: CaseFacts,
    /// The authorization that was given back.
    pub authorization: Option<Issued>,
}

/// The authorization is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    /// The facts of the case.
    pub case: CaseFacts,
    /// The authorization.
    pub authorization: Issued,
    /// The grounds in the recipient's language.
    pub grounds: Vec<String>,
    /// What the officer adds.
    pub words: Option<String>,
    /// Until when an appeal is possible.
    pub until: Timestamp,
}

/// A deadline has passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lapsed {
    /// The facts of the case.
    pub case: CaseFacts,
    /// The authorization that has expired.
    pub authorization: Option<Issued>,
}
