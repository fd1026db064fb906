//! POSTs that may be sent twice: the header `Idempotency-Key`, and the fingerprint by which two requests are equal. A
//! handler takes [`Post`], or [`Idempotency`] if there is no JSON body, and answers with [`Idempotency::answer`].

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    digest,
    domain::{
        actor::{Actor, Identity},
        field_error::FieldError,
    },
    texts::Texts,
    web::{Problem, Service, json, language, problem, request_body},
    workflow::{
        WorkflowError,
        entrance::{Command, Context},
        idempotency::{Answer, Answered, How, Key},
    },
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The maximum length of a key.
const MAX_LENGTH: usize = 255;

/// A JSON body that may be sent twice. Give `T` `#[serde(deny_unknown_fields)]`.
pub struct Post<T> {
    /// The body.
    pub body: T,
    /// The key and fingerprint of the request.
    pub idempotency: Idempotency,
}

impl<T: DeserializeOwned> FromRequest for Post<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let idempotency = Idempotency::of(&request)?;
            let bytes = request_body::read(&request, payload, request_body::is_json).await?;
            Ok(Self { body: json::parse(&bytes)?, idempotency: idempotency.covering(&[&bytes]) })
        })
    }
}

/// The key and fingerprint of a request, and how its answer is written.
pub struct Idempotency {
    key: Option<String>,
    /// Everything that distinguishes this request from another; each part is preceded by its length.
    fingerprint_input: Vec<u8>,
    texts: Texts,
    request_id: Option<String>,
}

impl FromRequest for Idempotency {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl Idempotency {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let if_match = request.headers().get(header::IF_MATCH).map_or(&b""[..], |tag| tag.as_bytes());
        let idempotency = Self {
            key: key(request)?,
            fingerprint_input: Vec::new(),
            texts: Texts::of(language::of(request)),
            request_id: problem::request_id(request),
        };
        let address = request.uri().path_and_query().map_or("", |path| path.as_str());
        Ok(idempotency.covering(&[request.method().as_str().as_bytes(), address.as_bytes(), if_match]))
    }

    /// Adds parts to the fingerprint.
    #[must_use]
    pub fn covering(mut self, parts: &[&[u8]]) -> Self {
        for part in parts {
            self.fingerprint_input.extend_from_slice(&part.len().to_be_bytes());
            self.fingerprint_input.extend_from_slice(part);
        }
        self
    }

    /// Executes a command and reads what the answer shows. Returns `render` of that, or the stored answer of an earlier
    /// request with this key.
    pub async fn answer<C: Command, V: Send + 'static>(
        self,
        service: &Service,
        actor: &Actor,
        command: C,
        read: impl Fn(&mut Context<'_, '_>, C::Output) -> Result<V, WorkflowError> + Send + Sync + 'static,
        render: impl Fn(V) -> Result<Answer, WorkflowError> + Send + Sync + 'static,
    ) -> Result<Answered, Problem> {
        let key = self.key_of(actor);
        let (texts, request_id) = (self.texts, self.request_id);
        let answer = move |result: Result<V, &WorkflowError>| match result {
            Ok(view) => render(view),
            Err(error) => Ok(Problem::from(error).to_answer(texts, request_id.as_deref())),
        };
        Ok(service.answer(actor, command, key, read, answer).await?)
    }

    fn key_of(&self, actor: &Actor) -> Option<Key> {
        let (Some(key), Identity::Client(client)) = (&self.key, actor.identity) else { return None };
        let (hash, fingerprint) = (digest::sha256(key.as_bytes()), digest::sha256(&self.fingerprint_input));
        Some(Key { client, hash, fingerprint })
    }
}

/// The key, if there is one. More than one key or a malformed key is a fault.
fn key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut sent = request.headers().get_all(&KEY);
    let Some(first) = sent.next() else { return Ok(None) };
    let key = first.to_str().ok().filter(|key| {
        (1..=MAX_LENGTH).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    });
    match (key, sent.next()) {
        (Some(key), None) => Ok(Some(key.to_owned())),
        _ => {
            let fault =
                FieldError::new("/Idempotency-Key", "not_an_idempotency_key").with("most", MAX_LENGTH);
            Err(Problem::invalid(vec![fault]))
        }
    }
}

/// Reads nothing more: the answer shows the output of the command.
pub fn output<T>(_: &mut Context<'_, '_>, output: T) -> Result<T, WorkflowError> {
    Ok(output)
}

/// A JSON answer.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Answer, WorkflowError> {
    let body = serde_json::to_string(body).map_err(|e| WorkflowError::Internal(format!("no JSON: {e}")))?;
    let headers = vec![(header::CONTENT_TYPE.to_string(), "application/json".to_owned())];
    Ok(Answer { status: status.as_u16(), headers, body })
}

/// An answer without a body.
pub fn empty(status: StatusCode) -> Answer {
    Answer { status: status.as_u16(), headers: Vec::new(), body: String::new() }
}

/// Adds a header to the answer.
pub fn with_header(mut answer: Answer, name: HeaderName, value: impl ToString) -> Answer {
    answer.headers.push((name.to_string(), value.to_string()));
    answer
}

/// Sends an answer.
pub fn send(answered: Answered) -> HttpResponse {
    let Answer { status, headers, body } = answered.answer;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for header in headers {
        response.append_header(header);
    }
    if answered.how == How::Replayed {
        response.insert_header((REPLAYED, "true"));
    }
    response.body(body)
}
