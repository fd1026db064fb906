//! `/api/v1/applications/{id}/evidence`: upload and download of papers.

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header, web};
use uuid::Uuid;

use super::{bearer::BearerActor, shapes::application::EvidenceBody};
use crate::{
    domain::ids::{ApplicationId, EvidenceId},
    web::{Problem, Service, extract::Upload, papers},
    workflow::{read_evidence::ReadEvidence, subject::SeenCase},
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/api/v1/applications/{id}/evidence").post(add))
        .service(web::resource("/api/v1/applications/{id}/evidence/{evidence}").get(download));
}

/// A multipart body that brings no form token, since its caller brings a bearer token.
pub(super) struct Body(Upload);

impl FromRequest for Body {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        std::future::ready(Upload::unchecked(request, payload.take()).map(Self))
    }
}

/// Adds a document: multipart with `kind` and `file`, in this order.
#[utoipa::path(post, path = "/api/v1/applications/{id}/evidence", tag = "applications", params(("id" = Uuid, Path)),
    request_body(content = Object, content_type = "multipart/form-data"),
    responses((status = 201, body = EvidenceBody), (status = 404), (status = 409), (status = 413), (status = 422)))]
pub(super) async fn add(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<Uuid>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let case = SeenCase::any_version(ApplicationId(id.into_inner()));
    let document = papers::receive(&service, &actor.0, case, body.0).await?;
    let location = format!("/api/v1/applications/{}/evidence/{}", document.application, document.id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(EvidenceBody::from(document)))
}

/// The file.
#[utoipa::path(get, path = "/api/v1/applications/{id}/evidence/{evidence}", tag = "applications",
    params(("id" = Uuid, Path), ("evidence" = Uuid, Path)), responses((status = 200, content_type = "application/octet-stream"), (status = 404)))]
pub(super) async fn download(
    service: web::Data<Service>,
    actor: BearerActor,
    path: web::Path<(Uuid, Uuid)>,
) -> Result<HttpResponse, Problem> {
    let (case, evidence) = path.into_inner();
    let query = ReadEvidence { case: ApplicationId(case), evidence: EvidenceId(evidence) };
    papers::send(&service, &actor.0, query).await
}
