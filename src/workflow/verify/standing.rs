//! What the last event of a case says about the case: the digest of its columns, its form, its papers, its findings, what
//! its place is counted under, and its authorization.

use std::collections::BTreeMap;

use crate::{
    digest,
    domain::{event::AuditedEvent, ids::ApplicationId},
    store::{self, Tx, standing::Stands},
    workflow::Result,
};

/// What stands of these cases.
pub(super) fn of_cases(tx: &mut Tx<'_>, cases: &[ApplicationId]) -> Result<BTreeMap<ApplicationId, Stands>> {
    let standing = store::standing::of_cases(tx, cases)?;
    Ok(standing.into_iter().map(|stands| (stands.case.id, stands)).collect())
}

/// The case is as its last event left it. What stood after an earlier event is not known any more. An event from before
/// there were keys has no digest; nor has one that came while the form was about to be sealed again.
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
            "its row, form, papers, findings, place or authorization is not as event {} left it",
            event.seq
        );
        broken("standing_differs", detail);
    }
}
