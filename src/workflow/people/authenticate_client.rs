//! Who an API client is: by its secret for a token, by a token's claims for a request.

use crate::{
    digest,
    domain::{actor::Actor, policy::Operation},
    store::{self, api_client::ApiClient, counted::Counted},
    workflow::{
        Result, Service, WorkflowError,
        entrance::{Context, Query},
        people::limits::{self, CountWrongSecret},
        subject::{Installation, Permitted},
    },
};

/// The client with this secret, which was sent from a network.
pub async fn by_secret(
    service: &Service,
    client_id: String,
    client_secret: &str,
    network: String,
) -> Result<ApiClient> {
    let nobody = Actor::anonymous();
    let secret_hash = digest::sha256(client_secret.as_bytes());
    let guess = Counted::Secret { client_id: client_id.clone(), network };
    let query = ClientBySecret { client_id, secret_hash, guess: guess.clone() };
    let found = service.query(&nobody, query).await;
    if matches!(found, Err(WorkflowError::SignInFailed)) {
        service.execute(&nobody, CountWrongSecret { guess }).await?;
    }
    found
}

/// The client whose secret has this hash, unless too many were wrong.
#[derive(Clone)]
struct ClientBySecret {
    client_id: String,
    secret_hash: Vec<u8>,
    guess: Counted,
}

impl Query for ClientBySecret {
    type Subject = Installation;
    type Output = ApiClient;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<ApiClient> {
        limits::refuse_many_secrets(ctx, &self.guess)?;
        // PostgreSQL's texts cannot contain NUL, so there is no such client.
        let client = match self.client_id.contains('\0') {
            true => None,
            false => store::api_client::by_client_id(ctx.tx, &self.client_id)?,
        };
        // Hashes of 256 random bits: the time of their comparison reveals nothing about the secret.
        client.filter(|client| client.secret_hash == self.secret_hash).ok_or(WorkflowError::SignInFailed)
    }
}

/// The client that holds a token. A client that was disabled since then or has another secret is refused.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields are what the token says")]
pub struct ClientById {
    pub client_id: String,
    /// [`ApiClient::secret_mark`] when the token was issued.
    pub secret_mark: Option<String>,
}

impl Query for ClientById {
    type Subject = Installation;
    type Output = ApiClient;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<ApiClient> {
        let client = store::api_client::by_client_id(ctx.tx, &self.client_id)?;
        let has_secret =
            |client: &ApiClient| self.secret_mark.as_ref().is_none_or(|mark| *mark == client.secret_mark());
        client.filter(has_secret).ok_or(WorkflowError::SignInFailed)
    }
}
