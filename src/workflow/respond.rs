//! Answer what an officer asked.

use crate::{
    domain::{
        case::Dossier,
        event::{Facts, Words},
        lifecycle::{Action, BatchState},
        refusal::Conflict,
    },
    store::{self, Tx},
    workflow::{
        Result, WorkflowError,
        case_command::CaseCommand,
        entrance::Context,
        screen,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Answers; the case is back at the same stage. The form must still be complete; it is screened again. Missing
/// documents do not block the answer: they become a finding for the officer.
#[derive(Clone, Debug, Default)]
pub struct Respond {
    /// An answer for each question.
    pub answers: Vec<String>,
}

impl CaseCommand for Respond {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Respond
    }

    fn run(&self, ctx: &mut Context<'_, '_>, mut dossier: Permitted<SeenCase>) -> Result<Dossier> {
        if self.answers.is_empty() {
            return Err(WorkflowError::field("/answers", "required"));
        }
        let (tx, now) = (&mut *ctx.tx, ctx.now);
        let batch = store::batch::by_id(tx, dossier.case.batch)?.ok_or(WorkflowError::NotFound)?;
        // Its cases are about to lapse.
        if batch.state == BatchState::Ended {
            return Err(Conflict::BatchState.into());
        }
        let kinds = screen::kinds_present(tx, &dossier)?;
        let mut faults = screen::faults(&dossier, &batch, &kinds, now);
        faults.retain(|fault| fault.code != "evidence_missing");
        screen::refuse_faults(faults)?;
        let others = screen::refuse_twin(tx, &dossier)?;
        let findings = screen::refresh(tx, &mut dossier, &kinds, others, now)?;
        let stage = dossier.case.stage.clone().ok_or(WorkflowError::NotFound)?;
        let fields = changed_since_asked(tx, &dossier)?;
        let step = CaseStep {
            assignee: dossier.case.assignee,
            facts: Facts { findings, fields, ..Facts::default() },
            words: Words { answers: self.answers.clone(), ..Words::default() },
            ..CaseStep::to_stage(&dossier, &stage, dossier.case.place, now)
        };
        transition::apply(ctx, dossier, step)
    }
}

/// The fields that were changed since the question; the edits have the old and new values.
fn changed_since_asked(tx: &mut Tx<'_>, dossier: &Dossier) -> Result<Vec<String>> {
    let asked = store::event::newest_of(tx, dossier.case.id, &[Action::RequestInformation])?;
    let events = store::event::of_case(tx, dossier.case.id, asked.map_or(0, |event| event.seq), 1000)?;
    let mut fields: Vec<String> = events.into_iter().flat_map(|(event, _)| event.facts.fields).collect();
    fields.sort();
    fields.dedup();
    Ok(fields)
}
