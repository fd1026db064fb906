//! What the messages of a step say, in the recipient's language.

use jiff::Timestamp;

use super::Taken;
use crate::{
    domain::{
        batch::Batch,
        form,
        lifecycle::{Action, State},
        notification::{
            Approved, Authority, CaseFacts, Contents, InformationRequested, Issued, JourneyEnding, Lapsed,
            Message, PlaceInLine, Received, Refused, Revoked, SponsorshipAnswered, Waitlisted, Withdrawn,
        },
    },
    store::{StoreError, recipient::Recipient},
};

/// The data for the messages.
pub(super) struct Source<'a> {
    pub step: &'a Taken<'a>,
    pub batch: &'a Batch,
    /// The place in the line, if the case waits in one.
    pub number: Option<u32>,
    pub now: Timestamp,
}

impl Source<'_> {
    /// The contents of a message to this recipient. An error is a bug: the table has a message for a step without the
    /// needed facts.
    pub fn contents(&self, message: Message, recipient: &Recipient) -> Result<Contents, StoreError> {
        let case = self.case(recipient)?;
        let language = recipient.language.as_str();
        Ok(match message {
            Message::Received => Contents::Received(Received { case, until: self.due_at()? }),
            Message::InformationRequested => Contents::InformationRequested(InformationRequested {
                case,
                questions: self.step.words.questions.clone(),
                until: self.due_at()?,
            }),
            Message::Waitlisted => Contents::Waitlisted(Waitlisted {
                case,
                place: self.number.map(|number| PlaceInLine { number, ordering: self.batch.ordering }),
                until: self.step.dossier.waits_until(self.batch),
            }),
            Message::Approved => Contents::Approved(Approved {
                case,
                authorization: self.authorization()?,
                entry_conditions: self.entry_conditions(language),
            }),
            Message::Refused => Contents::Refused(Refused {
                case,
                grounds: self.grounds(language),
                words: self.officers_words(),
                until: self.appeal_until()?,
            }),
            Message::Revoked => Contents::Revoked(Revoked {
                case,
                authorization: self.authorization()?,
                grounds: self.grounds(language),
                words: self.officers_words(),
                until: self.appeal_until()?,
            }),
            Message::Withdrawn => Contents::Withdrawn(Withdrawn { case, authorization: self.issued() }),
            Message::JourneyEnding => Contents::JourneyEnding(JourneyEnding {
                case,
                leave_on: self.step.dossier.case.form.journey.leave_on.ok_or_else(|| missing("journey"))?,
            }),
            Message::Lapsed => Contents::Lapsed(Lapsed { case, authorization: self.issued() }),
            Message::SponsorshipAccepted => Contents::SponsorshipAccepted(self.answered(case)?),
            Message::SponsorshipDeclined => Contents::SponsorshipDeclined(self.answered(case)?),
            Message::ConfirmAddress
            | Message::ResetPassword
            | Message::PasswordChanged
            | Message::SponsorshipRequested => return Err(missing("account")),
        })
    }

    /// The sponsor's answer. No authority has acted.
    fn answered(&self, case: CaseFacts) -> Result<SponsorshipAnswered, StoreError> {
        let dossier = self.step.dossier;
        let asked = dossier.sponsorship.as_ref().map(|request| &request.sponsor);
        let sponsor = asked.or(dossier.case.sponsor.as_ref()).ok_or_else(|| missing("sponsor"))?;
        let case = CaseFacts { authority: Authority::default(), ..case };
        Ok(SponsorshipAnswered { case, sponsor: sponsor.name.clone() })
    }

    fn case(&self, recipient: &Recipient) -> Result<CaseFacts, StoreError> {
        let (case, programme) = (&self.step.dossier.case, &self.step.dossier.programme);
        Ok(CaseFacts {
            name: recipient.name.trim().to_owned(),
            reference: case.reference.clone(),
            path: format!("/applications/{}", case.id),
            happened_at: self.now,
            programme: programme.name.in_language(&recipient.language).to_owned(),
            batch: self.batch.name.clone(),
            travel_document: self.travel_document(),
            authority: self.authority(&recipient.language)?,
            time_zone: programme.zone_name(self.step.dossier.home()).map(str::to_owned),
        })
    }

    /// Who acted: the authority of the stage it happened at; of a case that ends an approval, the deciding one. An appeal
    /// goes to its address.
    fn authority(&self, language: &str) -> Result<Authority, StoreError> {
        let dossier = self.step.dossier;
        let stage = self.step.before.stage.as_deref().or(dossier.case.stage.as_deref());
        let authority = match (dossier.appeal(self.now), stage.and_then(|stage| dossier.authority_of(stage)))
        {
            (Some(appeal), _) => Some(appeal.authority),
            (None, Some(code)) => dossier.programme.authority(code),
            (None, None) => dossier.deciding_authority(),
        };
        let authority = authority.ok_or_else(|| missing("authority"))?;
        Ok(Authority {
            name: authority.name.in_language(language).to_owned(),
            address: authority.address.in_language(language).to_owned(),
        })
    }

    fn travel_document(&self) -> Option<String> {
        let document = &self.step.dossier.case.form.travel_document;
        match (&document.issuer, &document.number) {
            (Some(issuer), Some(number)) if self.step.action != Action::Withdraw => {
                Some(format!("{issuer} {}", form::masked(number)))
            }
            _ => None,
        }
    }

    fn due_at(&self) -> Result<Timestamp, StoreError> {
        self.step.dossier.case.due_at.ok_or_else(|| missing("deadline"))
    }

    fn authorization(&self) -> Result<Issued, StoreError> {
        self.issued().ok_or_else(|| missing("authorization"))
    }

    /// The authorization that the step has issued or ended.
    fn issued(&self) -> Option<Issued> {
        let is_its = [self.step.before.state, self.step.dossier.case.state].contains(&State::Approved);
        self.step.authorization.filter(|_| is_its).map(|authorization| Issued {
            number: authorization.number.clone(),
            valid_from: authorization.valid_from,
            valid_until: authorization.valid_until,
        })
    }

    fn entry_conditions(&self, language: &str) -> Vec<String> {
        let conditions = self.step.dossier.programme.entry_conditions.iter();
        conditions.map(|condition| condition.text.in_language(language).to_owned()).collect()
    }

    fn grounds(&self, language: &str) -> Vec<String> {
        let codes = self.step.facts.grounds.iter();
        let grounds = codes.filter_map(|code| self.step.dossier.programme.ground(code));
        grounds.map(|ground| ground.text.in_language(language).to_owned()).collect()
    }

    fn officers_words(&self) -> Option<String> {
        self.step.words.message.clone().filter(|words| !words.is_empty())
    }

    fn appeal_until(&self) -> Result<Timestamp, StoreError> {
        self.step.dossier.appeal(self.now).map(|appeal| appeal.until).ok_or_else(|| missing("appeal"))
    }
}

fn missing(what: &str) -> StoreError {
    StoreError::Broken(format!("a step owes a message that names its {what}, and has none"))
}
