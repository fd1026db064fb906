//! Authorizations: each chain begins at the event that issued the authorization, and the state of the case follows from
//! the authorization.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::chain::{self, End, Keys, Lines};
use crate::{
    domain::{
        authorization::Authorization,
        event::{AuditedEvent, Event, Facts},
        ids::ApplicationId,
        job::JobKind,
        lifecycle::{Action, AuthorizationState, State},
    },
    store::{self, Tx, audit::AuditedCase},
    workflow::Result,
};

/// An authorization with its history, which is empty until the service has begun it.
pub(super) struct Held {
    authorization: Authorization,
    history: Option<Vec<AuditedEvent<AuthorizationState>>>,
}

/// The authorizations of these cases, the oldest first.
pub(super) fn of_cases(
    tx: &mut Tx<'_>,
    cases: &[ApplicationId],
) -> Result<BTreeMap<ApplicationId, Vec<Held>>> {
    let are_begun = store::job::unfinished(tx, JobKind::BeginHistories, None)?.is_none();
    let authorizations = store::authorization::of_cases(tx, cases)?;
    let numbers: Vec<String> = authorizations.iter().map(|held| held.number.clone()).collect();
    let mut histories: BTreeMap<String, Vec<AuditedEvent<AuthorizationState>>> = BTreeMap::new();
    for audited in store::authorization_event::of(tx, &numbers)? {
        histories.entry(audited.event.subject.clone()).or_default().push(audited);
    }
    let mut by_case: BTreeMap<ApplicationId, Vec<Held>> = BTreeMap::new();
    for authorization in authorizations {
        let history = histories.remove(&authorization.number);
        let is_due = are_begun || !authorization.event_hash.is_empty();
        let history = is_due.then(|| history.unwrap_or_default());
        by_case.entry(authorization.application).or_default().push(Held { authorization, history });
    }
    Ok(by_case)
}

/// Checks the authorizations of a case with this history.
pub(super) fn check(
    keys: Keys<'_, '_>,
    case: &AuditedCase,
    events: &[AuditedEvent],
    all: &[Held],
    broken: &mut impl FnMut(&'static str, String),
) -> Result<Lines> {
    let mut lines = Lines::default();
    for Held { authorization, history } in all {
        let number = Some(&authorization.number);
        let issues = |audited: &&AuditedEvent| {
            let Event { from, to, facts, .. } = &audited.event;
            *to == State::Approved && *from != Some(State::Approved) && facts.authorization.as_ref() == number
        };
        let Some(issued) = events.iter().find(issues) else {
            broken("authorization_differs", format!("no event has issued {}", authorization.number));
            continue;
        };
        if let Some(history) = history {
            let Authorization { event_seq: seq, event_hash: hash, state, .. } = authorization;
            let end = End { seq: *seq, hash, state: *state };
            // A history of an older authorization begins with an event that states what was found.
            let is_found = history.first().is_some_and(|first| first.event.action == Action::Found);
            let start = (!is_found).then_some(AuthorizationState::Valid);
            lines.add(chain::check(keys, history, (&issued.event.hash, start), end, &mut |rule, detail| {
                broken(rule, format!("authorization {}: {detail}", authorization.number));
            })?);
            check_facts(authorization, &issued.event.facts, history, broken);
        }
    }
    let newest = all.last().map(|held| held.authorization.state);
    let is_held = all.iter().any(|held| !held.authorization.state.is_final());
    let follows = match case.state {
        State::Approved | State::Completed | State::Expired | State::Revoked => {
            newest.map(State::following) == Some(case.state)
        }
        _ => !is_held,
    };
    if !follows {
        let newest = newest.map_or_else(|| "none".to_owned(), |state| state.to_string());
        broken("authorization_differs", format!("{} case, and its authorization is {newest}", case.state));
    }
    Ok(lines)
}

/// The validity and the day of entry are those of the history. An authorization that was issued before its events said
/// its validity has none to compare.
fn check_facts(
    authorization: &Authorization,
    issued: &Facts,
    history: &[AuditedEvent<AuthorizationState>],
    broken: &mut impl FnMut(&'static str, String),
) {
    let all = || std::iter::once(issued).chain(history.iter().map(|audited| &audited.event.facts));
    // An older version could issue one that began after its end.
    let in_order = |(from, until): (Date, Date)| (from.min(until), until);
    let validity = all().filter_map(|facts| facts.validity).next_back().map(in_order);
    if validity.is_some_and(|known| known != (authorization.valid_from, authorization.valid_until)) {
        broken("authorization_differs", format!("the validity of {} was changed", authorization.number));
    }
    if all().find_map(|facts| facts.crossed_on) != authorization.entered_on {
        broken("authorization_differs", format!("the entry on {} was changed", authorization.number));
    }
}
