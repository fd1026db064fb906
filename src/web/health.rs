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

/// Readiness: the service can write, and it is not stopping.
async fn ready(site: web::Data<Site>, service: web::Data<Service>) -> HttpResponse {
    let reason = if site.is_stopping() {
        "stopping".to_owned()
    } else {
        match service.db().readiness().await {
            Ok(()) => return HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
            Err(because) => because.to_string(),
        }
    };
    HttpResponse::ServiceUnavailable()
        .insert_header(("Retry-After", "5"))
        .content_type("text/plain; charset=utf-8")
        .body(format!("not ready: {reason}\n"))
}
