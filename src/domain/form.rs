//! The application form: its fields, their shapes, and reading it from a body. What a form must hold before it can
//! be submitted stands in `completeness.rs`; a draft may be as empty as it likes, but what it holds is well-formed.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    field_error::FieldError,
    mrz::{self, MrzFault},
    reader::Reader,
};
use crate::text_enum;

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

/// All that a traveller tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Form {
    /// The person.
    pub applicant: Applicant,
    /// The passport.
    pub travel_document: TravelDocument,
    /// The work.
    pub employment: Employment,
    /// The journey.
    pub journey: Journey,
    /// Health.
    pub health: Health,
}

/// The person who travels. Names are as in the travel document; any script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Applicant {
    pub family_name: Option<String>,
    pub given_names: Option<String>,
    pub native_name: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    pub birth_date: Option<Date>,
    #[schema(value_type = Option<String>, example = "F")]
    pub sex: Option<Sex>,
    pub nationality: Option<String>,
    pub residence: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// The travel document (ICAO 9303-4).
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TravelDocument {
    /// `passport`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// At most nine letters and digits.
    pub number: Option<String>,
    /// ISO 3166-1 alpha-2 of the issuing state.
    pub issuer: Option<String>,
    /// Day of issue.
    #[schema(value_type = Option<String>, format = Date)]
    pub issued_on: Option<Date>,
    /// Last day of validity.
    #[schema(value_type = Option<String>, format = Date)]
    pub expires_on: Option<Date>,
    /// The two lines of the machine-readable zone.
    pub mrz: Option<String>,
}

/// Numbers do not get into logs by way of a `{:?}`.
impl std::fmt::Debug for TravelDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TravelDocument(…)")
    }
}

/// For whom and on what the traveller works.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Employment {
    pub employer: Option<String>,
    pub position: Option<String>,
    pub host: Option<String>,
    pub project: Option<String>,
    /// One of the programme's priorities.
    pub project_priority: Option<String>,
    /// The sponsor's organisation code.
    pub sponsor: Option<String>,
}

/// When, where and why.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Journey {
    pub purpose: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    pub arrive_on: Option<Date>,
    #[schema(value_type = Option<String>, format = Date)]
    pub leave_on: Option<Date>,
    pub port_of_entry: Option<String>,
    pub itinerary: Vec<Stop>,
}

/// Where the traveller is from one day to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Stop {
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<Date>,
    #[schema(value_type = Option<String>, format = Date)]
    pub to: Option<Date>,
    pub place: Option<String>,
}

/// Declarations by code, and proofs such as a test or a vaccination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Health {
    /// The programme's declarations, answered.
    #[schema(value_type = std::collections::HashMap<String, bool>)]
    pub declarations: std::collections::BTreeMap<String, bool>,
    /// What the traveller can show.
    pub proofs: Vec<Proof>,
}

/// A health proof.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields say it")]
pub struct Proof {
    pub kind: Option<String>,
    pub issuer: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    pub issued_on: Option<Date>,
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_until: Option<Date>,
    pub number: Option<String>,
}

/// The sections of the form, each a page and an object of the body.
pub const SECTIONS: [&str; 5] = ["applicant", "travel_document", "employment", "journey", "health"];

const NAME: usize = 100;
const LINE: usize = 200;
const PARAGRAPH: usize = 2000;

impl Form {
    /// Reads the sections out of a body that is positioned at the application. Faults are collected by the reader.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            applicant: reader.object("applicant", read_applicant),
            travel_document: reader.object("travel_document", read_travel_document),
            employment: reader.object("employment", read_employment),
            journey: reader.object("journey", read_journey),
            health: reader.object("health", read_health),
        }
    }

    /// The form as the object that [`Form::read`] reads.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The same form with a merge patch (RFC 7396) applied, or every fault of the result.
    pub fn patched(&self, patch: &Value) -> Result<Self, Vec<FieldError>> {
        let mut faults = Vec::new();
        let form = self.patched_as_far_as_it_goes(patch, &mut faults);
        if faults.is_empty() { Ok(form) } else { Err(faults) }
    }

    /// The same, with the faulty fields empty: for whoever has more to say about the others.
    pub fn patched_as_far_as_it_goes(&self, patch: &Value, faults: &mut Vec<FieldError>) -> Self {
        let mut merged = self.to_value();
        json_patch::merge(&mut merged, patch);
        let mut reader = Reader::new(&merged, faults);
        let form = Self::read(&mut reader);
        reader.finish();
        form
    }

    /// The pointers of all leaves in which two forms differ, with old and new value.
    pub fn changes(&self, newer: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        compare(String::new(), &self.to_value(), &newer.to_value(), &mut changes);
        changes
    }

    /// What identifies the travel document, for the keyed hash: issuer and number. None while either is missing.
    pub fn document_identity(&self) -> Option<String> {
        let document = &self.travel_document;
        Some(format!("{} {}", document.issuer.as_ref()?, document.number.as_ref()?))
    }
}

/// One changed field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// JSON Pointer of the field.
    pub field: String,
    /// What it said.
    pub old: Value,
    /// What it says now.
    pub new: Value,
}

fn compare(pointer: String, old: &Value, new: &Value, changes: &mut Vec<Change>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let keys: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let at = format!("{pointer}/{key}");
                compare(
                    at,
                    old.get(key).unwrap_or(&Value::Null),
                    new.get(key).unwrap_or(&Value::Null),
                    changes,
                );
            }
        }
        _ if old != new => changes.push(Change { field: pointer, old: old.clone(), new: new.clone() }),
        _ => {}
    }
}

