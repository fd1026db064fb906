//! `/api/v1/applications/{id}/evidence`: upload and download of documents.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::{StatusCode, header},
    web,
};
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::{
    bearer::BearerActor,
    idempotency::{self, Idempotency},
    shapes::application::EvidenceBody,
};
use crate::{
    domain::{
        evidence::Evidence,
        ids::{ApplicationId, EvidenceId},
    },
    web::{Problem, Service, documents, extract::Upload, problem::Code},
    workflow::{
        WorkflowError,
        add_evidence::{self, AddEvidence},
        case_command::CaseCommand,
        entrance::Context,
        idempotency::{Answer, How},
        read_evidence::ReadEvidence,
        subject::SeenCase,
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/api/v1/applications/{id}/evidence").post(add))
        .service(web::resource("/api/v1/applications/{id}/evidence/{evidence}").get(download));
}

/// A multipart body without a form token: API callers send a bearer token instead.
pub(super) struct Body(Upload);

impl FromRequest for Body {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { Upload::unchecked(&request, payload).await.map(Self) })
    }
}

/// Adds a document: multipart with `kind` and `file`, in this order.
#[utoipa::path(post, path = "/api/v1/applications/{id}/evidence", tag = "applications",
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "a repeat within 24 hours gets the same answer")),
    request_body(content = Object, content_type = "multipart/form-data"),
    responses((status = 201, body = EvidenceBody), (status = 404), (status = 409), (status = 413), (status = 422)))]
pub(super) async fn add(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<Uuid>,
    idempotency: Idempotency,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let case = SeenCase::any_version(ApplicationId(id.into_inner()));
    let file = documents::read(&service, body.0).await?;
    let idempotency = idempotency.covering(&file.identity());
    let name = file.storage_name.clone();
    let command = AddEvidence { file }.on(case);
    // The answer is made in the transaction: if that fails, the document is not added, and its file is discarded.
    let answer_of = |_: &mut Context<'_, '_>, document| added(document);
    let answered = idempotency.answer(&service, &actor.0, command, answer_of, Ok).await;
    let is_discarded = match &answered {
        // A repeated request has uploaded the file again.
        Ok(answered) => answered.how != How::Done,
        Err(problem) => problem.code != Code::Unavailable,
    };
    if is_discarded {
        add_evidence::discard(&service, name).await;
    }
    answered.map(idempotency::send)
}

fn added(document: Evidence) -> Result<Answer, WorkflowError> {
    let location = format!("/api/v1/applications/{}/evidence/{}", document.application, document.id);
    let answer = idempotency::json(StatusCode::CREATED, &EvidenceBody::from(&document))?;
    Ok(idempotency::with_header(answer, header::LOCATION, location))
}

/// Downloads the file.
#[utoipa::path(get, path = "/api/v1/applications/{id}/evidence/{evidence}", tag = "applications",
    params(("id" = Uuid, Path), ("evidence" = Uuid, Path)), responses((status = 200, content_type = "application/octet-stream"), (status = 404), (status = 410)))]
pub(super) async fn download(
    service: web::Data<Service>,
    actor: BearerActor,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Problem> {
    let (case, evidence) = path.into_inner();
    let query = ReadEvidence { case: ApplicationId(case), evidence: EvidenceId(evidence) };
    documents::send(&service, &actor.0, query).await
}
