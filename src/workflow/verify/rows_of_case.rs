//! What belongs to a case against its events: the lines of the ledger, the documents, the findings.

use std::collections::BTreeMap;

use super::cases::CaseFile;
use crate::{
    domain::{
        event::{AuditedEvent, Event},
        ids::ApplicationId,
        lifecycle::{Action, State},
        quota::{Movement, Place},
    },
    store::{
        self, Tx,
        audit::rows_of_case::{AuditedDocument, AuditedFinding},
        ledger::Entry,
    },
    workflow::Result,
};

/// The rows of a case.
#[derive(Default)]
pub(super) struct Rows {
    ledger: Vec<Entry>,
    documents: Vec<AuditedDocument>,
    findings: Vec<AuditedFinding>,
}

/// The rows of these cases.
pub(super) fn of_cases(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<BTreeMap<ApplicationId, Rows>> {
    let mut all: BTreeMap<ApplicationId, Rows> = BTreeMap::new();
    for entry in store::audit::rows_of_case::ledger(tx, cases)? {
        all.entry(entry.application).or_default().ledger.push(entry);
    }
    for document in store::audit::rows_of_case::documents(tx, cases)? {
        all.entry(document.case).or_default().documents.push(document);
    }
    for finding in store::audit::rows_of_case::findings(tx, cases)? {
        all.entry(finding.case).or_default().findings.push(finding);
    }
    Ok(all)
}

/// Checks the rows of a case.
pub(super) fn check(file: &CaseFile<'_>, rows: &Rows, broken: &mut impl FnMut(&'static str, String)) {
    check_place(file, &rows.ledger, broken);
    check_ledger(file, &rows.ledger, broken);
    check_documents(file, &rows.documents, broken);
    check_findings(file, &rows.findings, broken);
}

/// What the case occupies is what its lines of the ledger add up to.
fn check_place(file: &CaseFile<'_>, ledger: &[Entry], broken: &mut impl FnMut(&'static str, String)) {
    let case = file.case;
    let occupied = match case.place {
        Place::None => (0, 0),
        Place::Held => (1, 0),
        Place::Taken => (0, 1),
    };
    let sum = ledger.iter().fold((0, 0), |sum, e| (sum.0 + e.held_delta, sum.1 + e.taken_delta));
    if sum != occupied {
        broken("place_differs", format!("place {}, ledger {sum:?}", case.place));
    }
    if case.state == State::Approved && case.place != Place::Taken {
        broken("place_differs", "approved without a place".to_owned());
    }
}

/// Each line of the ledger belongs to an event of the same time, and counts the case in its own batch, direction and
/// category. A place keeps its sponsor while it is held; the case may get another.
fn check_ledger(file: &CaseFile<'_>, ledger: &[Entry], broken: &mut impl FnMut(&'static str, String)) {
    let case = file.case;
    let mut place: Option<&Entry> = None;
    for entry in ledger {
        let seq = entry.event_seq;
        let event = file.history.iter().map(|audited| &audited.event).find(|event| event.seq == seq);
        let Entry { under, movement, .. } = entry;
        let (deltas, is_own) = (movement.deltas(), movement.is_of_own_place());
        let fits = |event: &Event| event.at == entry.at && (entry.held_delta, entry.taken_delta) == deltas;
        if !event.is_some_and(fits) {
            broken("ledger_differs", format!("the line of event {seq} is not that of the event"));
        }
        let is_counted = entry.batch == case.batch && under.direction == case.direction;
        if !is_counted || under.category != case.category {
            broken("ledger_differs", format!("the line of event {seq} counts it elsewhere than the case is"));
        }
        if is_own && place.is_some_and(|place| place.under != *under) {
            broken("ledger_differs", format!("event {seq} moves a place that is counted elsewhere"));
        }
        place = (!matches!(movement, Movement::ReleaseHeld | Movement::ReleaseTaken)).then_some(entry);
    }
}

/// The documents are those that the events have added and not removed.
fn check_documents(
    file: &CaseFile<'_>,
    documents: &[AuditedDocument],
    broken: &mut impl FnMut(&'static str, String),
) {
    let mut named: BTreeMap<&str, bool> = BTreeMap::new();
    for AuditedEvent { event, .. } in file.history {
        if let Some(evidence) = &event.facts.evidence {
            named.insert(evidence, event.action == Action::RemoveEvidence);
        }
    }
    let is_erased = file.is_erased();
    for document in documents {
        let name = format!("{} {}", document.kind, document.id);
        match named.remove(name.as_str()) {
            None => broken("evidence_differs", format!("no event has added the document {}", document.id)),
            Some(is_removed) if is_removed != document.is_removed && !is_erased => {
                broken(
                    "evidence_differs",
                    format!("events and row disagree whether {} was removed", document.id),
                );
            }
            Some(_) => {}
        }
    }
    for name in named.keys() {
        broken("evidence_differs", format!("the document {name} was added, and its row is gone"));
    }
}

/// The findings that the events name are there, and as many are settled as officers have settled. Their values open.
fn check_findings(
    file: &CaseFile<'_>,
    findings: &[AuditedFinding],
    broken: &mut impl FnMut(&'static str, String),
) {
    /// The number of findings with a code, and of those that are settled.
    type Counts<'a> = BTreeMap<&'a str, (usize, usize)>;
    let (mut said, mut found) = (Counts::new(), Counts::new());
    for AuditedEvent { event, .. } in file.history {
        for code in &event.facts.findings {
            said.entry(code).or_default().0 += 1;
        }
        if let Some(code) = &event.facts.finding {
            said.entry(code).or_default().1 += 1;
        }
    }
    let is_open = !matches!(file.form, crate::store::audit::AuditedForm::Unreadable(_));
    for finding in findings {
        let counts = found.entry(finding.code.as_str()).or_default();
        counts.0 += 1;
        counts.1 += usize::from(finding.is_settled);
        // A case whose form does not open is reported once.
        if is_open && !finding.opens {
            broken("finding_unreadable", format!("the values of a finding {} do not open", finding.code));
        }
    }
    let codes: std::collections::BTreeSet<&str> = said.keys().chain(found.keys()).copied().collect();
    for code in codes {
        let [said, found] = [&said, &found].map(|counts| counts.get(code).copied().unwrap_or_default());
        if said != found {
            let detail = format!(
                "events name {} of {code}, {} settled; rows {}, {} settled",
                said.0, said.1, found.0, found.1
            );
            broken("finding_differs", detail);
        }
    }
}
