//! An application in full, and as a line of a listing.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::form;
use crate::{
    digest::hex,
    domain::{
        authorization::Authorization,
        evidence::Evidence,
        finding::Finding,
        form::{Applicant, Employment, Health, Journey, TravelDocument},
    },
    workflow::{list_cases::CaseLine, show_case::CaseView},
};

/// An application, with the fields that the caller may see.
#[derive(Serialize, ToSchema)]
pub struct ApplicationBody {
    /// UUIDv7.
    id: Uuid,
    #[schema(example = "CN-KZ-7Q3M-9XKD")]
    reference: String,
    #[schema(example = "in_review")]
    state: &'static str,
    /// The stage under review, or the stage at which information was requested.
    #[schema(example = "health")]
    stage: Option<String>,
    /// Increases with every change; the ETag.
    version: i32,
    #[schema(example = "cn-kz")]
    programme: String,
    programme_version: i32,
    /// Null for a sponsor that was asked to accept the application and has not done so. It sees reference and name only.
    batch: Option<Uuid>,
    #[schema(example = "CN-KZ")]
    direction: Option<String>,
    #[schema(example = "key_project_expert")]
    category: Option<String>,
    #[schema(value_type = form::Applicant)]
    applicant: Applicant,
    /// The number is masked (`•••••4321`) except for the applicant and the sponsor.
    #[schema(value_type = form::TravelDocument)]
    travel_document: TravelDocument,
    #[schema(value_type = form::Employment)]
    employment: Employment,
    #[schema(value_type = form::Journey)]
    journey: Journey,
    #[schema(value_type = form::Health)]
    health: Health,
    evidence: Vec<EvidenceBody>,
    /// Whether the sponsor that the form names has accepted: `requested`, `accepted` or `declined`. Null: it names none.
    #[schema(example = "accepted")]
    sponsorship: Option<&'static str>,
    /// For officers only; empty for the applicant and the sponsor.
    findings: Vec<FindingBody>,
    /// The officer who has claimed the case. For officers only.
    assignee: Option<Uuid>,
    /// The actions that the caller may take now.
    available_actions: Vec<&'static str>,
    deadlines: Deadlines,
    /// The place in the waiting line, from 1. Null if places are drawn by lot and the draw has not been held.
    place_in_line: Option<u32>,
    authorization: Option<AuthorizationBody>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    submitted_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
}

/// The deadlines of the case.
#[derive(Serialize, ToSchema)]
struct Deadlines {
    /// When the authority must have finished the stage.
    #[schema(value_type = Option<String>, format = DateTime)]
    stage_due_at: Option<Timestamp>,
    /// When the applicant must have answered.
    #[schema(value_type = Option<String>, format = DateTime)]
    respond_by: Option<Timestamp>,
}

/// An uploaded document.
#[derive(Serialize, ToSchema)]
pub struct EvidenceBody {
    id: Uuid,
    #[schema(example = "passport_page")]
    kind: String,
    file_name: String,
    #[schema(example = "application/pdf")]
    media_type: &'static str,
    bytes: i32,
    /// Hexadecimal.
    sha256: String,
    #[schema(value_type = String, format = DateTime)]
    uploaded_at: Timestamp,
}

impl From<&Evidence> for EvidenceBody {
    fn from(document: &Evidence) -> Self {
        Self {
            id: document.id.0,
            kind: document.kind.clone(),
            file_name: document.file_name.clone(),
            media_type: document.media_type.as_str(),
            bytes: document.bytes,
            sha256: hex(&document.sha256),
            uploaded_at: document.uploaded_at,
        }
    }
}

/// What the screening or an officer found.
#[derive(Serialize, ToSchema)]
struct FindingBody {
    id: Uuid,
    #[schema(example = "passport_expires_soon")]
    code: &'static str,
    /// The declaration, field or kind of evidence that the finding is about.
    subject: Option<String>,
    #[schema(example = "blocking")]
    severity: &'static str,
    stage: Option<String>,
    resolved: bool,
}

