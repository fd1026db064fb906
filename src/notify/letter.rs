//! A notice as a letter: subject, text and HTML in the recipient's language. One frame for all; what differs between
//! messages is which paragraphs there are, and those are listed here.

use askama::Template;

use crate::{
    domain::{
        language::Language,
        notification::{Contents, Message, Notice},
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
    /// What somebody else wrote: questions, an officer's words.
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

/// Writes the letter. `public_url` is the service's address, without a slash at its end.
pub fn write(notice: &Notice, public_url: &str) -> Result<Letter, askama::Error> {
    let t = Texts::of(notice.language.parse().unwrap_or(Language::En));
    let contents = &notice.contents;
    let key = |part: &str| format!("mail-{}-{part}", notice.message.as_str().replace('_', "-"));
    let subject = t.with(&key("subject"), "reference", contents.reference.as_str());
    let greeting = match contents.name.as_str() {
        "" => t.get("mail-greeting-nobody"),
        name => t.with("mail-greeting", "name", name),
    };
    let parts = parts(t, notice.message, contents, &key);
    let (link, button) = (format!("{public_url}{}", contents.path), t.get(&key("button")));
    let html =
        Html { t, subject: &subject, greeting: &greeting, parts: &parts, link: &link, button: &button }
            .render()?;
    let text = Text { t, greeting: &greeting, parts: &parts, link: &link, button: &button }.render()?;
    Ok(Letter { subject: one_line(&subject), text, html })
}

/// A subject is one line, whatever a reference may be made to hold.
fn one_line(subject: &str) -> String {
    subject.chars().filter(|c| !c.is_control()).collect()
}

/// The paragraphs of a message, in their order.
fn parts(t: Texts, message: Message, contents: &Contents, key: &dyn Fn(&str) -> String) -> Vec<Part> {
    let until = contents.until.map(|at| t.instant(at)).unwrap_or_default();
    let is_before_draw = message == Message::Waitlisted && contents.place_in_line.is_none();
    let mut parts = vec![Part::Paragraph(t.with_all(
        &key(if is_before_draw { "what-draw" } else { "what" }),
        &[
            ("authority", contents.authority.clone()),
            ("programme", contents.programme.clone()),
            ("batch", contents.batch.clone()),
        ],
    ))];
    if message != Message::ConfirmAddress && message != Message::ResetPassword {
        parts.push(facts(t, contents));
    }
    match message {
        Message::InformationRequested => {
            parts.push(Part::Quoted(t.get("mail-questions"), contents.questions.clone()))
        }
        Message::Refused | Message::Revoked => {
            parts.push(Part::List(t.get("mail-grounds"), contents.grounds.clone()));
            if !contents.words.is_empty() {
                parts.push(Part::Quoted(t.get("mail-words"), vec![contents.words.clone()]));
            }
        }
        Message::Approved => {
            parts.push(Part::List(t.get("mail-conditions"), contents.entry_conditions.clone()));
            parts.push(Part::Paragraph(t.get("mail-approved-passport")));
            parts.push(Part::Paragraph(t.get("mail-approved-border")));
        }
        Message::Waitlisted => {
            let order = t.get(&format!("mail-order-{}", contents.ordering.replace('_', "-")));
            let line = match contents.place_in_line {
                Some(place) => t.with_two("mail-waitlisted-line", ("place", place), ("order", order)),
                None => t.get("mail-waitlisted-draw"),
            };
            parts.push(Part::Paragraph(line));
        }
        _ => {}
    }
    parts.push(Part::Paragraph(t.with(&key("next"), "until", until)));
    parts
}

/// What every message about a case says: which, when, where, by whom.
fn facts(t: Texts, contents: &Contents) -> Part {
    let mut facts = vec![(t.get("mail-fact-reference"), contents.reference.clone())];
    let mut add = |key: &str, value: String| {
        if !value.is_empty() {
            facts.push((t.get(key), value));
        }
    };
    add("mail-fact-when", contents.happened_at.map(|at| t.instant(at)).unwrap_or_default());
    add("mail-fact-programme", contents.programme.clone());
    add("mail-fact-batch", contents.batch.clone());
    add("mail-fact-number", contents.authorization_number.clone());
    if let (Some(from), Some(until)) = (contents.valid_from, contents.valid_until) {
        add(
            "mail-fact-validity",
            t.with_two("mail-validity", ("from", t.date(from)), ("until", t.date(until))),
        );
    }
    add("mail-fact-document", contents.travel_document.clone());
    add("mail-fact-authority", contents.authority.clone());
    add("mail-fact-address", contents.authority_address.clone());
    Part::Facts(facts)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A message of each kind, and of those that differ by more than their kind.
    fn samples(language: Language) -> Vec<(&'static str, Notice)> {
        let at = "2026-03-05T14:30:00Z".parse().unwrap();
        let until = Some("2026-03-19T00:00:00Z".parse().unwrap());
        let account = Contents {
            name: "Li Na".into(),
            path: "/choose-password?token=0192f0c1".into(),
            happened_at: Some(at),
            until,
            ..Contents::default()
        };
        let withdrawn = Contents {
            name: "Li Na".into(),
            reference: "CN-KZ-7Q3M-9XKD".into(),
            path: "/applications/0192f0c1".into(),
            happened_at: Some(at),
            programme: "China–Kazakhstan".into(),
            batch: "Batch 1".into(),
            authority: "Ministry of Trade".into(),
            authority_address: "8 Mangilik El Avenue".into(),
            ..Contents::default()
        };
        let case = Contents { travel_document: "CN •••••4321".into(), ..withdrawn.clone() };
        let approved = Contents {
            authorization_number: "CNKZ-7Q3M-9XKD-4T6W".into(),
            valid_from: Some("2026-04-01".parse().unwrap()),
            valid_until: Some("2026-06-30".parse().unwrap()),
            ..case.clone()
        };
        let ended = |case: &Contents| Contents {
            until,
            appeal_days: 30,
            grounds: vec!["The work can wait.".into(), "The dates <differ>.".into()],
            words: "Please apply again in May.".into(),
            ..case.clone()
        };
        let waitlisted = Contents { until, ordering: "ballot".into(), ..case.clone() };
        let in_line = |ordering: &str| Contents {
            place_in_line: Some(3),
            ordering: ordering.into(),
            ..waitlisted.clone()
        };
        let samples = [
            ("confirm_address", Message::ConfirmAddress, account.clone()),
            ("reset_password", Message::ResetPassword, account),
            ("received", Message::Received, Contents { until, ..case.clone() }),
            (
                "information_requested",
                Message::InformationRequested,
                Contents {
                    until,
                    questions: vec!["When does the contract begin?".into(), "Where will you live?".into()],
                    ..case.clone()
                },
            ),
            ("waitlisted", Message::Waitlisted, in_line("first_come")),
            ("waitlisted_ranked", Message::Waitlisted, in_line("ranked")),
            ("waitlisted_by_lot", Message::Waitlisted, in_line("ballot")),
            ("waitlisted_before_the_draw", Message::Waitlisted, waitlisted.clone()),
            (
                "approved",
                Message::Approved,
                Contents { entry_conditions: vec!["Carry the passport.".into()], ..approved.clone() },
            ),
            ("refused", Message::Refused, ended(&case)),
            ("refused_without_words", Message::Refused, Contents { words: String::new(), ..ended(&case) }),
            ("withdrawn", Message::Withdrawn, Contents { name: String::new(), ..withdrawn }),
            ("surrendered", Message::Withdrawn, approved.clone()),
            ("revoked", Message::Revoked, ended(&approved)),
            ("lapsed", Message::Lapsed, Contents { until, ..case }),
            ("expired", Message::Lapsed, Contents { until, ..approved }),
        ];
        let notice = |message, contents| Notice {
            message,
            language: language.to_string(),
            recipient: "li.na@example.cn".into(),
            contents,
        };
        samples.into_iter().map(|(name, message, contents)| (name, notice(message, contents))).collect()
    }

    /// The letter of each sample in every language; of the HTML without its style sheet, which is the same in all.
    #[test]
    fn each_letter_says_what_it_said_in_four_languages() {
        let mut letters: BTreeMap<&str, String> = BTreeMap::new();
        let mut whole = String::new();
        for language in Language::ALL {
            for (name, notice) in samples(*language) {
                let Letter { subject, text, html } = write(&notice, "https://corridor.example").unwrap();
                let (head, rest) = html.split_once("<style>").unwrap();
                let (style, body) = rest.split_once("</style>").unwrap();
                assert!(whole.is_empty() || whole.contains(style));
                whole.push_str(&format!("{name}{language}{subject}{text}{html}"));
                let letter = letters.entry(name).or_default();
                letter.push_str(&format!("{language}: {subject}\n\n{text}\n\n{head}{body}\n\n\n"));
            }
        }
        for (name, letter) in letters {
            insta::assert_snapshot!(name, letter);
        }
    }

    #[test]
    fn every_message_speaks_every_language() {
        for language in Language::ALL {
            for (message, notice) in samples(*language) {
                let letter = write(&notice, "https://corridor.example").unwrap();
                for part in [&letter.subject, &letter.text, &letter.html] {
                    assert!(!part.contains("mail-") && !part.contains("{ $"), "{message} {language}: {part}");
                }
                assert!(
                    !letter.subject.contains("Li Na") && !letter.subject.contains("4321"),
                    "{}",
                    letter.subject
                );
                for part in [&letter.text, &letter.html] {
                    assert!(
                        part.contains(&format!("https://corridor.example{}", notice.contents.path)),
                        "{message} {language}"
                    );
                    let about_a_case = !matches!(message, "confirm_address" | "reset_password");
                    assert_eq!(part.contains("CN-KZ-7Q3M-9XKD"), about_a_case, "{message} {language}");
                }
            }
        }
    }

    #[test]
    fn words_of_others_do_not_become_markup() {
        let (_, mut notice) = samples(Language::En).into_iter().find(|(name, _)| *name == "refused").unwrap();
        notice.contents.words = "<script>alert(1)</script>".into();
        notice.contents.reference = "X\r\nBcc: all@example.com".into();
        let letter = write(&notice, "https://corridor.example").unwrap();
        assert!(!letter.html.contains("<script>") && !letter.subject.contains(['\r', '\n']));
    }
}