/// The last characters of a document number, the rest dots: what everybody else may see.
pub fn masked(number: &str) -> String {
    let shown = number.chars().count().saturating_sub(4).max(number.chars().count().min(5));
    let tail: String = number.chars().skip(shown).collect();
    format!("•••••{tail}")
}

fn read_applicant(reader: &mut Reader<'_>) -> Applicant {
    Applicant {
        family_name: reader.text("family_name", NAME),
        given_names: reader.text("given_names", NAME),
        native_name: reader.text("native_name", NAME),
        birth_date: reader.date("birth_date"),
        sex: reader.code("sex"),
        nationality: reader.country("nationality"),
        residence: reader.country("residence"),
        email: reader.parsed("email", "not_an_email", |text| is_email(text).then(|| text.to_owned())),
        phone: reader.parsed("phone", "not_a_phone", phone),
    }
}

fn read_travel_document(reader: &mut Reader<'_>) -> TravelDocument {
    let mrz = reader.text("mrz", 120);
    if let Some(zone) = &mrz {
        match mrz::parse(zone) {
            Ok(_) => {}
            Err(MrzFault::Shape) => reader.fault("mrz", "not_an_mrz"),
            Err(MrzFault::CheckDigit) => reader.fault("mrz", "check_digit"),
        }
    }
    TravelDocument {
        kind: reader.one_of("type", &["passport"]),
        number: reader.parsed("number", "not_a_document_number", document_number),
        issuer: reader.country("issuer"),
        issued_on: reader.date("issued_on"),
        expires_on: reader.date("expires_on"),
        mrz,
    }
}

fn read_employment(reader: &mut Reader<'_>) -> Employment {
    Employment {
        employer: reader.text("employer", LINE),
        position: reader.text("position", LINE),
        host: reader.text("host", LINE),
        project: reader.text("project", LINE),
        project_priority: reader.text("project_priority", 64),
        sponsor: reader.text("sponsor", 64),
    }
}

fn read_journey(reader: &mut Reader<'_>) -> Journey {
    Journey {
        purpose: reader.text("purpose", PARAGRAPH),
        arrive_on: reader.date("arrive_on"),
        leave_on: reader.date("leave_on"),
        port_of_entry: reader.text("port_of_entry", LINE),
        itinerary: reader.objects("itinerary", 30, |stop| Stop {
            from: stop.date("from"),
            to: stop.date("to"),
            place: stop.text("place", LINE),
        }),
    }
}

fn read_health(reader: &mut Reader<'_>) -> Health {
    Health {
        declarations: reader.answers("declarations").into_iter().collect(),
        proofs: reader.objects("proofs", 10, |proof| Proof {
            kind: proof.text("kind", 64),
            issuer: proof.text("issuer", LINE),
            issued_on: proof.date("issued_on"),
            valid_until: proof.date("valid_until"),
            number: proof.text("number", 64),
        }),
    }
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
fn phone(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
    let digits = compact.strip_prefix('+')?;
    let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(compact)
}

/// Enough to catch a slip; whether it is an address shows when mail arrives.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    text.len() <= 254
        && !local.is_empty()
        && local.len() <= 64
        && !domain.is_empty()
        && !domain.starts_with(['.', '-'])
        && !domain.ends_with(['.', '-'])
        && !text.contains("..")
        && !text.chars().any(|c| {
            c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"' | '@' if c != '@')
        })
        && text.matches('@').count() == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_patch_changes_what_it_names_and_null_empties() {
        let form = Form::default()
            .patched(&json!({ "applicant": { "family_name": " Li ", "given_names": "Na" }, "travel_document": { "number": "e 1234-5678" } }))
            .unwrap();
        let newer = form.patched(&json!({ "applicant": { "given_names": null, "sex": "F" } })).unwrap();
        assert_eq!(newer.applicant.family_name.as_deref(), Some("Li"));
        assert_eq!(newer.travel_document.number.as_deref(), Some("E12345678"));
        let fields: Vec<_> = form.changes(&newer).into_iter().map(|c| c.field).collect();
        assert_eq!(fields, ["/applicant/given_names", "/applicant/sex"]);
    }

    #[test]
    fn all_faults_of_a_form_are_named_at_once() {
        let wrong = json!({
            "applicant": { "email": "nobody", "phone": "12", "nationality": "XX", "nickname": "x" },
            "travel_document": { "type": "visa", "number": "??", "mrz": "P<UTO" },
            "journey": { "arrive_on": "01.12.2020", "itinerary": [{ "from": "soon" }] },
            "health": { "declarations": { "truthful": "yes" } }
        });
        let faults: Vec<_> =
            Form::default().patched(&wrong).unwrap_err().into_iter().map(|e| e.pointer).collect();
        assert_eq!(faults.len(), 10, "{faults:?}");
    }

    #[test]
    fn a_number_shows_four_characters_at_most() {
        assert_eq!(masked("E12345678"), "•••••5678");
        assert_eq!(masked("12345"), "•••••");
        assert_eq!(masked("123456"), "•••••6");
    }

    #[test]
    fn addresses() {
        assert!(is_email("li.na@example.cn") && is_email("a@localhost"));
        assert!(
            !is_email("a@b@c")
                && !is_email("a b@c.de")
                && !is_email("@c.de")
                && !is_email("a@b\r\nBcc: x@y.z")
        );
    }
}
