//! How long the service takes for an answer at most. Each wait within a request has a limit of its own; this one bounds
//! their sum. Time in which the service waits for the client's body does not count (`pace.rs`).

use std::time::{Duration, Instant};

use actix_web::{
    HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};
use tokio::time::timeout_at;

use super::{Problem, pace::ClientWait};
use crate::domain::limits::REQUEST_TIME;

/// Middleware: answers 503 when a request has taken [`REQUEST_TIME`]. What it was about to change may still be changed.
pub(super) async fn bound<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    within(REQUEST_TIME, request, next).await
}

async fn within<B: MessageBody + 'static>(
    limit: Duration,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let begun = Instant::now();
    let client = request.extensions_mut().remove::<ClientWait>();
    let mut answer = std::pin::pin!(next.call(request));
    let mut waited = Duration::ZERO;
    loop {
        if let Ok(answer) = timeout_at((begun + limit + waited).into(), &mut answer).await {
            return answer;
        }
        match client.as_ref().map(ClientWait::so_far) {
            Some(more) if more > waited => waited = more,
            _ => return Err(Problem::unavailable("the request took too long").into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, pin::Pin};

    use actix_web::{
        App, HttpResponse, dev,
        error::PayloadError,
        http::StatusCode,
        middleware::from_fn,
        test::{TestRequest, init_service, try_call_service},
        web::{self, Bytes},
    };
    use futures_util::{Stream, stream};
    use tokio::time::sleep;

    use super::*;
    use crate::web::pace;

    /// The status of the answer to a body that takes 60 ms, of a service that has 20 ms.
    async fn status(method: &str) -> StatusCode {
        let app = App::new()
            .route("/", web::get().to(pending::<HttpResponse>))
            .route("/", web::post().to(async |_: Bytes| HttpResponse::Ok()))
            .wrap(from_fn(|request, next| within(Duration::from_millis(20), request, next)))
            .wrap(from_fn(pace::bound));
        let body = stream::once(async {
            sleep(Duration::from_millis(60)).await;
            Ok(Bytes::from_static(b"late"))
        });
        let body = Box::pin(body) as Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>;
        let request = TestRequest::with_uri("/").method(method.parse().unwrap()).to_request();
        let request = request.replace_payload(dev::Payload::from(body)).0;
        match try_call_service(&init_service(app).await, request).await {
            Ok(answer) => answer.status(),
            Err(error) => error.as_response_error().status_code(),
        }
    }

    #[actix_web::test]
    async fn a_request_that_gets_nowhere_is_answered() {
        assert_eq!(status("GET").await, 503);
    }

    #[actix_web::test]
    async fn the_time_of_the_client_does_not_count() {
        assert_eq!(status("POST").await, 200);
    }
}
