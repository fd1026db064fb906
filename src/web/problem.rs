//! Errors as callers see them: RFC 9457 problem details for programs, a page for people, in their language.
//!
//! Handlers and extractors return `Err(Problem)`; the middleware [`render_problems`] renders it. The text for the
//! caller and the cause for the operator (`caused_by`) are separate. To add a problem: add a line to `codes.rs` and its
//! texts to `locales/*/problems.ftl`.

use std::{fmt, panic::AssertUnwindSafe};

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::ServiceResponse,
    error::InternalError,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use futures_util::FutureExt;
use serde_json::{Map, Value, json};
use tracing_actix_web::RequestId;

use super::{
    language,
    pages::{self, Page},
    signed_in,
};
use crate::{
    domain::{field_error::FieldError, limits::MOST_FAULTS},
    texts::Texts,
    workflow::idempotency::Answer,
};

mod codes;
mod from;

pub use codes::Code;
pub(super) use pages::problems::routes;

const PROBLEM_JSON: &str = "application/problem+json";

/// An error for the caller.
#[derive(Clone, Debug)]
pub struct Problem {
    /// The fixed code.
    pub code: Code,
    /// The faulty fields, if there are any.
    pub errors: Vec<FieldError>,
    details: Box<Details>,
}

/// Details that most problems do not have.
#[derive(Clone, Debug, Default)]
struct Details {
    detail: Option<(String, Vec<(&'static str, String)>)>,
    members: Map<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// How many faults are not listed.
    more: usize,
    cause: Option<String>,
}

impl Problem {
    /// A problem without details.
    pub fn new(code: Code) -> Self {
        Self { code, errors: Vec::new(), details: Box::default() }
    }

    /// Faulty fields. Pass all of them at once. Of very many, the first are listed and the others counted.
    pub fn invalid(mut errors: Vec<FieldError>) -> Self {
        let only_unknown = !errors.is_empty() && errors.iter().all(|error| error.code == "unknown_field");
        let code = if only_unknown { Code::UnknownField } else { Code::Invalid };
        let more = errors.len().saturating_sub(MOST_FAULTS);
        errors.truncate(MOST_FAULTS);
        Self { errors, ..Self::new(code) }.and_more(more)
    }

    /// Counts faults that are not listed.
    #[must_use]
    pub fn and_more(mut self, faults: usize) -> Self {
        self.details.more += faults;
        self
    }

    /// How many faults are not listed.
    pub fn more(&self) -> usize {
        self.details.more
    }

    /// Uses this text as the explanation instead of the code's own.
    #[must_use]
    pub fn because(mut self, key: impl Into<String>, values: Vec<(&'static str, String)>) -> Self {
        self.details.detail = Some((key.into(), values));
        self
    }

    /// Adds a member to the JSON object, such as `available_actions`.
    #[must_use]
    pub fn with_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        if let Ok(value) = value.try_into() {
            self.details.headers.push((name, value));
        }
        self
    }

    /// Sets the cause, which goes to the log and never to the caller.
    #[must_use]
    pub fn caused_by(mut self, cause: impl fmt::Display) -> Self {
        self.details.cause = Some(cause.to_string());
        self
    }

    /// The title.
    pub fn title(&self, t: Texts) -> String {
        t.get(&format!("problem-{}", self.code))
    }

    /// The explanation.
    pub fn explanation(&self, t: Texts) -> String {
        let detail = match &self.details.detail {
            Some((key, values)) => t.with_numbers(key, values),
            None => t.get(&format!("problem-{}.detail", self.code)),
        };
        match self.more() {
            0 => detail,
            more => {
                let more = t.with_numbers("problem-more-faults", &[("count", more.to_string())]);
                format!("{detail} {more}")
            }
        }
    }

    /// The explanation, with what only programs can do.
    fn explanation_for_programs(&self, t: Texts) -> String {
        match t.try_get(&format!("problem-{}.for-programs", self.code)) {
            Some(more) => format!("{} {more}", self.explanation(t)),
            None => self.explanation(t),
        }
    }

    /// The problem as `application/problem+json`.
    fn as_json(&self, t: Texts, request_id: Option<&str>) -> HttpResponse {
        let mut response = self.response_builder();
        response.insert_header((header::CONTENT_TYPE, PROBLEM_JSON));
        response.insert_header((header::CONTENT_LANGUAGE, t.language.as_str()));
        response.body(self.json_text(t, request_id))
    }

    /// The problem as an answer that can be stored.
    pub(super) fn to_answer(&self, t: Texts, request_id: Option<&str>) -> Answer {
        let header = |name: &HeaderName, value: &str| (name.as_str().to_owned(), value.to_owned());
        let own =
            self.details.headers.iter().filter_map(|(name, value)| Some(header(name, value.to_str().ok()?)));
        let mut headers = vec![
            header(&header::CONTENT_TYPE, PROBLEM_JSON),
            header(&header::CONTENT_LANGUAGE, t.language.as_str()),
        ];
        headers.extend(own);
        Answer { status: self.code.status().as_u16(), headers, body: self.json_text(t, request_id) }
    }

    fn json_text(&self, t: Texts, request_id: Option<&str>) -> String {
        let mut body = self.details.members.clone();
        body.insert("type".into(), format!("/problems/{}", self.code).into());
        body.insert("title".into(), self.title(t).into());
        body.insert("status".into(), self.code.status().as_u16().into());
        body.insert("detail".into(), self.explanation_for_programs(t).into());
        body.insert("code".into(), self.code.as_str().into());
        if let Some(id) = request_id {
            body.insert("request_id".into(), id.into());
        }
        if !self.errors.is_empty() {
            let errors = self.errors.iter().map(|error| {
                json!({ "field": error.pointer, "code": error.code, "message": t.field_error(error) })
            });
            body.insert("errors".into(), errors.collect());
        }
        if self.more() > 0 {
            body.insert("more_errors".into(), self.more().into());
        }
        Value::Object(body).to_string()
    }

    /// A response with status and headers, without a body.
    pub(super) fn response_builder(&self) -> actix_web::HttpResponseBuilder {
        let mut response = HttpResponse::build(self.code.status());
        for (name, value) in &self.details.headers {
            response.append_header((name.clone(), value.clone()));
        }
        if self.code == Code::Unauthenticated
            && !self.details.headers.iter().any(|h| h.0 == header::WWW_AUTHENTICATE)
        {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"corridor\""));
        }
        response
    }

