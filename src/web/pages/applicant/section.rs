//! `/applications/{id}/section/{section}`: one page of the form. An incomplete section is saved. A faulty one is shown
//! again with every fault, and nothing is saved.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;

use super::fields::{self, ControlGroup};
use crate::{
    domain::ids::ApplicationId,
    web::{
        Code, Problem, Service,
        extract::{CurrentActor, Form},
        fields::Fields,
        form_input,
        pages::{Faults, Page, controls::Control, redirect_to, render, render_as},
    },
    workflow::{
        WorkflowError, case_command::CaseCommand, check_draft::CheckDraft, show_case::CaseView,
        subject::SeenCase,
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/applications/{id}/section/{section}").get(show).post(save));
}

#[derive(Template)]
#[template(path = "pages/applicant/section.html")]
struct SectionPage {
    page: Page,
    section: &'static str,
    reference: String,
    home: String,
    controls: Vec<Control>,
    groups: Vec<ControlGroup>,
    faults: Faults,
}

impl SectionPage {
    fn new(page: Page, view: &CaseView, section: &'static str, values: &Fields, faults: Faults) -> Self {
        let (t, programme) = (page.t, &view.dossier.programme);
        Self {
            controls: fields::controls(t, section, programme, values, &faults),
            groups: fields::groups(t, section, values, &faults),
            section,
            reference: view.dossier.case.reference.clone(),
            home: super::address(view.dossier.case.id),
            page,
            faults,
        }
    }

    fn title(&self) -> String {
        self.page.t.get(&format!("section-{}", self.section))
    }
}

async fn show(
    page: Page,
    actor: CurrentActor,
    path: web::Path<(ApplicationId, String)>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let (id, name) = path.into_inner();
    let section = fields::section(&name).ok_or_else(|| Problem::new(Code::NotFound))?;
    let view = super::own_case(&service, &actor.0, id).await?;
    if !view.is_editable() {
        return Ok(redirect_to(super::address(id)));
    }
    // A section that was not started shows no errors.
    let mut missing = service.query(&actor.0, CheckDraft { case: id }).await?;
    let stored = &view.dossier.case.form;
    let (values, is_begun) = (fields::of_form(stored), stored.is_begun(section));
    missing.retain(|fault| is_begun && fault.pointer.starts_with(&format!("/{section}/")));
    let faults = Faults::of(page.t, &missing);
    render(&SectionPage::new(page, &view, section, &values, faults))
}

async fn save(
    page: Page,
    actor: CurrentActor,
    path: web::Path<(ApplicationId, String)>,
    form: Form<Fields>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let (id, name) = path.into_inner();
    let section = fields::section(&name).ok_or_else(|| Problem::new(Code::NotFound))?;
    let view = super::own_case(&service, &actor.0, id).await?;
    let sent = fields::without_blank_rows(section, form.0);
    let wants_row = sent.get("add").is_some();
    let edit =
        form_input::read_section(section, &view.dossier.programme, &sent).on(SeenCase::any_version(id));
    match service.execute(&actor.0, edit).await {
        Ok(_) if wants_row => Ok(redirect_to(format!("/applications/{id}/section/{section}"))),
        Ok(_) => Ok(redirect_to(super::address(id))),
        Err(WorkflowError::Invalid(errors)) => {
            let faults = Faults::of(page.t, &errors);
            let page = SectionPage::new(page, &view, section, &sent, faults);
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}
