//! Which step sends which message to whom, on which channel. What each message carries is in
//! `notification/contents.rs`, its words are in `locales/*/mail.ftl`.

mod contents;

pub use contents::{
    Approved, Authority, CaseFacts, ConfirmAddress, Contents, InformationRequested, Issued, JourneyEnding,
    Lapsed, PasswordChanged, PlaceInLine, Received, Refused, ResetPassword, Revoked, SponsorshipAnswered,
    SponsorshipRequested, Waitlisted, Withdrawn,
};

use super::{
    delivery::AttemptPolicy,
    lifecycle::{Action, State},
};
use crate::text_enum;

text_enum! {
    /// The kinds of message.
    pub enum Message {
        /// Sign-up: open the link to confirm the address.
        ConfirmAddress = "confirm_address",
        /// Open the link to choose a (new) password.
        ResetPassword = "reset_password",
        /// The password of the account was changed.
        PasswordChanged = "password_changed",
        /// Applications name this sponsor, which is asked to accept or decline them.
        SponsorshipRequested = "sponsorship_requested",
        /// The sponsor has accepted the application.
        SponsorshipAccepted = "sponsorship_accepted",
        /// The sponsor has declined.
        SponsorshipDeclined = "sponsorship_declined",
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
        /// Not decided yet, and the time for the journey is running out.
        JourneyEnding = "journey_ending",
        /// Ended because a deadline passed.
        Lapsed = "lapsed",
    }
}

text_enum! {
    /// Who gets messages about a case.
    pub enum Audience {
        /// The applicant, by account or by the form's address.
        Applicant = "applicant",
        /// The representatives of the sponsor.
        Sponsor = "sponsor",
    }
}

text_enum! {
    /// A way to reach the recipient.
    ///
    /// To add a channel: a variant with its attempt policy, a migration that extends the database's CHECK constraint, a
    /// file in `notify/` that delivers, and its arm in `notify/transport.rs`.
    pub enum Channel {
        /// An e-mail to the recipient's address.
        Email = "email",
    }
}

impl Channel {
    /// How often and for how long a message on this channel is tried.
    pub const fn attempt_policy(self) -> AttemptPolicy {
        match self {
            Self::Email => AttemptPolicy::ForADay,
        }
    }
}

/// A message to one recipient on one channel. It carries everything that its text needs, so that a late or repeated
/// delivery says what was true when it was enqueued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The way to the recipient.
    pub channel: Channel,
    /// The recipient's language: `en`, `zh`, `ru`, `kk`.
    pub language: String,
    /// The recipient's address on the channel.
    pub recipient: String,
    /// Which message, and what it says.
    pub contents: Contents,
}

/// A message that a step sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are named like their types")]
pub struct Addressed {
    pub message: Message,
    pub audience: Audience,
    pub channel: Channel,
}

/// One row of the table.
struct Row {
    /// By one of these actions …
    actions: &'static [Action],
    /// … from one of these states …
    from: &'static [State],
    /// … to this state …
    to: State,
    /// … this is said …
    message: Message,
    /// … to these …
    audiences: &'static [Audience],
    /// … on each of these.
    channels: &'static [Channel],
}

const fn row(
    actions: &'static [Action],
    from: &'static [State],
    to: State,
    message: Message,
    audiences: &'static [Audience],
    channels: &'static [Channel],
) -> Row {
    Row { actions, from, to, message, audiences, channels }
}

/// Who gets which message about a case. A step without a row sends none: the people concerned took it themselves, or it
/// concerns only the officers.
#[rustfmt::skip]
const TABLE: &[Row] = {
    use Action::*; use Audience::*; use Channel::*;
    const ANY: &[State] = State::ALL;
    const UNDECIDED: &[State] = &State::UNDECIDED;
    const BOTH: &[Audience] = &[Applicant, Sponsor];
    &[
        row(&[AcceptSponsorship],  ANY,       State::Draft,                Message::SponsorshipAccepted,  &[Applicant], &[Email]),
        row(&[AcceptSponsorship],  ANY,       State::InformationRequested, Message::SponsorshipAccepted,  &[Applicant], &[Email]),
        row(&[DeclineSponsorship], ANY,       State::Draft,                Message::SponsorshipDeclined,  &[Applicant], &[Email]),
        row(&[DeclineSponsorship], ANY,       State::InformationRequested, Message::SponsorshipDeclined,  &[Applicant], &[Email]),
        row(&[Submit, Promote],    ANY,       State::InReview,             Message::Received,             BOTH, &[Email]),
        row(&[RequestInformation], ANY,       State::InformationRequested, Message::InformationRequested, BOTH, &[Email]),
        row(&[Submit, Endorse],    ANY,       State::Waitlisted,           Message::Waitlisted,           BOTH, &[Email]),
        row(&[Endorse, Promote],   ANY,       State::Approved,             Message::Approved,             BOTH, &[Email]),
        row(&[Refuse],             ANY,       State::Refused,              Message::Refused,              BOTH, &[Email]),
        row(&[Withdraw],           UNDECIDED, State::Withdrawn,            Message::Withdrawn,            BOTH, &[Email]),
        row(&[Surrender],          ANY,       State::Withdrawn,            Message::Withdrawn,            BOTH, &[Email]),
        row(&[Revoke],             ANY,       State::Revoked,              Message::Revoked,              BOTH, &[Email]),
        row(&[Remind],             ANY,       State::InReview,             Message::JourneyEnding,        BOTH, &[Email]),
        row(&[Remind],             ANY,       State::InformationRequested, Message::JourneyEnding,        BOTH, &[Email]),
        row(&[Remind],             ANY,       State::Waitlisted,           Message::JourneyEnding,        BOTH, &[Email]),
        row(&[Lapse],              ANY,       State::Lapsed,               Message::Lapsed,               BOTH, &[Email]),
        row(&[Expire],             ANY,       State::Expired,              Message::Lapsed,               BOTH, &[Email]),
    ]
};

/// The messages that a step of a case sends, in the order of the table.
pub fn messages_of_step(action: Action, from: State, to: State) -> Vec<Addressed> {
    let is_of_step = |row: &&Row| row.actions.contains(&action) && row.from.contains(&from) && row.to == to;
    let mut messages = Vec::new();
    for row in TABLE.iter().filter(is_of_step) {
        for &audience in row.audiences {
            let on = |&channel| Addressed { message: row.message, audience, channel };
            messages.extend(row.channels.iter().map(on));
        }
    }
    messages
}

#[cfg(test)]
mod tests;
