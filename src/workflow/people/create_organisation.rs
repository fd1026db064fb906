//! Make an organisation.

use jiff::Timestamp;

use crate::{
    domain::{
        actor::{Actor, OrganisationKind},
        field_error::FieldError,
        refusal::Conflict,
    },
    store::{self, StoreError, Tx, organisation::Organisation},
    workflow::{WorkflowError, people::must_be_administrator},
};

/// What an organisation is.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the command line")]
pub struct CreateOrganisation {
    pub code: String,
    pub name: String,
    pub kind: OrganisationKind,
    pub territory: Option<String>,
}

/// Makes the organisation.
pub fn create_organisation(
    tx: &mut Tx<'_>,
    actor: &Actor,
    wish: &CreateOrganisation,
    now: Timestamp,
) -> Result<Organisation, WorkflowError> {
    must_be_administrator(actor)?;
    let mut faults = Vec::new();
    let is_code = (2..=64).contains(&wish.code.len())
        && wish.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !is_code {
        faults.push(FieldError::new("/code", "not_a_code"));
    }
    if wish.name.trim().is_empty() {
        faults.push(FieldError::new("/name", "required"));
    }
    if wish.name.chars().count() > 200 {
        faults.push(FieldError::new("/name", "too_long").with("most", 200));
    }
    if wish.territory.as_deref().is_some_and(|code| rust_iso3166::from_alpha2(code).is_none()) {
        faults.push(FieldError::new("/territory", "unknown_country"));
    }
    if !faults.is_empty() {
        return Err(WorkflowError::Invalid(faults));
    }
    let territory = wish.territory.as_deref();
    store::organisation::create(tx, &wish.code, wish.name.trim(), wish.kind, territory, now).map_err(
        |error| match error {
            StoreError::Duplicate(_) => Conflict::AlreadyExists.into(),
            error => error.into(),
        },
    )
}
