//! What is wrong with a form that comes back: once in a summary on top, once beside each field, in the same words.

use crate::{domain::field_error::FieldError, texts::Texts, web::fields::field_id};

/// The faults of a form, in the reader's language.
#[derive(Debug, Default)]
pub struct Faults {
    list: Vec<Fault>,
}

/// One fault.
#[derive(Debug)]
pub struct Fault {
    /// The pointer into the form: `/travel_document/number`.
    pub pointer: String,
    /// The `id` of the field on the page: `travel_document-number`.
    pub field: String,
    /// What the field is called, if its name is where it belongs: `field-travel_document-number` in the texts.
    pub label: Option<String>,
    /// What is wrong and how to mend it.
    pub message: String,
}

impl Faults {
    /// No faults: a form that is shown for the first time.
    pub const fn none() -> Self {
        Self { list: Vec::new() }
    }

    /// What a use case found.
    pub fn of(t: Texts, errors: &[FieldError]) -> Self {
        let fault = |error: &FieldError| Fault {
            field: field_id(&error.pointer),
            label: t.try_get(&label_key(&error.pointer)),
            pointer: error.pointer.clone(),
            message: t.field_error(error),
        };
        Self { list: errors.iter().map(fault).collect() }
    }

    /// One fault in words that are there already.
    pub fn said(pointer: &str, message: String) -> Self {
        let fault = Fault { field: field_id(pointer), label: None, pointer: pointer.to_owned(), message };
        Self { list: vec![fault] }
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them, in the form's order.
    pub fn all(&self) -> &[Fault] {
        &self.list
    }

    /// The first fault of a field, by its pointer.
    pub fn at(&self, pointer: &str) -> Option<&str> {
        self.list.iter().find(|fault| fault.pointer == pointer).map(|fault| fault.message.as_str())
    }
}

/// The key of a field's name; numbers in a pointer (the places of a list) are left out.
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
