//! Parses JSON bodies so that every fault is reported, up to a number.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Code, Problem, reader::escape};
use crate::domain::{
    field_error::FieldError,
    limits::{MOST_CONTAINERS, MOST_DEPTH, MOST_FAULTS},
};

mod strict;

use strict::Refused;

/// Parses JSON as `T`. Text that is not JSON is `not_json`; JSON that is not a `T`, or has a key twice, is `invalid` and
/// names each faulty field.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    from_value(strict::parse(body)?)
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Syntax(error) => {
                let place = vec![("line", error.line().to_string()), ("column", error.column().to_string())];
                Self::new(Code::NotJson).because("problem-not_json-at", place)
            }
            Refused::TooDeep => Self::new(Code::NotJson)
                .because("problem-not_json-too-deep", vec![("most", MOST_DEPTH.to_string())]),
            Refused::TooMany => Self::new(Code::TooLarge)
                .because("problem-too_large-parts", vec![("most", MOST_CONTAINERS.to_string())]),
            Refused::UsedTwice { listed, more } => Self::invalid(listed).and_more(more),
        }
    }
}

/// Converts a JSON value to `T`, naming each faulty field. Serde stops at the first fault, so that field is removed and
/// the rest is read again, until there are no more faults.
fn from_value<T: DeserializeOwned>(mut value: Value) -> Result<T, Problem> {
    let mut faults: Vec<FieldError> = Vec::new();
    while faults.len() < MOST_FAULTS {
        match serde_path_to_error::deserialize(&value) {
            Ok(read) if faults.is_empty() => return Ok(read),
            Ok(_) => break,
            Err(error) => {
                let unknown = remove_unknown(&mut value, &error);
                if !unknown.is_empty() {
                    faults.extend(unknown);
                    continue;
                }
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

/// Removes all unknown fields of the object in which serde has found one, in one step: a body may have a hundred
/// thousand. Returns their faults.
fn remove_unknown(
    value: &mut Value,
    error: &serde_path_to_error::Error<serde_json::Error>,
) -> Vec<FieldError> {
    let message = error.inner().to_string();
    let Some((_, known)) = unknown_field(&message) else { return Vec::new() };
    let pointer = fault(error).pointer;
    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
    let Some(Value::Object(object)) = value.pointer_mut(parent) else { return Vec::new() };
    let known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
    let mut faults = Vec::new();
    object.retain(|name, _| {
        let is_known = known.contains(&name.as_str());
        if !is_known {
            faults.push(FieldError::new(format!("{parent}{}", pointer_step(name)), "unknown_field"));
        }
        is_known
    });
    faults
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
    let code = if let Some((unknown, _)) = unknown_field(&message) {
        if !pointer.ends_with(&pointer_step(unknown)) {
            pointer.push_str(&pointer_step(unknown));
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

/// The field and the known ones in serde's message: "unknown field `x`, expected one of `a`, `b`", or "unknown field `x`,
/// there are no fields".
fn unknown_field(message: &str) -> Option<(&str, &str)> {
    let rest = message.strip_prefix("unknown field `")?;
    rest.rsplit_once("`, expected ").or_else(|| rest.rsplit_once("`, there are no fields"))
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

fn pointer_step(key: &str) -> String {
    format!("/{}", escape(key))
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
        let problem = parse::<Order>(json.as_bytes()).unwrap_err();
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
    fn of_many_unknown_fields_the_first_are_listed_and_the_others_counted() {
        let fields: Vec<String> = (0..100_000).map(|number| format!("\"x{number}\": 1")).collect();
        let json = format!(r#"{{"name": 7, {}, "part": {{"`, expected `": 1}}}}"#, fields.join(", "));
        let problem = parse::<Order>(json.as_bytes()).unwrap_err();
        assert_eq!((problem.errors.len(), problem.more()), (MOST_FAULTS, 99_903));
    }

    #[test]
    fn only_unknown_fields_have_a_code_of_their_own_and_no_json_is_400() {
        assert_eq!(parse::<Order>(br#"{"x": 1}"#).unwrap_err().code, Code::UnknownField);
        assert_eq!(parse::<Order>(br#"{"name": "x", "name": "x"}"#).unwrap_err().code, Code::Invalid);
        for text in ["", "{", "{'a': 1}", r#"{"name": "x"} x"#] {
            assert_eq!(parse::<Order>(text.as_bytes()).unwrap_err().code, Code::NotJson);
        }
    }
}
