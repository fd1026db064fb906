//! The faults of a form that is shown again: in a summary on top and beside each field, in the same words.

use crate::{domain::field_error::FieldError, texts::Texts, web::fields::field_id};

/// The faults of a form, in the reader's language.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
}

/// One fault.
#[derive(Debug)]
pub struct Fault {
    /// The JSON Pointer of the field: `/travel_document/number`.
    pub pointer: String,
    /// The `id` of the field on the page: `travel_document-number`.
    pub field: String,
    /// The label of the field, from the text `field-travel_document-number`, if there is one.
    pub label: Option<String>,
    /// What is wrong and how to fix it.
    pub message: String,
}

impl Faults {
    /// No faults: the form is shown for the first time.
    pub const fn none() -> Self {
        Self { list: Vec::new() }
    }

    /// The faults that a use case found.
    pub fn of(t: Texts, errors: &[FieldError]) -> Self {
        let fault = |error: &FieldError| Fault {
            field: field_id(&error.pointer),
            label: t.try_get(&label_key(&error.pointer)),
            pointer: error.pointer.clone(),
            message: t.field_error(error),
        };
        Self { list: errors.iter().map(fault).collect() }
    }

    /// One fault with this message.
    pub fn with_message(pointer: &str, message: String) -> Self {
        let fault = Fault { field: field_id(pointer), label: None, pointer: pointer.to_owned(), message };
        Self { list: vec![fault] }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All faults, in the order of the form.
    pub fn all(&self) -> &[Fault] {
        &self.list
    }

    /// The first fault of a field, by its pointer.
    pub fn at(&self, pointer: &str) -> Option<&str> {
        self.list.iter().find(|fault| fault.pointer == pointer).map(|fault| fault.message.as_str())
    }
}

/// The text key of a field's label. List indexes in the pointer are left out.
pub fn label_key(pointer: &str) -> String {
    let steps =
        pointer.split('/').filter(|step| !step.is_empty() && !step.bytes().all(|b| b.is_ascii_digit()));
    std::iter::once("field").chain(steps).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_leads_to_the_name_of_its_field() {
        assert_eq!(label_key("/journey/itinerary/0/from"), "field-journey-itinerary-from");
    }
}
