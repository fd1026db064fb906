//! Screening, as part of submit and respond: checks the form and updates the findings.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    domain::{
        batch::Batch,
        calendar,
        case::Dossier,
        completeness,
        field_error::FieldError,
        finding::{Finding, Screened},
        ids::FindingId,
        journey,
        refusal::Conflict,
        screening::{self, OtherCases},
    },
    store::{self, Tx},
    workflow::{Result, WorkflowError},
};

/// What other cases say about the travel document. No two live cases of one programme have the same.
pub(super) fn refuse_twin(tx: &mut Tx<'_>, dossier: &Dossier) -> Result<OtherCases> {
    let others = store::application::others_with_document(tx, &dossier.case)?;
    if others.live_here { Err(Conflict::DuplicateCase.into()) } else { Ok(others) }
}

/// The kinds of the uploaded evidence.
pub(super) fn kinds_present(tx: &mut Tx<'_>, dossier: &Dossier) -> Result<Vec<String>> {
    Ok(store::evidence::of_case(tx, dossier.case.id)?.iter().map(|document| document.kind.clone()).collect())
}

/// Writes the new findings of the current round, closes those that no longer apply, and returns the codes of the new
/// ones. A finding is about values: what an officer has resolved stays resolved for these values, and what was closed
/// because it no longer applied is raised again when it does.
pub(super) fn refresh(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    kinds: &[String],
    others: OtherCases,
    now: Timestamp,
) -> Result<Vec<String>> {
    let case = &dossier.case;
    let screened = screening::screen(&case.form, &case.category, kinds, others, &dossier.programme);
    let values = values_of(tx, dossier)?;
    let is_over = |f: &&Finding| f.is_open() && !screened.iter().any(|s| is_same(f, s, &values));
    let over: Vec<_> = dossier.findings_of_round().filter(is_over).map(|finding| finding.id).collect();
    for finding in &over {
        store::finding::resolve(tx, case.id, *finding, None, now)?;
    }
    if !over.is_empty() {
        dossier.findings = store::finding::of_case(tx, case.id)?;
    }
    add_new(tx, dossier, &screened, &values, now)
}

/// What the findings of the case are about.
type Values = BTreeMap<FindingId, String>;

fn values_of(tx: &mut Tx<'_>, dossier: &Dossier) -> Result<Values> {
    match dossier.findings.is_empty() {
        true => Ok(Values::new()),
        false => Ok(store::finding::values_of_case(tx, dossier.case.id)?),
    }
}

fn is_same(finding: &Finding, screened: &Screened, values: &Values) -> bool {
    finding.noticed == screened.noticed && values.get(&finding.id) == Some(&screened.values)
}

/// Adds those that the current round does not have yet, and returns their codes.
fn add_new(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    screened: &[Screened],
    values: &Values,
    now: Timestamp,
) -> Result<Vec<String>> {
    let is_known = |s: &Screened| dossier.findings_of_round().any(|f| f.is_known() && is_same(f, s, values));
    let new: Vec<_> = screened.iter().filter(|screened| !is_known(screened)).collect();
    for screened in &new {
        store::finding::insert(tx, dossier.case.id, dossier.review.round(), screened, now)?;
    }
    if !new.is_empty() {
        dossier.findings = store::finding::of_case(tx, dossier.case.id)?;
    }
    Ok(new.iter().map(|screened| screened.noticed.code.to_string()).collect())
}

/// When the scheduler looks at the journey next: at the beginning of the day, where it leads to.
pub(super) fn next_journey_check(dossier: &Dossier, now: Timestamp) -> Option<Timestamp> {
    let host = dossier.programme.time_zone(dossier.host());
    let day = journey::next_check(&dossier.case.form.journey, calendar::day_in(&host, now))?;
    Some(calendar::end_in(&host, day.yesterday().unwrap_or(day)))
}

/// Writes a finding for the last stage if the planned day of arrival has passed, and returns its code.
pub(super) fn notice_passed_arrival(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    now: Timestamp,
) -> Result<Vec<String>> {
    let today = dossier.programme.day_in(dossier.host(), now);
    match screening::passed_arrival(&dossier.case.form.journey, &dossier.programme, today) {
        Some(screened) => {
            let values = values_of(tx, dossier)?;
            add_new(tx, dossier, &[screened], &values, now)
        }
        None => Ok(Vec::new()),
    }
}

/// Every fault that prevents the form from being submitted today.
pub(super) fn faults(dossier: &Dossier, batch: &Batch, kinds: &[String], now: Timestamp) -> Vec<FieldError> {
    let (case, programme) = (&dossier.case, &dossier.programme);
    let mut faults =
        completeness::faults(&case.form, &case.direction, &case.category, kinds, programme, batch, now);
    if case.form.employment.sponsor.is_some() && case.sponsor.is_none() {
        faults.push(FieldError::new("/employment/sponsor", "sponsor_not_accepted"));
    }
    faults
}

/// Invalid if there are faults.
pub(super) fn refuse_faults(faults: Vec<FieldError>) -> Result<()> {
    if faults.is_empty() { Ok(()) } else { Err(WorkflowError::Invalid(faults)) }
}
