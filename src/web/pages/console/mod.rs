//! The console, where authorities review cases and run batches. Officers and supervisors see their queue first; batch
//! managers and auditors see all cases in their scope, and the batches.

use actix_web::web;

mod batch;
mod batches;
mod case;
mod filters;
mod jobs;
mod journal;
mod programme;
mod queue;
mod terms_form;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(queue::routes)
        .configure(case::routes)
        .configure(batches::routes)
        .configure(batch::routes)
        .configure(programme::routes)
        .configure(jobs::routes)
        .configure(journal::routes);
}
