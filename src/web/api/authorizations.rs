//! `/api/v1/authorizations`: what the border says of an authorization.

use actix_web::{HttpResponse, web};
use jiff::civil::Date;
use serde::Deserialize;

use super::bearer::BearerActor;
use crate::{
    web::{Problem, Service, extract::Json},
    workflow::record_entry::RecordEntry,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/api/v1/authorizations/{number}/entry").post(enter));
}

/// A first entry.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The day.
    #[schema(value_type = String, format = Date)]
    on: Date,
}

/// Records the day of the first entry; for verifiers.
#[utoipa::path(post, path = "/api/v1/authorizations/{number}/entry", tag = "authorizations",
    params(("number" = String, Path)), request_body = Entry,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422)))]
pub(super) async fn enter(
    service: web::Data<Service>,
    actor: BearerActor,
    number: web::Path<String>,
    body: Json<Entry>,
) -> Result<HttpResponse, Problem> {
    service.execute(&actor.0, RecordEntry { number: number.into_inner(), on: body.0.on }).await?;
    Ok(HttpResponse::NoContent().finish())
}
