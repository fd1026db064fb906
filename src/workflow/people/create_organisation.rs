//! Create an organisation.

use crate::{
    domain::{
        actor::OrganisationKind, field_error::FieldError, ids::OrganisationId, policy::Operation,
        refusal::Conflict, typed,
    },
    random,
    store::{self, StoreError, organisation::Organisation},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        security_log::SecurityEvent,
        subject::{Installation, Permitted},
    },
};

/// The longest name.
const NAME: usize = 200;

/// Creates an organisation.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the command line")]
pub struct CreateOrganisation {
    pub code: String,
    pub name: String,
    pub kind: OrganisationKind,
    pub territory: Option<String>,
}

impl Command for CreateOrganisation {
    type Subject = Installation;
    type Output = Organisation;

    fn right(&self) -> (Operation, Installation) {
        (Operation::CreateOrganisation, Installation)
    }

    fn security_event(&self, _: &Organisation) -> Option<SecurityEvent> {
        SecurityEvent::new("organisation_created", &self.code)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Organisation> {
        let mut faults = Vec::new();
        let is_code = (2..=64).contains(&self.code.len())
            && self.code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !is_code {
            faults.push(FieldError::new("/code", "not_a_code"));
        }
        let name = typed::required_name(&self.name, NAME);
        let name = name.map_err(|fault| faults.push(fault.at("/name"))).unwrap_or_default();
        if self.territory.as_deref().is_some_and(|code| rust_iso3166::from_alpha2(code).is_none()) {
            faults.push(FieldError::new("/territory", "unknown_country"));
        }
        if !faults.is_empty() {
            return Err(WorkflowError::Invalid(faults));
        }
        let new = Organisation {
            id: OrganisationId(random::id()),
            code: self.code.clone(),
            name,
            kind: self.kind,
            territory: self.territory.clone(),
        };
        store::organisation::insert(ctx.tx, &new, ctx.by()).map_err(|error| match error {
            StoreError::Duplicate(_) => Conflict::AlreadyExists.into(),
            error => WorkflowError::from(error),
        })?;
        Ok(new)
    }
}