    /// A failure is logged once, here.
    fn log(&self) {
        let cause = self.details.cause.as_deref().unwrap_or_default();
        if self.code == Code::Busy {
            tracing::warn!(code = %self.code, cause, "a request was refused: too much at once");
        } else if self.code.status().is_server_error() {
            tracing::error!(code = %self.code, cause, "a request failed");
        } else if self.details.cause.is_some() {
            tracing::info!(code = %self.code, cause, "a request was refused");
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// The plain response. [`render_problems`] finds the problem in its extensions and renders it.
    fn error_response(&self) -> HttpResponse {
        self.as_json(Texts::of(crate::domain::language::Language::En), None)
    }
}

/// Middleware: renders every failure, ours or actix's.
pub async fn render_problems<B: MessageBody + 'static>(
    request: actix_web::dev::ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let page = wants_page(request.request()).then(|| Page::of_nobody(request.request()));
    let (t, id) = (Texts::of(language::of(request.request())), request_id(request.request()));
    let response = match next.call(request).await {
        Ok(response) => response,
        // Errors of middleware that has no request any more. Handlers and extractors do not come here.
        Err(error) => {
            let problem = problem_of(&error, error.as_response_error().status_code());
            problem.log();
            let answer = match page.map(|page| pages::problems::show(page?, &problem, id.clone())) {
                Some(Ok(page)) => page,
                _ => problem.as_json(t, id.as_deref()),
            };
            return Err(InternalError::from_response(problem, answer).into());
        }
    };
    let Some(problem) = problem_in(response.response()) else { return Ok(response.map_into_left_body()) };
    problem.log();
    let (request, original) = response.into_parts();
    let mut rendered = render(&request, &problem).await;
    copy_cookies(original.headers(), rendered.headers_mut());
    Ok(ServiceResponse::new(request, rendered).map_into_right_body())
}

fn problem_in<B>(response: &HttpResponse<B>) -> Option<Problem> {
    if let Some(error) = response.error() {
        return Some(problem_of(error, response.status()));
    }
    // Actix's own empty answers, such as 405 with `Allow`.
    let status = response.status();
    let is_bare = !response.headers().contains_key(header::CONTENT_TYPE);
    if !is_bare || !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let mut problem = Problem::new(Code::of_status(status));
    for name in [header::ALLOW, header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
        if let Some(value) = response.headers().get(&name) {
            problem.details.headers.push((name, value.clone()));
        }
    }
    Some(problem)
}

fn problem_of(error: &actix_web::Error, status: StatusCode) -> Problem {
    let known = error.as_error::<Problem>().cloned();
    known.unwrap_or_else(|| Problem::new(Code::of_status(status)).caused_by(error))
}

async fn render(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    if wants_page(request) {
        match pages::problems::error_page(request, problem).await {
            Ok(page) => return page,
            Err(worse) => worse.log(),
        }
    }
    let id = request_id(request);
    problem.as_json(Texts::of(language::of(request)), id.as_deref())
}

fn wants_page(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    !signed_in::is_api(request.path()) && accept.is_some_and(|accept| accept.contains("text/html"))
}

fn copy_cookies(from: &HeaderMap, to: &mut HeaderMap) {
    for cookie in from.get_all(header::SET_COOKIE) {
        to.append(header::SET_COOKIE, cookie.clone());
    }
}

/// Middleware: a handler that panics answers 500, and the service goes on.
pub async fn catch_panic<B: MessageBody + 'static>(
    request: actix_web::dev::ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    // Shared state (pools, queues) recovers from a panic by itself; everything else belongs to this request only.
    match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(answered) => answered,
        Err(_) => Err(Problem::new(Code::Internal).caused_by("a handler panicked").into()),
    }
}

/// The id in every log line of this request.
pub fn request_id(request: &HttpRequest) -> Option<String> {
    use actix_web::HttpMessage;
    request.extensions().get::<RequestId>().map(ToString::to_string)
}

/// The handler for unknown routes.
pub async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::NotFound))
}

#[cfg(test)]
mod tests;
