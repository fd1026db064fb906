//! The bytes that a hash is made of: fields, each with its length before it, so that no two lists of fields have the same
//! bytes. A value that is missing is an empty field.

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

/// The fields so far.
#[derive(Clone, Debug, Default)]
pub struct HashedFields(Vec<u8>);

impl HashedFields {
    /// Adds bytes.
    #[must_use]
    pub fn bytes(mut self, field: &[u8]) -> Self {
        self.0.extend_from_slice(&(field.len() as u64).to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }

    /// Adds a text.
    #[must_use]
    pub fn text(self, field: &str) -> Self {
        self.bytes(field.as_bytes())
    }

    /// Adds a text that may be missing.
    #[must_use]
    pub fn some_text(self, field: Option<&str>) -> Self {
        self.text(field.unwrap_or_default())
    }

    /// Adds a number in four bytes, the highest first.
    #[must_use]
    pub fn number(self, field: i32) -> Self {
        self.bytes(&field.to_be_bytes())
    }

    /// Adds an id.
    #[must_use]
    pub fn id(self, field: Uuid) -> Self {
        self.bytes(field.as_bytes())
    }

    /// Adds an id that may be missing.
    #[must_use]
    pub fn some_id(self, field: Option<Uuid>) -> Self {
        self.bytes(field.as_ref().map_or(&[][..], |id| &id.as_bytes()[..]))
    }

    /// Adds a time in microseconds, as the databases keep it, in eight bytes.
    #[must_use]
    pub fn time(self, field: Timestamp) -> Self {
        self.bytes(&field.as_microsecond().to_be_bytes())
    }

    /// Adds a time that may be missing.
    #[must_use]
    pub fn some_time(self, field: Option<Timestamp>) -> Self {
        match field {
            Some(at) => self.time(at),
            None => self.bytes(&[]),
        }
    }

    /// Adds a day, as `2026-03-02`, that may be missing.
    #[must_use]
    pub fn some_day(self, field: Option<Date>) -> Self {
        self.text(&field.map(|day| day.to_string()).unwrap_or_default())
    }

    /// Adds a list of fields as one field.
    #[must_use]
    pub fn list(self, fields: Self) -> Self {
        self.bytes(&fields.0)
    }

    /// The bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_has_its_length_before_it() {
        let fields = HashedFields::default().text("ab").number(1).some_text(None);
        assert_eq!(
            fields.clone().into_bytes(),
            b"\0\0\0\0\0\0\0\x02ab\0\0\0\0\0\0\0\x04\0\0\0\x01\0\0\0\0\0\0\0\0"
        );
        assert_eq!(HashedFields::default().list(fields).into_bytes().len(), 8 + 30);
    }
}
