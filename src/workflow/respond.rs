//! Answer what an officer asked.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        case::Dossier,
        event::{Facts, Words},
        lifecycle::Action,
    },
    store::{self, Tx},
    workflow::{
        WorkflowError,
        dossier::{self, Target},
        screen,
        transition::{self, Step},
    },
};

/// Answers, and the case is back on the same desk. The form must be complete still; it is screened again. Missing
/// papers do not stop the answer: they become a finding that the officer deals with.
pub fn respond(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    answers: Vec<String>,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (mut dossier, _) = dossier::for_action(tx, actor, target, Action::Respond)?;
    if answers.is_empty() {
        return Err(WorkflowError::field("/answers", "required"));
    }
    let batch = store::batch::by_id(tx, dossier.case.batch)?.ok_or(WorkflowError::NotFound)?;
    let kinds = screen::kinds_present(tx, &dossier)?;
    let mut faults = screen::faults(&dossier, &batch, &kinds, now);
    faults.retain(|fault| fault.code != "evidence_missing");
    screen::refuse_faults(faults)?;
    screen::refuse_twin(tx, &dossier)?;
    let findings = screen::refresh(tx, &mut dossier, &kinds, now)?;
    let stage = dossier.case.stage.clone().ok_or(WorkflowError::NotFound)?;
    let fields = changed_since_asked(tx, &dossier)?;
    let step = Step {
        assignee: dossier.case.assignee,
        facts: Facts { findings, fields, ..Facts::default() },
        words: Words { answers, ..Words::default() },
        ..Step::to_stage(&dossier, Action::Respond, &stage, dossier.case.place, now)
    };
    transition::apply(tx, dossier, step, actor, now)
}

/// The fields that were changed since the question; old and new stand in the edits.
fn changed_since_asked(tx: &mut Tx<'_>, dossier: &Dossier) -> Result<Vec<String>, WorkflowError> {
    let asked = store::event::newest_of(tx, dossier.case.id, &[Action::RequestInformation])?;
    let events = store::event::of_case(tx, dossier.case.id, asked.map_or(0, |event| event.seq), 1000)?;
    let mut fields: Vec<String> = events.into_iter().flat_map(|(event, _)| event.facts.fields).collect();
    fields.sort();
    fields.dedup();
    Ok(fields)
}
