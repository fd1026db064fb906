//! Reads an application: all of it for a new one, parts of it (a merge patch, RFC 7396) for a change, or one section
//! from a page's form. The faults are returned with what could be read, so that the use case reports them together with
//! its own.

use serde_json::Value;
use uuid::Uuid;

use super::{fields::Fields, reader::Reader};
use crate::{
    domain::{
        email::EmailAddress,
        field_error::FieldError,
        form::{
            self, AnswerChanges, ApplicantChanges, EmploymentChanges, Field, Form, FormChanges,
            HealthChanges, JourneyChanges, Proof, Stop, TravelDocumentChanges, Update,
        },
        ids::BatchId,
        mrz::{self, MrzFault},
        programme::Programme,
    },
    workflow::{create::CreateCase, edit::Edit},
};

const CODE: usize = 64;
const NAME: usize = 100;
const LINE: usize = 200;
const PARAGRAPH: usize = 2000;

/// Reads a new application.
pub fn read_new(body: &Value, language: &str) -> CreateCase {
    let mut faults = Vec::new();
    let mut reader = Reader::new(body.into(), &mut faults);
    // The batch determines the programme. The field is allowed, because a GET returns it.
    reader.text("programme", CODE);
    let batch = reader.id("batch").unwrap_or(BatchId(Uuid::nil()));
    let direction = reader.text("direction", CODE).unwrap_or_default();
    let category = reader.text("category", CODE).unwrap_or_default();
    reader.require(&["batch", "direction", "category"]);
    let form = Form::default().changed(&form(&mut reader));
    reader.finish();
    CreateCase { batch, direction, category, language: language.to_owned(), form, faults }
}

/// Reads a change.
pub fn read_change(patch: &Value) -> Edit {
    if !patch.is_object() {
        return Edit { faults: vec![FieldError::new("", "wrong_type")], ..Edit::default() };
    }
    let mut faults = Vec::new();
    let mut reader = Reader::of_patch(patch, &mut faults);
    let batch = reader.update("batch", Reader::id);
    let direction = reader.update("direction", text::<CODE>);
    let category = reader.update("category", text::<CODE>);
    let form = form(&mut reader);
    reader.finish();
    Edit { batch, direction, category, form, faults }
}

/// Reads the page of a section: every field of the section, and nothing else.
pub fn read_section(section: &str, programme: &Programme, fields: &Fields) -> Edit {
    let mut faults = Vec::new();
    let (mut reader, mut form) = (Reader::new(fields.into(), &mut faults), FormChanges::default());
    match section {
        "applicant" => form.applicant = reader.object("applicant", applicant),
        "travel_document" => {
            form.travel_document = reader.object("travel_document", travel_document);
            // The page has no field for the type: there is only one.
            form.travel_document.kind = Update::Set(Some("passport".to_owned()));
        }
        "employment" => form.employment = reader.object("employment", employment),
        "journey" => form.journey = reader.object("journey", journey),
        _ => {
            form.health = reader.object("health", health);
            // The page asked for this declaration and got no answer: remove the earlier answer.
            if let AnswerChanges::Merge(made) = &mut form.health.declarations {
                let asked = programme.declarations.iter().map(|asked| &asked.code);
                *made = asked.map(|code| (code.clone(), made.get(code).copied().flatten())).collect();
            }
        }
    }
    Edit { form, faults, ..Edit::default() }
}

fn form(reader: &mut Reader<'_>) -> FormChanges {
    FormChanges {
        applicant: reader.object("applicant", applicant),
        travel_document: reader.object("travel_document", travel_document),
        employment: reader.object("employment", employment),
        journey: reader.object("journey", journey),
        health: reader.object("health", health),
    }
}

