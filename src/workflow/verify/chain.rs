//! A chain of events: each follows the one before it, nothing was changed, and each step is one of the lifecycle.

use std::collections::BTreeSet;

use crate::{
    domain::{
        event::{AuditedEvent, Chained},
        job::JobKind,
    },
    keyring::{KeyError, KeyId},
    store::{self, StoreError, Tx},
    workflow::Result,
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

/// The keys of the hashes.
#[derive(Clone, Copy)]
pub(super) struct Keys<'a, 'tx> {
    /// Has the keyring.
    pub tx: &'a Tx<'tx>,
    /// Whether every history from before there were keys is closed.
    pub are_closed: bool,
}

/// What is known of the lines that were checked.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// How many are from before there were keys.
    pub old: usize,
    /// The keys that are missing. Whether the lines under them hold is not known.
    pub missing_keys: BTreeSet<KeyId>,
}

impl Lines {
    /// Adds what is known of other lines.
    pub fn add(&mut self, other: Self) {
        self.old += other.old;
        self.missing_keys.extend(other.missing_keys);
    }
}

/// Whether every history from before there were keys is closed.
pub(super) fn are_closed(tx: &mut Tx<'_>) -> Result<bool> {
    Ok(store::job::unfinished(tx, JobKind::CloseHistories, None)?.is_none())
}

/// Checks the events of a subject. `start` is the hash before the first one, and the state if there is one.
pub(super) fn check<'a, S: Chained>(
    keys: Keys<'_, '_>,
    history: &'a [AuditedEvent<S>],
    (mut previous, mut state): (&'a [u8], Option<S>),
    end: End<'_, S>,
    broken: &mut impl FnMut(&'static str, String),
) -> Result<Lines> {
    let mut lines = Lines { old: check_keys(keys, history, broken), ..Lines::default() };
    for (number, audited) in (1..).zip(history) {
        let AuditedEvent { event, words_fit, .. } = audited;
        if event.seq != number {
            broken("chain_broken", format!("event {} stands where {number} should", event.seq));
            return Ok(lines);
        }
        if event.previous_hash != previous || !has_its_hash(keys.tx, audited, &mut lines)? {
            broken("chain_broken", format!("event {number} was changed, or the one before it"));
            return Ok(lines);
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
    Ok(lines)
}

/// Lines without a key are from before there were keys: they stand before all lines with one. Returns their number.
fn check_keys<S: Chained>(
    keys: Keys<'_, '_>,
    history: &[AuditedEvent<S>],
    broken: &mut impl FnMut(&'static str, String),
) -> usize {
    let has_key = |audited: &AuditedEvent<S>| audited.event.hash_key.is_some();
    let plain = history.iter().take_while(|audited| !has_key(audited)).count();
    if let Some(late) = history.iter().skip(plain).find(|audited| !has_key(audited)) {
        broken("line_without_key", format!("event {} has no key, and follows one that has", late.event.seq));
    }
    if keys.are_closed && plain > 0 && plain == history.len() {
        broken("history_without_key", format!("none of its {plain} events has a key"));
    }
    plain
}

/// Whether a line has the hash that it should have. A missing key is not a broken chain: it is noted.
fn has_its_hash<S: Chained>(tx: &Tx<'_>, audited: &AuditedEvent<S>, lines: &mut Lines) -> Result<bool> {
    match store::event::expected_hash(tx, &audited.event, &audited.facts) {
        Err(StoreError::Sealed(KeyError::MissingMasterKey { key, .. })) => {
            lines.missing_keys.insert(key);
            Ok(true)
        }
        Err(StoreError::Sealed(KeyError::Sealed(_))) => Ok(false),
        hash => Ok(hash? == audited.event.hash),
    }
}
