//! A sample of each kind of message, and of each variant with other paragraphs.

use jiff::civil::date;

use crate::domain::{
    batch::Ordering,
    language::Language,
    notification::{
        Approved, Authority, CaseFacts, Channel, ConfirmAddress, Contents, InformationRequested, Issued,
        JourneyEnding, Lapsed, Notification, PasswordChanged, PlaceInLine, Received, Refused, ResetPassword,
        Revoked, SponsorshipAnswered, SponsorshipRequested, Waitlisted, Withdrawn,
    },
};

/// The samples with their names.
pub(super) fn in_language(language: Language) -> Vec<(&'static str, Notification)> {
    let notification = |(name, contents)| {
        let recipient = "li.na@example.cn".into();
        (name, Notification { channel: Channel::Email, language: language.to_string(), recipient, contents })
    };
    contents().into_iter().map(notification).collect()
}

fn contents() -> Vec<(&'static str, Contents)> {
    let until = "2026-03-19T00:00:00Z".parse().unwrap();
    let questions = vec!["When does the contract begin?".into(), "Where will you live?".into()];
    let grounds: Vec<String> = vec!["The work can wait.".into(), "The dates <differ>.".into()];
    let words = Some("Please apply again in May.".to_owned());
    let entry_conditions = vec!["Carry the passport.".into()];
    let waitlisted = |ordering: Option<Ordering>| {
        let place = ordering.map(|ordering| PlaceInLine { number: 3, ordering });
        Contents::Waitlisted(Waitlisted { case: case(), place, until })
    };
    let refused = |words| Contents::Refused(Refused { case: case(), grounds: grounds.clone(), words, until });
    let requested = |requests| {
        let (sponsor, path) = ("Steppe Power".to_owned(), "/sponsorships".to_owned());
        Contents::SponsorshipRequested(SponsorshipRequested { name: name(), sponsor, requests, path })
    };
    let of_sponsor = CaseFacts { authority: Authority::default(), travel_document: None, ..case() };
    let answered = SponsorshipAnswered { case: of_sponsor, sponsor: "Steppe Power".to_owned() };
    let taken_back = CaseFacts { name: String::new(), travel_document: None, ..case() };
    vec![
        ("confirm_address", Contents::ConfirmAddress(ConfirmAddress { name: name(), path: link(), until })),
        ("reset_password", Contents::ResetPassword(ResetPassword { name: name(), path: link(), until })),
        (
            "password_changed",
            Contents::PasswordChanged(PasswordChanged {
                name: name(),
                path: "/forgot-password".into(),
                at: until,
            }),
        ),
        ("sponsorship_requested", requested(3)),
        ("sponsorship_requested_once", requested(1)),
        ("sponsorship_accepted", Contents::SponsorshipAccepted(answered.clone())),
        ("sponsorship_declined", Contents::SponsorshipDeclined(answered)),
        ("received", Contents::Received(Received { case: case(), until })),
        (
            "information_requested",
            Contents::InformationRequested(InformationRequested { case: case(), questions, until }),
        ),
        ("waitlisted", waitlisted(Some(Ordering::FirstCome))),
        ("waitlisted_ranked", waitlisted(Some(Ordering::Ranked))),
        ("waitlisted_by_lot", waitlisted(Some(Ordering::Ballot))),
        ("waitlisted_before_the_draw", waitlisted(None)),
        (
            "approved",
            Contents::Approved(Approved { case: case(), authorization: issued(), entry_conditions }),
        ),
        ("refused", refused(words.clone())),
        ("refused_without_words", refused(None)),
        ("withdrawn", Contents::Withdrawn(Withdrawn { case: taken_back, authorization: None })),
        ("surrendered", Contents::Withdrawn(Withdrawn { case: case(), authorization: Some(issued()) })),
        (
            "revoked",
            Contents::Revoked(Revoked { case: case(), authorization: issued(), grounds, words, until }),
        ),
        (
            "journey_ending",
            Contents::JourneyEnding(JourneyEnding { case: case(), leave_on: date(2026, 4, 30) }),
        ),
        ("lapsed", Contents::Lapsed(Lapsed { case: case(), authorization: None })),
        ("expired", Contents::Lapsed(Lapsed { case: case(), authorization: Some(issued()) })),
    ]
}

fn name() -> String {
    "Li Na".to_owned()
}

fn link() -> String {
    "/choose-password?token=0192f0c1".to_owned()
}

fn case() -> CaseFacts {
    CaseFacts {
        name: name(),
        reference: "CN-KZ-7Q3M-9XKD".into(),
        path: "/applications/0192f0c1".into(),
        happened_at: "2026-03-05T14:30:00Z".parse().unwrap(),
        programme: "China–Kazakhstan".into(),
        batch: "Batch 1".into(),
        travel_document: Some("CN •••••4321".into()),
        authority: Authority { name: "Ministry of Trade".into(), address: "8 Mangilik El Avenue".into() },
        time_zone: None,
    }
}

fn issued() -> Issued {
    Issued {
        number: "CNKZ-7Q3M-9XKD-4T6W".into(),
        valid_from: "2026-04-01".parse().unwrap(),
        valid_until: "2026-06-30".parse().unwrap(),
    }
}
