//! The second table of the house: which event is told to whom, by which message, and what a message carries.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::lifecycle::{Action, State};
use crate::text_enum;

text_enum! {
    /// The kinds of message, each a folder in `templates/mail/`.
    pub enum Message {
        /// Sign-up: open the link to confirm the address.
        ConfirmAddress = "confirm_address",
        /// Open the link to choose a (new) password.
        ResetPassword = "reset_password",
        /// The application was submitted and received.
        Received = "received",
        /// An authority asks for more information.
        InformationRequested = "information_requested",
        /// Endorsed or submitted, but no place is free.
        Waitlisted = "waitlisted",
        /// Approved: the authorization is issued.
        Approved = "approved",
        /// Refused, with grounds.
        Refused = "refused",
        /// Withdrawn by the applicant or sponsor.
        Withdrawn = "withdrawn",
        /// The authorization was revoked, with grounds.
        Revoked = "revoked",
        /// Ended because a deadline passed.
        Lapsed = "lapsed",
    }
}

/// A message owed to one recipient. Everything the text needs is taken along when it is enqueued, so that a late or
/// repeated delivery says what was true then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Which message.
    pub message: Message,
    /// The recipient's language: `en`, `zh`, `ru`, `kk`.
    pub language: String,
    /// The recipient's e-mail address.
    pub recipient: String,
    /// What it says.
    pub contents: Contents,
}

/// What a message says, beside its fixed words. A field that a message does not use is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contents {
    /// The recipient's or traveller's name, for the greeting.
    pub name: String,
    /// The case's reference.
    pub reference: String,
    /// Where to go, relative to the service's public address: `/applications/…`, `/confirm?token=…`.
    pub path: String,
    /// When it happened.
    pub happened_at: Option<Timestamp>,
    /// The programme's name in the recipient's language.
    pub programme: String,
    /// The batch's name.
    pub batch: String,
    /// The acting authority's name in the recipient's language, and its postal address.
    pub authority: String,
    /// See `authority`.
    pub authority_address: String,
    /// What was asked.
    pub questions: Vec<String>,
    /// Answer, lapse or appeal deadline; for `received`, when the first stage is due.
    pub until: Option<Timestamp>,
    /// Grounds in the recipient's language.
    pub grounds: Vec<String>,
    /// The officer's words to the applicant.
    pub words: String,
    /// The place in the waiting line, from 1; none before the draw of a ballot.
    pub place_in_line: Option<u32>,
    /// How the line is ordered: `first_come`, `ranked`, `ballot`.
    pub ordering: String,
    /// The authorization's number.
    pub authorization_number: String,
    /// First and last day of its validity.
    pub valid_from: Option<Date>,
    /// See `valid_from`.
    pub valid_until: Option<Date>,
    /// Issuer and last characters of the travel document it is tied to, such as `CN •••••4321`.
    pub travel_document: String,
    /// The programme's entry conditions in the recipient's language.
    pub entry_conditions: Vec<String>,
    /// Days within which an appeal is possible; zero if none.
    pub appeal_days: u32,
}

/// The table: what a step owes to the applicant and the sponsor. None: they are told nothing, because they did it
/// themselves in a draft, or because it is the officers' own affair.
pub fn owed(action: Action, from: State, to: State) -> Option<Message> {
    match (action, to) {
        (Action::Submit, State::InReview) => Some(Message::Received),
        (Action::Submit | Action::Endorse, State::Waitlisted) => Some(Message::Waitlisted),
        (Action::Endorse | Action::Promote, State::Approved) => Some(Message::Approved),
        (Action::Promote, State::InReview) => Some(Message::Received),
        (Action::RequestInformation, _) => Some(Message::InformationRequested),
        (Action::Refuse, _) => Some(Message::Refused),
        (Action::Withdraw, _) if from != State::Draft => Some(Message::Withdrawn),
        (Action::Surrender, _) => Some(Message::Withdrawn),
        (Action::Revoke, _) => Some(Message::Revoked),
        (Action::Lapse | Action::Expire, _) => Some(Message::Lapsed),
        _ => None,
    }
}
