//! The contents of a form as lines to read: for the applicant before submission, and for officers.

use std::collections::BTreeMap;

use super::{faults::label_key, words};
use crate::{
    domain::{
        form::{FieldValue, Form, SECTIONS, Values},
        programme::{Declaration, Programme},
    },
    texts::Texts,
};

/// A section of the form.
pub struct FormSection {
    /// Its code, as in addresses.
    pub code: &'static str,
    /// Its title.
    pub title: String,
    /// Names and values of the fields that are filled in.
    pub lines: Vec<(String, String)>,
}

/// The sections of a form.
pub fn sections(t: Texts, form: &Form, programme: &Programme) -> Vec<FormSection> {
    let values = form.values();
    let section = |code: &&'static str| FormSection {
        code,
        title: t.get(&format!("section-{code}")),
        lines: order(code).iter().flat_map(|pointer| lines(t, programme, pointer, &values)).collect(),
    };
    SECTIONS.iter().map(section).collect()
}

/// The fields of a section, in the order of its page.
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

/// The lines of one field: one for each declaration, one for any other field that is filled in.
fn lines(t: Texts, programme: &Programme, pointer: &str, values: &Values) -> Vec<(String, String)> {
    if pointer.ends_with("/declarations") {
        let line = |declaration: &Declaration| {
            let answer = words_of(t, pointer, values.get(&format!("{pointer}/{}", declaration.code))?)?;
            Some((declaration.text.in_language(t.language.as_str()).to_owned(), answer))
        };
        return programme.declarations.iter().filter_map(line).collect();
    }
    let words = match values.get(pointer) {
        Some(FieldValue::Text(code)) if pointer.ends_with("/project_priority") => {
            let known = programme.priority(code);
            Some(known.map_or(code.as_str(), |known| known.name.in_language(t.language.as_str())).to_owned())
        }
        Some(FieldValue::Rows(rows)) if rows.is_empty() => None,
        Some(FieldValue::Rows(rows)) => {
            Some(rows.iter().map(|row| row_words(t, row)).collect::<Vec<_>>().join("\n"))
        }
        Some(value) => words_of(t, pointer, value),
        None => None,
    };
    words.map(|words| (t.get(&label_key(pointer)), words)).into_iter().collect()
}

fn row_words(t: Texts, row: &BTreeMap<String, Option<String>>) -> String {
    let fields = ["place", "kind", "issuer", "number", "from", "to", "issued_on", "valid_until"];
    let filled = fields.iter().filter_map(|name| Some(text_words(t, name, row.get(*name)?.as_deref()?)));
    filled.collect::<Vec<_>>().join(" · ")
}

/// A field's value in the reader's language; none if it is empty.
pub fn words_of(t: Texts, pointer: &str, value: &FieldValue) -> Option<String> {
    match value {
        FieldValue::Nothing => None,
        FieldValue::Answer(answer) => Some(t.get(if *answer { "answer-yes" } else { "answer-no" })),
        FieldValue::Text(text) => Some(text_words(t, pointer.rsplit('/').next().unwrap_or_default(), text)),
        FieldValue::Rows(rows) => serde_json::to_string(rows).ok(),
    }
}

fn text_words(t: Texts, name: &str, text: &str) -> String {
    match name {
        "nationality" | "residence" => t.country(text),
        "issuer" if text.len() == 2 => t.country(text),
        "sex" => t.get(&format!("sex-{text}")),
        "direction" => words::direction(t, text),
        _ => match text.parse::<jiff::civil::Date>() {
            Ok(date) if text.len() == 10 => t.date(date),
            _ => text.to_owned(),
        },
    }
}
