//! Authorizations: each chain begins at the event that issued the authorization, the state of the case follows from the
//! authorization, and it was issued by the rules of its time.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    authority,
    cases::CaseFile,
    chain::{self, End, Keys, Lines},
    times,
};
use crate::{
    domain::{
        authorization::{Authorization, validity},
        calendar,
        event::{AuditedEvent, Event, Facts},
        ids::{ApplicationId, BatchId},
        job::JobKind,
        lifecycle::{Action, AuthorizationState, BatchState, State},
        programme::ends,
    },
    store::{self, Tx, audit::AuditedForm},
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

/// Checks the authorizations of a case.
pub(super) fn check(
    tx: &mut Tx<'_>,
    file: &CaseFile<'_>,
    all: &[Held],
    broken: &mut impl FnMut(&'static str, String),
) -> Result<Lines> {
    let mut lines = Lines::default();
    for held in all {
        let Held { authorization, history } = held;
        let Some(issued) = issuing(file, &authorization.number) else {
            broken("authorization_differs", format!("no event has issued {}", authorization.number));
            continue;
        };
        let mut of_number = |rule, detail| {
            broken(rule, format!("authorization {}: {detail}", authorization.number));
        };
        if let Some(history) = history {
            let Authorization { event_seq: seq, event_hash: hash, state, .. } = authorization;
            let end = End { seq: *seq, hash, state: *state };
            // A history of an older authorization begins with an event that states what was found.
            let is_found = history.first().is_some_and(|first| first.event.action == Action::Found);
            let start = (!is_found).then_some(AuthorizationState::Valid);
            let keys = Keys { tx, are_closed: file.are_closed };
            lines.add(chain::check(keys, history, (&issued.hash, start), end, &mut of_number)?);
            check_events(file, history, &mut of_number);
            check_facts(authorization, &issued.facts, history, broken);
        }
        check_row(file, held, issued, broken);
        check_rules(tx, file, issued, broken)?;
    }
    let newest = all.last().map(|held| held.authorization.state);
    let held = all.iter().filter(|held| !held.authorization.state.is_final()).count();
    if held > 1 {
        broken("authorization_twice", format!("{held} authorizations of the case are valid or suspended"));
    }
    let follows = match file.case.state {
        State::Approved | State::Completed | State::Expired | State::Revoked => {
            newest.map(State::following) == Some(file.case.state)
        }
        _ => held == 0,
    };
    if !follows {
        let newest = newest.map_or_else(|| "none".to_owned(), |state| state.to_string());
        let detail = format!("{} case, and its authorization is {newest}", file.case.state);
        broken("authorization_differs", detail);
    }
    check_issued(file, all, broken);
    Ok(lines)
}

/// The event of the case that issued the authorization of this number.
fn issuing<'a>(file: &CaseFile<'a>, number: &String) -> Option<&'a Event> {
    file.history
        .iter()
        .map(|audited| &audited.event)
        .find(|event| is_approval(event) && event.facts.authorization.as_ref() == Some(number))
}

fn is_approval(event: &Event) -> bool {
    event.to == State::Approved && event.from != Some(State::Approved)
}

/// What an approval has issued is there.
fn check_issued(file: &CaseFile<'_>, all: &[Held], broken: &mut impl FnMut(&'static str, String)) {
    let is_there = |number: &String| all.iter().any(|held| held.authorization.number == *number);
    for event in file.history.iter().map(|audited| &audited.event).filter(|event| is_approval(event)) {
        match &event.facts.authorization {
            Some(number) if is_there(number) => {}
            Some(number) => {
                broken("authorization_missing", format!("{number} was issued, and its row is gone"))
            }
            None => {
                broken("authorization_missing", format!("event {} approves and issues nothing", event.seq))
            }
        }
    }
}

