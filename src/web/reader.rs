//! Reads a JSON object or a page's form field by field, and collects every fault with its pointer instead of stopping
//! at the first. The API (JSON) and pages (forms) use the same functions, so both report the same faults.

use std::str::FromStr;

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};
use serde_json::{Map, Value};

use super::fields::{Fields, field_id};
use crate::domain::{
    calendar::Deadline,
    field_error::FieldError,
    form::Update,
    text_enum::UnknownCode,
    typed::{self, TextFault},
};

mod lists;

/// The beginning of the year 1, in seconds from 1970.
const FIRST_INSTANT: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// The input of a request.
#[derive(Clone, Copy)]
pub enum Input<'a> {
    /// The body of a request to the API.
    Json(&'a Value),
    /// The form of a page.
    Form(&'a Fields),
}

impl<'a> From<&'a Value> for Input<'a> {
    fn from(body: &'a Value) -> Self {
        Self::Json(body)
    }
}

impl<'a> From<&'a Fields> for Input<'a> {
    fn from(fields: &'a Fields) -> Self {
        Self::Form(fields)
    }
}

/// One object being read. Read each field, then call [`Reader::finish`], which reports unknown fields.
pub struct Reader<'a> {
    source: Source<'a>,
    kind: Kind,
    /// The patch has null, or no object, in place of the object.
    is_emptied: bool,
    pointer: String,
    known: Vec<&'static str>,
    errors: &'a mut Vec<FieldError>,
}

/// The source of the fields.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// A JSON object; none if it is missing.
    Object(Option<&'a Map<String, Value>>),
    /// A form. A field that it does not contain is empty.
    Form(&'a Fields),
}

/// How an object is interpreted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A complete object: null means no value.
    Whole,
    /// A merge patch (RFC 7396): null removes a field; null in place of an object removes all its fields.
    Patch,
}

impl<'a> Reader<'a> {
    /// Starts at the root of a body or form.
    pub fn new(input: Input<'a>, errors: &'a mut Vec<FieldError>) -> Self {
        match input {
            Input::Json(value) => Self::at(Some(value), Kind::Whole, String::new(), errors),
            Input::Form(fields) => Self::of_form(fields, String::new(), errors),
        }
    }

