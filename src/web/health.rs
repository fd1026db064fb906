//! Liveness and readiness, for process supervisors and load balancers.

use actix_web::{HttpResponse, web};

use super::{Service, Site};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/healthz").get(alive)).service(web::resource("/readyz").get(ready));
}

/// Liveness: the process answers.
async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// Readiness: the database answers and has this binary's schema, and the service is not stopping.
async fn ready(site: web::Data<Site>, service: web::Data<Service>) -> HttpResponse {
    let reason = if site.is_stopping() {
        "stopping"
    } else {
        match service.db().is_ready().await {
            Ok(true) => return HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
            Ok(false) => "the database is not migrated",
            Err(error) => {
                tracing::warn!(%error, "not ready: cannot check the database");
                "the database does not answer"
            }
        }
    };
    HttpResponse::ServiceUnavailable()
        .insert_header(("Retry-After", "5"))
        .content_type("text/plain; charset=utf-8")
        .body(format!("not ready: {reason}\n"))
}
