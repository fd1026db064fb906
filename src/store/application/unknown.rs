//! Fields of a form that a newer version of this program has written. This version does not know them; when it writes the
//! form again, it keeps them. So two versions can run side by side.

use serde_json::{Map, Value};

/// Adds the unknown fields of the stored form to the new one. Both hold all fields that this version knows, so a field
/// is unknown if only the stored form has it. `known` is an empty form: where it has an empty object, the keys are
/// data, and a missing one was removed.
pub(super) fn keep(stored: &Value, new: &mut Value, known: &Value) {
    match (stored, new, known) {
        (Value::Object(stored), Value::Object(new), Value::Object(known)) if !known.is_empty() => {
            for (field, value) in stored {
                match (new.get_mut(field), known.get(field)) {
                    (Some(new), Some(known)) => keep(value, new, known),
                    (None, None) => drop(new.insert(field.clone(), value.clone())),
                    _ => {}
                }
            }
        }
        (Value::Array(stored), Value::Array(new), Value::Array(_)) => {
            for row in new {
                keep_in_row(stored, row);
            }
        }
        _ => {}
    }
}

/// An unchanged row keeps its unknown fields. A changed row counts as a new one.
fn keep_in_row(stored: &[Value], row: &mut Value) {
    let Value::Object(row) = row else { return };
    let is_same =
        |stored: &&Map<String, Value>| row.iter().all(|(field, value)| stored.get(field) == Some(value));
    if let Some(same) = stored.iter().filter_map(Value::as_object).find(is_same) {
        row.clone_from(same);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_fields_stay_and_removed_answers_and_changed_rows_do_not_come_back() {
        let known = json!({ "a": { "x": null, "answers": {}, "rows": [] } });
        let stored = json!({
            "a": {
                "x": 1, "y": 2, "answers": { "old": true },
                "rows": [{ "place": "Almaty", "hotel": "Otrar" }, { "place": "Astana", "hotel": "Rixos" }],
            },
            "b": { "z": 3 },
        });
        let mut new = json!({
            "a": { "x": null, "answers": {}, "rows": [{ "place": "Astana" }, { "place": "Aktau" }] },
        });
        keep(&stored, &mut new, &known);
        let expected = json!({
            "a": {
                "x": null, "y": 2, "answers": {},
                "rows": [{ "place": "Astana", "hotel": "Rixos" }, { "place": "Aktau" }],
            },
            "b": { "z": 3 },
        });
        assert_eq!(new, expected);
    }
}
