//! Ask the applicant for information.

use crate::{
    domain::{
        calendar::{self, Deadline},
        case::Dossier,
        event::{Facts, Words},
        lifecycle::{Action, BatchState, State},
        refusal::Conflict,
    },
    store,
    workflow::{
        Result, WorkflowError,
        case_command::CaseCommand,
        claim::{refuse_former_officer, refuse_others_claim},
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Requests information and waits for the answer. The officer who asks becomes the assignee.
#[derive(Clone, Debug, Default)]
pub struct RequestInformation {
    /// At least one question.
    pub questions: Vec<String>,
    /// The answer's deadline, in the days of the side that answers; without one, the programme's days from now.
    pub respond_by: Option<Deadline>,
    /// For officers.
    pub note: Option<String>,
}

/// The furthest that a deadline may lie ahead.
const MOST_DAYS: u32 = 90;

impl CaseCommand for RequestInformation {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::RequestInformation
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Dossier> {
        refuse_others_claim(&dossier, ctx.actor)?;
        if self.questions.is_empty() {
            return Err(WorkflowError::field("/questions", "required"));
        }
        let batch = store::batch::by_id(ctx.tx, dossier.case.batch)?.ok_or(WorkflowError::NotFound)?;
        // Its cases are about to lapse.
        if batch.state == BatchState::Ended {
            return Err(Conflict::BatchState.into());
        }
        // When the journey is over the case lapses, answered or not.
        let latest = calendar::days_after(ctx.now, MOST_DAYS);
        let latest = latest.min(dossier.journey_ends().unwrap_or(latest));
        let respond_by = match self.respond_by {
            Some(deadline) => deadline.in_zone(&dossier.programme.time_zone(dossier.home())),
            None => calendar::days_after(ctx.now, dossier.programme.rules.respond_days).min(latest),
        };
        if respond_by <= ctx.now {
            return Err(WorkflowError::field("/respond_by", "in_the_past"));
        }
        if respond_by > latest {
            return Err(WorkflowError::field("/respond_by", "too_late"));
        }
        if let Some(officer) = ctx.actor.account()
            && dossier.case.assignee != Some(officer)
        {
            refuse_former_officer(ctx, &dossier, officer)?;
        }
        let (note, questions) = (self.note.clone(), self.questions.clone());
        let step = CaseStep {
            to: State::InformationRequested,
            assignee: ctx.actor.account().or(dossier.case.assignee),
            due_at: Some(respond_by),
            facts: Facts { respond_by: Some(respond_by), ..Facts::default() },
            words: Words { note, questions, ..Words::default() },
            ..CaseStep::stay(&dossier)
        };
        transition::apply(ctx, dossier, step)
    }
}
