//! The JSON of a form, for the API description only: answers serialize the types of `domain::form`, which have the same
//! fields (tested below).
#![expect(missing_docs, reason = "the fields say it")]

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The traveller. Names as in the travel document, in any script.
#[derive(Default, Serialize, ToSchema)]
#[serde(default)]
pub struct Applicant {
    pub family_name: Option<String>,
    pub given_names: Option<String>,
    pub native_name: Option<String>,
    #[schema(format = Date)]
    pub birth_date: Option<String>,
    #[schema(example = "F")]
    pub sex: Option<String>,
    pub nationality: Option<String>,
    pub residence: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// The travel document (ICAO 9303-4).
#[derive(Default, Serialize, ToSchema)]
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
    #[schema(format = Date)]
    pub issued_on: Option<String>,
    /// Last day of validity.
    #[schema(format = Date)]
    pub expires_on: Option<String>,
    /// The two lines of the machine-readable zone.
    pub mrz: Option<String>,
}

/// The traveller's employer, host and project.
#[derive(Default, Serialize, ToSchema)]
#[serde(default)]
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

/// The dates, places and purpose of the journey.
#[derive(Default, Serialize, ToSchema)]
#[serde(default)]
pub struct Journey {
    pub purpose: Option<String>,
    #[schema(format = Date)]
    pub arrive_on: Option<String>,
    #[schema(format = Date)]
    pub leave_on: Option<String>,
    pub port_of_entry: Option<String>,
    pub itinerary: Vec<Stop>,
}

/// Where the traveller stays from one day to another.
#[derive(Default, Serialize, ToSchema)]
#[serde(default)]
pub struct Stop {
    #[schema(format = Date)]
    pub from: Option<String>,
    #[schema(format = Date)]
    pub to: Option<String>,
    pub place: Option<String>,
}

/// The declarations by code, and proofs such as a test or a vaccination.
#[derive(Default, Serialize, ToSchema)]
#[serde(default)]
pub struct Health {
    /// The answers to the programme's declarations.
    pub declarations: HashMap<String, bool>,
    /// The proofs that the traveller can show.
    pub proofs: Vec<Proof>,
}

/// A health proof.
#[derive(Default, Serialize, ToSchema)]
#[serde(default)]
pub struct Proof {
    pub kind: Option<String>,
    pub issuer: Option<String>,
    #[schema(format = Date)]
    pub issued_on: Option<String>,
    #[schema(format = Date)]
    pub valid_until: Option<String>,
    pub number: Option<String>,
}

/// One changed field.
#[derive(ToSchema)]
pub struct Change {
    /// JSON Pointer of the field.
    pub field: String,
    /// The old value.
    pub old: Value,
    /// The new value.
    pub new: Value,
}

#[cfg(test)]
mod tests {
    use serde_json::to_value;

    use super::*;
    use crate::domain::form;

    #[test]
    fn what_is_described_has_the_fields_of_what_is_sent() {
        let described = Health { proofs: vec![Proof::default()], ..Health::default() };
        let sent = form::Health { proofs: vec![form::Proof::default()], ..form::Health::default() };
        assert_eq!(to_value(described).unwrap(), to_value(sent).unwrap());
        let described = Journey { itinerary: vec![Stop::default()], ..Journey::default() };
        let sent = form::Journey { itinerary: vec![form::Stop::default()], ..form::Journey::default() };
        assert_eq!(to_value(described).unwrap(), to_value(sent).unwrap());
        assert_eq!(to_value(Applicant::default()).unwrap(), to_value(form::Applicant::default()).unwrap());
        assert_eq!(
            to_value(TravelDocument::default()).unwrap(),
            to_value(form::TravelDocument::default()).unwrap()
        );
        assert_eq!(to_value(Employment::default()).unwrap(), to_value(form::Employment::default()).unwrap());
    }
}
