//! The extractors of the handlers: each gives parsed and checked values, or a [`Problem`] that names every fault.

use actix_web::{
    FromRequest, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::header,
    middleware::Next,
    web::{self, Bytes},
};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::de::DeserializeOwned;

use super::{Code, Problem, csrf, json, language, request_body};
use crate::{
    domain::{field_error::FieldError, language::Language as Speech},
    texts::Texts,
};

pub mod upload;

pub use super::signed_in::CurrentActor;
pub use upload::Upload;

/// A JSON body. Give `T` `#[serde(deny_unknown_fields)]`.
pub struct Json<T>(
    /// The body.
    pub T,
);

impl<T: DeserializeOwned> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let body = request_body::read(&request, payload, request_body::is_json).await?;
            json::parse(&body).map(Self)
        })
    }
}

/// The fields of a form that has nothing but its token.
#[derive(serde::Deserialize)]
pub struct EmptyForm {}

/// A form of one of our pages. Its token is checked first. Give the fields of `T` `#[serde(default)]`: the use case
/// reports missing and faulty fields, so that all faults are reported together.
pub struct Form<T>(
    /// The fields.
    pub T,
);

impl<T: DeserializeOwned> FromRequest for Form<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let body = request_body::read(&request, payload, request_body::is_form).await?;
            csrf::check(&request, token_in(&body).as_deref())?;
            from_pairs(&body).map(Self)
        })
    }
}

fn token_in(body: &Bytes) -> Option<String> {
    let mut fields = url::form_urlencoded::parse(body);
    fields.find(|(name, _)| name == csrf::FIELD).map(|(_, value)| value.into_owned())
}

/// The query of the address; keys may be repeated. Faults are reported as `/key`.
pub struct Query<T>(
    /// The values.
    pub T,
);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(from_pairs(request.query_string().as_bytes()).map(Self))
    }
}

fn from_pairs<T: DeserializeOwned>(pairs: &[u8]) -> Result<T, Problem> {
    // PostgreSQL's text type cannot hold NUL.
    let unprintable = url::form_urlencoded::parse(pairs).find(|(_, value)| value.contains('\0'));
    if let Some((key, _)) = unprintable {
        return Err(Problem::invalid(vec![FieldError::new(format!("/{key}"), "unprintable")]));
    }
    let text = pairs;
    let pairs = serde_html_form::Deserializer::from_bytes(pairs);
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let message = error.inner().to_string();
        let named = || message.split('`').nth(1).unwrap_or_default().to_owned();
        // Serde calls a repeated key `state[0]`; the caller sent `state`.
        let at = || error.path().to_string().split('[').next().unwrap_or_default().to_owned();
        let (key, code) = if message.starts_with("missing field") {
            (named(), "required")
        } else if message.starts_with("unknown field") {
            (named(), "unknown_field")
        } else if message.starts_with("unknown variant") {
            let known = json::known_variants(&message);
            return Problem::invalid(vec![FieldError::unknown_code(format!("/{}", at()), known)]);
        } else {
            let at = at();
            let mut same = url::form_urlencoded::parse(text).filter(|(key, _)| *key == at);
            let is_repeated = same.nth(1).is_some();
            (at, if is_repeated { "used_twice" } else { "malformed" })
        };
        Problem::invalid(vec![FieldError::new(format!("/{key}"), code)])
    })
}

/// The texts in the language of the answer.
pub struct Language(
    /// The texts.
    pub Texts,
);

impl FromRequest for Language {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let speech: Speech = language::of(request);
        ready(Ok(Self(Texts::of(speech))))
    }
}

/// The version that the caller has seen, from `If-Match: "<version>"` (RFC 9110 §13.1.1).
pub struct SeenVersion(
    /// The version.
    pub i32,
);

impl FromRequest for SeenVersion {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(
            seen_version(request).and_then(|seen| seen.map(Self).ok_or(Problem::new(Code::VersionRequired))),
        )
    }
}

/// The same, but optional. (`Option<SeenVersion>` would treat a malformed tag as a missing one.)
pub struct OptionalVersion(
    /// The version, if one was sent.
    pub Option<i32>,
);

impl FromRequest for OptionalVersion {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(seen_version(request).map(Self))
    }
}

/// A tag that this service never issued matches no version.
fn seen_version(request: &HttpRequest) -> Result<Option<i32>, Problem> {
    let Some(sent) = request.headers().get(header::IF_MATCH) else { return Ok(None) };
    let version =
        sent.to_str().ok().and_then(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok());
    version.map(Some).ok_or_else(|| Problem::new(Code::VersionConflict))
}

/// Middleware: a path with a NUL is not found. PostgreSQL's text type cannot hold one.
pub(super) async fn refuse_unprintable_paths<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if request.path().contains("%00") {
        return Ok(request.error_response(Problem::new(Code::NotFound)).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

/// Errors of actix's own extractors: a malformed id in a path is not found.
pub(super) fn configure(config: &mut web::ServiceConfig) {
    let fail = |problem: Problem| -> actix_web::Error { problem.into() };
    config
        .app_data(web::PathConfig::default().error_handler(move |_, _| fail(Problem::new(Code::NotFound))))
        .app_data(
            web::QueryConfig::default()
                .error_handler(move |e, _| fail(Problem::new(Code::Invalid).caused_by(e))),
        )
        .app_data(web::JsonConfig::default().error_handler(|error, _| {
            let status = actix_web::ResponseError::status_code(&error);
            Problem::new(Code::of_status(status)).caused_by(error).into()
        }));
}

#[cfg(test)]
mod tests;
