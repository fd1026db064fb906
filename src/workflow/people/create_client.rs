//! Make an API client.

use jiff::Timestamp;

use crate::{
    chance,
    domain::{
        actor::{Actor, Scope},
        field_error::FieldError,
        ids::ClientId,
    },
    secret,
    store::{self, Tx, api_client::ApiClient},
    workflow::{WorkflowError, people::must_be_administrator},
};

/// What the client is.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of the command line")]
pub struct CreateClient {
    pub name: String,
    /// The organisation's code.
    pub organisation: String,
    pub scopes: Vec<Scope>,
}

/// What its program signs in with; shown once.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are the words of OAuth 2.0")]
pub struct ClientCredentials {
    pub client_id: String,
    pub client_secret: String,
}

/// Makes the client.
pub fn create_client(
    tx: &mut Tx<'_>,
    actor: &Actor,
    wish: &CreateClient,
    now: Timestamp,
) -> Result<ClientCredentials, WorkflowError> {
    must_be_administrator(actor)?;
    let mut faults = Vec::new();
    if wish.name.trim().is_empty() || wish.name.chars().count() > 100 {
        faults.push(FieldError::new("/name", "required"));
    }
    if wish.scopes.is_empty() {
        faults.push(FieldError::new("/scope", "required"));
    }
    let organisation = store::organisation::by_code(tx, &wish.organisation)?;
    if organisation.is_none() {
        faults.push(FieldError::new("/organisation", "unknown_organisation"));
    }
    let (Some(organisation), true) = (organisation, faults.is_empty()) else {
        return Err(WorkflowError::Invalid(faults));
    };
    let credentials = ClientCredentials {
        client_id: format!("{}-{}", organisation.code, secret::hex(&chance::random_bytes::<6>())),
        client_secret: chance::token(),
    };
    let client = ApiClient {
        id: ClientId(chance::fresh_id()),
        scopes: wish.scopes.clone(),
        organisation: organisation.into(),
        secret_hash: secret::sha256(credentials.client_secret.as_bytes()),
    };
    store::api_client::insert(tx, &client, &credentials.client_id, wish.name.trim(), now)?;
    Ok(credentials)
}
