//! The texts of pages and messages in four languages: `locales/<language>/*.ftl` (Fluent); and dates, numbers and
//! country names in the format of each language.
//!
//! To add a text, add the same key with the same `$arguments` in all four languages. A test compares them.

use std::{borrow::Cow, collections::HashMap};

use fluent_templates::{
    Loader,
    fluent_bundle::{FluentValue, types::FluentNumber},
    static_loader,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use unic_langid::{LanguageIdentifier, langid};

use crate::domain::field_error::FieldError;
pub use crate::domain::language::Language;

mod formats;
mod zones;

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "en",
        // Otherwise Fluent puts invisible marks (U+2068) around every value.
        customise: |bundle| {
            bundle.set_use_isolating(false);
            bundle.set_formatter(Some(formats::number_formatter(&bundle.locales)));
        },
    };
}

static IDENTIFIERS: [LanguageIdentifier; 4] = [langid!("en"), langid!("zh"), langid!("ru"), langid!("kk")];

/// The texts in one language. It is small: pass it by value, and put it into every template's context as `t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texts {
    /// The language.
    pub language: Language,
    /// The time zone of the reader's side; none: UTC.
    zone: Option<&'static TimeZone>,
}

impl Texts {
    /// The texts in `language`.
    pub const fn of(language: Language) -> Self {
        Self { language, zone: None }
    }

    /// The same texts for a reader in this time zone of the IANA database, such as `Asia/Almaty`: times are shown in it
    /// first, and in UTC beside it. No name or an unknown one changes nothing.
    pub fn in_zone(self, name: Option<&str>) -> Self {
        Self { zone: name.and_then(zones::get).or(self.zone), ..self }
    }

    /// The text of `key`.
    pub fn get(&self, key: &str) -> String {
        self.find(key, None)
    }

    /// The text of `key` with one value filled in: `t.with("queue-length", "count", count)`.
    pub fn with(&self, key: &str, name: &'static str, value: impl TextValue) -> String {
        self.find(key, Some(HashMap::from([(Cow::Borrowed(name), value.text_value())])))
    }

    /// The text of `key` with two values filled in.
    pub fn with_two(
        &self,
        key: &str,
        (first, one): (&'static str, impl TextValue),
        (second, two): (&'static str, impl TextValue),
    ) -> String {
        let values = [(Cow::Borrowed(first), one.text_value()), (Cow::Borrowed(second), two.text_value())];
        self.find(key, Some(HashMap::from(values)))
    }

    /// The text of `key` with any words. None of them is a number: a batch may be called `2026`.
    pub fn with_all(&self, key: &str, words: &[(&'static str, String)]) -> String {
        let words = words.iter().map(|(name, word)| (Cow::Borrowed(*name), word.text_value()));
        self.find(key, Some(words.collect()))
    }

    /// The text of `key` with values that a problem carries as text. A whole number is passed as a number, for plurals.
    pub fn with_numbers(&self, key: &str, values: &[(&'static str, String)]) -> String {
        let values = values.iter().map(|(name, value)| (Cow::Borrowed(*name), number_or_text(value)));
        self.find(key, Some(values.collect()))
    }

    /// The message of a faulty field, with dates and countries in the format of the language.
    pub fn field_error(&self, error: &FieldError) -> String {
        let written = |(name, value): &(&'static str, String)| match (*name, value.parse::<Date>()) {
            ("country", _) => (*name, self.country(value)),
            (_, Ok(date)) if value.len() == 10 => (*name, self.date(date)),
            _ => (*name, value.clone()),
        };
        let params: Vec<_> = error.params.iter().map(written).collect();
        self.with_numbers(&format!("field-error-{}", error.code), &params)
    }

    /// The text of `key`, or none if it does not exist: for keys made from codes that callers choose.
    pub fn try_get(&self, key: &str) -> Option<String> {
        LOCALES.try_lookup(self.identifier(), key)
    }

    /// A day: `5 March 2026`.
    pub fn date(&self, date: impl std::borrow::Borrow<Date>) -> String {
        formats::date(self.language, *date.borrow())
    }

    /// A time: `5 March 2026 at 19:30 UTC+5 (14:30 UTC)`, or without a zone `5 March 2026 at 14:30 UTC`.
    pub fn instant(&self, at: impl std::borrow::Borrow<Timestamp>) -> String {
        formats::instant(self.language, *at.borrow(), self.zone)
    }

    /// The day of a time in the reader's zone.
    pub fn day_of(&self, at: impl std::borrow::Borrow<Timestamp>) -> String {
        let zone = self.zone.cloned().unwrap_or(TimeZone::UTC);
        formats::date(self.language, at.borrow().to_zoned_datetime(zone).date())
    }

    /// The name of the reader's zone in the IANA database; `UTC` without one.
    pub fn zone_name(&self) -> &str {
        self.zone.and_then(TimeZone::iana_name).unwrap_or("UTC")
    }

    /// The name of a country by its ISO 3166-1 alpha-2 code; the code itself if it is unknown.
    pub fn country(&self, code: &str) -> String {
        formats::country(self.language, code).unwrap_or_else(|| code.to_owned())
    }

    /// A whole number with grouped thousands.
    pub fn number(&self, number: impl std::borrow::Borrow<i32>) -> String {
        formats::number(self.language, i64::from(*number.borrow()))
    }

    fn identifier(&self) -> &'static LanguageIdentifier {
        &IDENTIFIERS[self.language as usize]
    }

    fn find(&self, key: &str, values: Option<HashMap<Cow<'static, str>, FluentValue<'_>>>) -> String {
        LOCALES.try_lookup_complete(self.identifier(), key, values.as_ref()).unwrap_or_else(|| {
            tracing::error!(key, language = %self.language, "a text is missing");
            key.to_owned()
        })
    }
}

/// A value to fill into a text: a word, or a whole number, which also selects the plural.
pub trait TextValue {
    /// The value for Fluent.
    fn text_value(&self) -> FluentValue<'static>;
}

impl<T: TextValue + ?Sized> TextValue for &T {
    fn text_value(&self) -> FluentValue<'static> {
        (**self).text_value()
    }
}

impl TextValue for str {
    fn text_value(&self) -> FluentValue<'static> {
        FluentValue::String(Cow::Owned(self.to_owned()))
    }
}

impl TextValue for String {
    fn text_value(&self) -> FluentValue<'static> {
        self.as_str().text_value()
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {$(
        impl TextValue for $number {
            fn text_value(&self) -> FluentValue<'static> {
                FluentValue::from(*self)
            }
        }
    )+};
}
numbers!(i32, i64, u32, u64, usize);

fn number_or_text(value: &str) -> FluentValue<'static> {
    match value.parse::<i64>() {
        Ok(number) => FluentValue::Number(FluentNumber::from(number)),
        Err(_) => value.text_value(),
    }
}

#[cfg(test)]
pub(crate) mod tests;
