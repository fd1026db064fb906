use std::collections::BTreeSet;

use super::*;

/// The messages of the steps that the lifecycle allows.
fn told() -> Vec<Addressed> {
    let mut told = Vec::new();
    for action in Action::ALL {
        for from in State::ALL {
            told.extend(State::ALL.iter().flat_map(|to| messages_of_step(*action, *from, *to)));
        }
    }
    told
}

#[test]
fn the_applicant_and_the_sponsor_are_told_the_same_by_email() {
    let of = |audience| -> BTreeSet<(Message, Channel)> {
        told()
            .iter()
            .filter(|told| told.audience == audience)
            .map(|told| (told.message, told.channel))
            .collect()
    };
    assert_eq!(of(Audience::Applicant), of(Audience::Sponsor));
    assert!(told().iter().all(|told| told.channel == Channel::Email));
}

#[test]
fn each_message_about_a_case_is_told_of_some_step_and_none_about_an_account() {
    for message in Message::ALL {
        let is_about_an_account = matches!(message, Message::ConfirmAddress | Message::ResetPassword);
        assert_eq!(told().iter().any(|told| told.message == *message), !is_about_an_account, "{message}");
    }
}

#[test]
fn a_draft_that_is_withdrawn_is_told_to_nobody() {
    assert_eq!(messages_of_step(Action::Withdraw, State::Draft, State::Withdrawn), []);
    assert_eq!(messages_of_step(Action::Withdraw, State::InReview, State::Withdrawn).len(), 2);
    assert_eq!(messages_of_step(Action::Endorse, State::InReview, State::InReview), []);
}