fn applicant(reader: &mut Reader<'_>) -> ApplicantChanges {
    ApplicantChanges {
        family_name: reader.update("family_name", name_of_person),
        given_names: reader.update("given_names", name_of_person),
        native_name: reader.update("native_name", name_of_person),
        birth_date: reader.update("birth_date", Reader::date),
        sex: reader.update("sex", Reader::code),
        nationality: reader.update("nationality", Reader::country),
        residence: reader.update("residence", Reader::country),
        email: reader.update("email", |reader, name| {
            let as_typed = |text: &str| EmailAddress::parse(text).map(|email| email.as_typed().to_owned());
            reader.parsed(name, "not_an_email", as_typed)
        }),
        phone: reader.update("phone", |reader, name| reader.parsed(name, "not_a_phone", form::phone)),
    }
}

fn travel_document(reader: &mut Reader<'_>) -> TravelDocumentChanges {
    TravelDocumentChanges {
        mrz: reader.update("mrz", machine_readable_zone),
        kind: reader.update("type", |reader, name| reader.one_of(name, &["passport"])),
        number: reader.update("number", |reader, name| {
            reader.parsed(name, "not_a_document_number", form::document_number)
        }),
        issuer: reader.update("issuer", Reader::country),
        issued_on: reader.update("issued_on", Reader::date),
        expires_on: reader.update("expires_on", Reader::date),
    }
}

/// A machine-readable zone, stored exactly as entered.
fn machine_readable_zone(reader: &mut Reader<'_>, name: &'static str) -> Option<String> {
    let zone = reader.paragraph(name, 120)?;
    match mrz::parse(&zone) {
        Ok(_) => return Some(zone),
        Err(MrzFault::Shape) => reader.fault(name, "not_an_mrz"),
        Err(MrzFault::CheckDigit) => reader.fault(name, "check_digit"),
    }
    None
}

fn employment(reader: &mut Reader<'_>) -> EmploymentChanges {
    EmploymentChanges {
        employer: reader.update("employer", text::<LINE>),
        position: reader.update("position", text::<LINE>),
        host: reader.update("host", text::<LINE>),
        project: reader.update("project", text::<LINE>),
        project_priority: reader.update("project_priority", text::<CODE>),
        sponsor: reader.update("sponsor", text::<CODE>),
    }
}

fn journey(reader: &mut Reader<'_>) -> JourneyChanges {
    JourneyChanges {
        purpose: reader.update("purpose", |reader, name| reader.paragraph(name, PARAGRAPH)),
        arrive_on: reader.update("arrive_on", Reader::date),
        leave_on: reader.update("leave_on", Reader::date),
        port_of_entry: reader.update("port_of_entry", text::<LINE>),
        itinerary: reader.update("itinerary", |reader, name| reader.objects(name, 30, stop)),
    }
}

fn stop(reader: &mut Reader<'_>) -> Stop {
    Stop { from: reader.date("from"), to: reader.date("to"), place: reader.text("place", LINE) }
}

fn health(reader: &mut Reader<'_>) -> HealthChanges {
    HealthChanges {
        declarations: match reader.update("declarations", Reader::answers) {
            Update::Keep => AnswerChanges::default(),
            Update::Set(None) => AnswerChanges::Clear,
            Update::Set(Some(answers)) => AnswerChanges::Merge(answers),
        },
        proofs: reader.update("proofs", |reader, name| reader.objects(name, 10, proof)),
    }
}

fn proof(reader: &mut Reader<'_>) -> Proof {
    Proof {
        kind: reader.text("kind", CODE),
        issuer: reader.text("issuer", LINE),
        issued_on: reader.date("issued_on"),
        valid_until: reader.date("valid_until"),
        number: reader.text("number", 64),
    }
}

fn name_of_person(reader: &mut Reader<'_>, field: &'static str) -> Option<String> {
    reader.name(field, NAME)
}

fn text<const MOST: usize>(reader: &mut Reader<'_>, name: &'static str) -> Option<String> {
    reader.text(name, MOST)
}

#[cfg(test)]
mod tests;
