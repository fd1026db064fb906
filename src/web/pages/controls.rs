//! Controls: how a form's field appears on the page. The macro `control` of `templates/macros.html` draws them.

use super::{Faults, field_id};
use crate::{texts::Texts, web::fields::Fields};

/// The kind of control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// A single line; the value is the `type` of the HTML element: `text`, `email`, `tel`, `date`.
    Line(&'static str),
    /// Several lines.
    Paragraph,
    /// A choice from a long list.
    Select,
    /// A choice from a few options.
    Radios,
}

/// An option.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The value that is sent.
    pub value: String,
    /// The label that people read.
    pub label: String,
    /// An explanation; may be empty.
    pub hint: String,
}

/// A field on a page.
#[derive(Clone, Debug)]
pub struct Control {
    /// Its `id` and `name`: the pointer with dashes.
    pub id: String,
    /// The kind of control.
    pub input: Input,
    /// The label that people read.
    pub label: String,
    /// How to fill it in; may be empty.
    pub hint: String,
    /// The current value, as text.
    pub value: String,
    /// The fault, if there is one.
    pub fault: Option<String>,
    /// Whether it may stay empty.
    pub is_optional: bool,
    /// Its HTML `autocomplete`; may be empty.
    pub autocomplete: &'static str,
    /// The options of [`Input::Select`] and [`Input::Radios`].
    pub choices: Vec<Choice>,
}

impl Control {
    /// A field at `pointer`. Its label and hint are the texts `field-…` and `hint-…`; its value comes from `values`.
    pub fn new(t: Texts, pointer: &str, input: Input, values: &Fields, faults: &Faults) -> Self {
        let (key, id) = (super::faults::label_key(pointer), field_id(pointer));
        Self {
            input,
            label: t.get(&key),
            hint: t.try_get(&key.replacen("field-", "hint-", 1)).unwrap_or_default(),
            value: values.get(&id).unwrap_or_default().trim().to_owned(),
            id,
            fault: faults.at(pointer).map(str::to_owned),
            is_optional: false,
            autocomplete: "",
            choices: Vec::new(),
        }
    }

    /// Sets the options.
    #[must_use]
    pub fn with_choices(mut self, choices: Vec<Choice>) -> Self {
        self.choices = choices;
        self
    }

    /// Whether it is a group of radio buttons.
    pub fn is_radios(&self) -> bool {
        self.input == Input::Radios
    }

    /// Whether it has several lines.
    pub fn is_paragraph(&self) -> bool {
        self.input == Input::Paragraph
    }

    /// Whether it is a drop-down list.
    pub fn is_select(&self) -> bool {
        self.input == Input::Select
    }

    /// The `type` of the HTML element.
    pub const fn line_type(&self) -> &'static str {
        match self.input {
            Input::Line(kind) => kind,
            _ => "text",
        }
    }

    /// The `id`s of the elements that describe it.
    pub fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.id));
        let error = self.fault.as_ref().map(|_| format!("{}-error", self.id));
        [hint, error].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Every country: those of `first`, then the others sorted by name.
pub fn countries(t: Texts, first: &[String]) -> Vec<Choice> {
    let choice = |code: &str| Choice { value: code.to_owned(), label: t.country(code), hint: String::new() };
    let mut rest: Vec<Choice> = rust_iso3166::ALL
        .iter()
        .filter(|country| !first.iter().any(|code| code == country.alpha2))
        .map(|country| choice(country.alpha2))
        .collect();
    rest.sort_by_key(|choice| choice.label.to_lowercase());
    first.iter().map(|code| choice(code)).chain(rest).collect()
}
