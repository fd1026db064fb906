//! Reads fields with several values: objects, texts, answers by code.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Kind, Reader, Source, escape};
use crate::{
    domain::{field_error::FieldError, typed},
    web::fields::field_id,
};

impl<'a> Reader<'a> {
    /// A list of at most `most` objects.
    pub fn objects<T>(
        &mut self,
        name: &'static str,
        most: usize,
        mut read: impl FnMut(&mut Reader<'_>) -> T,
    ) -> Vec<T> {
        let pointer = self.pointer_to(name);
        let mut items = Vec::new();
        let mut add = |mut item: Reader<'_>| {
            items.push(read(&mut item));
            item.finish();
        };
        if let Source::Form(fields) = self.source {
            for row in 0..self.at_most(name, most, fields.rows(&field_id(&pointer))) {
                add(Reader::of_form(fields, format!("{pointer}/{row}"), self.errors));
            }
        }
        for (index, value) in self.list(name, most).iter().enumerate() {
            add(Reader::at(Some(value), Kind::Whole, format!("{pointer}/{index}"), self.errors));
        }
        items
    }

    /// The length of a list; if it is too long, a fault and zero.
    fn at_most(&mut self, name: &str, most: usize, length: usize) -> usize {
        if length <= most {
            return length;
        }
        self.fault_with(name, "too_many", "most", most);
        0
    }

    /// A list of at most `most` texts of at most `longest` characters; blank texts are left out.
    pub fn texts(&mut self, name: &'static str, most: usize, longest: usize) -> Vec<String> {
        let pointer = self.pointer_to(name);
        let mut texts = Vec::new();
        for (index, text) in self.listed_texts(name, most).into_iter().enumerate() {
            let at = format!("{pointer}/{index}");
            match text.map(|text| typed::paragraph(text, longest)) {
                Some(Ok(text)) if text.is_empty() => {}
                Some(Ok(text)) => texts.push(text),
                Some(Err(fault)) => self.errors.push(fault.at(at)),
                None => self.errors.push(FieldError::new(at, "wrong_type").with("expected", "text")),
            }
        }
        texts
    }

    /// The texts of a list; none for an item that is not a text. A form repeats a field in the singular: `question` for
    /// each of the `questions`.
    fn listed_texts(&mut self, name: &'static str, most: usize) -> Vec<Option<&'a str>> {
        let Source::Form(fields) = self.source else {
            return self.list(name, most).iter().map(Value::as_str).collect();
        };
        let texts: Vec<_> = fields.all(name.trim_end_matches('s')).map(Some).collect();
        let length = self.at_most(name, most, texts.len());
        texts.into_iter().take(length).collect()
    }

    fn list(&mut self, name: &'static str, most: usize) -> &'a [Value] {
        match self.value(name) {
            None => &[],
            Some(Value::Array(items)) => &items[..self.at_most(name, most, items.len())],
            Some(_) => {
                self.fault_with(name, "wrong_type", "expected", "list");
                &[]
            }
        }
    }

    /// Answers by code: true, false or null; none if there is no object.
    pub fn answers(&mut self, name: &'static str) -> Option<BTreeMap<String, Option<bool>>> {
        let pointer = self.pointer_to(name);
        let mut answers = BTreeMap::new();
        for (code, answer) in self.given_answers(name)? {
            let at = || format!("{pointer}/{}", escape(code));
            match answer {
                Answer::None if self.kind == Kind::Patch => _ = answers.insert(code.to_owned(), None),
                // No code looks like this.
                _ if code.len() > 64 || code.contains(char::is_control) => {
                    self.errors.push(FieldError::new(at(), "unknown_field"));
                }
                Answer::None => {}
                Answer::Given(answer) => _ = answers.insert(code.to_owned(), Some(answer)),
                Answer::Unreadable => {
                    self.errors.push(FieldError::new(at(), "wrong_type").with("expected", "boolean"));
                }
            }
        }
        Some(answers)
    }

    fn given_answers(&mut self, name: &'static str) -> Option<Vec<(&'a str, Answer)>> {
        if let Source::Form(fields) = self.source {
            let start = format!("{}-", field_id(&self.pointer_to(name)));
            return Some(
                fields.with_prefix(&start).map(|(code, text)| (code, Answer::of_text(text))).collect(),
            );
        }
        let Value::Object(object) = self.value(name)? else {
            self.fault_with(name, "wrong_type", "expected", "object");
            return None;
        };
        Some(object.iter().map(|(code, value)| (code.as_str(), Answer::of_json(value))).collect())
    }
}

/// An answer to a question of the programme.
enum Answer {
    None,
    Given(bool),
    Unreadable,
}

impl Answer {
    fn of_json(value: &Value) -> Self {
        match value {
            Value::Null => Self::None,
            Value::Bool(answer) => Self::Given(*answer),
            _ => Self::Unreadable,
        }
    }

    fn of_text(text: &str) -> Self {
        match text.trim() {
            "" => Self::None,
            text => text.parse().map_or(Self::Unreadable, Self::Given),
        }
    }
}
