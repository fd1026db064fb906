use serde_json::json;

use super::*;
use crate::domain::notification::{
    JourneyEnding, PasswordChanged, SponsorshipAnswered, SponsorshipRequested,
};

/// Those that no earlier version has sent.
const NEWER: [Message; 5] = [
    Message::PasswordChanged,
    Message::SponsorshipRequested,
    Message::SponsorshipAccepted,
    Message::SponsorshipDeclined,
    Message::JourneyEnding,
];

/// What earlier versions stored, with every field filled.
fn flat() -> Value {
    json!({
        "name": "Li Na", "reference": "CN-KZ-7Q3M-9XKD", "path": "/applications/0192f0c1",
        "happened_at": "2026-03-05T14:30:00Z", "programme": "China–Kazakhstan", "batch": "Batch 1",
        "authority": "Ministry of Trade", "authority_address": "8 Mangilik El Avenue",
        "questions": ["When?"], "until": "2026-03-19T00:00:00Z", "grounds": ["The work can wait."],
        "words": "Please apply again.", "place_in_line": 3, "ordering": "ranked",
        "authorization_number": "CNKZ-7Q3M-9XKD-4T6W", "valid_from": "2026-04-01", "valid_until": "2026-06-30",
        "travel_document": "CN •••••4321", "entry_conditions": ["Carry the passport."], "appeal_days": 30,
    })
}

fn read(message: Message, json: &Value) -> Result<Contents, Unreadable> {
    from_json(message, json.to_string().as_bytes())
}

fn case() -> CaseFacts {
    CaseFacts {
        name: "Li Na".into(),
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

/// Each message with all that it can say.
fn typed(message: Message) -> Contents {
    let until = "2026-03-19T00:00:00Z".parse().unwrap();
    let (name, path, case) = ("Li Na".to_owned(), "/applications/0192f0c1".to_owned(), case());
    let (grounds, words) = (vec!["The work can wait.".into()], Some("Please apply again.".into()));
    let place = Some(PlaceInLine { number: 3, ordering: crate::domain::batch::Ordering::Ranked });
    let authorization = Issued {
        number: "CNKZ-7Q3M-9XKD-4T6W".into(),
        valid_from: "2026-04-01".parse().unwrap(),
        valid_until: "2026-06-30".parse().unwrap(),
    };
    match message {
        Message::ConfirmAddress => Contents::ConfirmAddress(ConfirmAddress { name, path, until }),
        Message::ResetPassword => Contents::ResetPassword(ResetPassword { name, path, until }),
        Message::PasswordChanged => Contents::PasswordChanged(PasswordChanged { name, path, at: until }),
        Message::Received => Contents::Received(Received { case, until }),
        Message::InformationRequested => {
            let questions = vec!["When?".into()];
            Contents::InformationRequested(InformationRequested { case, questions, until })
        }
        Message::Waitlisted => Contents::Waitlisted(Waitlisted { case, place, until }),
        Message::Approved => {
            let entry_conditions = vec!["Carry the passport.".into()];
            Contents::Approved(Approved { case, authorization, entry_conditions })
        }
        Message::Refused => Contents::Refused(Refused { case, grounds, words, until }),
        Message::Withdrawn => Contents::Withdrawn(Withdrawn { case, authorization: Some(authorization) }),
        Message::Revoked => Contents::Revoked(Revoked { case, authorization, grounds, words, until }),
        Message::Lapsed => Contents::Lapsed(Lapsed { case, authorization: Some(authorization) }),
        Message::SponsorshipRequested => {
            let sponsor = "Steppe Power".to_owned();
            Contents::SponsorshipRequested(SponsorshipRequested { name, sponsor, requests: 3, path })
        }
        Message::SponsorshipAccepted => {
            Contents::SponsorshipAccepted(SponsorshipAnswered { case, sponsor: "Steppe Power".into() })
        }
        Message::SponsorshipDeclined => {
            Contents::SponsorshipDeclined(SponsorshipAnswered { case, sponsor: "Steppe Power".into() })
        }
        Message::JourneyEnding => {
            Contents::JourneyEnding(JourneyEnding { case, leave_on: "2026-04-30".parse().unwrap() })
        }
    }
}

#[test]
fn each_message_of_an_earlier_version_is_read_as_what_it_said() {
    for message in Message::ALL.iter().filter(|message| !NEWER.contains(message)) {
        assert_eq!(read(*message, &flat()).unwrap(), typed(*message));
    }
}

#[test]
fn what_an_earlier_version_left_empty_is_not_said() {
    let mut flat = flat();
    for empty in ["words", "travel_document", "authorization_number"] {
        flat[empty] = json!("");
    }
    for none in ["place_in_line", "valid_from", "valid_until"] {
        flat[none] = json!(null);
    }
    let bare = CaseFacts { travel_document: None, ..case() };
    let read = |message| read(message, &flat).unwrap();
    assert_eq!(
        read(Message::Withdrawn),
        Contents::Withdrawn(Withdrawn { case: bare.clone(), authorization: None })
    );
    let Contents::Refused(refused) = read(Message::Refused) else { panic!() };
    assert_eq!((refused.case, refused.words), (bare, None));
    let Contents::Waitlisted(before_the_draw) = read(Message::Waitlisted) else { panic!() };
    assert_eq!(before_the_draw.place, None);
}

#[test]
fn contents_are_read_as_they_were_written_and_name_their_message() {
    for message in Message::ALL {
        let json = to_json(&typed(*message)).unwrap();
        assert_eq!(from_json(*message, &json).unwrap(), typed(*message));
        assert_eq!(serde_json::from_slice::<Value>(&json).unwrap()["message"], message.as_str());
    }
}

#[test]
fn contents_that_are_not_those_of_the_message_are_refused_without_quoting_them() {
    let approved = serde_json::to_value(typed(Message::Approved)).unwrap();
    let mut incomplete = approved.clone();
    incomplete.as_object_mut().unwrap().remove("authorization");
    let mut unknown = approved.clone();
    unknown["message"] = json!("birthday");
    let mut without_number = flat();
    without_number["authorization_number"] = json!("");
    let wrong = [
        json!([]),
        json!({ "name": "Li Na" }),
        incomplete,
        unknown,
        without_number,
        serde_json::to_value(typed(Message::Refused)).unwrap(),
    ];
    for contents in wrong {
        let refused = read(Message::Approved, &contents).unwrap_err();
        assert_eq!(refused.to_string(), "the contents are not those of the message approved", "{contents}");
    }
    assert!(from_json(Message::Approved, b"Li Na").is_err());
}
