//! Which roles a person can have in which organisation.

use crate::{
    domain::{
        actor::{Membership, Role},
        field_error::FieldError,
    },
    store::{self, Tx},
    workflow::Result,
};

/// The organisation with this code, and what is wrong with these roles in it.
pub(super) fn check(
    tx: &mut Tx<'_>,
    roles: &[Role],
    code: Option<&str>,
) -> Result<(Option<Membership>, Vec<FieldError>)> {
    let mut faults = Vec::new();
    if roles.is_empty() {
        faults.push(FieldError::new("/role", "required"));
    }
    let found = code.map(|code| store::organisation::by_code(tx, code)).transpose()?.flatten();
    let organisation = found.map(Membership::from);
    let kind = organisation.as_ref().map(|own| own.kind);
    let lacking = roles.iter().filter_map(|role| role.organisation()).find(|needed| kind != Some(*needed));
    if code.is_some() && organisation.is_none() {
        faults.push(FieldError::new("/organisation", "unknown_organisation"));
    } else if let Some(needed) = lacking {
        faults.push(FieldError::new("/organisation", "role_needs_organisation").with("kind", needed));
    }
    Ok((organisation, faults))
}
