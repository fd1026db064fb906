//! The request log: one line per request with its id, method, route pattern and status. It never contains a path, a
//! query or a person.

use std::time::Instant;

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};
use tracing::{Span, field};
use tracing_actix_web::{RequestId, RootSpanBuilder};

/// The span that contains all log lines of a request.
pub(super) struct RequestLog;

#[derive(Clone, Copy)]
struct Began(Instant);

impl RootSpanBuilder for RequestLog {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().copied();
        request.extensions_mut().insert(Began(Instant::now()));
        tracing::info_span!(
            "request",
            request_id = id.map(field::display),
            method = %request.method(),
            route = request.match_pattern().unwrap_or_else(|| "none".into()),
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let _entered = span.enter();
        let (status, began) = match outcome {
            Ok(response) => {
                (response.status().as_u16(), response.request().extensions().get::<Began>().copied())
            }
            Err(error) => (error.as_response_error().status_code().as_u16(), None),
        };
        let milliseconds = began.map(|began| began.0.elapsed().as_micros() as f64 / 1000.0);
        tracing::info!(status, milliseconds, "answered");
    }
}
