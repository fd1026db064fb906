//! The pages of applicants and sponsors: their cases, the form, the documents, the status.

use actix_web::web;

use crate::{
    domain::{actor::Actor, ids::ApplicationId},
    web::{Problem, Service},
    workflow::{
        WorkflowError,
        show_case::{CaseView, ShowCase},
    },
};

mod case;
mod check;
mod documents;
mod fields;
mod list;
mod new;
mod section;
mod sponsorships;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(list::routes)
        .configure(new::routes)
        .configure(check::routes)
        .configure(section::routes)
        .configure(documents::routes)
        .configure(sponsorships::routes)
        .configure(case::routes);
}

/// The case, for its applicant or sponsor.
async fn own_case(service: &Service, actor: &Actor, id: ApplicationId) -> Result<CaseView, Problem> {
    let view = service.query(actor, ShowCase { case: id }).await?;
    if view.is_own { Ok(view) } else { Err(WorkflowError::NotFound.into()) }
}

/// The address of a case's page.
fn address(id: ApplicationId) -> String {
    format!("/applications/{id}")
}
