use std::collections::BTreeSet;

use super::*;

/// The sponsor does not write to itself.
const ANSWERS: [Message; 2] = [Message::SponsorshipAccepted, Message::SponsorshipDeclined];

/// The messages of the steps that the lifecycle allows.
fn all_messages() -> Vec<Addressed> {
    let mut all = Vec::new();
    for action in Action::ALL {
        for from in State::ALL {
            all.extend(State::ALL.iter().flat_map(|to| messages_of_step(*action, *from, *to)));
        }
    }
    all
}

#[test]
fn the_applicant_and_the_sponsor_get_the_same_emails_but_for_the_sponsors_own_answer() {
    let of = |audience| -> BTreeSet<(Message, Channel)> {
        all_messages()
            .iter()
            .filter(|addressed| addressed.audience == audience)
            .filter(|addressed| !ANSWERS.contains(&addressed.message))
            .map(|addressed| (addressed.message, addressed.channel))
            .collect()
    };
    assert_eq!(of(Audience::Applicant), of(Audience::Sponsor));
    assert!(all_messages().iter().all(|addressed| addressed.channel == Channel::Email));
}

#[test]
fn some_step_sends_each_message_about_a_case_and_no_other_message() {
    for message in Message::ALL {
        let is_about_no_case = matches!(
            message,
            Message::ConfirmAddress
                | Message::ResetPassword
                | Message::PasswordChanged
                | Message::SponsorshipRequested
        );
        let is_sent = all_messages().iter().any(|addressed| addressed.message == *message);
        assert_eq!(is_sent, !is_about_no_case, "{message}");
    }
}

#[test]
fn withdrawing_a_draft_sends_no_message() {
    assert_eq!(messages_of_step(Action::Withdraw, State::Draft, State::Withdrawn), []);
    assert_eq!(messages_of_step(Action::Withdraw, State::InReview, State::Withdrawn).len(), 2);
    assert_eq!(messages_of_step(Action::Endorse, State::InReview, State::InReview), []);
}
