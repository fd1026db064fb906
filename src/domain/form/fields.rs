//! How a form is declared: [`section!`](section) and [`row!`](row) make, from one list of fields, the struct, the
//! struct of its changes, and the walk over its values.

use std::{collections::BTreeMap, fmt::Display};

use super::value::FieldValue;

/// The values of a form by JSON Pointer.
pub type Values = BTreeMap<String, FieldValue>;

/// Something that a form can hold.
pub trait Field {
    /// What can change of it. The default changes nothing.
    type Changes: Default;

    /// The field after the changes.
    fn changed(&self, changes: &Self::Changes) -> Self;

    /// Adds its values under its pointer.
    fn add_values(&self, pointer: &str, values: &mut Values);
}

/// An item of a list within a form.
pub trait Row {
    /// Its values by name.
    fn values(&self) -> BTreeMap<String, Option<String>>;
}

/// A change of one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Update<T> {
    /// The field keeps its value.
    #[default]
    Keep,
    /// The field gets this value.
    Set(T),
}

impl<T: Clone> Update<T> {
    fn applied_to(&self, old: &T) -> T {
        match self {
            Self::Keep => old.clone(),
            Self::Set(new) => new.clone(),
        }
    }
}

impl<T: Clone + Display> Field for Option<T> {
    type Changes = Update<Self>;

    fn changed(&self, update: &Update<Self>) -> Self {
        update.applied_to(self)
    }

    fn add_values(&self, pointer: &str, values: &mut Values) {
        let value = self.as_ref().map_or(FieldValue::Nothing, |value| FieldValue::Text(value.to_string()));
        values.insert(pointer.to_owned(), value);
    }
}

/// A list is replaced as a whole.
impl<T: Clone + Row> Field for Vec<T> {
    type Changes = Update<Self>;

    fn changed(&self, update: &Update<Self>) -> Self {
        update.applied_to(self)
    }

    fn add_values(&self, pointer: &str, values: &mut Values) {
        values.insert(pointer.to_owned(), FieldValue::Rows(self.iter().map(Row::values).collect()));
    }
}

/// Changes of the answers to a programme's questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerChanges {
    /// All answers are removed.
    Clear,
    /// Each named answer is set, or removed if it is none; the others stay.
    Merge(BTreeMap<String, Option<bool>>),
}

impl Default for AnswerChanges {
    fn default() -> Self {
        Self::Merge(BTreeMap::new())
    }
}

impl Field for BTreeMap<String, bool> {
    type Changes = AnswerChanges;

    fn changed(&self, changes: &AnswerChanges) -> Self {
        let AnswerChanges::Merge(changes) = changes else { return Self::new() };
        let kept = self.iter().filter(|(code, _)| !changes.contains_key(*code));
        let given = changes.iter().filter_map(|(code, answer)| Some((code, answer.as_ref()?)));
        kept.chain(given).map(|(code, answer)| (code.clone(), *answer)).collect()
    }

    fn add_values(&self, pointer: &str, values: &mut Values) {
        let answers =
            self.iter().map(|(code, answer)| (format!("{pointer}/{code}"), FieldValue::from(*answer)));
        values.extend(answers);
    }
}

/// Declares a section of the form together with its changes. A field that JSON names differently says so: `kind as
/// "type"`.
macro_rules! section {
    ($(#[$meta:meta])* pub struct $name:ident, $changes:ident {
        $($(#[$field_meta:meta])* $field:ident $(as $key:literal)?: $type:ty),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$field_meta])* $(#[serde(rename = $key)])? pub $field: $type),+ }

        #[doc = concat!("What changes of [`", stringify!($name), "`].")]
        #[derive(Clone, Default)]
        #[expect(missing_docs, reason = "the fields are those of the section")]
        pub struct $changes { $(pub $field: <$type as $crate::domain::form::Field>::Changes),+ }

        /// Hides personal data, so that `{:?}` cannot write it to a log.
        impl std::fmt::Debug for $changes {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($changes), "(…)"))
            }
        }

        impl $name {
            /// The names of its fields in JSON.
            pub const FIELDS: &[&str] = &[$($crate::domain::form::fields::name!($field $($key)?)),+];
        }

        impl $crate::domain::form::Field for $name {
            type Changes = $changes;

            fn changed(&self, changes: &$changes) -> Self {
                Self { $($field: self.$field.changed(&changes.$field)),+ }
            }

            fn add_values(&self, pointer: &str, values: &mut $crate::domain::form::Values) {
                $(
                    let name = $crate::domain::form::fields::name!($field $($key)?);
                    self.$field.add_values(&format!("{pointer}/{name}"), values);
                )+
            }
        }
    };
}
pub(super) use section;

/// Declares an item of a list within a section.
macro_rules! row {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$field_meta:meta])* $field:ident: $type:ty),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $name { $($(#[$field_meta])* pub $field: $type),+ }

        impl $crate::domain::form::Row for $name {
            fn values(&self) -> std::collections::BTreeMap<String, Option<String>> {
                let values = [$((stringify!($field), self.$field.as_ref().map(ToString::to_string))),+];
                values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }
        }
    };
}
pub(super) use row;

/// A field's name in JSON.
macro_rules! name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $key:literal) => {
        $key
    };
}
pub(super) use name;
