//! Text as people type and paste it: without characters that nobody sees, and, where it must be, of one line and no
//! address. Pages, API, command line and programme files use the same rules.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};

use super::field_error::FieldError;

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextFault {
    /// Nobody sees anything of it.
    Blank,
    /// It has more characters than this.
    TooLong(usize),
    /// It contains control characters.
    Unprintable,
    /// It has several lines.
    OneLine,
    /// It contains the address of a page or a mailbox. Mails repeat names, so a stranger could have us send it to others.
    NotAName,
}

impl TextFault {
    /// The fault of a field.
    pub fn at(self, pointer: impl Into<String>) -> FieldError {
        match self {
            Self::Blank => FieldError::new(pointer, "required"),
            Self::TooLong(most) => FieldError::new(pointer, "too_long").with("most", most),
            Self::Unprintable => FieldError::new(pointer, "unprintable"),
            Self::OneLine => FieldError::new(pointer, "one_line"),
            Self::NotAName => FieldError::new(pointer, "not_a_name"),
        }
    }
}

/// Text of at most `most` characters, which may have several lines, trimmed. It may be empty.
pub fn paragraph(text: &str, most: usize) -> Result<String, TextFault> {
    let text = visible(text);
    let text = text.trim();
    if text.chars().count() > most {
        return Err(TextFault::TooLong(most));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(TextFault::Unprintable);
    }
    Ok(text.to_owned())
}

/// The same, of one line.
pub fn line(text: &str, most: usize) -> Result<String, TextFault> {
    let text = visible(text);
    if text.trim().contains(|c| is_break(c) || c == '\t') {
        return Err(TextFault::OneLine);
    }
    paragraph(&text, most)
}

/// The name of a person, an organisation or a batch: a line without addresses.
pub fn name(text: &str, most: usize) -> Result<String, TextFault> {
    let name = line(text, most)?;
    if contains_address(&name) { Err(TextFault::NotAName) } else { Ok(name) }
}

/// The same; not blank.
pub fn required_name(text: &str, most: usize) -> Result<String, TextFault> {
    let name = name(text, most)?;
    if name.is_empty() { Err(TextFault::Blank) } else { Ok(name) }
}

/// Whether the text contains the address of a page or a mailbox.
pub fn contains_address(text: &str) -> bool {
    // Full-width letters and signs look like these.
    let lower = ComposingNormalizerBorrowed::new_nfkc().normalize(text).to_lowercase();
    ["://", "www.", "@"].iter().any(|part| lower.contains(part))
}

/// Whether nobody would see anything of the text.
pub fn is_blank(text: &str) -> bool {
    visible(text).trim().is_empty()
}

/// Line breaks, also those of Unicode (UAX #14).
const fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The text without characters that nobody sees: zero-width ones, marks of direction, soft hyphens, fillers. What changes
/// the form of a letter stays: a variation selector after it, a joiner between two of them. No ASCII letter has such forms.
pub fn visible(text: &str) -> Cow<'_, str> {
    let invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    if !text.chars().any(|c| invisible.contains(c)) {
        return Cow::Borrowed(text);
    }
    let has_forms = |c: char| !c.is_ascii() && !c.is_whitespace() && !invisible.contains(c);
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let follows_letter = kept.chars().next_back().is_some_and(has_forms);
        let is_kept = match c {
            '\u{200c}' | '\u{200d}' => follows_letter && rest.clone().next().is_some_and(has_forms),
            '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}' => follows_letter,
            c => !invisible.contains(c),
        };
        if is_kept {
            kept.push(c);
        }
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_removed() {
        let invisible = "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}\u{3164}\u{e0041}\u{fe0f}";
        for c in invisible.chars() {
            assert_eq!(visible(&format!("L{c}i{c}")), "Li", "{c:?}");
            assert!(is_blank(&format!(" {c}\u{a0}{c}")), "{c:?}");
        }
        assert_eq!(line("\u{a0}\u{200b} Li \u{a0}", 10), Ok("Li".to_owned()));
    }

    #[test]
    fn what_changes_a_letter_stays() {
        for name in ["ක්\u{200d}ෂ", "می\u{200c}خواهم", "葛\u{e0100}城", "Әлия", "Müller", "O\u{2019}Brien"]
        {
            assert_eq!(visible(name), name);
        }
        assert_eq!(visible("葛\u{e0100}\u{e0101}城\u{200d}"), "葛\u{e0100}城");
    }

    #[test]
    fn a_name_is_one_line_without_addresses() {
        for text in ["a\nb", "a\u{2028}b", "a\u{85}b", "a\tb", "a\u{b}b"] {
            assert_eq!(name(text, 100), Err(TextFault::OneLine), "{text:?}");
        }
        for text in
            ["see http://a.b", "WWW.a.b", "me@a.b", "w\u{200b}ww.a.b", "li＠a.b", "http：／／a", "ｗｗｗ．a"]
        {
            assert_eq!(name(text, 100), Err(TextFault::NotAName), "{text:?}");
        }
        assert_eq!(name("a\u{7}b", 100), Err(TextFault::Unprintable));
        assert_eq!(name("abc", 2), Err(TextFault::TooLong(2)));
        assert_eq!(name(" Li Na ", 100), Ok("Li Na".to_owned()));
    }
}
