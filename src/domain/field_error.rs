//! The fault of one field, which API and pages put into words.

use serde::Serialize;

/// One field's fault: where, what, and the numbers its sentence needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the body: `/travel_document/number`.
    pub pointer: String,
    /// What is wrong: the key of its sentence (`field-error-<code>` in `locales/*/problems.ftl`).
    pub code: &'static str,
    /// Values for the sentence, by name.
    pub params: Vec<(&'static str, String)>,
}

impl FieldError {
    /// A fault that needs no values.
    pub fn new(pointer: impl Into<String>, code: &'static str) -> Self {
        Self { pointer: pointer.into(), code, params: Vec::new() }
    }

    /// A value that is not one of the known codes.
    pub fn unknown_code(
        pointer: impl Into<String>,
        known: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Self {
        let known: Vec<_> = known.into_iter().map(|code| code.as_ref().to_owned()).collect();
        Self::new(pointer, "unknown_code").with("known", known.join(", "))
    }

    /// The same with one more value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.params.push((name, value.to_string()));
        self
    }
}
