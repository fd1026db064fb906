//! Create an API client.

use crate::{
    digest,
    domain::{actor::Scope, field_error::FieldError, ids::ClientId, policy::Operation, typed},
    random,
    store::{self, api_client::ApiClient},
    workflow::{
        Result, WorkflowError,
        entrance::{Command, Context},
        security_log::SecurityEvent,
        subject::{Installation, Permitted},
    },
};

/// The longest name.
const NAME: usize = 100;

/// Creates an API client.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the command line")]
pub struct CreateClient {
    pub name: String,
    /// The organisation's code.
    pub organisation: String,
    pub scopes: Vec<Scope>,
}

/// The credentials of the program; shown once.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of OAuth 2.0")]
pub struct ClientCredentials {
    pub client_id: String,
    pub client_secret: String,
}

impl Command for CreateClient {
    type Subject = Installation;
    type Output = ClientCredentials;

    fn right(&self) -> (Operation, Installation) {
        (Operation::CreateClient, Installation)
    }

    fn security_event(&self, created: &ClientCredentials) -> Option<SecurityEvent> {
        SecurityEvent::new("client_created", &created.client_id)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<ClientCredentials> {
        let mut faults = Vec::new();
        let name = typed::required_name(&self.name, NAME);
        let name = name.map_err(|fault| faults.push(fault.at("/name"))).unwrap_or_default();
        if self.scopes.is_empty() {
            faults.push(FieldError::new("/scope", "required"));
        }
        let organisation = store::organisation::by_code(ctx.tx, &self.organisation)?;
        if organisation.is_none() {
            faults.push(FieldError::new("/organisation", "unknown_organisation"));
        }
        let (Some(organisation), true) = (organisation, faults.is_empty()) else {
            return Err(WorkflowError::Invalid(faults));
        };
        let credentials = ClientCredentials {
            client_id: format!("{}-{}", organisation.code, digest::hex(&random::bytes::<6>())),
            client_secret: random::token(),
        };
        let client = ApiClient {
            id: ClientId(random::id()),
            client_id: credentials.client_id.clone(),
            name,
            scopes: self.scopes.clone(),
            organisation: organisation.into(),
            secret_hash: digest::sha256(credentials.client_secret.as_bytes()),
            disabled_at: None,
        };
        store::api_client::insert(ctx.tx, &client, ctx.by())?;
        Ok(credentials)
    }
}
