//! Reads request bodies: completely, up to a limit, of the right type. JSON is parsed so that every fault is reported.

use actix_web::{
    HttpMessage, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::header,
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Code, Problem};
use crate::domain::{field_error::FieldError, limits::BODY_BYTES};

/// At most this many faults are listed.
const MAX_FAULTS: usize = 100;

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

/// Parses JSON as `T`. Text that is not JSON is `not_json`; JSON that is not a `T` is `invalid` and names each faulty
/// field.
pub fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let value = serde_json::from_slice(body).map_err(|e| {
        let place = vec![("line", e.line().to_string()), ("column", e.column().to_string())];
        Problem::new(Code::NotJson).because("problem-not_json-at", place)
    })?;
    from_value(value)
}

/// Converts a JSON value to `T`, naming each faulty field. Serde stops at the first fault, so that field is removed and
/// the rest is read again, until there are no more faults.
pub fn from_value<T: DeserializeOwned>(mut value: Value) -> Result<T, Problem> {
    let mut faults: Vec<FieldError> = Vec::new();
    while faults.len() < MAX_FAULTS {
        match serde_path_to_error::deserialize(&value) {
            Ok(read) if faults.is_empty() => return Ok(read),
            Ok(_) => break,
            Err(error) => {
                let fault = fault(&error);
                let went_on = remove_at(&mut value, &fault.pointer);
                // A field that was removed is now reported as missing: ignore that.
                if !faults.iter().any(|known| known.pointer == fault.pointer) {
                    faults.push(fault);
                }
                if !went_on {
                    break;
                }
            }
        }
    }
    Err(Problem::invalid(faults))
}

fn fault(error: &serde_path_to_error::Error<serde_json::Error>) -> FieldError {
    let mut pointer = String::new();
    for segment in error.path() {
        use serde_path_to_error::Segment;
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&pointer_step(key)),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let message = error.inner().to_string();
    let quoted = || message.split('`').nth(1).unwrap_or_default();
    let code = if message.starts_with("unknown field") {
        if !pointer.ends_with(&pointer_step(quoted())) {
            pointer.push_str(&pointer_step(quoted()));
        }
        "unknown_field"
    } else if message.starts_with("missing field") {
        pointer.push_str(&pointer_step(quoted()));
        "required"
    } else if message.starts_with("unknown variant") {
        "unknown_code"
    } else if message.starts_with("invalid type") {
        "wrong_type"
    } else {
        "malformed"
    };
    match code {
        "wrong_type" => FieldError::new(pointer, code).with("expected", expected(&message)),
        "unknown_code" => FieldError::unknown_code(pointer, known_variants(&message)),
        _ => FieldError::new(pointer, code),
    }
}

/// The codes in serde's message: "unknown variant `x`, expected one of `a`, `b`".
pub(super) fn known_variants(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(3).step_by(2)
}

/// The type that serde expected, as `field-error-wrong_type` names it.
fn expected(message: &str) -> &'static str {
    let wanted = message.split("expected ").nth(1).unwrap_or_default();
    match wanted.split([' ', ',']).next().unwrap_or_default() {
        "a" if wanted.starts_with("a string") => "text",
        "a" if wanted.starts_with("a boolean") => "boolean",
        "a" if wanted.starts_with("a sequence") => "list",
        "a" if wanted.starts_with("a map") => "object",
        "struct" => "object",
        "i32" | "i64" | "u32" | "u64" | "usize" | "u16" | "u8" => "number",
        _ => "other",
    }
}

/// RFC 6901 §3.
fn pointer_step(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// Removes the value at `pointer`, or its parent: the list, or the object that lacks the field. Returns whether
/// something was removed.
fn remove_at(value: &mut Value, pointer: &str) -> bool {
    let mut at = pointer;
    while let Some((parent, step)) = at.rsplit_once('/') {
        if let Some(Value::Object(object)) = value.pointer_mut(parent)
            && object.remove(&step.replace("~1", "/").replace("~0", "~")).is_some()
        {
            return true;
        }
        at = parent;
    }
    false
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Order {
        name: Option<String>,
        count: Option<u32>,
        part: Option<Part>,
        list: Option<Vec<Part>>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Part {
        id: uuid::Uuid,
        kind: Option<crate::domain::actor::OrganisationKind>,
    }

    fn faults(json: &str) -> Vec<(String, &'static str)> {
        let problem = parse_json::<Order>(json.as_bytes()).unwrap_err();
        problem.errors.into_iter().map(|error| (error.pointer, error.code)).collect()
    }

    #[test]
    fn every_faulty_field_is_named_at_once() {
        let json = r#"{"name": 7, "count": "x", "naem": "y", "a/b": 1, "part": {"id": "z", "kind": "duke", "more": 1}}"#;
        let mut found = faults(json);
        found.sort();
        let expected = [
            ("/a~1b", "unknown_field"),
            ("/count", "wrong_type"),
            ("/naem", "unknown_field"),
            ("/name", "wrong_type"),
            ("/part/id", "malformed"),
            ("/part/kind", "unknown_code"),
            ("/part/more", "unknown_field"),
        ];
        for (pointer, code) in expected {
            assert!(found.contains(&(pointer.to_owned(), code)), "{pointer} {code} in {found:?}");
        }
    }

    #[test]
    fn what_is_missing_and_what_stands_in_lists_has_a_pointer_too() {
        assert_eq!(faults(r#"{"part": {}}"#), [("/part/id".to_owned(), "required")]);
        assert_eq!(faults(r#"{"list": [{"id": 1}]}"#), [("/list/0/id".to_owned(), "wrong_type")]);
        assert_eq!(faults("[]").len(), 1);
    }

    #[test]
    fn only_unknown_fields_have_a_code_of_their_own_and_no_json_is_400() {
        assert_eq!(parse_json::<Order>(br#"{"x": 1}"#).unwrap_err().code, Code::UnknownField);
        for text in ["", "{", "{'a': 1}", r#"{"name": "x"} x"#] {
            assert_eq!(parse_json::<Order>(text.as_bytes()).unwrap_err().code, Code::NotJson);
        }
    }
}
