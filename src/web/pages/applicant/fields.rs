//! The fields of the form's pages: one table, from which the controls are made. To add a field, see `domain/form.rs`.

use crate::{
    domain::{
        form::{FieldValue, Form, SECTIONS, Sex},
        programme::{Priority, Programme},
    },
    texts::Texts,
    web::{
        fields::{Fields, field_id},
        pages::{
            Faults,
            controls::{Choice, Control, Input, countries},
            faults::label_key,
        },
    },
};

/// One field.
struct Field {
    pointer: &'static str,
    input: Input,
    is_optional: bool,
    autocomplete: &'static str,
}

const fn required(pointer: &'static str, input: Input, autocomplete: &'static str) -> Field {
    Field { pointer, input, is_optional: false, autocomplete }
}

const fn optional(pointer: &'static str, input: Input) -> Field {
    Field { pointer, input, is_optional: true, autocomplete: "" }
}

/// The only field whose choices come from the programme.
const PRIORITY: &str = "/employment/project_priority";
const TEXT: Input = Input::Line("text");
const DAY: Input = Input::Line("date");

#[rustfmt::skip]
const FIELDS: &[Field] = &[
    required("/applicant/family_name", TEXT, "family-name"),
    required("/applicant/given_names", TEXT, "given-name"),
    optional("/applicant/native_name", TEXT),
    required("/applicant/birth_date", DAY, "bday"),
    required("/applicant/sex", Input::Radios, ""),
    required("/applicant/nationality", Input::Select, ""),
    required("/applicant/residence", Input::Select, "country"),
    required("/applicant/email", Input::Line("email"), "email"),
    required("/applicant/phone", Input::Line("tel"), "tel"),
    required("/travel_document/number", TEXT, "off"),
    required("/travel_document/issuer", Input::Select, ""),
    required("/travel_document/issued_on", DAY, ""),
    required("/travel_document/expires_on", DAY, ""),
    optional("/travel_document/mrz", Input::Paragraph),
    required("/employment/employer", TEXT, "organization"),
    required("/employment/position", TEXT, "organization-title"),
    required("/employment/host", TEXT, ""),
    optional("/employment/project", TEXT),
    optional(PRIORITY, Input::Select),
    optional("/employment/sponsor", TEXT),
    required("/journey/purpose", Input::Paragraph, ""),
    required("/journey/arrive_on", DAY, ""),
    required("/journey/leave_on", DAY, ""),
    required("/journey/port_of_entry", TEXT, ""),
];

/// A list of similar items within a section: its pointer, its fields and the maximum number of items.
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

/// A list on a page: its rows; the last row is empty, for one more item.
pub struct ControlGroup {
    /// Its name.
    pub label: String,
    /// What it is for.
    pub hint: String,
    /// The controls of each row.
    pub rows: Vec<Vec<Control>>,
}

/// The section with this name, if there is one.
pub fn section(name: &str) -> Option<&'static str> {
    SECTIONS.iter().find(|known| **known == name).copied()
}

/// The contents of a form as the fields of its pages.
pub fn of_form(form: &Form) -> Fields {
    let mut fields: Vec<(String, String)> = Vec::new();
    for (pointer, value) in form.values() {
        match value {
            FieldValue::Nothing => {}
            FieldValue::Answer(answer) => fields.push((field_id(&pointer), answer.to_string())),
            FieldValue::Text(text) => fields.push((field_id(&pointer), text)),
            FieldValue::Rows(rows) => {
                for (index, (name, value)) in rows
                    .into_iter()
                    .enumerate()
                    .flat_map(|(index, row)| row.into_iter().map(move |it| (index, it)))
                {
                    let pointer = format!("{pointer}/{index}/{name}");
                    fields.push((field_id(&pointer), value.unwrap_or_default()));
                }
            }
        }
    }
    fields.into_iter().collect()
}

/// What the page of a section sent, without blank rows.
pub fn without_blank_rows(section: &str, sent: Fields) -> Fields {
    groups_of(section).fold(sent, |fields, group| fields.without_blank_rows(&field_id(group.pointer)))
}

fn groups_of(section: &str) -> impl Iterator<Item = &'static Group> {
    let start = format!("/{section}/");
    GROUPS.iter().filter(move |group| group.pointer.starts_with(&start))
}

/// The controls of a section, filled with `values`.
pub fn controls(
    t: Texts,
    section: &str,
    programme: &Programme,
    values: &Fields,
    faults: &Faults,
) -> Vec<Control> {
    let start = format!("/{section}/");
    let mut controls: Vec<Control> = FIELDS
        .iter()
        .filter(|field| field.pointer.starts_with(&start))
        // A programme without priorities has no such field.
        .filter(|field| field.pointer != PRIORITY || !programme.priorities.is_empty())
        .map(|field| {
            let control = Control::new(t, field.pointer, field.input, values, faults);
            let control = control.with_choices(choices(t, field, programme));
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

fn declarations(t: Texts, programme: &Programme, values: &Fields, faults: &Faults) -> Vec<Control> {
    let answers = [("true", "answer-yes"), ("false", "answer-no")];
    let choices: Vec<Choice> = answers
        .iter()
        .map(|(value, key)| Choice { value: (*value).to_owned(), label: t.get(key), hint: String::new() })
        .collect();
    let control = |code: &str, text: &str| {
        let pointer = format!("/health/declarations/{code}");
        let id = field_id(&pointer);
        Control {
            input: Input::Radios,
            label: text.to_owned(),
            hint: String::new(),
            value: values.get(&id).unwrap_or_default().trim().to_owned(),
            id,
            fault: faults.at(&pointer).map(str::to_owned),
            is_optional: false,
            autocomplete: "",
            choices: choices.clone(),
        }
    };
    let language = t.language.as_str();
    programme.declarations.iter().map(|d| control(&d.code, d.text.in_language(language))).collect()
}

/// The lists of a section, each with an empty row at the end.
pub fn groups(t: Texts, section: &str, values: &Fields, faults: &Faults) -> Vec<ControlGroup> {
    groups_of(section)
        .map(|group| {
            let filled = values.rows(&field_id(group.pointer));
            let row = |index: usize| {
                let control = |(name, input): &(&str, Input)| {
                    Control::new(t, &format!("{}/{index}/{name}", group.pointer), *input, values, faults)
                };
                group.fields.iter().map(control).collect()
            };
            let key = label_key(group.pointer);
            ControlGroup {
                label: t.get(&key),
                hint: t.try_get(&key.replacen("field-", "hint-", 1)).unwrap_or_default(),
                rows: (0..filled.saturating_add(1).min(group.most)).map(row).collect(),
            }
        })
        .collect()
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
        for pointer in Form::default().values().keys() {
            assert!(asked(pointer), "{pointer}");
        }
    }
}
