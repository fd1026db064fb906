//! Reads a JSON object field by field and collects every fault with its pointer, instead of stopping at the first.
//! Pages and API read with it, so that both report the same faults.

use std::{collections::BTreeMap, str::FromStr};

use jiff::{Timestamp, civil::Date};
use serde_json::{Map, Value};

use crate::domain::{field_error::FieldError, form::Update, text_enum::UnknownCode};

/// One object being read. Ask for each field, then call [`Reader::finish`], which reports the fields nobody asked for.
pub struct Reader<'a> {
    object: Option<&'a Map<String, Value>>,
    kind: Kind,
    /// Null, or nothing that could be read, stands in a patch where the object is.
    is_emptied: bool,
    pointer: String,
    known: Vec<&'static str>,
    errors: &'a mut Vec<FieldError>,
}

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The thing itself: null is a field without a value.
    Whole,
    /// A merge patch (RFC 7396): null removes a field, whatever its name, and an object with null in its place loses
    /// all its fields.
    Patch,
}

impl<'a> Reader<'a> {
    /// Begins at the root of a body.
    pub fn new(value: &'a Value, errors: &'a mut Vec<FieldError>) -> Self {
        Self::at(Some(value), Kind::Whole, String::new(), errors)
    }

    /// Begins at the root of a merge patch.
    pub fn of_patch(value: &'a Value, errors: &'a mut Vec<FieldError>) -> Self {
        Self::at(Some(value), Kind::Patch, String::new(), errors)
    }

    fn at(value: Option<&'a Value>, kind: Kind, pointer: String, errors: &'a mut Vec<FieldError>) -> Self {
        let object = match value {
            None | Some(Value::Null) => None,
            Some(Value::Object(object)) => Some(object),
            Some(_) => {
                errors.push(FieldError::new(pointer.clone(), "wrong_type").with("expected", "object"));
                None
            }
        };
        let is_emptied = kind == Kind::Patch && value.is_some() && object.is_none();
        Self { object, kind, is_emptied, pointer, known: Vec::new(), errors }
    }

    /// Records a fault of a field.
    pub fn fault(&mut self, name: &str, code: &'static str) {
        self.errors.push(FieldError::new(self.pointer_to(name), code));
    }

    fn unknown_code(&mut self, name: &str, known: impl IntoIterator<Item = impl AsRef<str>>) {
        self.errors.push(FieldError::unknown_code(self.pointer_to(name), known));
    }

    fn fault_with(&mut self, name: &str, code: &'static str, param: &'static str, value: impl ToString) {
        self.errors.push(FieldError::new(self.pointer_to(name), code).with(param, value));
    }

    fn pointer_to(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }

