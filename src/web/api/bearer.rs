//! Who asks the API: the client of the access token (RFC 6750). Organisation and scopes are looked up anew
//! each second, so that what was taken away is gone at once.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use futures_util::future::LocalBoxFuture;

use super::token;
use crate::{
    domain::actor::Actor,
    web::{Code, Problem, Service},
    workflow::{WorkflowError, people::authenticate_client},
};

/// The client; nobody is `unauthenticated`.
pub struct BearerActor(
    /// Who asks, for use cases.
    pub Actor,
);

/// The client, if there is a token; without one, anybody.
pub struct OptionalBearer(
    /// Who asks, for use cases.
    pub Option<Actor>,
);

impl FromRequest for BearerActor {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { actor(&request).await?.map(Self).ok_or_else(|| unauthenticated(None)) })
    }
}

impl FromRequest for OptionalBearer {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { actor(&request).await.map(Self) })
    }
}

async fn actor(request: &HttpRequest) -> Result<Option<Actor>, Problem> {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else { return Ok(None) };
    let Some(token) = value.to_str().ok().and_then(bearer) else {
        return Err(unauthenticated(Some("invalid_request")));
    };
    let service = request.app_data::<actix_web::web::Data<Service>>().ok_or_else(|| {
        Problem::new(Code::Internal).caused_by("the service is not registered with the app")
    })?;
    let Some(claims) = token::check(service, token)? else {
        return Err(unauthenticated(Some("invalid_token")));
    };
    let scopes = token::scopes(&claims);
    if let Some(client) = service.clients.get(&claims.client_id) {
        return Ok(Some(client.actor(scopes)));
    }
    let client_id = claims.client_id.clone();
    let found = service.db.read(move |tx| authenticate_client::by_client_id(tx, &client_id)).await;
    match found {
        Ok(client) => {
            service.clients.insert(claims.client_id, client.clone());
            Ok(Some(client.actor(scopes)))
        }
        Err(WorkflowError::SignInFailed) => Err(unauthenticated(Some("invalid_token"))),
        Err(error) => Err(error.into()),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn unauthenticated(error: Option<&str>) -> Problem {
    let challenge = match error {
        None => "Bearer realm=\"corridor\"".to_owned(),
        Some(error) => format!("Bearer realm=\"corridor\", error=\"{error}\""),
    };
    Problem::new(Code::Unauthenticated).with_header(header::WWW_AUTHENTICATE, challenge)
}
