//! Who an API client is: by its secret for a token, by a token's claims for a request.

use crate::{
    digest,
    domain::policy::Operation,
    store::{self, api_client::ApiClient},
    workflow::{
        Result, WorkflowError,
        entrance::{Context, Query},
        subject::{Installation, Permitted},
    },
};

/// The client whose secret this is.
#[derive(Clone)]
#[expect(missing_docs, reason = "the fields are the words of OAuth 2.0")]
pub struct ClientBySecret {
    pub client_id: String,
    pub client_secret: String,
}

impl Query for ClientBySecret {
    type Subject = Installation;
    type Output = ApiClient;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<ApiClient> {
        let presented = digest::sha256(self.client_secret.as_bytes());
        // PostgreSQL's texts cannot contain NUL, so there is no such client.
        let client = match self.client_id.contains('\0') {
            true => None,
            false => store::api_client::by_client_id(ctx.tx, &self.client_id)?,
        };
        // Hashes of 256 random bits: the time of their comparison reveals nothing about the secret.
        client.filter(|client| client.secret_hash == presented).ok_or(WorkflowError::SignInFailed)
    }
}

/// The client that holds a token. A client that was disabled since then is refused.
#[derive(Clone, Debug)]
pub struct ClientById {
    /// What the token says.
    pub client_id: String,
}

impl Query for ClientById {
    type Subject = Installation;
    type Output = ApiClient;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<ApiClient> {
        store::api_client::by_client_id(ctx.tx, &self.client_id)?.ok_or(WorkflowError::SignInFailed)
    }
}
