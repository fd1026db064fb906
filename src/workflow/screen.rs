//! Screening, as part of submit and respond: checks the form and updates the findings.

use jiff::Timestamp;

use crate::{
    domain::{
        batch::Batch,
        calendar,
        case::Dossier,
        completeness,
        field_error::FieldError,
        finding::Finding,
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
    Ok(store::evidence::of_case(tx, dossier.case.id)?.into_iter().map(|document| document.kind).collect())
}

/// Writes the new findings of the current round, closes those that no longer apply, and returns the codes of the new
/// ones. What an officer has resolved stays resolved.
pub(super) fn refresh(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    kinds: &[String],
    others: OtherCases,
    now: Timestamp,
) -> Result<Vec<String>> {
    let case = &dossier.case;
    let noticed = screening::screen(&case.form, &case.category, kinds, others, &dossier.programme);
    let is_over = |f: &&Finding| f.resolved_at.is_none() && !noticed.contains(&f.noticed);
    let over: Vec<_> = dossier.findings_of_round().filter(is_over).collect();
    for finding in &over {
        store::finding::resolve(tx, case.id, finding.id, None, now)?;
    }
    let is_new = |n: &&screening::Noticed| !dossier.findings_of_round().any(|f| f.noticed == **n);
    let new: Vec<_> = noticed.iter().filter(is_new).collect();
    for finding in &new {
        store::finding::insert(tx, case.id, dossier.review.round(), finding, now)?;
    }
    let codes = new.iter().map(|finding| finding.code.to_string()).collect();
    if !over.is_empty() || !new.is_empty() {
        dossier.findings = store::finding::of_case(tx, case.id)?;
    }
    Ok(codes)
}

/// Every fault that prevents the form from being submitted today.
pub(super) fn faults(dossier: &Dossier, batch: &Batch, kinds: &[String], now: Timestamp) -> Vec<FieldError> {
    let case = &dossier.case;
    let today = calendar::day_of(now);
    completeness::faults(&case.form, &case.direction, &case.category, kinds, &dossier.programme, batch, today)
}

/// Invalid if there are faults.
pub(super) fn refuse_faults(faults: Vec<FieldError>) -> Result<()> {
    if faults.is_empty() { Ok(()) } else { Err(WorkflowError::Invalid(faults)) }
}
