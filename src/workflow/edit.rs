//! Change the form of a draft, or of a case of which information is requested.

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    domain::{
        actor::{Actor, OrganisationKind},
        batch::BatchState,
        case::{Dossier, SponsorRef},
        event::{Facts, Words},
        field_error::FieldError,
        form::{Change, Form},
        ids::BatchId,
        lifecycle::{Action, State},
        programme::Programme,
        reader::Reader,
    },
    store::{self, Tx},
    workflow::{
        WorkflowError,
        create::own_sponsor,
        dossier::{self, Target},
        transition::{self, Step},
    },
};

/// Applies a merge patch (RFC 7396) of the application as the API shows it: `batch`, `direction` and `category` (in
/// a draft alone) and the sections of the form. All faults are told at once; nothing is changed then.
pub fn edit(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    patch: &Value,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (mut dossier, _) = dossier::for_action(tx, actor, target, Action::Edit)?;
    let before = dossier.case.clone();
    let mut faults = Vec::new();
    let Value::Object(fields) = patch else { return Err(WorkflowError::field("", "wrong_type")) };
    let (head, sections): (serde_json::Map<_, _>, _) = fields
        .clone()
        .into_iter()
        .partition(|(name, _)| ["batch", "direction", "category"].contains(&name.as_str()));
    move_draft(tx, &mut dossier, &Value::Object(head), &mut faults)?;
    dossier.case.form = before.form.patched_as_far_as_it_goes(&Value::Object(sections), &mut faults);
    check_priority(&dossier.programme, &dossier.case.form, &mut faults);
    let priority = dossier.case.form.employment.project_priority.as_deref();
    dossier.case.rank = dossier.programme.points(&dossier.case.category, priority);
    dossier.case.sponsor = sponsor_of(tx, actor, &dossier.case.form, &mut faults)?;
    if !faults.is_empty() {
        return Err(WorkflowError::Invalid(faults));
    }
    let mut changes = before.form.changes(&dossier.case.form);
    changes.extend(head_changes(&before, &dossier.case));
    if changes.is_empty() {
        return Ok(dossier);
    }
    store::application::update_form(tx, &dossier.case).map_err(transition::as_conflict)?;
    let facts =
        Facts { fields: changes.iter().map(|change| change.field.clone()).collect(), ..Facts::default() };
    let words = Words { changes, ..Words::default() };
    let step = Step { facts, words, ..Step::stay(&dossier.case, Action::Edit) };
    transition::apply(tx, dossier, step, actor, now)
}

/// Direction and category must be the programme's.
pub(super) fn check_codes(
    programme: &Programme,
    direction: &str,
    category: &str,
    faults: &mut Vec<FieldError>,
) {
    if !programme.directions.iter().any(|known| known == direction) {
        faults.push(FieldError::unknown_code("/direction", &programme.directions));
    }
    if programme.category(category).is_none() {
        faults.push(FieldError::unknown_code("/category", programme.category_codes()));
    }
}

/// The project's priority must be one of the programme's.
pub(super) fn check_priority(programme: &Programme, form: &Form, faults: &mut Vec<FieldError>) {
    if form.employment.project_priority.as_ref().is_some_and(|code| programme.priority(code).is_none()) {
        faults.push(FieldError::unknown_code("/employment/project_priority", programme.priority_codes()));
    }
}

/// The sponsor that the form names, or the one that the actor acts for.
pub(super) fn sponsor_of(
    tx: &mut Tx<'_>,
    actor: &Actor,
    form: &Form,
    faults: &mut Vec<FieldError>,
) -> Result<Option<SponsorRef>, WorkflowError> {
    let own = own_sponsor(actor);
    let Some(code) = &form.employment.sponsor else { return Ok(own) };
    if own.as_ref().is_some_and(|own| own.code != *code) {
        faults.push(FieldError::new("/employment/sponsor", "not_your_sponsor"));
        return Ok(own);
    }
    let named =
        store::organisation::by_code(tx, code)?.filter(|found| found.kind == OrganisationKind::Sponsor);
    if named.is_none() {
        faults.push(FieldError::new("/employment/sponsor", "unknown_sponsor"));
    }
    Ok(named.map(|found| SponsorRef { id: found.id, code: found.code, name: found.name }))
}

fn move_draft(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    head: &Value,
    faults: &mut Vec<FieldError>,
) -> Result<(), WorkflowError> {
    let mut reader = Reader::new(head, faults);
    let batch: Option<BatchId> = reader.id("batch");
    let direction = reader.text("direction", 64);
    let category = reader.text("category", 64);
    let is_draft = dossier.case.state == State::Draft;
    for name in ["batch", "direction", "category"] {
        if reader.mentions(name) && !is_draft {
            reader.fault(name, "fixed_after_submission");
        }
    }
    reader.finish();
    if !is_draft {
        return Ok(());
    }
    if let Some(id) = batch {
        let other = store::batch::by_id(tx, id)?;
        match other.filter(|b| b.programme == dossier.case.programme && b.state != BatchState::Ended) {
            Some(other) => dossier.case.batch = other.id,
            None => faults.push(FieldError::new("/batch", "unknown_batch")),
        }
    }
    let direction = direction.unwrap_or_else(|| dossier.case.direction.clone());
    let category = category.unwrap_or_else(|| dossier.case.category.clone());
    check_codes(&dossier.programme, &direction, &category, faults);
    dossier.case.direction = direction;
    dossier.case.category = category;
    Ok(())
}

fn head_changes(before: &crate::domain::case::Case, after: &crate::domain::case::Case) -> Vec<Change> {
    let pairs = [
        ("/batch", before.batch.to_string(), after.batch.to_string()),
        ("/direction", before.direction.clone(), after.direction.clone()),
        ("/category", before.category.clone(), after.category.clone()),
    ];
    let changed = pairs.into_iter().filter(|(_, old, new)| old != new);
    changed
        .map(|(field, old, new)| Change { field: field.into(), old: old.into(), new: new.into() })
        .collect()
}
