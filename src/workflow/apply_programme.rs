//! Make a programme, or a new version of it, from its file.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    domain::{
        actor::{Actor, OrganisationKind, Role},
        programme::Programme,
        refusal::Forbidden,
    },
    store::{self, Tx},
    workflow::WorkflowError,
};

/// The programme that comes with the service.
pub const CN_KZ: &str = include_str!("../../programmes/cn-kz.toml");

/// Applies a programme's file: a new version, unless it says what the newest says already. Authorities that are
/// missing are made. Open cases keep the version they began with.
pub fn apply_programme(
    tx: &mut Tx<'_>,
    actor: &Actor,
    file: &Programme,
    now: Timestamp,
) -> Result<Arc<Programme>, WorkflowError> {
    if !actor.is(Role::Administrator) {
        return Err(Forbidden::Role.into());
    }
    let faults = file.faults();
    if !faults.is_empty() {
        return Err(WorkflowError::Invalid(faults));
    }
    let newest = store::programme::newest(tx, &file.code)?;
    let number = newest.as_ref().map_or(0, |newest| newest.version);
    let same = Programme { version: number, ..file.clone() };
    if let Some(newest) = newest.filter(|newest| **newest == same) {
        return Ok(newest);
    }
    for authority in &file.authorities {
        if store::organisation::by_code(tx, &authority.code)?.is_none() {
            let (kind, territory) = (OrganisationKind::Authority, Some(authority.territory.as_str()));
            store::organisation::create(tx, &authority.code, &authority.name.en, kind, territory, now)?;
        }
    }
    let next = Programme { version: number + 1, ..file.clone() };
    store::programme::insert(tx, &next, now)?;
    Ok(Arc::new(next))
}

/// Loads the bundled programme if there is none at all.
pub fn apply_bundled(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), WorkflowError> {
    if !store::programme::all_newest(tx)?.is_empty() {
        return Ok(());
    }
    let file: Programme = toml::from_str(CN_KZ)
        .map_err(|e| store::StoreError::Broken(format!("the bundled programme cannot be read: {e}")))?;
    apply_programme(tx, &Actor::operator(), &file, now).map(|_| ())
}
