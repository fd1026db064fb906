//! A batch's terms as a form, and the form as the body that the API takes.

use serde_json::{Map, Value, json};

use crate::{
    domain::batch::{Dimension, HoldAt, OnFull, Ordering, Terms},
    texts::Texts,
    web::pages::{
        Faults,
        controls::{Choice, Control, Input},
    },
};

/// The controls of the terms, and of the limits row by row, the last one empty for one more.
pub struct TermsForm {
    /// Everything but the limits.
    pub controls: Vec<Control>,
    /// Dimension, key and capacity of each limit.
    pub limits: Vec<Vec<Control>>,
}

const MOST_LIMITS: usize = 100;

impl TermsForm {
    /// The form holding `values`, a body as the API takes it.
    pub fn new(t: Texts, values: &Value, faults: &Faults) -> Self {
        let control = |pointer: &str, input| Control::new(t, pointer, input, values, faults);
        let among = |pointer: &str, codes: Vec<&str>| {
            let name = pointer.trim_start_matches('/');
            let choices = codes.into_iter().map(|code| Choice {
                value: code.to_owned(),
                label: t.get(&format!("terms-{name}-{code}")),
                hint: String::new(),
            });
            control(pointer, Input::Radios).among(choices.collect())
        };
        let optional = |control: Control| Control { is_optional: true, ..control };
        let controls = vec![
            control("/name", Input::Line("text")),
            control("/capacity", Input::Line("number")),
            control("/travel_from", Input::Line("date")),
            control("/travel_until", Input::Line("date")),
            optional(control("/opens_at", Input::Line("datetime-local"))),
            optional(control("/closes_at", Input::Line("datetime-local"))),
            among("/hold_at", HoldAt::ALL.iter().map(|code| code.as_str()).collect()),
            among("/on_full", OnFull::ALL.iter().map(|code| code.as_str()).collect()),
            among("/order", Ordering::ALL.iter().map(|code| code.as_str()).collect()),
        ];
        let filled = values["limits"].as_array().map_or(0, Vec::len);
        let limits = (0..(filled + 1).min(MOST_LIMITS)).map(|row| limit(t, row, values, faults)).collect();
        Self { controls, limits }
    }
}

fn limit(t: Texts, row: usize, values: &Value, faults: &Faults) -> Vec<Control> {
    let dimensions = Dimension::ALL.iter().map(|dimension| Choice {
        value: dimension.to_string(),
        label: t.get(&format!("dimension-{dimension}")),
        hint: String::new(),
    });
    let control =
        |name: &str, input| Control::new(t, &format!("/limits/{row}/{name}"), input, values, faults);
    vec![
        control("dimension", Input::Select).among(dimensions.collect()),
        control("key", Input::Line("text")),
        control("capacity", Input::Line("number")),
    ]
}

/// The terms as the body that would set them, with instants as the form's controls write them.
pub fn values_of(terms: &Terms) -> Value {
    let minute = |at: Option<jiff::Timestamp>| at.map(|at| at.strftime("%Y-%m-%dT%H:%M").to_string());
    let limits = terms.limits.iter().map(|limit| {
        json!({ "dimension": limit.dimension.as_str(), "key": limit.key, "capacity": limit.capacity })
    });
    json!({
        "name": terms.name, "capacity": terms.capacity, "limits": limits.collect::<Vec<_>>(),
        "hold_at": terms.hold_at.as_str(), "on_full": terms.on_full.as_str(), "order": terms.ordering.as_str(),
        "opens_at": minute(terms.opens_at), "closes_at": minute(terms.closes_at),
        "travel_from": terms.travel_from.to_string(), "travel_until": terms.travel_until.to_string(),
    })
}

/// What was typed, as the body that the API takes. Instants are in UTC.
pub fn body_of(typed: &[(String, String)]) -> Value {
    let value = |name: &str| {
        let found = typed.iter().find(|(known, _)| known == name).map(|(_, value)| value.trim());
        found.filter(|value| !value.is_empty())
    };
    let text = |name: &str| value(name).map_or(Value::Null, Value::from);
    // What is no number stays a text, and is named as a fault.
    let number = |name: &str| {
        value(name).map_or(Value::Null, |v| v.parse::<i64>().map_or_else(|_| v.into(), Value::from))
    };
    let mut body = Map::new();
    for name in ["programme", "name", "travel_from", "travel_until", "hold_at", "on_full", "order"] {
        if typed.iter().any(|(known, _)| known == name) {
            body.insert(name.to_owned(), text(name));
        }
    }
    body.insert("capacity".to_owned(), number("capacity"));
    for name in ["opens_at", "closes_at"] {
        let instant = value(name).map(|minute| match minute.len() {
            16 => format!("{minute}:00Z"),
            _ => format!("{minute}Z"),
        });
        body.insert(name.to_owned(), instant.map_or(Value::Null, Value::from));
    }
    let limits = (0..MOST_LIMITS).map(|row| {
        let at = |name: &str| format!("limits-{row}-{name}");
        (text(&at("dimension")), text(&at("key")), number(&at("capacity")))
    });
    let filled = limits
        .filter(|(dimension, key, capacity)| [dimension, key, capacity].iter().any(|value| !value.is_null()));
    let limits: Vec<Value> = filled
        .map(|(dimension, key, capacity)| json!({ "dimension": dimension, "key": key, "capacity": capacity }))
        .collect();
    body.insert("limits".to_owned(), limits.into());
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_says_what_the_api_takes() {
        let typed = [
            ("name", "Batch 2"),
            ("capacity", "10"),
            ("closes_at", "2026-03-05T14:30"),
            ("opens_at", ""),
            ("limits-0-dimension", "direction"),
            ("limits-0-key", "CN-KZ"),
            ("limits-0-capacity", "many"),
            ("limits-1-key", ""),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            body_of(&typed),
            json!({
                "name": "Batch 2", "capacity": 10, "opens_at": null, "closes_at": "2026-03-05T14:30:00Z",
                "limits": [{ "dimension": "direction", "key": "CN-KZ", "capacity": "many" }],
            })
        );
    }
}
