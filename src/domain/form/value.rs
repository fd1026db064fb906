//! The value of a field, whatever its type, as the history of a case keeps it and shows it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a field holds. Its JSON is the plain value: `null`, `true`, `"text"`, `[{…}]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// The field is empty.
    Nothing,
    /// Yes or no.
    Answer(bool),
    /// Text, a code, or a date as `YYYY-MM-DD`.
    Text(String),
    /// A list of like things, their values by name.
    Rows(Vec<BTreeMap<String, Option<String>>>),
}

impl FieldValue {
    /// Whether nothing is filled in.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Answer(_) | Self::Text(_) => false,
            Self::Rows(rows) => rows.iter().all(|row| row.values().all(Option::is_none)),
        }
    }
}

impl From<bool> for FieldValue {
    fn from(answer: bool) -> Self {
        Self::Answer(answer)
    }
}

impl From<String> for FieldValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// One changed field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// JSON Pointer of the field.
    pub field: String,
    /// What it said.
    pub old: FieldValue,
    /// What it says now.
    pub new: FieldValue,
}
