//! Controls: what a form's field is on the page, made from a table of fields. The macro `control` of
//! `templates/macros.html` draws them all.

use super::{Faults, field_id};
use crate::{texts::Texts, web::fields::Fields};

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// One line; the value is the `type` of the HTML element: `text`, `email`, `tel`, `date`.
    Line(&'static str),
    /// Several lines.
    Paragraph,
    /// One of a long list.
    Select,
    /// One of a few.
    Radios,
}

/// A possible value.
#[derive(Clone, Debug)]
pub struct Choice {
    /// As sent.
    pub value: String,
    /// As read.
    pub label: String,
    /// More about it; may be empty.
    pub hint: String,
}

/// A field on a page.
#[derive(Clone, Debug)]
pub struct Control {
    /// Its `id` and its name: the pointer with dashes.
    pub id: String,
    /// How it is filled in.
    pub input: Input,
    /// Its name for people.
    pub label: String,
    /// What to put there; may be empty.
    pub hint: String,
    /// What it holds, as text.
    pub value: String,
    /// What is wrong with it.
    pub fault: Option<String>,
    /// Whether it may stay empty.
    pub is_optional: bool,
    /// Its HTML `autocomplete`; may be empty.
    pub autocomplete: &'static str,
    /// The possible values of [`Input::Select`] and [`Input::Radios`].
    pub choices: Vec<Choice>,
}

impl Control {
    /// A field at `pointer`, its label and hint from the texts `field-…` and `hint-…`, its value out of `values`.
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

    /// The same with these possible values.
    #[must_use]
    pub fn among(mut self, choices: Vec<Choice>) -> Self {
        self.choices = choices;
        self
    }

    /// Whether it is one of a few to tick.
    pub fn is_radios(&self) -> bool {
        self.input == Input::Radios
    }

    /// Whether it takes several lines.
    pub fn is_paragraph(&self) -> bool {
        self.input == Input::Paragraph
    }

    /// Whether it is one of a long list.
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

    /// The ids of the texts that describe it.
    pub fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.id));
        let error = self.fault.as_ref().map(|_| format!("{}-error", self.id));
        [hint, error].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// Every country, those of `first` on top, the rest in the order of their names.
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
