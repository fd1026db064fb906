//! The form's fields as its pages ask for them: one table, from which the controls and the patch that they send are
//! made. To add a field, see `domain/form.rs`.

use serde_json::{Map, Value, json};

use crate::{
    domain::{
        form::{Form, SECTIONS, Sex},
        programme::{Priority, Programme},
    },
    texts::Texts,
    web::pages::{
        Faults,
        controls::{Choice, Control, Input, countries},
    },
};

/// What was typed: the names of the controls and their values.
pub type Typed = [(String, String)];

/// One field.
struct Field {
    pointer: &'static str,
    input: Input,
    is_optional: bool,
    autocomplete: &'static str,
}

const fn must(pointer: &'static str, input: Input, autocomplete: &'static str) -> Field {
    Field { pointer, input, is_optional: false, autocomplete }
}

const fn may(pointer: &'static str, input: Input) -> Field {
    Field { pointer, input, is_optional: true, autocomplete: "" }
}

/// The one list of choices that is the programme's own.
const PRIORITY: &str = "/employment/project_priority";
const TEXT: Input = Input::Line("text");
const DAY: Input = Input::Line("date");

#[rustfmt::skip]
const FIELDS: &[Field] = &[
    must("/applicant/family_name", TEXT, "family-name"),
    must("/applicant/given_names", TEXT, "given-name"),
    may("/applicant/native_name", TEXT),
    must("/applicant/birth_date", DAY, "bday"),
    must("/applicant/sex", Input::Radios, ""),
    must("/applicant/nationality", Input::Select, ""),
    must("/applicant/residence", Input::Select, "country"),
    must("/applicant/email", Input::Line("email"), "email"),
    must("/applicant/phone", Input::Line("tel"), "tel"),
    must("/travel_document/number", TEXT, "off"),
    must("/travel_document/issuer", Input::Select, ""),
    must("/travel_document/issued_on", DAY, ""),
    must("/travel_document/expires_on", DAY, ""),
    may("/travel_document/mrz", Input::Paragraph),
    must("/employment/employer", TEXT, "organization"),
    must("/employment/position", TEXT, "organization-title"),
    must("/employment/host", TEXT, ""),
    may("/employment/project", TEXT),
    may(PRIORITY, Input::Select),
    may("/employment/sponsor", TEXT),
    must("/journey/purpose", Input::Paragraph, ""),
    must("/journey/arrive_on", DAY, ""),
    must("/journey/leave_on", DAY, ""),
    must("/journey/port_of_entry", TEXT, ""),
];

/// A list of like things within a section: its pointer, its fields, how many are taken.
struct Group {
    pointer: &'static str,
    fields: &'static [(&'static str, Input)],
    most: usize,
}

const GROUPS: &[Group] = &[
    Group { pointer: "/journey/itinerary", fields: &[("place", TEXT), ("from", DAY), ("to", DAY)], most: 30 },
    Group {
        pointer: "/health/proofs",
        fields: &[
            ("kind", TEXT),
            ("issuer", TEXT),
            ("issued_on", DAY),
            ("valid_until", DAY),
            ("number", TEXT),
        ],
        most: 10,
    },
];

/// A list on a page: its rows, the last one empty for one more.
pub struct ControlGroup {
    /// Its name.
    pub label: String,
    /// What it is for.
    pub hint: String,
    /// The controls of each row.
    pub rows: Vec<Vec<Control>>,
}

/// The section of that name, if there is one.
pub fn section(name: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|known| **known == name).copied()
}

/// What is filled in, for [`controls`] and [`groups`].
pub fn values_of(form: &Form) -> Value {
    serde_json::to_value(form).unwrap_or_default()
}

/// The controls of a section, holding `values` (an object as the API shows the form).
pub fn controls(
    t: Texts,
    section: &str,
    programme: &Programme,
    values: &Value,
    faults: &Faults,
) -> Vec<Control> {
    let start = format!("/{section}/");
    let mut controls: Vec<Control> = FIELDS
        .iter()
        .filter(|field| field.pointer.starts_with(&start))
        // Where the programme knows no priorities, none is asked for.
        .filter(|field| field.pointer != PRIORITY || !programme.priorities.is_empty())
        .map(|field| {
            let control = Control::new(t, field.pointer, field.input, values, faults);
            let control = control.among(choices(t, field, programme));
            Control { is_optional: field.is_optional, autocomplete: field.autocomplete, ..control }
        })
        .collect();
    if section == "health" {
        controls.extend(declarations(t, programme, values, faults));
    }
    controls
}

