//! The fields of a page's form: names and texts, as a browser sends them and as the page shows them again. A field's
//! name is its JSON Pointer with dashes: `journey-itinerary-0-from`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::domain::typed;

/// The hidden field that names the zone of a form's times.
pub const ZONE: &str = "zone";

/// The fields of a form, in order. A name may occur more than once.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The value of a field; the first value of a repeated field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a repeated field.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The fields whose names start with `start`: the rest of each name, and the value.
    pub fn with_prefix<'a>(&'a self, start: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(start)?, value.as_str())))
    }

    /// The version of the record that the form was filled from.
    pub fn version(&self) -> Option<i32> {
        self.get("version").and_then(|version| version.parse().ok())
    }

    /// The zone of the form's times: the one that it names, or UTC.
    pub fn zone(&self) -> TimeZone {
        self.get(ZONE).and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
    }

    /// The number of rows of a list: `limits-2-key` is in the third row.
    pub fn rows(&self, list: &str) -> usize {
        let numbers = self.0.iter().filter_map(|(name, _)| row_of(name, list));
        numbers.map(|(number, _)| number.saturating_add(1)).max().unwrap_or(0)
    }

    /// Removes the blank rows of a list; later rows move up.
    #[must_use]
    pub fn without_blank_rows(self, list: &str) -> Self {
        let mut filled = BTreeMap::new();
        for (name, value) in &self.0 {
            if let (Some((number, _)), false) = (row_of(name, list), typed::is_blank(value)) {
                filled.insert(number, 0);
            }
        }
        filled.values_mut().enumerate().for_each(|(place, number)| *number = place);
        let moved = |(name, value): (String, String)| match row_of(&name, list) {
            None => Some((name, value)),
            Some((number, field)) => Some((format!("{list}-{}-{field}", filled.get(&number)?), value)),
        };
        self.0.into_iter().filter_map(moved).collect()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// The row of a list that a field is in, and the field's name within the row.
fn row_of<'a>(name: &'a str, list: &str) -> Option<(usize, &'a str)> {
    let (number, field) = name.strip_prefix(list)?.strip_prefix('-')?.split_once('-')?;
    Some((number.parse().ok()?, field))
}

/// The `name` and `id` of a field on the page: its pointer, with dashes.
pub fn field_id(pointer: &str) -> String {
    pointer.trim_start_matches('/').replace('/', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_leads_to_the_field() {
        assert_eq!(field_id("/journey/itinerary/0/from"), "journey-itinerary-0-from");
    }

    #[test]
    fn blank_rows_are_left_out_and_the_rest_moves_up() {
        let sent =
            [("a", "1"), ("list-0-x", " "), ("list-4-x", ""), ("list-4-y", "two"), ("list-10-x", "three")];
        let fields = Fields::from_iter(sent).without_blank_rows("list");
        assert_eq!(fields.rows("list"), 2);
        let names = ["a", "list-0-x", "list-0-y", "list-1-x"];
        assert_eq!(names.map(|name| fields.get(name)), [Some("1"), Some(""), Some("two"), Some("three")]);
        assert_eq!(fields.with_prefix("list-").count(), 3);
    }
}
