//! Parses JSON without the liberties that `serde_json::Value` takes: of two equal keys it keeps the last, where a proxy or
//! a log may have read the first. Also bounds what a body costs in memory: how deep it is nested, and how many objects and
//! lists it has, each of which takes hundreds of bytes for the two or three that were sent.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{MOST_CONTAINERS, MOST_DEPTH, MOST_FAULTS};
use crate::{domain::field_error::FieldError, web::reader::escape};

/// Why a text is not taken.
#[derive(Debug)]
pub enum Refused {
    /// It is not JSON.
    Syntax(serde_json::Error),
    /// It is nested too deeply.
    TooDeep,
    /// It has too many objects and lists.
    TooMany,
    /// Keys that occur more than once in an object. Of many, the first are listed; `more` counts the others.
    UsedTwice { listed: Vec<FieldError>, more: usize },
}

/// Parses a whole text.
pub fn parse(text: &[u8]) -> Result<Value, Refused> {
    let mut state = State::default();
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let parsed = Part { state: &mut state, depth: 0 }.deserialize(&mut deserializer);
    let parsed = parsed.and_then(|value| deserializer.end().map(|()| value));
    match (parsed, state.refused) {
        (_, Some(refused)) => Err(refused),
        (Err(error), None) => Err(Refused::Syntax(error)),
        (Ok(_), None) if !state.used_twice.is_empty() => {
            Err(Refused::UsedTwice { listed: state.used_twice, more: state.more })
        }
        (Ok(value), None) => Ok(value),
    }
}

#[derive(Default)]
struct State {
    /// Where the part stands.
    pointer: String,
    containers: usize,
    used_twice: Vec<FieldError>,
    more: usize,
    refused: Option<Refused>,
}

impl State {
    fn found_twice(&mut self) {
        if self.used_twice.len() < MOST_FAULTS {
            self.used_twice.push(FieldError::new(self.pointer.clone(), "used_twice"));
        } else {
            self.more += 1;
        }
    }
}

/// A value within the text.
struct Part<'a> {
    state: &'a mut State,
    depth: usize,
}

impl Part<'_> {
    /// Counts an object or a list.
    fn enter<E: Error>(&mut self) -> Result<(), E> {
        self.state.containers += 1;
        self.depth += 1;
        let refused = if self.depth > MOST_DEPTH {
            Refused::TooDeep
        } else if self.state.containers > MOST_CONTAINERS {
            Refused::TooMany
        } else {
            return Ok(());
        };
        self.state.refused = Some(refused);
        Err(E::custom("a limit of the body is exceeded"))
    }

    /// What is within it, at the next step of the pointer.
    fn within<T>(&mut self, step: fmt::Arguments<'_>, read: impl FnOnce(Part<'_>) -> T) -> T {
        let length = self.state.pointer.len();
        self.state.pointer.push_str(&format!("/{step}"));
        let result = read(Part { state: self.state, depth: self.depth });
        self.state.pointer.truncate(length);
        result
    }
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut parts: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut list = Vec::new();
        while let Some(part) =
            self.within(format_args!("{}", list.len()), |part| parts.next_element_seed(part))?
        {
            list.push(part);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut parts: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut object = Map::new();
        while let Some(key) = parts.next_key::<String>()? {
            let part = self.within(format_args!("{}", escape(&key)), |part| {
                if object.contains_key(&key) {
                    part.state.found_twice();
                }
                parts.next_value_seed(part)
            })?;
            object.insert(key, part);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twice(text: &str) -> Vec<String> {
        match parse(text.as_bytes()) {
            Err(Refused::UsedTwice { listed, .. }) => listed.into_iter().map(|fault| fault.pointer).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_text_that_keeps_the_rules_is_the_same_value() {
        let text = r#"{"a": [1, -2, 3.5, 18446744073709551615, true, null, "x\u00e9", {}, []], "b": {"a": {"a": 1}}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
    }

    #[test]
    fn a_key_that_stands_twice_is_found_at_any_depth_and_however_it_is_written() {
        assert_eq!(twice(r#"{"a": 1, "b": 2, "a": 1}"#), ["/a"]);
        assert_eq!(twice(r#"{"a": 1, "\u0061": 2}"#), ["/a"]);
        assert_eq!(twice(r#"{"list": [{}, {"b/c": 1, "b/c": null}]}"#), ["/list/1/b~1c"]);
        assert_eq!(twice(r#"{"a": {"x": 1}, "a": {"y": 1, "y": 2}}"#), ["/a", "/a/y"]);
    }

    #[test]
    fn of_many_equal_keys_the_first_are_listed_and_the_others_counted() {
        let text = format!("{{{}\"a\": 1}}", "\"a\": 1,".repeat(5000));
        match parse(text.as_bytes()) {
            Err(Refused::UsedTwice { listed, more }) => assert_eq!((listed.len(), more), (100, 4900)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn depth_and_number_of_objects_and_lists_are_bounded() {
        let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(MOST_DEPTH).as_bytes()).is_ok());
        assert!(matches!(parse(nested(MOST_DEPTH + 1).as_bytes()), Err(Refused::TooDeep)));
        let many = |count: usize| format!("[{}1]", "{},".repeat(count - 1));
        assert!(parse(many(MOST_CONTAINERS).as_bytes()).is_ok());
        assert!(matches!(parse(many(MOST_CONTAINERS + 1).as_bytes()), Err(Refused::TooMany)));
    }
}
