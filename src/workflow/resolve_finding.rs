//! Resolve a finding.

use crate::{
    domain::{
        case::Dossier,
        event::{Facts, Words},
        ids::FindingId,
        lifecycle::Action,
        refusal::{Conflict, Forbidden},
    },
    store,
    workflow::{
        Result, WorkflowError,
        case_command::CaseCommand,
        claim::refuse_others_claim,
        entrance::Context,
        subject::{Permitted, SeenCase},
        transition::{self, CaseStep},
    },
};

/// Marks a finding of the current stage as resolved, and says how.
#[derive(Clone, Debug)]
pub struct ResolveFinding {
    /// Which.
    pub finding: FindingId,
    /// How; for officers.
    pub note: Option<String>,
}

impl CaseCommand for ResolveFinding {
    type Output = Dossier;

    fn action(&self) -> Action {
        Action::ResolveFinding
    }

    fn run(&self, ctx: &mut Context<'_, '_>, mut dossier: Permitted<SeenCase>) -> Result<Dossier> {
        refuse_others_claim(&dossier, ctx.actor)?;
        if self.note.is_none() {
            return Err(WorkflowError::field("/note", "required"));
        }
        let Some(found) = dossier.findings_of_round().find(|known| known.id == self.finding) else {
            return Err(WorkflowError::field("/finding", "unknown_finding"));
        };
        if !dossier.is_for_current_stage(found) {
            return Err(WorkflowError::Forbidden(Forbidden::NotYourStage));
        }
        let code = found.noticed.code.to_string();
        if !store::finding::resolve(ctx.tx, dossier.case.id, self.finding, ctx.actor.identity.id(), ctx.now)?
        {
            return Err(Conflict::FindingResolved.into());
        }
        dossier.findings = store::finding::of_case(ctx.tx, dossier.case.id)?;
        let step = CaseStep {
            facts: Facts { finding: Some(code), ..Facts::default() },
            words: Words { note: self.note.clone(), ..Words::default() },
            ..CaseStep::stay(&dossier)
        };
        transition::apply(ctx, dossier, step)
    }
}