impl From<Finding> for FindingBody {
    fn from(finding: Finding) -> Self {
        Self {
            id: finding.id.0,
            code: finding.noticed.code.as_str(),
            subject: finding.noticed.subject,
            severity: finding.noticed.severity.as_str(),
            stage: finding.noticed.stage,
            resolved: finding.resolved_at.is_some(),
        }
    }
}

/// The authorization of an approved applicant.
#[derive(Serialize, ToSchema)]
struct AuthorizationBody {
    #[schema(example = "CNKZ-7Q3M-9XKD-4T6W")]
    number: String,
    #[schema(example = "valid")]
    state: &'static str,
    #[schema(value_type = String, format = Date)]
    valid_from: Date,
    #[schema(value_type = String, format = Date)]
    valid_until: Date,
    #[schema(value_type = String, format = DateTime)]
    issued_at: Timestamp,
}

impl From<Authorization> for AuthorizationBody {
    fn from(issued: Authorization) -> Self {
        Self {
            number: issued.number,
            state: issued.state.as_str(),
            valid_from: issued.valid_from,
            valid_until: issued.valid_until,
            issued_at: issued.issued_at,
        }
    }
}

impl From<CaseView> for ApplicationBody {
    fn from(view: CaseView) -> Self {
        let deadlines = Deadlines { stage_due_at: view.stage_due_at(), respond_by: view.respond_by() };
        let sponsorship = view.sponsorship();
        let is_open = !view.shows_name_only;
        let case = view.dossier.case;
        let form = Arc::unwrap_or_clone(case.form);
        Self {
            id: case.id.0,
            reference: case.reference,
            state: case.state.as_str(),
            stage: case.stage,
            version: case.version,
            programme: case.programme,
            programme_version: case.programme_version,
            batch: is_open.then_some(case.batch.0),
            direction: is_open.then_some(case.direction),
            category: is_open.then_some(case.category),
            applicant: form.applicant,
            travel_document: form.travel_document,
            employment: form.employment,
            journey: form.journey,
            health: form.health,
            evidence: view.evidence.iter().map(EvidenceBody::from).collect(),
            sponsorship,
            findings: view.findings.into_iter().map(FindingBody::from).collect(),
            assignee: case.assignee.filter(|_| !view.is_own).map(|id| id.0),
            available_actions: view.available_actions.iter().map(|action| action.as_str()).collect(),
            deadlines,
            place_in_line: view.place_in_line,
            authorization: view.authorization.map(AuthorizationBody::from),
            created_at: case.created_at,
            updated_at: case.updated_at,
            submitted_at: case.submitted_at,
            decided_at: case.decided_at,
        }
    }
}

/// An application as a line of a listing.
#[derive(Serialize, ToSchema)]
pub struct ApplicationLine {
    id: Uuid,
    reference: String,
    state: &'static str,
    stage: Option<String>,
    version: i32,
    programme: String,
    /// Null for a sponsor that was asked to accept the application and has not done so. It sees reference and name only.
    batch: Option<Uuid>,
    direction: Option<String>,
    category: Option<String>,
    family_name: String,
    given_names: String,
    sponsor: Option<String>,
    assignee: Option<Uuid>,
    /// In review: the deadline of the stage. Information requested: the deadline of the answer. Approved: the end of
    /// validity.
    #[schema(value_type = Option<String>, format = DateTime)]
    due_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    submitted_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<CaseLine> for ApplicationLine {
    fn from(line: CaseLine) -> Self {
        let is_open = !line.shows_name_only;
        Self {
            id: line.id.0,
            reference: line.reference,
            state: line.state.as_str(),
            stage: line.stage,
            version: line.version,
            programme: line.programme,
            batch: is_open.then_some(line.batch.0),
            direction: is_open.then_some(line.direction),
            category: is_open.then_some(line.category),
            family_name: line.family_name,
            given_names: line.given_names,
            sponsor: line.sponsor,
            assignee: line.assignee.map(|id| id.0),
            due_at: line.due_at.filter(|_| is_open),
            submitted_at: line.submitted_at.filter(|_| is_open),
            decided_at: line.decided_at,
            updated_at: line.updated_at,
        }
    }
}
