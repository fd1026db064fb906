//! `/applications/{id}/check`: shows all answers before the case is submitted.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use serde::Deserialize;

use crate::{
    domain::{
        field_error::FieldError,
        ids::ApplicationId,
        lifecycle::{Action, State},
    },
    web::{
        Problem, Service,
        extract::{CurrentActor, Form},
        pages::{
            Faults, Page,
            form_lines::{self, FormSection},
            redirect_to, render, render_as, words,
        },
    },
    workflow::{
        WorkflowError, case_command::CaseCommand, check_draft::CheckDraft, show_case::CaseView,
        subject::SeenCase, submit::Submit,
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/applications/{id}/check").get(show).post(submit));
}

#[derive(Template)]
#[template(path = "pages/applicant/check.html")]
struct CheckPage {
    page: Page,
    home: String,
    reference: String,
    direction: String,
    category: String,
    sections: Vec<FormSection>,
    documents: Vec<(String, String)>,
    version: i32,
    /// What is missing: the page to fix it on, and what to do.
    missing: Vec<(String, String)>,
}

impl CheckPage {
    fn new(page: Page, view: &CaseView, faults: &[FieldError]) -> Self {
        let (t, case, programme) = (page.t, &view.dossier.case, &view.dossier.programme);
        let home = super::address(case.id);
        Self {
            direction: words::direction(t, &case.direction),
            category: words::category(t, programme, &case.category),
            sections: form_lines::sections(t, &case.form, programme),
            documents: view
                .evidence
                .iter()
                .map(|document| (words::evidence(t, programme, &document.kind), document.file_name.clone()))
                .collect(),
            version: case.version,
            missing: missing(&page, &home, view, faults),
            reference: case.reference.clone(),
            home,
            page,
        }
    }
}

/// Each fault with the name of its field and a link to the field.
fn missing(page: &Page, home: &str, view: &CaseView, errors: &[FieldError]) -> Vec<(String, String)> {
    let errors = without_document_type(errors);
    let faults = Faults::of(page.t, &errors);
    let line = |(error, fault): (&FieldError, &super::super::faults::Fault)| {
        let section = fault.pointer.split('/').nth(1).unwrap_or_default();
        if section == "evidence" {
            let kind = error.params.iter().find(|(name, _)| *name == "kind").map(|(_, kind)| kind.as_str());
            let name = words::evidence(page.t, &view.dossier.programme, kind.unwrap_or_default());
            let address = format!("{home}/evidence#{}", kind.unwrap_or_default());
            return (address, page.t.with("check-paper-missing", "kind", name));
        }
        let declared = declaration(page, view, &fault.pointer);
        let message = match (declared, fault.label.clone()) {
            (Some(text), _) if error.code == "required" => {
                page.t.with("check-declaration-missing", "text", text)
            }
            (Some(label), _) | (None, Some(label)) => {
                page.t.with_two("check-field", ("field", label), ("message", &fault.message))
            }
            (None, None) => fault.message.clone(),
        };
        (format!("{home}/section/{section}#{}", fault.field), message)
    };
    errors.iter().zip(faults.all()).map(line).collect()
}

/// The page of the passport has no field for the type of the document, and sets it. So a missing type is left out if
/// another value of the passport is faulty, too.
fn without_document_type(errors: &[FieldError]) -> Vec<FieldError> {
    let is_type = |error: &&FieldError| error.pointer == "/travel_document/type";
    let is_other = |error: &FieldError| error.pointer.starts_with("/travel_document/") && !is_type(&error);
    let has_other = errors.iter().any(is_other);
    errors.iter().filter(|error| !(has_other && is_type(error))).cloned().collect()
}

fn declaration(page: &Page, view: &CaseView, pointer: &str) -> Option<String> {
    let code = pointer.strip_prefix("/health/declarations/")?;
    let known = view.dossier.programme.declarations.iter().find(|d| d.code == code)?;
    Some(known.text.in_language(page.t.language.as_str()).to_owned())
}

async fn show(
    page: Page,
    actor: CurrentActor,
    id: web::Path<ApplicationId>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let view = super::own_case(&service, &actor.0, *id).await?;
    if view.dossier.case.state != State::Draft || !view.available_actions.contains(&Action::Submit) {
        return Ok(redirect_to(super::address(*id)));
    }
    let faults = service.query(&actor.0, CheckDraft { case: *id }).await?;
    render(&CheckPage::new(page, &view, &faults))
}

#[derive(Deserialize)]
struct Seen {
    version: Option<i32>,
}

async fn submit(
    page: Page,
    actor: CurrentActor,
    id: web::Path<ApplicationId>,
    form: Form<Seen>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let case = SeenCase { id: *id, version: form.0.version };
    match service.execute(&actor.0, Submit.on(case)).await {
        Ok(_) => Ok(redirect_to(format!("{}?done=submit", super::address(*id)))),
        Err(WorkflowError::Invalid(errors)) => {
            let view = super::own_case(&service, &actor.0, *id).await?;
            let page = CheckPage::new(page, &view, &errors);
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}
