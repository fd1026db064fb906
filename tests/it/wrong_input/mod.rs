//! Invalid input: the answer names all faults at once, field by field, and nothing changes.

mod form;
mod requests;
mod submission;
mod uploads;

use serde_json::{Map, Value};

/// The form with `value` at the pointer.
fn with_value(mut form: Value, pointer: &str, value: &Value) -> Value {
    let mut at = &mut form;
    for step in pointer.split('/').skip(1) {
        at = match step.parse::<usize>() {
            Ok(index) => &mut at[index],
            Err(_) => {
                if at.is_null() {
                    *at = Value::Object(Map::new());
                }
                &mut at[step]
            }
        };
    }
    *at = value.clone();
    form
}

/// A fault, as `Answer::faults` returns it.
fn fault(pointer: &str, code: &str) -> (String, String) {
    (pointer.to_owned(), code.to_owned())
}
