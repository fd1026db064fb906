//! A chain of events: each follows the one before it, nothing was changed, and each step is one of the lifecycle.

use crate::{
    digest,
    domain::event::{AuditedEvent, Chained},
};

/// What the subject says about the end of its chain.
pub(super) struct End<'a, S> {
    /// The number of events.
    pub seq: i32,
    /// The hash of the last one.
    pub hash: &'a [u8],
    /// The state to which it led.
    pub state: S,
}

/// Checks the events of a subject. `start` is the hash before the first one, and the state if there is one.
pub(super) fn check<'a, S: Chained>(
    history: &'a [AuditedEvent<S>],
    (mut previous, mut state): (&'a [u8], Option<S>),
    end: End<'_, S>,
    broken: &mut impl FnMut(&'static str, String),
) {
    for (number, AuditedEvent { event, facts, words_fit }) in (1..).zip(history) {
        if event.seq != number {
            broken("chain_broken", format!("event {} stands where {number} should", event.seq));
            return;
        }
        if event.previous_hash != previous || event.hash != digest::sha256(&event.hashed_bytes(facts)) {
            broken("chain_broken", format!("event {number} was changed, or the one before it"));
            return;
        }
        if !words_fit {
            broken("chain_broken", format!("the words of event {number} were changed, or cannot be opened"));
        }
        if event.from != state {
            broken("state_differs", format!("event {number} begins where event {} did not end", number - 1));
        } else if !S::allows(event.action, event.from, event.to) {
            let from = event.from.map_or_else(|| "nothing".to_owned(), |from| from.to_string());
            let detail =
                format!("event {number}: the lifecycle has no {} from {from} to {}", event.action, event.to);
            broken("transition_unknown", detail);
        }
        previous = event.hash.as_slice();
        state = Some(event.to);
    }
    let length = i32::try_from(history.len()).unwrap_or(i32::MAX);
    if end.seq != length || end.hash != previous {
        broken("chain_broken", format!("its row counts {} events, there are {length}", end.seq));
    }
    if state != Some(end.state) {
        broken("state_differs", format!("it is {}, its last event says otherwise", end.state));
    }
}
