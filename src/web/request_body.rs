//! Reads request bodies: completely, up to a limit, of the right type.

use std::io::ErrorKind;

use actix_web::{
    HttpMessage, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::header,
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;

use super::{Code, Problem, memory};
use crate::domain::limits::{BODY_BYTES, MEGABYTE};

/// The memory that is reserved before the first byte.
const FIRST_RESERVED: usize = 64 * 1024;
/// How many bytes a parsed body takes at most, for each byte that was sent: a field of a JSON object, for example.
const PARSED: usize = 8;

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
    // A body that only claims to be large reserves little.
    let declared =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let most = declared.unwrap_or(BODY_BYTES).min(BODY_BYTES);
    let first = most.min(FIRST_RESERVED);
    memory::reserve(request, first).await?;
    let mut body = BytesMut::with_capacity(first);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| unreadable(&error))?;
        let length = body.len() + chunk.len();
        if length > BODY_BYTES {
            return Err(too_large());
        }
        if body.len() <= first && length > first {
            memory::reserve(request, most - first).await?;
            body.reserve(most - body.len());
        }
        body.extend_from_slice(&chunk);
    }
    memory::reserve_for_parsing(request, body.len() * PARSED).await?;
    Ok(body.freeze())
}

/// The problem of a body that did not arrive.
pub(super) fn unreadable(error: &PayloadError) -> Problem {
    let problem = match error {
        PayloadError::Overflow => too_large(),
        PayloadError::Io(error) if error.kind() == ErrorKind::TimedOut => Problem::too_slow(),
        _ => Problem::new(Code::BadRequest),
    };
    problem.caused_by(error)
}

fn too_large() -> Problem {
    let megabytes = BODY_BYTES as i64 / MEGABYTE;
    Problem::new(Code::TooLarge).because("problem-too_large-body", vec![("megabytes", megabytes.to_string())])
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
