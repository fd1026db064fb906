//! Loads everything that a decision on a case needs.

use crate::{
    domain::{
        case::{Case, Dossier},
        lifecycle::State,
    },
    store::{self, Tx},
    workflow::Result,
};

/// A case with its programme, review and findings; the request to its sponsor while the form can change; its
/// authorization if it is approved.
pub fn complete(tx: &mut Tx<'_>, case: Case) -> Result<Dossier> {
    let programme =
        store::programme::version(tx, &case.programme, case.programme_version)?.ok_or_else(|| {
            store::StoreError::Unreadable(format!(
                "{} has no version {}",
                case.programme, case.programme_version
            ))
        })?;
    let review = store::event::review(tx, case.id)?;
    let findings = store::finding::of_case(tx, case.id)?;
    let is_writable = State::WRITABLE.contains(&case.state);
    let sponsorship = if is_writable { store::sponsorship::of_case(tx, case.id)? } else { None };
    let authorization = match case.state {
        State::Approved => store::authorization::of_case(tx, case.id)?,
        _ => None,
    };
    Ok(Dossier { case, programme, review, findings, sponsorship, authorization })
}
