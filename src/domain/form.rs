//! The application form: its fields, its changes, and the formats of what it holds. `completeness.rs` has the rules for
//! submission. A draft may be empty, but its values are well-formed. To add a field: its line here, how it is read
//! (`web/form_input.rs`), its shape (`web/api/shapes/form.rs`), its control (`web/pages/applicant/fields.rs`).

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::text_enum;

mod fields;
mod value;

pub use fields::{AnswerChanges, Field, Row, Update, Values};
use fields::{row, section};
pub use value::{Change, FieldValue};

text_enum! {
    /// Sex as a travel document states it (ICAO 9303-3).
    pub enum Sex {
        /// Female.
        F = "F",
        /// Male.
        M = "M",
        /// Unspecified.
        X = "X",
    }
}

section! {
    /// All that a traveller tells.
    #[derive(Debug)]
    pub struct Form, FormChanges {
        /// The person.
        applicant: Applicant,
        /// The passport.
        travel_document: TravelDocument,
        /// The work.
        employment: Employment,
        /// The journey.
        journey: Journey,
        /// Health.
        health: Health,
    }
}

section! {
    /// The person who travels. Names are as in the travel document; any script.
    #[derive(Debug)]
    #[expect(missing_docs, reason = "the fields say it")]
    pub struct Applicant, ApplicantChanges {
        family_name: Option<String>,
        given_names: Option<String>,
        native_name: Option<String>,
        birth_date: Option<Date>,
        sex: Option<Sex>,
        nationality: Option<String>,
        residence: Option<String>,
        email: Option<String>,
        phone: Option<String>,
    }
}

section! {
    /// The travel document (ICAO 9303-4).
    pub struct TravelDocument, TravelDocumentChanges {
        /// `passport`.
        kind as "type": Option<String>,
        /// At most nine letters and digits.
        number: Option<String>,
        /// ISO 3166-1 alpha-2 of the issuing state.
        issuer: Option<String>,
        /// Day of issue.
        issued_on: Option<Date>,
        /// Last day of validity.
        expires_on: Option<Date>,
        /// The two lines of the machine-readable zone.
        mrz: Option<String>,
    }
}

/// Hides the number, so that `{:?}` cannot write it to a log.
impl std::fmt::Debug for TravelDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TravelDocument(…)")
    }
}

section! {
    /// For whom and on what the traveller works.
    #[derive(Debug)]
    #[expect(missing_docs, reason = "the fields say it")]
    pub struct Employment, EmploymentChanges {
        employer: Option<String>,
        position: Option<String>,
        host: Option<String>,
        project: Option<String>,
        /// One of the programme's priorities.
        project_priority: Option<String>,
        /// The sponsor's organisation code.
        sponsor: Option<String>,
    }
}

section! {
    /// When, where and why.
    #[derive(Debug)]
    #[expect(missing_docs, reason = "the fields say it")]
    pub struct Journey, JourneyChanges {
        purpose: Option<String>,
        arrive_on: Option<Date>,
        leave_on: Option<Date>,
        port_of_entry: Option<String>,
        itinerary: Vec<Stop>,
    }
}

row! {
    /// Where the traveller is from one day to another.
    #[expect(missing_docs, reason = "the fields say it")]
    pub struct Stop {
        from: Option<Date>,
        to: Option<Date>,
        place: Option<String>,
    }
}

section! {
    /// Declarations by code, and proofs such as a test or a vaccination.
    #[derive(Debug)]
    pub struct Health, HealthChanges {
        /// The programme's declarations, answered.
        declarations: BTreeMap<String, bool>,
        /// What the traveller can show.
        proofs: Vec<Proof>,
    }
}

row! {
    /// A health proof.
    #[expect(missing_docs, reason = "the fields say it")]
    pub struct Proof {
        kind: Option<String>,
        issuer: Option<String>,
        issued_on: Option<Date>,
        valid_until: Option<Date>,
        number: Option<String>,
    }
}

/// The sections of the form, each a page and an object of the body.
pub const SECTIONS: &[&str] = Form::FIELDS;

impl Form {
    /// The values of all fields by JSON Pointer.
    pub fn values(&self) -> Values {
        let mut values = Values::new();
        self.add_values("", &mut values);
        values
    }

