//! `/api/v1/authorizations`: what border officers record about an authorization.

use actix_web::{HttpResponse, http::StatusCode, web};
use jiff::civil::Date;
use serde::Deserialize;

use super::{
    bearer::BearerActor,
    idempotency::{self, Post},
};
use crate::{
    web::{Problem, Service},
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

/// Records the day of the first entry. For verifiers.
#[utoipa::path(post, path = "/api/v1/authorizations/{number}/entry", tag = "authorizations",
    params(("number" = String, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat within 24 hours gets the same answer")),
    request_body = Entry,
    responses((status = 204), (status = 403), (status = 404), (status = 409), (status = 422)))]
pub(super) async fn enter(
    service: web::Data<Service>,
    actor: BearerActor,
    number: web::Path<String>,
    post: Post<Entry>,
) -> Result<HttpResponse, Problem> {
    let entry = RecordEntry { number: number.into_inner(), on: post.body.on };
    let recorded = |_| Ok(idempotency::empty(StatusCode::NO_CONTENT));
    let answered = post.idempotency.answer(&service, &actor.0, entry, idempotency::output, recorded).await;
    answered.map(idempotency::send)
}
