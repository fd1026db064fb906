//! Who an API client is: by its secret for a token, by a token's claims for a request.

use crate::{
    secret,
    store::{self, Tx, api_client::ApiClient},
    workflow::WorkflowError,
};

/// The client whose secret this is.
pub fn by_secret(tx: &mut Tx<'_>, client_id: &str, client_secret: &str) -> Result<ApiClient, WorkflowError> {
    let presented = secret::sha256(client_secret.as_bytes());
    // PostgreSQL's texts hold no NUL: there is no such client.
    let client = match client_id.contains('\0') {
        true => None,
        false => store::api_client::by_client_id(tx, client_id)?,
    };
    // Hashes of 256 random bits: what their comparison takes tells nothing about the secret.
    client.filter(|client| client.secret_hash == presented).ok_or(WorkflowError::SignInFailed)
}

/// The client that holds a token. A client that was disabled since acts no more.
pub fn by_client_id(tx: &mut Tx<'_>, client_id: &str) -> Result<ApiClient, WorkflowError> {
    store::api_client::by_client_id(tx, client_id)?.ok_or(WorkflowError::SignInFailed)
}
