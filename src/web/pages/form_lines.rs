//! What a form says, as lines to read: for checking before it is handed in, for officers who decide.

use serde_json::Value;

use super::{faults::label_key, words};
use crate::{
    domain::{
        form::{Form, SECTIONS},
        programme::Programme,
    },
    texts::Texts,
};

/// A section to read.
pub struct FormSection {
    /// Its code, as in addresses.
    pub code: &'static str,
    /// Its name.
    pub title: String,
    /// Names and values of what is filled in.
    pub lines: Vec<(String, String)>,
}

/// The sections of a form.
pub fn sections(t: Texts, form: &Form, programme: &Programme) -> Vec<FormSection> {
    let values = form.to_value();
    let section = |code| {
        let mut lines = Vec::new();
        for pointer in order(code) {
            collect(t, programme, &pointer, values.pointer(&pointer).unwrap_or(&Value::Null), &mut lines);
        }
        FormSection { code, title: t.get(&format!("section-{code}")), lines }
    };
    SECTIONS.into_iter().map(section).collect()
}

/// The fields of a section in the order in which people are asked for them.
fn order(section: &str) -> Vec<String> {
    let names: &[&str] = match section {
        "applicant" => &[
            "family_name",
            "given_names",
            "native_name",
            "birth_date",
            "sex",
            "nationality",
            "residence",
            "email",
            "phone",
        ],
        "travel_document" => &["number", "issuer", "issued_on", "expires_on", "mrz"],
        "employment" => &["employer", "position", "host", "project", "project_priority", "sponsor"],
        "journey" => &["purpose", "arrive_on", "leave_on", "port_of_entry", "itinerary"],
        _ => &["declarations", "proofs"],
    };
    names.iter().map(|name| format!("/{section}/{name}")).collect()
}

fn collect(t: Texts, programme: &Programme, pointer: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(answers) if pointer.ends_with("/declarations") => {
            for declaration in &programme.declarations {
                if let Some(answer) = answers.get(&declaration.code).and_then(Value::as_bool) {
                    let text = declaration.text.in_language(t.language.as_str()).to_owned();
                    lines.push((text, t.get(if answer { "answer-yes" } else { "answer-no" })));
                }
            }
        }
        Value::String(code) if pointer.ends_with("/project_priority") => {
            let known = programme.priority(code);
            let name = known.map_or(code.as_str(), |known| known.name.in_language(t.language.as_str()));
            lines.push((t.get(&label_key(pointer)), name.to_owned()));
        }
        Value::Array(rows) if !rows.is_empty() => {
            let rows: Vec<String> = rows.iter().map(|row| row_words(t, row)).collect();
            lines.push((t.get(&label_key(pointer)), rows.join("\n")));
        }
        Value::Array(_) => {}
        other => {
            if let Some(text) = words_of(t, pointer, other) {
                lines.push((t.get(&label_key(pointer)), text));
            }
        }
    }
}

fn row_words(t: Texts, row: &Value) -> String {
    let fields = ["place", "kind", "issuer", "number", "from", "to", "issued_on", "valid_until"];
    let filled = fields.iter().filter_map(|name| words_of(t, &format!("/{name}"), row.get(*name)?));
    filled.collect::<Vec<_>>().join(" · ")
}

/// A field's value in the reader's language; none if it is empty.
pub fn words_of(t: Texts, pointer: &str, value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::Bool(answer) => return Some(t.get(if *answer { "answer-yes" } else { "answer-no" })),
        Value::String(text) => text,
        other => return Some(other.to_string()),
    };
    let name = pointer.rsplit('/').next().unwrap_or_default();
    let words = match name {
        "nationality" | "residence" => t.country(text),
        "issuer" if text.len() == 2 => t.country(text),
        "sex" => t.get(&format!("sex-{text}")),
        "direction" => words::direction(t, text),
        _ => match text.parse::<jiff::civil::Date>() {
            Ok(date) if text.len() == 10 => t.date(date),
            _ => text.clone(),
        },
    };
    Some(words)
}
