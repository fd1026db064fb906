//! `/api/v1/programmes`: everybody may read them.

use actix_web::{HttpResponse, web};

use super::shapes::{Page, programme::ProgrammeBody};
use crate::{
    domain::actor::Actor,
    web::{Problem, Service, extract::Language},
    workflow::programmes::{ListProgrammes, ShowProgramme},
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/api/v1/programmes").get(list))
        .service(web::resource("/api/v1/programmes/{code}").get(show));
}

/// The newest version of every programme.
#[utoipa::path(get, path = "/api/v1/programmes", tag = "programmes",
    responses((status = 200, body = Page<ProgrammeBody>)))]
pub(super) async fn list(service: web::Data<Service>, language: Language) -> Result<HttpResponse, Problem> {
    let found = service.query(&Actor::anonymous(), ListProgrammes).await?;
    let speech = language.0.language.as_str();
    let items = found.iter().map(|programme| ProgrammeBody::new(programme, speech)).collect();
    Ok(HttpResponse::Ok().json(Page { items, next_cursor: None }))
}

/// The newest version of one programme.
#[utoipa::path(get, path = "/api/v1/programmes/{code}", tag = "programmes", params(("code", example = "cn-kz")),
    responses((status = 200, body = ProgrammeBody), (status = 404)))]
pub(super) async fn show(
    service: web::Data<Service>,
    language: Language,
    code: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let query = ShowProgramme { code: code.into_inner() };
    let programme = service.query(&Actor::anonymous(), query).await?;
    Ok(HttpResponse::Ok().json(ProgrammeBody::new(&programme, language.0.language.as_str())))
}
