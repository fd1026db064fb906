//! Ask the applicant.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        calendar,
        case::Dossier,
        event::{Facts, Words},
        lifecycle::{Action, State},
    },
    store::Tx,
    workflow::{
        WorkflowError,
        claim::refuse_others_claim,
        dossier::{self, Target},
        transition::{self, Step},
    },
};

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct RequestInformation {
    /// At least one question.
    pub questions: Vec<String>,
    /// The answer's deadline; without one, the programme's days from now.
    pub respond_by: Option<Timestamp>,
    /// For officers.
    pub note: Option<String>,
}

/// The furthest that a deadline may lie ahead.
const MOST_DAYS: u32 = 90;

/// Asks, and waits. Who asks has the case when the answer comes.
pub fn request_information(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    wish: RequestInformation,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (dossier, _) = dossier::for_action(tx, actor, target, Action::RequestInformation)?;
    refuse_others_claim(&dossier, actor)?;
    if wish.questions.is_empty() {
        return Err(WorkflowError::field("/questions", "required"));
    }
    let respond_by =
        wish.respond_by.unwrap_or_else(|| calendar::days_after(now, dossier.programme.rules.respond_days));
    if respond_by <= now {
        return Err(WorkflowError::field("/respond_by", "in_the_past"));
    }
    if respond_by > calendar::days_after(now, MOST_DAYS) {
        return Err(WorkflowError::field("/respond_by", "too_late"));
    }
    let step = Step {
        to: State::InformationRequested,
        assignee: actor.account().or(dossier.case.assignee),
        due_at: Some(respond_by),
        facts: Facts { respond_by: Some(respond_by), ..Facts::default() },
        words: Words { note: wish.note, questions: wish.questions, ..Words::default() },
        ..Step::stay(&dossier.case, Action::RequestInformation)
    };
    transition::apply(tx, dossier, step, actor, now)
}
