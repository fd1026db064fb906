//! What follows from the table.

use super::*;

#[test]
fn the_sets_of_states_follow_from_the_table() {
    let those = |is: fn(State) -> bool| -> Vec<&str> {
        State::ALL.iter().filter(|state| is(**state)).map(|state| state.as_str()).collect()
    };
    assert_eq!(those(State::is_final), ["refused", "withdrawn", "lapsed", "revoked", "expired", "completed"]);
    assert_eq!(those(State::is_live), ["in_review", "information_requested", "waitlisted", "approved"]);
}

#[test]
fn what_is_past_approval_is_what_an_authorization_puts_a_case_into() {
    let is_followed =
        |state: State| AuthorizationState::ALL.iter().any(|held| State::following(*held) == state);
    for state in State::ALL.iter().copied() {
        assert_eq!(state.is_past_approval(), is_followed(state), "{state}");
    }
}

#[test]
fn a_case_that_follows_its_authorization_ends_when_that_ends() {
    for held in AuthorizationState::ALL.iter().copied() {
        assert_eq!(State::following(held).is_final(), held.is_final(), "{held}");
    }
}

#[test]
fn the_history_of_a_case_allows_the_steps_of_its_authorization_and_no_others() {
    use State::{Approved, Completed, Draft, InReview, Refused, Revoked, Withdrawn};
    let allows = |action, from, to| State::allows(action, Some(from), to);
    assert!(allows(Action::Revoke, Approved, Revoked));
    assert!(allows(Action::Surrender, Approved, Withdrawn));
    assert!(allows(Action::Complete, Approved, Completed));
    assert!(allows(Action::RecordEntry, Approved, Approved));
    assert!(allows(Action::Erase, Refused, Refused));
    assert!(State::allows(Action::Create, None, Draft));
    assert!(!allows(Action::Revoke, InReview, Revoked));
    assert!(!allows(Action::Surrender, Approved, Revoked));
    assert!(!allows(Action::Endorse, Draft, Approved));
    assert!(!State::allows(Action::Submit, None, InReview));
}
