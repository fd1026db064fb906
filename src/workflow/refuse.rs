//! Refuse a case at its stage.

use crate::{
    domain::{
        case::Dossier,
        event::{Facts, Words},
        field_error::FieldError,
        lifecycle::{Action, State},
        programme::Programme,
        refusal::Conflict,
    },
    workflow::{
        Result, WorkflowError,
        case_command::CaseCommand,
        claim::refuse_others_claim,
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Why a case is refused or an authorization revoked.
#[derive(Clone, Debug, Default)]
pub struct Reasons {
    /// At least one of the programme's grounds.
    pub grounds: Vec<String>,
    /// For the applicant.
    pub message: Option<String>,
    /// For officers.
    pub note: Option<String>,
}

impl Reasons {
    /// As the event keeps them, or everything that is missing or unknown.
    pub(super) fn checked(&self, programme: &Programme) -> Result<(Facts, Words)> {
        let mut faults = Vec::new();
        if self.grounds.is_empty() {
            faults.push(FieldError::new("/grounds", "required"));
        }
        for (index, ground) in self.grounds.iter().enumerate() {
            if programme.ground(ground).is_none() {
                let known = programme.grounds.iter().map(|ground| &ground.code);
                faults.push(FieldError::unknown_code(format!("/grounds/{index}"), known));
            }
        }
        if self.message.is_none() {
            faults.push(FieldError::new("/message", "required"));
        }
        if !faults.is_empty() {
            return Err(WorkflowError::Invalid(faults));
        }
        let facts = Facts { grounds: self.grounds.clone(), ..Facts::default() };
        let (note, message) = (self.note.clone(), self.message.clone());
        Ok((facts, Words { note, message, ..Words::default() }))
    }
}

/// Refuses the case; a held place goes to the next in line.
#[derive(Clone, Debug, Default)]
pub struct Refuse {
    /// Why.
    pub reasons: Reasons,
}

impl CaseCommand for Refuse {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::Refuse
    }

    fn run(&self, ctx: &mut Context<'_, '_>, dossier: Permitted<SeenCase>) -> Result<Dossier> {
        refuse_others_claim(&dossier, ctx.actor)?;
        let stage = dossier.case.stage.as_deref().and_then(|code| dossier.programme.stage(code));
        if !stage.is_some_and(|stage| stage.may_refuse) {
            return Err(Conflict::ActionNotAllowed.into());
        }
        let (facts, words) = self.reasons.checked(&dossier.programme)?;
        transition::apply(ctx, dossier, CaseStep { facts, words, ..CaseStep::end(State::Refused) })
    }
}
