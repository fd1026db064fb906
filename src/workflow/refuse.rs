//! Say no.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        case::Dossier,
        event::{Facts, Words},
        field_error::FieldError,
        lifecycle::{Action, State},
        programme::Programme,
        refusal::Conflict,
    },
    store::Tx,
    workflow::{
        WorkflowError,
        claim::refuse_others_claim,
        dossier::{self, Target},
        transition::{self, Step},
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
    /// What is missing or unknown.
    pub(super) fn faults(&self, programme: &Programme) -> Vec<FieldError> {
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
        faults
    }

    /// As the event keeps them.
    pub(super) fn into_record(self) -> (Facts, Words) {
        let facts = Facts { grounds: self.grounds, ..Facts::default() };
        (facts, Words { note: self.note, message: self.message, ..Words::default() })
    }
}

/// Refuses the case at its stage; a held place goes to the next in line.
pub fn refuse(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    reasons: Reasons,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (dossier, _) = dossier::for_action(tx, actor, target, Action::Refuse)?;
    refuse_others_claim(&dossier, actor)?;
    let stage = dossier.case.stage.as_deref().and_then(|code| dossier.programme.stage(code));
    if !stage.is_some_and(|stage| stage.may_refuse) {
        return Err(Conflict::ActionNotAllowed.into());
    }
    let faults = reasons.faults(&dossier.programme);
    if !faults.is_empty() {
        return Err(WorkflowError::Invalid(faults));
    }
    let (facts, words) = reasons.into_record();
    let step = Step { facts, words, ..Step::end(Action::Refuse, State::Refused) };
    transition::apply(tx, dossier, step, actor, now)
}