    /// The field's value; absent and null are the same.
    fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.object.and_then(|object| object.get(name)).filter(|value| !value.is_null())
    }

    /// Whether the body names the field at all, be it with null.
    pub fn mentions(&self, name: &str) -> bool {
        self.object.map_or(self.is_emptied, |object| object.contains_key(name))
    }

    /// How the field changes: what `read` reads if the body names it.
    pub fn update<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> T,
    ) -> Update<T> {
        let is_named = self.mentions(name);
        let value = read(self, name);
        if is_named { Update::Set(value) } else { Update::Keep }
    }

    /// Reports those of the fields that are not there, or null or blank.
    pub fn require(&mut self, names: &[&str]) {
        for name in names {
            let value = self.object.and_then(|object| object.get(*name));
            let is_there = match value {
                None | Some(Value::Null) => false,
                Some(Value::String(text)) => !text.trim().is_empty(),
                Some(_) => true,
            };
            if !is_there {
                self.fault(name, "required");
            }
        }
    }

    /// Text of at most `most` characters, trimmed; blank is none.
    pub fn text(&mut self, name: &'static str, most: usize) -> Option<String> {
        let text = self.raw_text(name)?;
        let text = text.trim();
        if text.chars().count() > most {
            self.fault_with(name, "too_long", "most", most);
            return None;
        }
        if is_unprintable(text) {
            self.fault(name, "unprintable");
            return None;
        }
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn raw_text(&mut self, name: &'static str) -> Option<&'a str> {
        match self.value(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.fault_with(name, "wrong_type", "expected", "text");
                None
            }
        }
    }

    /// Text that `parse` understands; otherwise the field has fault `code`.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        code: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name, 300)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.fault(name, code);
        }
        parsed
    }

    /// One of a fixed set of codes.
    pub fn code<T: FromStr<Err = UnknownCode>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name, 300)?;
        text.parse().map_err(|unknown: UnknownCode| self.unknown_code(name, unknown.known)).ok()
    }

    /// One of these codes, as text.
    pub fn one_of(&mut self, name: &'static str, known: &[&str]) -> Option<String> {
        let text = self.text(name, 300)?;
        if known.contains(&text.as_str()) {
            return Some(text);
        }
        self.unknown_code(name, known);
        None
    }

    /// An id, a UUID.
    pub fn id<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        self.parsed(name, "not_an_id", |text| text.parse().ok())
    }

    /// A day, `YYYY-MM-DD`.
    pub fn date(&mut self, name: &'static str) -> Option<Date> {
        self.parsed(name, "not_a_date", |text| (text.len() == 10).then(|| text.parse().ok()).flatten())
    }

    /// A moment, RFC 3339.
    pub fn instant(&mut self, name: &'static str) -> Option<Timestamp> {
        self.parsed(name, "not_an_instant", |text| text.parse().ok())
    }

    /// A country, ISO 3166-1 alpha-2.
    pub fn country(&mut self, name: &'static str) -> Option<String> {
        self.parsed(name, "unknown_country", |text| {
            let code = text.to_uppercase();
            (code.len() == 2).then(|| rust_iso3166::from_alpha2(&code).map(|_| code)).flatten()
        })
    }

    /// A whole number within `range`.
    pub fn number(&mut self, name: &'static str, range: std::ops::RangeInclusive<i32>) -> Option<i32> {
        let Some(number) = self.value(name)?.as_i64() else {
            self.fault_with(name, "wrong_type", "expected", "number");
            return None;
        };
        let number = i32::try_from(number).ok().filter(|n| range.contains(n));
        if number.is_none() {
            let pointer = self.pointer_to(name);
            let fault = FieldError::new(pointer, "out_of_range")
                .with("least", range.start())
                .with("most", range.end());
            self.errors.push(fault);
        }
        number
    }

    /// An object within: `read` gets its own reader, positioned there.
    pub fn object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        self.known.push(name);
        let value = self.object.and_then(|object| object.get(name));
        let mut inner = Reader::at(value, self.kind, self.pointer_to(name), self.errors);
        inner.is_emptied |= self.is_emptied;
        let result = read(&mut inner);
        inner.finish();
        result
    }

    /// A list of at most `most` objects.
    pub fn objects<T>(
        &mut self,
        name: &'static str,
        most: usize,
        mut read: impl FnMut(&mut Reader<'_>) -> T,
    ) -> Vec<T> {
        let pointer = self.pointer_to(name);
        let mut items = Vec::new();
        for (index, value) in self.list(name, most).iter().enumerate() {
            let mut inner = Reader::at(Some(value), Kind::Whole, format!("{pointer}/{index}"), self.errors);
            items.push(read(&mut inner));
            inner.finish();
        }
        items
    }

    /// A list of at most `most` texts of at most `longest` characters; blank ones are left out.
    pub fn texts(&mut self, name: &'static str, most: usize, longest: usize) -> Vec<String> {
        let pointer = self.pointer_to(name);
        let mut texts = Vec::new();
        for (index, value) in self.list(name, most).iter().enumerate() {
            let at = format!("{pointer}/{index}");
            match value {
                Value::String(text) if text.chars().count() > longest => {
                    self.errors.push(FieldError::new(at, "too_long").with("most", longest));
                }
                Value::String(text) if is_unprintable(text) => {
                    self.errors.push(FieldError::new(at, "unprintable"));
                }
                Value::String(text) if text.trim().is_empty() => {}
                Value::String(text) => texts.push(text.trim().to_owned()),
                _ => self.errors.push(FieldError::new(at, "wrong_type").with("expected", "text")),
            }
        }
        texts
    }

    fn list(&mut self, name: &'static str, most: usize) -> &'a [Value] {
        match self.value(name) {
            None => &[],
            Some(Value::Array(items)) if items.len() > most => {
                self.fault_with(name, "too_many", "most", most);
                &[]
            }
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.fault_with(name, "wrong_type", "expected", "list");
                &[]
            }
        }
    }

    /// An object whose keys are codes and whose values are true, false or null; none if there is no object.
    pub fn answers(&mut self, name: &'static str) -> Option<BTreeMap<String, Option<bool>>> {
        let pointer = self.pointer_to(name);
        let Value::Object(object) = self.value(name)? else {
            self.fault_with(name, "wrong_type", "expected", "object");
            return None;
        };
        let mut answers = BTreeMap::new();
        for (code, answer) in object {
            let at = || format!("{pointer}/{}", escape(code));
            match answer {
                Value::Null if self.kind == Kind::Patch => _ = answers.insert(code.clone(), None),
                // No code looks like this.
                _ if code.len() > 64 || is_unprintable(code) => {
                    self.errors.push(FieldError::new(at(), "unknown_field"));
                }
                Value::Null => {}
                Value::Bool(answer) => _ = answers.insert(code.clone(), Some(*answer)),
                _ => self.errors.push(FieldError::new(at(), "wrong_type").with("expected", "boolean")),
            }
        }
        Some(answers)
    }

    /// Reports the fields that nobody asked for.
    pub fn finish(self) {
        let Some(object) = self.object else { return };
        let is_harmless = |value: &Value| self.kind == Kind::Patch && value.is_null();
        let unknown =
            object.iter().filter(|(name, value)| !self.known.contains(&name.as_str()) && !is_harmless(value));
        for (name, _) in unknown {
            self.errors.push(FieldError::new(format!("{}/{}", self.pointer, escape(name)), "unknown_field"));
        }
    }
}

fn is_unprintable(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

/// A name as a token of a JSON Pointer (RFC 6901 §3), cut so that nobody fills an answer with it.
fn escape(name: &str) -> String {
    name.chars().take(100).collect::<String>().replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_fault_is_told_at_once_with_its_place() {
        let body = json!({ "name": 7, "born": "2020-02-30", "home": { "country": "ZZ", "x/y": 1 }, "legs": [{ "to": "a" }, 3], "extra": null });
        let mut errors = Vec::new();
        let mut reader = Reader::new(&body, &mut errors);
        assert_eq!(reader.text("name", 10), None);
        assert_eq!(reader.date("born"), None);
        reader.object("home", |home| home.country("country"));
        reader.objects("legs", 5, |leg| leg.text("to", 3));
        reader.finish();
        let told: Vec<_> = errors.iter().map(|e| (e.pointer.as_str(), e.code)).collect();
        assert_eq!(
            told,
            [
                ("/name", "wrong_type"),
                ("/born", "not_a_date"),
                ("/home/country", "unknown_country"),
                ("/home/x~1y", "unknown_field"),
                ("/legs/1", "wrong_type"),
                ("/extra", "unknown_field"),
            ]
        );
    }
}