    /// The fields in which two forms differ, with old and new value.
    pub fn changes_to(&self, newer: &Self) -> Vec<Change> {
        let (old, new) = (self.values(), newer.values());
        let value = |values: &Values, field| values.get(field).cloned().unwrap_or(FieldValue::Nothing);
        let fields: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
        let changes = fields.into_iter().map(|field| Change {
            field: field.clone(),
            old: value(&old, field),
            new: value(&new, field),
        });
        changes.filter(|change| change.old != change.new).collect()
    }

    /// Whether something is filled in of a section.
    pub fn is_begun(&self, section: &str) -> bool {
        let start = format!("/{section}/");
        self.values().iter().any(|(pointer, value)| pointer.starts_with(&start) && !value.is_blank())
    }

    /// What identifies the travel document, for the keyed hash: issuer and number. None while either is missing.
    pub fn document_identity(&self) -> Option<String> {
        let document = &self.travel_document;
        Some(format!("{} {}", document.issuer.as_ref()?, document.number.as_ref()?))
    }
}

/// The last characters of a document number, the rest dots: what everybody else may see.
pub fn masked(number: &str) -> String {
    let shown = number.chars().count().saturating_sub(4).max(number.chars().count().min(5));
    let tail: String = number.chars().skip(shown).collect();
    format!("•••••{tail}")
}

/// Upper case, without spaces and hyphens; at most nine letters and digits (ICAO 9303-4 §4.2.2).
pub fn document_number(text: &str) -> Option<String> {
    let number: String =
        text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect::<String>().to_uppercase();
    let fits = (5..=9).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    fits.then_some(number)
}

/// International format (ITU-T E.164): `+` and 7 to 15 digits; spaces, hyphens and brackets are forgiven.
pub fn phone(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
    let digits = compact.strip_prefix('+')?;
    let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(compact)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn form() -> Form {
        let declarations = [("symptoms".to_owned(), false), ("truthful".to_owned(), true)].into();
        Form {
            applicant: Applicant {
                family_name: Some("Li".to_owned()),
                given_names: Some("Na".to_owned()),
                ..Applicant::default()
            },
            journey: Journey {
                arrive_on: Some(date(2026, 4, 1)),
                itinerary: vec![Stop::default()],
                ..Journey::default()
            },
            health: Health { declarations, proofs: Vec::new() },
            ..Form::default()
        }
    }

    #[test]
    fn changes_set_what_they_name_and_keep_the_rest() {
        let almaty = Stop { place: Some("Almaty".to_owned()), ..Stop::default() };
        let answers = [("symptoms".to_owned(), None), ("contact".to_owned(), Some(false))];
        let newer = form().changed(&FormChanges {
            applicant: ApplicantChanges {
                given_names: Update::Set(None),
                sex: Update::Set(Some(Sex::F)),
                ..ApplicantChanges::default()
            },
            journey: JourneyChanges {
                itinerary: Update::Set(vec![almaty.clone()]),
                ..JourneyChanges::default()
            },
            health: HealthChanges {
                declarations: AnswerChanges::Merge(answers.into()),
                ..HealthChanges::default()
            },
            ..FormChanges::default()
        });
        assert_eq!(newer.applicant.family_name.as_deref(), Some("Li"));
        assert_eq!(newer.journey.itinerary, [almaty]);
        assert_eq!(
            newer.health.declarations,
            [("contact".to_owned(), false), ("truthful".to_owned(), true)].into()
        );
        let fields: Vec<_> = form().changes_to(&newer).into_iter().map(|change| change.field).collect();
        assert_eq!(
            fields,
            [
                "/applicant/given_names",
                "/applicant/sex",
                "/health/declarations/contact",
                "/health/declarations/symptoms",
                "/journey/itinerary",
            ]
        );
    }

    #[test]
    fn no_changes_change_nothing() {
        assert_eq!(form().changed(&FormChanges::default()), form());
        assert_eq!(form().changes_to(&form()), []);
    }

    #[test]
    fn empty_rows_begin_no_section() {
        let form = Form {
            journey: Journey { itinerary: vec![Stop::default()], ..Journey::default() },
            ..Form::default()
        };
        assert!(!form.is_begun("journey"));
    }

    #[test]
    fn a_number_shows_four_characters_at_most() {
        assert_eq!(masked("E12345678"), "•••••5678");
        assert_eq!(masked("12345"), "•••••");
        assert_eq!(masked("123456"), "•••••6");
    }
}
