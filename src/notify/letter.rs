//! A message as a letter: subject, text and HTML in the recipient's language. All messages share one frame; this file
//! lists the paragraphs of each.

use askama::Template;
use jiff::Timestamp;

use crate::{
    domain::{
        language::Language,
        notification::{
            Approved, CaseFacts, ConfirmAddress, Contents, InformationRequested, Issued, JourneyEnding,
            Lapsed, Message, Notification, PasswordChanged, PlaceInLine, Received, Refused, ResetPassword,
            Revoked, SponsorshipAnswered, SponsorshipRequested, Waitlisted, Withdrawn,
        },
    },
    texts::Texts,
};

/// A letter, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A part of a letter.
enum Part {
    /// A paragraph.
    Paragraph(String),
    /// Text that somebody else wrote: questions, an officer's message.
    Quoted(String, Vec<String>),
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// A heading with a list.
    List(String, Vec<String>),
}

#[derive(Template)]
#[template(path = "mail/frame.html")]
struct Html<'a> {
    t: Texts,
    subject: &'a str,
    greeting: &'a str,
    parts: &'a [Part],
    link: &'a str,
    button: &'a str,
}

#[derive(Template)]
#[template(path = "mail/frame.txt")]
struct Text<'a> {
    t: Texts,
    greeting: &'a str,
    parts: &'a [Part],
    link: &'a str,
    button: &'a str,
}

/// Renders the letter. `public_url` is the service's address without a trailing slash.
pub fn write(notification: &Notification, public_url: &str) -> Result<Letter, askama::Error> {
    let contents = &notification.contents;
    let zone = contents.case().and_then(|case| case.time_zone.as_deref());
    let t = Texts::of(notification.language.parse().unwrap_or(Language::En)).in_zone(zone);
    let words = Words { t, message: contents.message() };
    let (name, path) = name_and_link(contents);
    let subject =
        t.with(&words.key("subject"), "reference", contents.case().map_or("", |case| &case.reference));
    let greeting =
        if name.is_empty() { t.get("mail-greeting-nobody") } else { t.with("mail-greeting", "name", name) };
    let parts = words.parts(contents);
    let (link, button) = (format!("{public_url}{path}"), t.get(&words.key("button")));
    let html =
        Html { t, subject: &subject, greeting: &greeting, parts: &parts, link: &link, button: &button }
            .render()?;
    let text = Text { t, greeting: &greeting, parts: &parts, link: &link, button: &button }.render()?;
    Ok(Letter { subject: one_line(&subject), text, html })
}

/// A subject must be one line, even if a reference contains a line break.
fn one_line(subject: &str) -> String {
    subject.chars().filter(|c| !c.is_control()).collect()
}

/// The name in the greeting, and the target of the button.
fn name_and_link(contents: &Contents) -> (&str, &str) {
    match contents {
        Contents::ConfirmAddress(ConfirmAddress { name, path, .. })
        | Contents::ResetPassword(ResetPassword { name, path, .. })
        | Contents::PasswordChanged(PasswordChanged { name, path, .. })
        | Contents::SponsorshipRequested(SponsorshipRequested { name, path, .. }) => (name, path),
        _ => contents.case().map_or(("", ""), |case| (&case.name, &case.path)),
    }
}

/// The texts of a message in the recipient's language.
struct Words {
    t: Texts,
    message: Message,
}

