//! The pages of applicants and sponsors: their cases, the form, the papers, the status.

use actix_web::web;

use crate::{
    domain::{actor::Actor, ids::ApplicationId},
    web::{Problem, Service},
    workflow::{
        WorkflowError,
        show_case::{self, CaseView},
    },
};

mod case;
mod check;
mod fields;
mod list;
mod new;
mod papers;
mod section;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(list::routes)
        .configure(new::routes)
        .configure(check::routes)
        .configure(section::routes)
        .configure(papers::routes)
        .configure(case::routes);
}

/// The case, for its own people.
async fn own_case(service: &Service, actor: Actor, id: ApplicationId) -> Result<CaseView, Problem> {
    let found: Result<_, WorkflowError> = service
        .db
        .read(move |tx| match show_case::show_case(tx, &actor, id) {
            Ok(view) if !view.is_own => Err(WorkflowError::NotFound),
            other => other,
        })
        .await;
    Ok(found?)
}

/// The address of a case's page.
fn address(id: ApplicationId) -> String {
    format!("/applications/{id}")
}