/// Who caused the events of an authorization, and when.
fn check_events(
    file: &CaseFile<'_>,
    history: &[AuditedEvent<AuthorizationState>],
    broken: &mut impl FnMut(&'static str, String),
) {
    times::check(history, file.now, broken);
    for AuditedEvent { event, .. } in history {
        if !authority::is_by_a_party(event) {
            let detail = format!("event {} ({}) is by a {}", event.seq, event.action, event.actor_kind);
            broken("authority_differs", detail);
        }
        // The case has the same step in its own history.
        let is_step =
            |case: &&Event| case.action == event.action && case.at == event.at && case.actor == event.actor;
        let is_of_upgrade = matches!(event.action, Action::Found | Action::CloseHistory);
        if !is_of_upgrade && !file.history.iter().map(|audited| &audited.event).any(|case| is_step(&case)) {
            broken("authorization_differs", format!("event {} is not in the history of the case", event.seq));
        }
    }
}

/// The days and times of the row are in order, and what its case waits for is the end of its validity.
fn check_row(
    file: &CaseFile<'_>,
    Held { authorization, history }: &Held,
    issued: &Event,
    broken: &mut impl FnMut(&'static str, String),
) {
    let Authorization { number, valid_from, valid_until, .. } = authorization;
    let mut differs = |what: &str| broken("authorization_differs", format!("{what} of {number} was changed"));
    if valid_from > valid_until {
        differs("the order of the days");
    }
    if authorization.issued_at != issued.at {
        differs("the time of issue");
    }
    let ended_at = history.iter().flatten().map(|audited| &audited.event).find(|event| event.to.is_final());
    match (authorization.ended_at, ended_at) {
        (None, None) => {}
        // An older version has ended it.
        (Some(_), Some(event)) if event.action == Action::Found => {}
        (Some(at), Some(event)) if at == event.at => {}
        _ if history.is_none() => {}
        _ => differs("the time of its end"),
    }
    let host = file.programme.time_zone(ends(&file.case.direction).1);
    let ends = calendar::end_in(&host, *valid_until);
    let [_, due_at, _] = file.case.times();
    if file.case.state == State::Approved && !authorization.state.is_final() && due_at != Some(ends) {
        let detail = format!("due at {due_at:?}, and {number} ends at {ends}");
        broken("due_differs", detail);
    }
}

/// It was issued by the rules of the version of the programme that its event names, on the terms that the batch had then.
/// An event that names no version is of an earlier version of the service.
fn check_rules(
    tx: &mut Tx<'_>,
    file: &CaseFile<'_>,
    issued: &Event,
    broken: &mut impl FnMut(&'static str, String),
) -> Result<()> {
    let Some(version) = issued.facts.programme_version else { return Ok(()) };
    let AuditedForm::Open(open) = file.form else { return Ok(()) };
    let Some(programme) = store::programme::version(tx, &file.case.programme, version)? else {
        broken("programme_missing", format!("there is no version {version}, by which it was approved"));
        return Ok(());
    };
    let today = programme.day_in(ends(&file.case.direction).1, issued.at);
    let validity = |window| validity(&open.form, window, programme.rules.days_after_leaving, today);
    let by_rule: Vec<_> = windows_at(file, issued).into_iter().map(validity).collect();
    let Some(newest) = by_rule.last() else { return Ok(()) };
    if !by_rule.contains(&issued.facts.validity) {
        let number = issued.facts.authorization.as_deref().unwrap_or_default();
        let words = |days: Option<(Date, Date)>| {
            days.map_or_else(|| "none".to_owned(), |(from, until)| format!("{from} to {until}"))
        };
        let (is, should) = (words(issued.facts.validity), words(*newest));
        broken("validity_differs", format!("{number} was issued for {is}, by the rules it is {should}"));
    }
    Ok(())
}

/// The travel window that the batch had when the authorization was issued. There are several if the batch was changed in
/// the same moment.
fn windows_at(file: &CaseFile<'_>, issued: &Event) -> Vec<(Date, Date)> {
    let mut windows = Vec::new();
    for AuditedEvent { event, .. } in file.batch.into_iter().flatten() {
        let Some(terms) = event.facts.terms.as_deref().filter(|_| event.at <= issued.at) else { continue };
        if event.at < issued.at {
            windows.clear();
        }
        windows.push((terms.travel_from, terms.travel_until));
    }
    windows
}

/// The histories of the batches of these cases.
pub(super) fn batches_of(
    tx: &mut Tx<'_>,
    batches: &[BatchId],
) -> Result<BTreeMap<BatchId, Vec<AuditedEvent<BatchState>>>> {
    let mut histories: BTreeMap<BatchId, Vec<AuditedEvent<BatchState>>> = BTreeMap::new();
    for audited in store::batch_event::of(tx, batches)? {
        histories.entry(audited.event.subject).or_default().push(audited);
    }
    Ok(histories)
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
