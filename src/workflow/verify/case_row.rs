//! The row of a case against its events and its form: what a list, a queue or the clock reads of it.

use jiff::Timestamp;

use super::cases::CaseFile;
use crate::{
    domain::{
        calendar,
        event::{AuditedEvent, Event},
        ids::AccountId,
        lifecycle::{Action, State},
    },
    store::audit::{AuditedForm, OpenForm},
};

/// Checks the row.
pub(super) fn check(file: &CaseFile<'_>, broken: &mut impl FnMut(&'static str, String)) {
    let case = file.case;
    let Some(last) = file.history.last() else { return };
    if case.stage != last.event.to_stage {
        broken(
            "stage_differs",
            format!("at {:?}, its last event leads to {:?}", case.stage, last.event.to_stage),
        );
    }
    let assignee = assignee(file.history);
    if case.assignee != assignee {
        broken("assignee_differs", "its officer is not the one that its events name".to_owned());
    }
    let [submitted_at, due_at, decided_at] = case.times();
    if let Some(due) = due(file)
        && due.map(microseconds) != due_at.map(microseconds)
    {
        broken("due_differs", format!("due at {due_at:?}, its events say {due:?}"));
    }
    let newest = |is_it: fn(&Event) -> bool| {
        file.history
            .iter()
            .rev()
            .map(|audited| &audited.event)
            .find(|event| is_it(event))
            .map(|event| event.at)
    };
    if submitted_at != newest(|event| event.action == Action::Submit) {
        broken("times_differ", "the time of its submission is not that of its events".to_owned());
    }
    // An older version also kept the time of waitlisting, which decides nothing.
    if newest(is_decision).is_some_and(|at| !case.state.is_undecided() && decided_at != Some(at)) {
        broken("times_differ", "the time of its decision is not that of its events".to_owned());
    }
    check_live_document(file, broken);
    if let AuditedForm::Open(open) = file.form {
        check_form(file, open, broken);
    }
}

fn microseconds(at: Timestamp) -> i64 {
    at.as_microsecond()
}

fn is_decision(event: &Event) -> bool {
    matches!(event.action, Action::Endorse | Action::Promote | Action::Refuse) && !event.to.is_undecided()
}

/// The officer that the case has after these events.
fn assignee(history: &[AuditedEvent]) -> Option<AccountId> {
    let mut assignee = None;
    for AuditedEvent { event, .. } in history {
        let is_moved = event.from != Some(event.to) || event.from_stage != event.to_stage;
        assignee = match event.action {
            Action::Claim | Action::Assign | Action::Unclaim => event.facts.assignee.map(AccountId),
            Action::RequestInformation if event.actor_kind == "account" => event.actor.map(AccountId),
            Action::RequestInformation | Action::Respond => assignee,
            _ if is_moved => None,
            _ => assignee,
        };
    }
    assignee
}

/// When the case is due by its events; none: they do not say. `authorization.rs` knows when an approved one is.
fn due(file: &CaseFile<'_>) -> Option<Option<Timestamp>> {
    let newest = |actions: &[Action]| {
        let events = file.history.iter().rev().map(|audited| &audited.event);
        events.into_iter().find(|event| actions.contains(&event.action))
    };
    match file.case.state {
        State::InReview => {
            use Action::{Appeal, Endorse, Promote, Respond, Submit};
            let begun = newest(&[Submit, Endorse, Promote, Respond, Appeal])?.at;
            let stage = file.programme.stage(file.case.stage.as_deref()?)?;
            Some(Some(calendar::days_after(begun, stage.due_days)))
        }
        State::InformationRequested => Some(newest(&[Action::RequestInformation])?.facts.respond_by),
        State::Draft | State::Refused | State::Withdrawn | State::Lapsed | State::Revoked => Some(None),
        State::Expired | State::Completed => Some(None),
        State::Approved | State::Waitlisted => None,
    }
}

/// A live case keeps its document from being used again, and no other does.
fn check_live_document(file: &CaseFile<'_>, broken: &mut impl FnMut(&'static str, String)) {
    let case = file.case;
    let is_live = case.state.is_live();
    if is_live != case.live_document_hash.is_some()
        || (is_live && case.live_document_hash != case.document_hash)
    {
        broken(
            "document_unguarded",
            format!("{} case, and its document is not kept unique accordingly", case.state),
        );
    }
}

fn check_form(file: &CaseFile<'_>, open: &OpenForm, broken: &mut impl FnMut(&'static str, String)) {
    let (case, form) = (file.case, &open.form);
    if case.names != open.names {
        broken("names_differ", "its names are not those of its form".to_owned());
    }
    let fits = match (&case.document_hash, &open.document_hashes) {
        (None, None) => true,
        (Some(hash), Some(known)) => known.contains(hash),
        _ => false,
    };
    if !fits {
        broken("document_differs", "its travel document is not that of its form".to_owned());
    }
    let rank = file.programme.points(&case.category, form.employment.project_priority.as_deref());
    if case.rank != rank {
        broken("rank_differs", format!("rank {}, by its form and category {rank}", case.rank));
    }
    // A sponsor that was asked and has not accepted is not that of the case.
    let sponsor = case.sponsor.map(|id| file.known.codes.get(&id));
    let named = form.employment.sponsor.as_ref();
    if named.is_some() && sponsor.is_some_and(|sponsor| sponsor != named) {
        broken("sponsor_differs", "its sponsor is not the one that its form names".to_owned());
    }
    let is_direction = file.programme.directions.contains(&case.direction);
    if !is_direction || file.programme.category(&case.category).is_none() {
        let detail = format!("its programme has no {} or no {}", case.direction, case.category);
        broken("terms_unknown", detail);
    }
}
