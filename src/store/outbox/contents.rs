//! The contents of messages as JSON. New rows hold the enum, tagged with the message. Rows of earlier versions hold one
//! flat object, the same for all messages, with empty values where a message had nothing to say; they stay readable.

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use serde_json::Value;

use super::Unreadable;
use crate::{
    domain::notification::{
        Approved, Authority, CaseFacts, ConfirmAddress, Contents, InformationRequested, Issued, Lapsed,
        Message, PlaceInLine, Received, Refused, ResetPassword, Revoked, Waitlisted, Withdrawn,
    },
    store::StoreError,
};

/// Writes the contents.
pub(super) fn to_json(contents: &Contents) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(contents).map_err(|e| StoreError::Broken(e.to_string()))
}

/// Reads the contents of a message. The error gives no details, because they would quote the contents.
pub(super) fn from_json(message: Message, json: &[u8]) -> Result<Contents, Unreadable> {
    let value: Value = serde_json::from_slice(json).map_err(|_| Unreadable::Contents(message))?;
    let contents = match value.get("message") {
        Some(_) => serde_json::from_value(value).ok(),
        None => serde_json::from_value(value).ok().and_then(|flat: Flat| flat.into_contents(message)),
    };
    contents.filter(|contents: &Contents| contents.message() == message).ok_or(Unreadable::Contents(message))
}

/// What earlier versions stored, whatever the message.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Flat {
    name: String,
    reference: String,
    path: String,
    happened_at: Option<Timestamp>,
    programme: String,
    batch: String,
    authority: String,
    authority_address: String,
    questions: Vec<String>,
    until: Option<Timestamp>,
    grounds: Vec<String>,
    words: String,
    place_in_line: Option<u32>,
    ordering: String,
    authorization_number: String,
    valid_from: Option<Date>,
    valid_until: Option<Date>,
    travel_document: String,
    entry_conditions: Vec<String>,
}

impl Flat {
    /// The same contents by type; none: something is missing that the message says.
    fn into_contents(self, message: Message) -> Option<Contents> {
        Some(match message {
            Message::ConfirmAddress => Contents::ConfirmAddress(ConfirmAddress {
                until: self.until?,
                name: self.name,
                path: self.path,
            }),
            Message::ResetPassword => Contents::ResetPassword(ResetPassword {
                until: self.until?,
                name: self.name,
                path: self.path,
            }),
            Message::Received => Contents::Received(Received { case: self.case()?, until: self.until? }),
            Message::InformationRequested => Contents::InformationRequested(InformationRequested {
                case: self.case()?,
                questions: self.questions,
                until: self.until?,
            }),
            Message::Waitlisted => Contents::Waitlisted(Waitlisted {
                case: self.case()?,
                place: self.place()?,
                until: self.until?,
            }),
            Message::Approved => Contents::Approved(Approved {
                case: self.case()?,
                authorization: self.issued()?,
                entry_conditions: self.entry_conditions,
            }),
            Message::Refused => Contents::Refused(Refused {
                case: self.case()?,
                grounds: self.grounds,
                words: not_empty(self.words),
                until: self.until?,
            }),
            Message::Withdrawn => {
                Contents::Withdrawn(Withdrawn { case: self.case()?, authorization: self.issued() })
            }
            Message::Revoked => Contents::Revoked(Revoked {
                case: self.case()?,
                authorization: self.issued()?,
                grounds: self.grounds,
                words: not_empty(self.words),
                until: self.until?,
            }),
            Message::Lapsed => Contents::Lapsed(Lapsed { case: self.case()?, authorization: self.issued() }),
            // No earlier version has sent it.
            Message::JourneyEnding
            | Message::PasswordChanged
            | Message::SponsorshipRequested
            | Message::SponsorshipAccepted
            | Message::SponsorshipDeclined => return None,
        })
    }

    fn case(&self) -> Option<CaseFacts> {
        Some(CaseFacts {
            name: self.name.clone(),
            reference: self.reference.clone(),
            path: self.path.clone(),
            happened_at: self.happened_at?,
            programme: self.programme.clone(),
            batch: self.batch.clone(),
            travel_document: not_empty(self.travel_document.clone()),
            authority: Authority { name: self.authority.clone(), address: self.authority_address.clone() },
            time_zone: None,
        })
    }

    fn issued(&self) -> Option<Issued> {
        Some(Issued {
            number: not_empty(self.authorization_number.clone())?,
            valid_from: self.valid_from?,
            valid_until: self.valid_until?,
        })
    }

    /// `Some(None)`: before the draw of a ballot.
    fn place(&self) -> Option<Option<PlaceInLine>> {
        match self.place_in_line {
            Some(number) => Some(Some(PlaceInLine { number, ordering: self.ordering.parse().ok()? })),
            None => Some(None),
        }
    }
}

fn not_empty(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
