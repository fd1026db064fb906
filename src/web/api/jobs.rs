//! `/api/v1/jobs`: long work. Administrators see all jobs, batch managers those of their organisation, everybody their
//! own.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::{bearer::BearerActor, shapes::Page};
use crate::{
    domain::ids::JobId,
    shapes::JobBody,
    web::{
        Problem, Service,
        cursor::{self, Cursors, Listing},
        extract::Query,
    },
    workflow::job::{ListJobs, ShowJob},
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/api/v1/jobs").get(list))
        .service(web::resource("/api/v1/jobs/{id}").get(show));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    cursor: Option<String>,
    limit: Option<usize>,
}

/// Jobs, the newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "jobs",
    params(("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<JobBody>), (status = 422)))]
pub(super) async fn list(
    service: web::Data<Service>,
    actor: BearerActor,
    query: Query<ListQuery>,
    listing: Listing,
) -> Result<HttpResponse, Problem> {
    let limit = cursor::limit(query.0.limit)?;
    let cursors = Cursors::of(&service, &actor.0, &listing.0);
    let after: Option<JobId> = cursors.open(query.0.cursor.as_deref())?;
    let at_most = i64::try_from(limit).unwrap_or(200) + 1;
    let mut found = service.query(&actor.0, ListJobs { after, at_most }).await?;
    let next_cursor = cursors.cut(&mut found, limit, |last| last.id)?;
    Ok(HttpResponse::Ok().json(Page { items: found.into_iter().map(JobBody::from).collect(), next_cursor }))
}

/// One job, and how far it is.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = JobBody), (status = 404)))]
pub(super) async fn show(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<uuid::Uuid>,
) -> Result<HttpResponse, Problem> {
    let job = JobId(id.into_inner());
    Ok(HttpResponse::Ok().json(JobBody::from(service.query(&actor.0, ShowJob { job }).await?)))
}
