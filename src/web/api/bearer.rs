//! Authenticates API requests: the client of the access token (RFC 6750). Organisation and scopes are read from the
//! database at most one second ago, so a right that was removed is gone within a second.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use futures_util::future::LocalBoxFuture;

use super::token;
use crate::{
    domain::actor::Actor,
    web::{Code, Problem, signed_in},
    workflow::{
        WorkflowError,
        people::authenticate_client::{self, ClientById},
    },
};

/// The client. A request without a token is `unauthenticated`.
pub struct BearerActor(
    /// The actor for use cases.
    pub Actor,
);

/// The client if there is a token, an anonymous actor otherwise.
pub struct OptionalBearer(
    /// The actor for use cases.
    pub Actor,
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
        Box::pin(async move { Ok(Self(actor(&request).await?.unwrap_or_else(Actor::anonymous))) })
    }
}

async fn actor(request: &HttpRequest) -> Result<Option<Actor>, Problem> {
    let Some(value) = request.headers().get(header::AUTHORIZATION) else { return Ok(None) };
    let Some(token) = value.to_str().ok().and_then(bearer) else {
        return Err(unauthenticated(Some("invalid_request")));
    };
    let site = signed_in::site(request)?;
    let service = &site.service;
    if let Some(actor) = site.tokens.get(token, service.now()) {
        return Ok(Some(actor));
    }
    let Some(claims) = token::check(&site, token)? else {
        return Err(unauthenticated(Some("invalid_token")));
    };
    let (scopes, expires_at) = (claims.scopes(), claims.expires_at());
    let token_of = ClientById { client_id: claims.client_id, secret_mark: claims.secret_mark };
    match authenticate_client::by_token(service, token_of).await {
        Ok(client) => {
            let actor = client.actor(scopes);
            site.tokens.insert(token.to_owned(), expires_at, actor.clone());
            Ok(Some(actor))
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