impl Words {
    /// The parts of a letter, in order.
    fn parts(&self, contents: &Contents) -> Vec<Part> {
        match contents {
            Contents::ConfirmAddress(ConfirmAddress { until, .. })
            | Contents::ResetPassword(ResetPassword { until, .. }) => {
                vec![self.paragraph("what"), self.until(*until)]
            }
            Contents::PasswordChanged(PasswordChanged { at, .. }) => {
                let what = self.t.with(&self.key("what"), "at", self.t.instant(*at));
                vec![Part::Paragraph(what), self.paragraph("next")]
            }
            Contents::SponsorshipRequested(SponsorshipRequested { sponsor, requests, .. }) => {
                let sponsor = ("sponsor", sponsor.clone());
                let what = self.t.with_two(&self.key("what"), sponsor, ("requests", *requests));
                vec![Part::Paragraph(what), self.paragraph("next")]
            }
            Contents::SponsorshipAccepted(SponsorshipAnswered { case, sponsor })
            | Contents::SponsorshipDeclined(SponsorshipAnswered { case, sponsor }) => vec![
                Part::Paragraph(self.t.with(&self.key("what"), "sponsor", sponsor)),
                self.facts(case, None),
                self.paragraph("next"),
            ],
            Contents::Received(Received { case, until }) => {
                vec![self.about("what", case), self.facts(case, None), self.until(*until)]
            }
            Contents::InformationRequested(InformationRequested { case, questions, until }) => vec![
                self.about("what", case),
                self.facts(case, None),
                Part::Quoted(self.t.get("mail-questions"), questions.clone()),
                self.until(*until),
            ],
            Contents::Waitlisted(Waitlisted { case, place, until }) => vec![
                self.about(if place.is_some() { "what" } else { "what-draw" }, case),
                self.facts(case, None),
                self.line(*place),
                self.until(*until),
            ],
            Contents::Approved(Approved { case, authorization, entry_conditions }) => vec![
                self.about("what", case),
                self.facts(case, Some(authorization)),
                Part::List(self.t.get("mail-conditions"), entry_conditions.clone()),
                self.paragraph("passport"),
                self.paragraph("border"),
                self.paragraph("next"),
            ],
            Contents::JourneyEnding(JourneyEnding { case, leave_on }) => vec![
                self.about("what", case),
                self.facts(case, None),
                Part::Paragraph(self.t.with(&self.key("next"), "until", self.t.date(*leave_on))),
            ],
            Contents::Refused(Refused { case, grounds, words, until }) => {
                let reasons = self.reasons(grounds, words.as_ref());
                self.decision(self.facts(case, None), case, reasons, *until)
            }
            Contents::Revoked(Revoked { case, authorization, grounds, words, until }) => {
                let reasons = self.reasons(grounds, words.as_ref());
                self.decision(self.facts(case, Some(authorization)), case, reasons, *until)
            }
            Contents::Withdrawn(Withdrawn { case, authorization })
            | Contents::Lapsed(Lapsed { case, authorization }) => vec![
                self.about("what", case),
                self.facts(case, authorization.as_ref()),
                self.paragraph("next"),
            ],
        }
    }

    fn key(&self, part: &str) -> String {
        format!("mail-{}-{part}", self.message.as_str().replace('_', "-"))
    }

    fn paragraph(&self, part: &str) -> Part {
        Part::Paragraph(self.t.get(&self.key(part)))
    }

    /// A paragraph that names the authority, the programme or the batch.
    fn about(&self, part: &str, case: &CaseFacts) -> Part {
        Part::Paragraph(self.t.with_all(
            &self.key(part),
            &[
                ("authority", case.authority.name.clone()),
                ("programme", case.programme.clone()),
                ("batch", case.batch.clone()),
            ],
        ))
    }

    /// What to do next, and by when.
    fn until(&self, until: Timestamp) -> Part {
        Part::Paragraph(self.t.with(&self.key("next"), "until", self.t.instant(until)))
    }

    fn line(&self, place: Option<PlaceInLine>) -> Part {
        let Some(PlaceInLine { number, ordering }) = place else { return self.paragraph("draw") };
        let order = self.t.get(&format!("mail-order-{}", ordering.as_str().replace('_', "-")));
        Part::Paragraph(self.t.with_two(&self.key("line"), ("place", number), ("order", order)))
    }

    /// The authority's grounds and its message.
    fn reasons(&self, grounds: &[String], words: Option<&String>) -> Vec<Part> {
        let mut reasons = vec![Part::List(self.t.get("mail-grounds"), grounds.to_vec())];
        reasons.extend(words.map(|words| Part::Quoted(self.t.get("mail-words"), vec![words.clone()])));
        reasons
    }

    /// A decision against the applicant, with the right to appeal.
    fn decision(&self, facts: Part, case: &CaseFacts, reasons: Vec<Part>, until: Timestamp) -> Vec<Part> {
        let mut parts = vec![self.about("what", case), facts];
        parts.extend(reasons);
        parts.push(self.until(until));
        parts
    }

    /// The facts in every message about a case: which, when, where, by whom. Empty ones are left out.
    fn facts(&self, case: &CaseFacts, authorization: Option<&Issued>) -> Part {
        let t = self.t;
        let validity = |issued: &Issued| {
            t.with_two(
                "mail-validity",
                ("from", t.date(issued.valid_from)),
                ("until", t.date(issued.valid_until)),
            )
        };
        let facts = [
            ("mail-fact-reference", Some(case.reference.clone())),
            ("mail-fact-when", Some(t.instant(case.happened_at))),
            ("mail-fact-programme", not_empty(&case.programme)),
            ("mail-fact-batch", not_empty(&case.batch)),
            ("mail-fact-number", authorization.map(|issued| issued.number.clone())),
            ("mail-fact-validity", authorization.map(validity)),
            ("mail-fact-document", case.travel_document.clone()),
            ("mail-fact-authority", not_empty(&case.authority.name)),
            ("mail-fact-address", not_empty(&case.authority.address)),
        ];
        Part::Facts(facts.into_iter().filter_map(|(key, value)| Some((t.get(key), value?))).collect())
    }
}

fn not_empty(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
