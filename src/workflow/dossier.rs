//! Completing a case with all that a decision needs.

use crate::{
    domain::{
        case::{Case, Dossier},
        lifecycle::State,
    },
    store::{self, Tx},
    workflow::WorkflowError,
};

/// A case with its programme, endorsements and findings.
pub fn complete(tx: &mut Tx<'_>, case: Case) -> Result<Dossier, WorkflowError> {
    let programme =
        store::programme::version(tx, &case.programme, case.programme_version)?.ok_or_else(|| {
            store::StoreError::Broken(format!("{} has no version {}", case.programme, case.programme_version))
        })?;
    let endorsements = store::event::endorsements(tx, case.id)?;
    let findings = store::finding::of_case(tx, case.id)?;
    let has_entered = case.state == State::Approved
        && store::authorization::of_case(tx, case.id)?.is_some_and(|a| a.entered_on.is_some());
    Ok(Dossier { case, programme, endorsements, findings, has_entered })
}
