//! Change the form of a draft, or of a case while information is requested.

use std::sync::Arc;

use crate::{
    domain::{
        case::Dossier,
        event::{Facts, Words},
        field_error::FieldError,
        form::{Change, Field, Form, FormChanges, Update},
        ids::BatchId,
        lifecycle::{Action, BatchState, State},
        programme::Programme,
    },
    store::{self, Tx},
    workflow::{
        Result, WorkflowError,
        case_command::CaseCommand,
        entrance::Context,
        screen, sponsorship,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Changes an application, if neither the input nor its values have a fault; it reports all faults at once. A draft's
/// batch, direction and category change if they are set to something, and stay if they are set to nothing; after
/// submission they cannot be set at all, and the priority of the project, which decides the rank, cannot change.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Another batch of the same programme.
    pub batch: Update<Option<BatchId>>,
    /// One of the programme's directions.
    pub direction: Update<Option<String>>,
    /// One of the programme's categories.
    pub category: Update<Option<String>>,
    /// The form.
    pub form: FormChanges,
    /// The faults of the input. The faulty fields are not set.
    pub faults: Vec<FieldError>,
}

impl CaseCommand for Edit {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Edit
    }

    fn run(&self, ctx: &mut Context<'_, '_>, mut dossier: Permitted<SeenCase>) -> Result<Dossier> {
        let before = dossier.case.clone();
        let mut faults = self.faults.clone();
        move_draft(ctx.tx, &mut dossier, self, &mut faults)?;
        dossier.case.form = Arc::new(before.form.changed(&self.form));
        check_priority(&dossier.programme, &dossier.case.form, &mut faults);
        let priority = dossier.case.form.employment.project_priority.as_deref();
        if dossier.case.state == State::Draft {
            dossier.case.rank = dossier.programme.points(&dossier.case.category, priority);
        } else if priority != before.form.employment.project_priority.as_deref() {
            faults.push(FieldError::new("/employment/project_priority", "fixed_after_submission"));
        }
        let named = sponsorship::named(ctx.tx, ctx.actor, &dossier.case, &mut faults)?;
        if !faults.is_empty() {
            return Err(WorkflowError::Invalid(faults));
        }
        dossier.case.sponsor = named.accepted();
        let mut changes = before.form.changes_to(&dossier.case.form);
        changes.extend(head_changes(&before, &dossier.case));
        if changes.is_empty() {
            return Ok(dossier.into_inner());
        }
        store::application::update_form(ctx.tx, &mut dossier.case).map_err(transition::as_conflict)?;
        sponsorship::ask(ctx, &mut dossier, named)?;
        if dossier.case.state != State::Draft && dossier.case.form.journey != before.form.journey {
            let check_at = screen::next_journey_check(&dossier, ctx.now);
            store::journey_check::set(ctx.tx, dossier.case.id, check_at)?;
        }
        let facts =
            Facts { fields: changes.iter().map(|change| change.field.clone()).collect(), ..Facts::default() };
        let words = Words { changes, ..Words::default() };
        let step = CaseStep { facts, words, ..CaseStep::stay(&dossier) };
        transition::apply(ctx, dossier, step)
    }
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

fn move_draft(
    tx: &mut Tx<'_>,
    dossier: &mut Dossier,
    edit: &Edit,
    faults: &mut Vec<FieldError>,
) -> Result<()> {
    if dossier.case.state != State::Draft {
        let fixed = [
            ("/batch", edit.batch != Update::Keep),
            ("/direction", edit.direction != Update::Keep),
            ("/category", edit.category != Update::Keep),
        ];
        let named = fixed.into_iter().filter(|(_, is_set)| *is_set);
        faults.extend(named.map(|(at, _)| FieldError::new(at, "fixed_after_submission")));
        return Ok(());
    }
    if let Update::Set(Some(id)) = edit.batch {
        let other = store::batch::by_id(tx, id)?;
        match other.filter(|b| b.programme == dossier.case.programme && b.state != BatchState::Ended) {
            Some(other) => dossier.case.batch = other.id,
            None => faults.push(FieldError::new("/batch", "unknown_batch")),
        }
    }
    if let Update::Set(Some(direction)) = &edit.direction {
        dossier.case.direction.clone_from(direction);
    }
    if let Update::Set(Some(category)) = &edit.category {
        dossier.case.category.clone_from(category);
    }
    check_codes(&dossier.programme, &dossier.case.direction, &dossier.case.category, faults);
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
