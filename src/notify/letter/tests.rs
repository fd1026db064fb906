use std::collections::BTreeMap;

use super::{samples, *};

const PUBLIC_URL: &str = "https://corridor.example";

/// The letter of each sample in every language. The HTML without its style sheet, which is always the same.
#[test]
fn each_letter_says_what_it_said_in_four_languages() {
    let mut letters: BTreeMap<&str, String> = BTreeMap::new();
    let mut whole = String::new();
    for language in Language::ALL {
        for (name, notification) in samples::in_language(*language) {
            let Letter { subject, text, html } = write(&notification, PUBLIC_URL).unwrap();
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
fn every_message_has_a_sample() {
    let sampled: Vec<Message> =
        samples::in_language(Language::En).iter().map(|(_, sample)| sample.contents.message()).collect();
    assert!(Message::ALL.iter().all(|message| sampled.contains(message)), "{sampled:?}");
}

#[test]
fn every_message_speaks_every_language() {
    for language in Language::ALL {
        for (name, notification) in samples::in_language(*language) {
            let letter = write(&notification, PUBLIC_URL).unwrap();
            for part in [&letter.subject, &letter.text, &letter.html] {
                assert!(!part.contains("mail-") && !part.contains("{ $"), "{name} {language}: {part}");
            }
            let subject = &letter.subject;
            assert!(!subject.contains("Li Na") && !subject.contains("4321"), "{subject}");
            let case = notification.contents.case();
            for part in [&letter.text, &letter.html] {
                let path = match &notification.contents {
                    Contents::SponsorshipRequested(_) => "/sponsorships",
                    Contents::PasswordChanged(_) => "/forgot-password",
                    contents => contents.case().map_or("/choose-password?token=0192f0c1", |case| &case.path),
                };
                assert!(part.contains(&format!("{PUBLIC_URL}{path}")), "{name} {language}");
                assert_eq!(part.contains("CN-KZ-7Q3M-9XKD"), case.is_some(), "{name} {language}");
            }
        }
    }
}

#[test]
fn words_of_others_do_not_become_markup() {
    let refused = samples::in_language(Language::En).into_iter().find(|(name, _)| *name == "refused");
    let (_, mut notification) = refused.unwrap();
    let Contents::Refused(refused) = &mut notification.contents else { panic!("{notification:?}") };
    refused.words = Some("<script>alert(1)</script>".into());
    refused.case.reference = "X\r\nBcc: all@example.com".into();
    let letter = write(&notification, PUBLIC_URL).unwrap();
    assert!(!letter.html.contains("<script>") && !letter.subject.contains(['\r', '\n']));
}
