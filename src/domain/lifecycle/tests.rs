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
fn what_is_past_approval_is_what_an_approved_case_can_become() {
    let becomes = |state: State| {
        TABLE.iter().any(|row| row.from.contains(&State::Approved) && row.to == Target::To(state))
    };
    for state in State::ALL.iter().copied() {
        assert_eq!(state.is_past_approval(), state == State::Approved || becomes(state), "{state}");
    }
}
