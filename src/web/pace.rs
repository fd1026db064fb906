//! How slowly a client may send a request, and take an answer. A client that is slower than [`BODY_RATE`] after a grace
//! time, or sends nothing for [`BODY_SILENCE`], is disconnected, so that a few clients do not hold the service's connections
//! and memory. Only the time in which the service waits for the client counts. A client that reads nothing at all never
//! asks for the next piece; the kernel ends that connection (`connections.rs`).

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use actix_web::{
    HttpMessage,
    body::{BodySize, MessageBody},
    dev::{self, ServiceRequest, ServiceResponse},
    error::PayloadError,
    middleware::Next,
    web::Bytes,
};
use futures_util::Stream;
use tokio::time::{Sleep, sleep_until};

use crate::domain::limits::{BODY_GRACE, BODY_RATE, BODY_SILENCE};

/// Middleware: bounds the time of the request's body and of the answer's.
pub(super) async fn bound<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Answer<B>>, actix_web::Error> {
    let payload = match request.take_payload() {
        dev::Payload::None => None,
        payload => {
            let sent = Rc::new(RefCell::new(Sent { payload, pace: Pace::default(), timer: None }));
            request.extensions_mut().insert(ClientWait(Rc::clone(&sent)));
            request
                .set_payload(dev::Payload::from(Box::pin(Body(Rc::clone(&sent)))
                    as Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>>));
            Some(sent)
        }
    };
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| Answer {
        body: Box::pin(body),
        pace: Pace::default(),
        returned: None,
        _payload: payload,
    }))
}

/// How long one side has waited for the other, and for how many bytes.
#[derive(Default)]
struct Pace {
    bytes: u64,
    waited: Duration,
}

impl Pace {
    /// The most time that these bytes may take.
    fn most(&self) -> Duration {
        BODY_GRACE + Duration::from_secs(self.bytes / BODY_RATE as u64)
    }
}

/// The body of a request, as the client sends it.
struct Sent {
    payload: dev::Payload,
    pace: Pace,
    /// Runs while the service waits for the client.
    timer: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Sent {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        match Pin::new(&mut self.payload).poll_next(cx) {
            Poll::Ready(next) => {
                if let Some((since, _)) = self.timer.take() {
                    self.pace.waited += since.elapsed();
                }
                if let Some(Ok(bytes)) = &next {
                    self.pace.bytes += bytes.len() as u64;
                }
                Poll::Ready(next)
            }
            Poll::Pending => {
                let left = self.pace.most().saturating_sub(self.pace.waited).min(BODY_SILENCE);
                let (_, timer) = self.timer.get_or_insert_with(|| {
                    let now = Instant::now();
                    (now, Box::pin(sleep_until((now + left).into())))
                });
                ready!(timer.as_mut().poll(cx));
                Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))))
            }
        }
    }
}

/// How long the service has waited for the client's body.
pub(super) struct ClientWait(Rc<RefCell<Sent>>);

impl ClientWait {
    /// All the time, up to now.
    pub fn so_far(&self) -> Duration {
        let sent = self.0.borrow();
        sent.pace.waited + sent.timer.as_ref().map_or(Duration::ZERO, |(since, _)| since.elapsed())
    }
}

/// What the handler reads. It may drop it early.
struct Body(Rc<RefCell<Sent>>);

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.borrow_mut().poll(cx)
    }
}

/// The body of an answer.
pub(super) struct Answer<B> {
    body: Pin<Box<B>>,
    pace: Pace,
    /// When the last piece was given to the connection.
    returned: Option<Instant>,
    /// Kept until the answer is sent: the server closes a connection if the request's body exists and was not read to its
    /// end. Of a body that was dropped it would wait for the rest.
    _payload: Option<Rc<RefCell<Sent>>>,
}

impl<B: MessageBody> MessageBody for Answer<B> {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(returned) = self.returned.take() {
            self.pace.waited += returned.elapsed();
            if self.pace.waited > self.pace.most() {
                return Poll::Ready(Some(Err("the client takes the answer too slowly".into())));
            }
        }
        let next = ready!(self.body.as_mut().poll_next(cx));
        if let Some(Ok(bytes)) = &next {
            self.pace.bytes += bytes.len() as u64;
            self.returned = Some(Instant::now());
        }
        Poll::Ready(next.map(|next| next.map_err(Into::into)))
    }
}
