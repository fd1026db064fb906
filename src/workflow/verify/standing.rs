//! What the last event of a case says about the case: the digest of its columns, its form, its documents, its findings,
//! what its place is counted under, and its authorization.

use std::collections::BTreeMap;

use crate::{
    digest,
    domain::{event::AuditedEvent, ids::ApplicationId},
    store::{self, Tx, standing::Stands},
    workflow::Result,
};

/// The values of these cases.
pub(super) fn of_cases(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<BTreeMap<ApplicationId, Stands>> {
    let standing = store::standing::of_cases(tx, cases)?;
    Ok(standing.into_iter().map(|stands| (stands.case.id, stands)).collect())
}

/// The case is as its last event left it. The values after an earlier event are not stored any more. An event from
/// before there were keys has no digest. An event that was added while the form was waiting to be sealed again has none
/// either.
pub(super) fn check(
    stands: Option<Stands>,
    history: &[AuditedEvent],
    are_closed: bool,
    broken: &mut impl FnMut(&'static str, String),
) {
    let (Some(stands), Some(last)) = (stands, history.last()) else { return };
    let event = &last.event;
    let is_as_left = match &event.digest {
        Some(digest) => *digest == digest::sha256(&stands.standing().bytes()),
        None => event.hash_key.is_none() || !are_closed,
    };
    if !is_as_left {
        let detail = format!(
            "its row, form, documents, findings, place or authorization is not as event {} left it",
            event.seq
        );
        broken("standing_differs", detail);
    }
}