fn choices(t: Texts, field: &Field, programme: &Programme) -> Vec<Choice> {
    match field.input {
        Input::Select if field.pointer == PRIORITY => priorities(t, programme),
        Input::Select => countries(t, &programme.territories),
        Input::Radios => Sex::ALL
            .iter()
            .map(|sex| Choice {
                value: sex.to_string(),
                label: t.get(&format!("sex-{sex}")),
                hint: String::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn priorities(t: Texts, programme: &Programme) -> Vec<Choice> {
    let choice = |priority: &Priority| Choice {
        value: priority.code.clone(),
        label: priority.name.in_language(t.language.as_str()).to_owned(),
        hint: String::new(),
    };
    programme.priorities.iter().map(choice).collect()
}

fn declarations(t: Texts, programme: &Programme, values: &Value, faults: &Faults) -> Vec<Control> {
    let answers = [("true", "answer-yes"), ("false", "answer-no")];
    let choices: Vec<Choice> = answers
        .iter()
        .map(|(value, key)| Choice { value: (*value).to_owned(), label: t.get(key), hint: String::new() })
        .collect();
    let control = |code: &str, text: &str| {
        let pointer = format!("/health/declarations/{code}");
        Control {
            id: super::super::field_id(&pointer),
            input: Input::Radios,
            label: text.to_owned(),
            hint: String::new(),
            value: values.pointer(&pointer).map(Value::to_string).unwrap_or_default(),
            fault: faults.at(&pointer).map(str::to_owned),
            is_optional: false,
            autocomplete: "",
            choices: choices.clone(),
        }
    };
    let language = t.language.as_str();
    programme.declarations.iter().map(|d| control(&d.code, d.text.in_language(language))).collect()
}

/// The lists of a section, each with an empty row at its end.
pub fn groups(t: Texts, section: &str, values: &Value, faults: &Faults) -> Vec<ControlGroup> {
    let start = format!("/{section}/");
    let groups = GROUPS.iter().filter(|group| group.pointer.starts_with(&start));
    groups
        .map(|group| {
            let filled = values.pointer(group.pointer).and_then(Value::as_array).map_or(0, Vec::len);
            let row = |index: usize| {
                let control = |(name, input): &(&str, Input)| {
                    Control::new(t, &format!("{}/{index}/{name}", group.pointer), *input, values, faults)
                };
                group.fields.iter().map(control).collect()
            };
            let key = super::super::faults::label_key(group.pointer);
            ControlGroup {
                label: t.get(&key),
                hint: t.try_get(&key.replacen("field-", "hint-", 1)).unwrap_or_default(),
                rows: (0..(filled + 1).min(group.most)).map(row).collect(),
            }
        })
        .collect()
}

/// What was typed into a section's page, as a patch of the application. Blank is null; a blank row is left out.
pub fn patch(section: &str, programme: &Programme, typed: &Typed) -> Value {
    let start = format!("/{section}/");
    let value = |pointer: &str| {
        let id = super::super::field_id(pointer);
        let found = typed.iter().find(|(name, _)| *name == id).map(|(_, value)| value.trim());
        found.filter(|value| !value.is_empty()).map_or(Value::Null, Value::from)
    };
    let mut fields = Map::new();
    for field in FIELDS.iter().filter(|field| field.pointer.starts_with(&start)) {
        fields.insert(field.pointer[start.len()..].to_owned(), value(field.pointer));
    }
    for group in GROUPS.iter().filter(|group| group.pointer.starts_with(&start)) {
        let row = |index: usize| -> Map<String, Value> {
            let at = |name: &str| value(&format!("{}/{index}/{name}", group.pointer));
            group.fields.iter().map(|(name, _)| ((*name).to_owned(), at(name))).collect()
        };
        let filled = (0..group.most).map(row).filter(|row| row.values().any(|value| !value.is_null()));
        fields.insert(group.pointer[start.len()..].to_owned(), filled.map(Value::Object).collect());
    }
    match section {
        "travel_document" => {
            fields.insert("type".to_owned(), "passport".into());
        }
        "health" => {
            let answer = |code: &str| match value(&format!("/health/declarations/{code}")) {
                Value::String(text) if text == "true" => Value::Bool(true),
                Value::String(text) if text == "false" => Value::Bool(false),
                other => other,
            };
            let answers: Map<String, Value> =
                programme.declarations.iter().map(|d| (d.code.clone(), answer(&d.code))).collect();
            fields.insert("declarations".to_owned(), Value::Object(answers));
        }
        _ => {}
    }
    json!({ section: fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_form_is_asked_for() {
        let asked = |pointer: &str| {
            FIELDS.iter().any(|field| field.pointer == pointer)
                || GROUPS.iter().any(|group| group.pointer == pointer)
                || ["/travel_document/type", "/health/declarations"].contains(&pointer)
        };
        for (section, fields) in values_of(&Form::default()).as_object().unwrap() {
            for name in fields.as_object().unwrap().keys() {
                assert!(asked(&format!("/{section}/{name}")), "/{section}/{name}");
            }
        }
    }

    #[test]
    fn blank_rows_are_left_out_and_blank_fields_emptied() {
        let programme: Programme = toml::from_str(crate::workflow::apply_programme::CN_KZ).unwrap();
        let typed = [("journey-itinerary-2-place", " Almaty "), ("journey-purpose", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let patch = patch("journey", &programme, &typed);
        assert_eq!(patch["journey"]["itinerary"], json!([{ "place": "Almaty", "from": null, "to": null }]));
        assert_eq!(patch["journey"]["purpose"], Value::Null);
    }
}
