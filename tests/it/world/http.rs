//! HTTP over real sockets: building a request, and reading its answer.

use std::net::SocketAddr;

use corridor::web::Problem;
use serde_json::{Value, json};

use super::{World, people::Program};

/// A request that is not sent yet.
#[derive(Clone, Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// A request with any method.
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: None }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path)
    }

    pub fn post(path: impl Into<String>) -> Self {
        Self::new("POST", path)
    }

    pub fn patch(path: impl Into<String>) -> Self {
        Self::new("PATCH", path)
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Sets `If-Match` to this version of the case.
    pub fn if_match(self, version: i64) -> Self {
        self.header("If-Match", format!("\"{version}\""))
    }

    /// A body of any type.
    pub fn body(mut self, media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Some(bytes.into());
        self.header("Content-Type", media_type)
    }

    /// A JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// A multipart body of these fields.
    pub fn multipart(self, fields: &[Field<'_>]) -> Self {
        let mut body = Vec::new();
        for field in fields {
            body.extend_from_slice(b"--between\r\nContent-Disposition: form-data; name=\"");
            body.extend_from_slice(field.name.as_bytes());
            if let Some(file_name) = field.file_name {
                body.extend_from_slice(b"\"; filename=\"");
                body.extend_from_slice(file_name.as_bytes());
            }
            body.extend_from_slice(b"\"\r\n\r\n");
            body.extend_from_slice(field.content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--between--\r\n");
        self.body("multipart/form-data; boundary=between", body)
    }
}

/// A field of a multipart body.
#[derive(Clone, Copy)]
pub struct Field<'a> {
    name: &'a str,
    file_name: Option<&'a str>,
    content: &'a [u8],
}

impl<'a> Field<'a> {
    pub fn text(name: &'a str, content: &'a str) -> Self {
        Self { name, file_name: None, content: content.as_bytes() }
    }

    pub fn file(name: &'a str, file_name: &'a str, content: &'a [u8]) -> Self {
        Self { name, file_name: Some(file_name), content }
    }
}

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub bytes: Vec<u8>,
    /// The body if it is JSON, otherwise null.
    pub body: Value,
}

impl Answer {
    /// An answer made from a use case's output, without HTTP.
    pub(super) fn of_body(body: Value) -> Self {
        Self { status: 200, headers: Vec::new(), bytes: body.to_string().into_bytes(), body }
    }

    /// An answer made from a use case's refusal, without HTTP.
    pub(super) fn of_problem(problem: Problem) -> Self {
        let errors: Vec<Value> =
            problem.errors.iter().map(|e| json!({ "field": e.pointer, "code": e.code })).collect();
        let status = problem.code.status().as_u16();
        assert_ne!(status, 500, "{problem:?}");
        Self { status, ..Self::of_body(json!({ "code": problem.code.as_str(), "errors": errors })) }
    }

    /// A header's value, or an empty text.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// The code of a problem, or an empty text.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Status and problem code.
    pub fn refusal(&self) -> (u16, &str) {
        (self.status, self.code())
    }

    /// Pointer and code of every faulty field, sorted by pointer.
    pub fn faults(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let mut faults: Vec<_> = errors.iter().map(|e| (text(&e["field"]), text(&e["code"]))).collect();
        faults.sort();
        faults
    }

    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }
}

impl World {
    /// Sends a request without a token.
    pub async fn send(&self, request: Request) -> Answer {
        let url = format!("http://{}{}", self.address(), request.path);
        let agent = self.agent.clone();
        let description = format!("{} {}", request.method, request.path);
        let answer = actix_web::web::block(move || exchange(&agent, &url, request)).await.unwrap();
        assert_ne!(answer.status, 500, "{description}: {}", answer.body);
        answer
    }

    /// Sends a request with a program's token to a service that may be killed meanwhile: then there is no answer.
    pub async fn try_as(&self, program: &Program, request: Request) -> Option<Answer> {
        self.try_at(self.address(), program, request).await
    }

    /// The same, to one of several instances.
    pub async fn try_at(&self, instance: SocketAddr, program: &Program, request: Request) -> Option<Answer> {
        let token = self.token(program).await;
        let request = request.header("Authorization", format!("Bearer {token}"));
        let url = format!("http://{instance}{}", request.path);
        let agent = self.agent.clone();
        actix_web::web::block(move || try_exchange(&agent, &url, request).ok()).await.unwrap()
    }

    /// Sends a request with a program's token.
    pub async fn send_as(&self, program: &Program, request: Request) -> Answer {
        let token = self.token(program).await;
        self.send(request.header("Authorization", format!("Bearer {token}"))).await
    }

    /// A GET with a program's token; returns the JSON.
    pub async fn get(&self, program: &Program, path: &str) -> Value {
        self.send_as(program, Request::get(path)).await.expect(200)
    }

    /// Every item of a listing, from all its pages.
    pub async fn every(&self, program: &Program, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut next = path.to_owned();
        loop {
            let mut page = self.get(program, &next).await;
            items.append(page["items"].as_array_mut().unwrap());
            let Some(cursor) = page["next_cursor"].as_str() else { return items };
            next = format!("{path}{}cursor={cursor}", if path.contains('?') { '&' } else { '?' });
        }
    }

    /// A POST of JSON with a program's token.
    pub async fn post(&self, program: &Program, path: &str, body: &Value) -> Answer {
        self.send_as(program, Request::post(path).json(body)).await
    }
}

fn exchange(agent: &ureq::Agent, url: &str, request: Request) -> Answer {
    try_exchange(agent, url, request).unwrap()
}

fn try_exchange(agent: &ureq::Agent, url: &str, request: Request) -> Result<Answer, ureq::Error> {
    let mut builder = ureq::http::Request::builder().method(request.method).uri(url);
    for (name, value) in &request.headers {
        builder = builder.header(name, value);
    }
    let answer = match request.body {
        Some(body) => agent.run(builder.body(body).unwrap()),
        None => agent.run(builder.body(()).unwrap()),
    };
    let mut answer = answer?;
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let bytes = answer.body_mut().read_to_vec()?;
    let body = serde_json::from_slice(&bytes).unwrap_or_default();
    Ok(Answer { status: answer.status().as_u16(), headers, bytes, body })
}
