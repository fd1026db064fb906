//! Reads request bodies: completely, up to a limit, of the right type.

use actix_web::{
    HttpMessage, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::header,
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;

use super::{Code, Problem};
use crate::domain::limits::BODY_BYTES;

/// Reads the whole body, if `is_right` accepts its type.
pub(super) async fn read(
    request: &HttpRequest,
    mut payload: Payload,
    is_right: fn(&str) -> bool,
) -> Result<Bytes, Problem> {
    let encoded =
        request.headers().get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
    if encoded || !is_right(&request.content_type().to_ascii_lowercase()) {
        return Err(Problem::new(Code::UnsupportedMediaType));
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(payload_problem)?;
        if body.len() + chunk.len() > BODY_BYTES {
            return Err(Problem::new(Code::TooLarge));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn payload_problem(error: PayloadError) -> Problem {
    let code = if matches!(error, PayloadError::Overflow) { Code::TooLarge } else { Code::BadRequest };
    Problem::new(code).caused_by(error)
}

/// `application/json`, and types with the suffix `+json` (`application/merge-patch+json`).
pub(super) fn is_json(media_type: &str) -> bool {
    media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

/// The type of a form that a browser sends.
pub(super) fn is_form(media_type: &str) -> bool {
    media_type == "application/x-www-form-urlencoded"
}
