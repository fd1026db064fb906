//! `/applications/{id}/evidence`: the documents of a case: what is required, what was uploaded; upload, remove, read.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use serde::Deserialize;

use crate::{
    domain::{
        evidence::Evidence,
        ids::{ApplicationId, EvidenceId},
        limits::FILE_BYTES,
    },
    web::{
        Code, Problem, Service, documents,
        extract::{CurrentActor, EmptyForm, Form, Upload},
        pages::{Faults, Page, redirect_to, render, render_as, words},
    },
    workflow::{read_evidence::ReadEvidence, remove_evidence, show_case::CaseView, subject::SeenCase},
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/applications/{id}/evidence").get(show).post(add))
        .service(web::resource("/applications/{id}/evidence/{evidence}").get(read))
        .service(web::resource("/applications/{id}/evidence/{evidence}/remove").post(remove));
}

/// A kind of document: whether it is required, and what was uploaded.
struct Kind {
    code: String,
    name: String,
    hint: String,
    is_required: bool,
    uploaded: Vec<Evidence>,
}

#[derive(Template)]
#[template(path = "pages/applicant/documents.html")]
struct DocumentsPage {
    page: Page,
    case: ApplicationId,
    reference: String,
    home: String,
    kinds: Vec<Kind>,
    faults: Faults,
    /// The kind whose upload failed.
    failed_kind: Option<String>,
}

impl DocumentsPage {
    const fn most_bytes(&self) -> usize {
        FILE_BYTES
    }

    const fn most_megabytes(&self) -> i32 {
        (FILE_BYTES / (1024 * 1024)) as i32
    }

    fn new(page: Page, view: &CaseView, faults: Faults, failed_kind: Option<String>) -> Self {
        let language = page.t.language.as_str();
        let (case, programme) = (&view.dossier.case, &view.dossier.programme);
        let kinds = programme.evidence.iter().map(|kind| Kind {
            code: kind.kind.clone(),
            name: kind.name.in_language(language).to_owned(),
            hint: kind.hint.in_language(language).to_owned(),
            is_required: programme.requires(kind, &case.category),
            uploaded: view.evidence.iter().filter(|document| document.kind == kind.kind).cloned().collect(),
        });
        Self {
            kinds: kinds.collect(),
            case: case.id,
            reference: case.reference.clone(),
            home: super::address(case.id),
            page,
            faults,
            failed_kind,
        }
    }

    fn bytes(&self, document: &Evidence) -> String {
        words::bytes(document.bytes)
    }

    fn fault_of(&self, kind: &Kind) -> Option<&str> {
        let is_this_kind = self.failed_kind.as_deref() == Some(kind.code.as_str());
        self.faults.all().first().filter(|_| is_this_kind).map(|fault| fault.message.as_str())
    }
}

async fn show(
    page: Page,
    actor: CurrentActor,
    id: web::Path<ApplicationId>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let view = super::own_case(&service, &actor.0, *id).await?;
    if !view.is_editable() {
        return Ok(redirect_to(super::address(*id)));
    }
    render(&DocumentsPage::new(page, &view, Faults::none(), None))
}

#[derive(Deserialize)]
struct KindQuery {
    kind: Option<String>,
}

/// The kind is part of the address too, so that a fault is shown beside its field.
async fn add(
    page: Page,
    actor: CurrentActor,
    id: web::Path<ApplicationId>,
    kind: web::Query<KindQuery>,
    upload: Upload,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let case = SeenCase::any_version(*id);
    let problem = match documents::receive(&service, &actor.0, case, upload).await {
        Ok(_) => return Ok(redirect_to(format!("/applications/{id}/evidence"))),
        Err(problem) => problem,
    };
    let faults = match problem.code {
        Code::Invalid => Faults::of(page.t, &problem.errors),
        Code::TooLarge => Faults::with_message("/file", problem.explanation(page.t)),
        _ => return Err(problem),
    };
    let view = super::own_case(&service, &actor.0, *id).await?;
    let page = DocumentsPage::new(page, &view, faults, kind.into_inner().kind);
    render_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn read(
    actor: CurrentActor,
    path: web::Path<(ApplicationId, EvidenceId)>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let (case, evidence) = path.into_inner();
    documents::send(&service, &actor.0, ReadEvidence { case, evidence }).await
}

async fn remove(
    actor: CurrentActor,
    path: web::Path<(ApplicationId, EvidenceId)>,
    _: Form<EmptyForm>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let (case, evidence) = path.into_inner();
    remove_evidence::remove(&service, &actor.0, SeenCase::any_version(case), evidence).await?;
    Ok(redirect_to(format!("/applications/{case}/evidence")))
}
