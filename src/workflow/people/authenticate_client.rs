//! Who an API client is: by its secret for a token, by a token's claims for a request.

use crate::{
    digest,
    domain::{actor::Actor, policy::Operation},
    store::{self, api_client::ApiClient, counted::Counted},
    workflow::{
        Result, Service, WorkflowError,
        entrance::{Context, Query},
        people::limits::{self, CountWrongSecret},
        security_log,
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
    let query = ClientBySecret { client_id, guess: guess.clone() };
    let known = service.query(&nobody, query).await?;
    // Hashes of 256 random bits: the time of their comparison reveals nothing about the secret.
    if let Some(client) = known.as_ref().filter(|client| client.secret_hash == secret_hash) {
        return Ok(client.clone());
    }
    service.execute(&nobody, CountWrongSecret { guess }).await?;
    security_log::sign_in_refused("secret_refused", known.map(|client| client.client_id));
    Err(WorkflowError::SignInFailed)
}

/// The client that holds a token.
pub async fn by_token(service: &Service, token: ClientById) -> Result<ApiClient> {
    let client_id = token.client_id.clone();
    let found = service.query(&Actor::anonymous(), token).await;
    if matches!(found, Err(WorkflowError::SignInFailed)) {
        security_log::sign_in_refused("token_refused", Some(client_id));
    }
    found
}

/// The client whose secret is to be checked, unless too many were wrong.
#[derive(Clone)]
struct ClientBySecret {
    client_id: String,
    guess: Counted,
}

impl Query for ClientBySecret {
    type Subject = Installation;
    type Output = Option<ApiClient>;

    fn right(&self) -> (Operation, Installation) {
        (Operation::SignIn, Installation)
    }

    fn run(&self, ctx: &mut Context<'_, '_>, _: Permitted<Installation>) -> Result<Option<ApiClient>> {
        limits::refuse_many_secrets(ctx, &self.guess)?;
        // PostgreSQL's texts cannot contain NUL, so there is no such client.
        match self.client_id.contains('\0') {
            true => Ok(None),
            false => Ok(store::api_client::by_client_id(ctx.tx, &self.client_id)?),
        }
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
