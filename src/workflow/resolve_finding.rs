//! Deal with a finding.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::Actor,
        case::Dossier,
        event::{Facts, Words},
        ids::FindingId,
        lifecycle::Action,
        refusal::Conflict,
    },
    store::{self, Tx},
    workflow::{
        WorkflowError,
        claim::refuse_others_claim,
        dossier::{self, Target},
        transition::{self, Step},
    },
};

/// Marks a finding as dealt with, and says how.
pub fn resolve_finding(
    tx: &mut Tx<'_>,
    actor: &Actor,
    target: Target,
    finding: FindingId,
    note: Option<String>,
    now: Timestamp,
) -> Result<Dossier, WorkflowError> {
    let (mut dossier, _) = dossier::for_action(tx, actor, target, Action::ResolveFinding)?;
    refuse_others_claim(&dossier, actor)?;
    if note.is_none() {
        return Err(WorkflowError::field("/note", "required"));
    }
    let Some(found) = dossier.findings.iter().find(|known| known.id == finding) else {
        return Err(WorkflowError::field("/finding", "unknown_finding"));
    };
    let code = found.noticed.code.to_string();
    if !store::finding::resolve(tx, dossier.case.id, finding, actor.identity.id(), now)? {
        return Err(Conflict::FindingResolved.into());
    }
    dossier.findings = store::finding::of_case(tx, dossier.case.id)?;
    let step = Step {
        facts: Facts { finding: Some(code), ..Facts::default() },
        words: Words { note, ..Words::default() },
        ..Step::stay(&dossier.case, Action::ResolveFinding)
    };
    transition::apply(tx, dossier, step, actor, now)
}