    /// Starts at the root of a merge patch.
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
        Self { source: Source::Object(object), kind, is_emptied, pointer, known: Vec::new(), errors }
    }

    fn of_form(fields: &'a Fields, pointer: String, errors: &'a mut Vec<FieldError>) -> Self {
        let source = Source::Form(fields);
        Self { source, kind: Kind::Patch, is_emptied: false, pointer, known: Vec::new(), errors }
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

    /// The field's JSON value; absent and null are the same.
    fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.known.push(name);
        self.member(name).filter(|value| !value.is_null())
    }

    fn member(&self, name: &str) -> Option<&'a Value> {
        match self.source {
            Source::Object(object) => object?.get(name),
            Source::Form(_) => None,
        }
    }

    /// Whether the body contains the field, even as null. A form contains all its fields.
    pub fn mentions(&self, name: &str) -> bool {
        match self.source {
            Source::Object(object) => object.map_or(self.is_emptied, |object| object.contains_key(name)),
            Source::Form(_) => true,
        }
    }

    /// The change of the field: the result of `read` if the body contains it.
    pub fn update<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self, &'static str) -> T,
    ) -> Update<T> {
        let is_named = self.mentions(name);
        let value = read(self, name);
        if is_named { Update::Set(value) } else { Update::Keep }
    }

    /// Reports the fields that are missing, null or blank.
    pub fn require(&mut self, names: &[&str]) {
        for name in names {
            let is_there = match (self.source, self.member(name)) {
                (Source::Form(fields), _) => {
                    fields.get(&field_id(&self.pointer_to(name))).is_some_and(|text| !typed::is_blank(text))
                }
                (_, None | Some(Value::Null)) => false,
                (_, Some(Value::String(text))) => !typed::is_blank(text),
                (_, Some(_)) => true,
            };
            if !is_there {
                self.fault(name, "required");
            }
        }
    }

    /// Text of one line and at most `most` characters, trimmed; blank text is none.
    pub fn text(&mut self, name: &'static str, most: usize) -> Option<String> {
        self.typed(name, |text| typed::line(text, most))
    }

    /// The same, without addresses.
    pub fn name(&mut self, name: &'static str, most: usize) -> Option<String> {
        self.typed(name, |text| typed::name(text, most))
    }

    /// Text of at most `most` characters, trimmed, which may have several lines; blank text is none.
    pub fn paragraph(&mut self, name: &'static str, most: usize) -> Option<String> {
        self.typed(name, |text| typed::paragraph(text, most))
    }

    fn typed(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&str) -> Result<String, TextFault>,
    ) -> Option<String> {
        match read(self.raw_text(name)?) {
            Ok(text) => (!text.is_empty()).then_some(text),
            Err(fault) => {
                self.errors.push(fault.at(self.pointer_to(name)));
                None
            }
        }
    }

    fn raw_text(&mut self, name: &'static str) -> Option<&'a str> {
        if let Source::Form(fields) = self.source {
            return fields.get(&field_id(&self.pointer_to(name)));
        }
        match self.value(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.fault_with(name, "wrong_type", "expected", "text");
                None
            }
        }
    }

    /// Text parsed by `parse`; if it fails, the field has fault `code`.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        code: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.paragraph(name, 300)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.fault(name, code);
        }
        parsed
    }

    /// A value of a fixed set of codes.
    pub fn code<T: FromStr<Err = UnknownCode>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.paragraph(name, 300)?;
        text.parse().map_err(|unknown: UnknownCode| self.unknown_code(name, unknown.known)).ok()
    }

    /// One of these codes, as text.
    pub fn one_of(&mut self, name: &'static str, known: &[&str]) -> Option<String> {
        let text = self.paragraph(name, 300)?;
        if known.contains(&text.as_str()) {
            return Some(text);
        }
        self.unknown_code(name, known);
        None
    }

    /// A UUID.
    pub fn id<T: FromStr>(&mut self, name: &'static str) -> Option<T> {
        self.parsed(name, "not_an_id", |text| text.parse().ok())
    }

    /// A day, `YYYY-MM-DD`.
    pub fn date(&mut self, name: &'static str) -> Option<Date> {
        self.parsed(name, "not_a_date", |text| (text.len() == 10).then(|| text.parse().ok()).flatten())
    }

    /// A time, RFC 3339; in a form, a date with hour and minute in the form's zone.
    pub fn instant(&mut self, name: &'static str) -> Option<Timestamp> {
        let zone = match self.source {
            Source::Object(_) => None,
            Source::Form(fields) => Some(fields.zone()),
        };
        self.parsed(name, "not_an_instant", |text| {
            let instant: Timestamp = match zone {
                None => text.parse().ok()?,
                Some(zone) => text.parse::<DateTime>().ok()?.to_zoned_datetime(zone).ok()?.timestamp(),
            };
            // PostgreSQL cannot store much earlier ones.
            (instant >= FIRST_INSTANT).then_some(instant)
        })
    }

    /// A deadline; in a form, a day, since people think of deadlines as days.
    pub fn deadline(&mut self, name: &'static str) -> Option<Deadline> {
        match self.source {
            Source::Object(_) => self.instant(name).map(Deadline::At),
            Source::Form(_) => {
                self.parsed(name, "not_an_instant", |day| day.parse().ok()).map(Deadline::EndOf)
            }
        }
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
        let number = match self.source {
            Source::Object(_) => self.value(name)?.as_i64(),
            Source::Form(_) => {
                let text = self.raw_text(name).map(typed::visible).filter(|text| !text.trim().is_empty())?;
                text.trim().parse::<i64>().ok()
            }
        };
        let Some(number) = number else {
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

    /// A nested object: `read` gets a reader positioned there.
    pub fn object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        self.known.push(name);
        let pointer = self.pointer_to(name);
        let mut inner = match self.source {
            Source::Object(_) => Reader::at(self.member(name), self.kind, pointer, self.errors),
            Source::Form(fields) => Reader::of_form(fields, pointer, self.errors),
        };
        inner.is_emptied |= self.is_emptied;
        let result = read(&mut inner);
        inner.finish();
        result
    }

    /// Reports unknown fields. Does nothing for a form, which has more fields than one reader reads.
    pub fn finish(self) {
        let Source::Object(Some(object)) = self.source else { return };
        let is_harmless = |value: &Value| self.kind == Kind::Patch && value.is_null();
        let unknown =
            object.iter().filter(|(name, value)| !self.known.contains(&name.as_str()) && !is_harmless(value));
        for (name, _) in unknown {
            self.errors.push(FieldError::new(format!("{}/{}", self.pointer, escape(name)), "unknown_field"));
        }
    }
}

/// A name as a token of a JSON Pointer (RFC 6901 §3), truncated so that a long name does not fill the answer.
pub(super) fn escape(name: &str) -> String {
    name.chars().take(100).collect::<String>().replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests;
