//! `/console/batches`: the batches with their numbers, and a form to plan a new one.

use std::sync::Arc;

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use serde::Deserialize;

use super::terms_form::{self, TermsForm};
use crate::{
    domain::{field_error::FieldError, ids::BatchId, programme::Programme},
    web::{
        Problem, Service,
        cursor::Cursors,
        extract::{CurrentActor, Form, Query},
        fields::{Fields, ZONE},
        pages::{Faults, Page, bar::Bar, redirect_to, render, render_as, words},
        terms,
    },
    workflow::{
        WorkflowError,
        batch_overview::{BatchView, ListBatches},
        entrance::Context,
        programmes::{ListProgrammes, ProgrammesToPlan},
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/console/batches").get(show))
        .service(web::resource("/console/batches/new").get(plan).post(create));
}

const PAGE_SIZE: usize = 20;

#[derive(Deserialize)]
struct ListQuery {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/console/batches.html")]
struct BatchesPage {
    page: Page,
    views: Vec<BatchView>,
    programmes: Vec<Arc<Programme>>,
    next: Option<String>,
    may_plan: bool,
}

impl BatchesPage {
    fn bar(&self, view: &BatchView) -> Bar {
        Bar::of(self.page.t, view.batch.capacity, view.batch.held, view.batch.taken)
    }

    fn travel_window(&self, view: &BatchView) -> String {
        words::travel_window(self.page.t, &view.batch)
    }
}

async fn show(
    page: Page,
    actor: CurrentActor,
    query: Query<ListQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let cursors = Cursors::of(&service, &actor.0, "/console/batches");
    let after: Option<BatchId> = cursors.open(query.0.after.as_deref())?;
    let batches = ListBatches { after, at_most: PAGE_SIZE as i64 + 1, ..ListBatches::default() };
    let queries = move |ctx: &mut Context<'_, '_>| {
        let may_plan = match ctx.query(&ProgrammesToPlan) {
            Ok(_) => true,
            Err(WorkflowError::Forbidden(_)) => false,
            Err(error) => return Err(error),
        };
        Ok((ctx.query(&batches)?, ctx.query(&ListProgrammes)?, may_plan))
    };
    let (mut views, programmes, may_plan) = service.read(&actor.0, queries).await?;
    let next = cursors.cut(&mut views, PAGE_SIZE, |last| last.batch.id)?;
    render(&BatchesPage { page, views, programmes, next, may_plan })
}

#[derive(Template)]
#[template(path = "pages/console/batch_new.html")]
struct NewBatchPage {
    page: Page,
    programmes: Vec<Arc<Programme>>,
    programme: String,
    form: TermsForm,
    faults: Faults,
}

async fn plan(page: Page, actor: CurrentActor, service: web::Data<Service>) -> Result<HttpResponse, Problem> {
    let programmes = service.query(&actor.0, ProgrammesToPlan).await?;
    let usual = Fields::from_iter([
        ("hold_at", "approval"),
        ("on_full", "waitlist"),
        ("order", "first_come"),
        (ZONE, page.t.zone_name()),
    ]);
    render(&new_batch_page(page, programmes, &usual, Faults::none()))
}

fn new_batch_page(
    page: Page,
    programmes: Vec<Arc<Programme>>,
    values: &Fields,
    faults: Faults,
) -> NewBatchPage {
    NewBatchPage {
        programmes,
        programme: values.get("programme").unwrap_or_default().trim().to_owned(),
        form: TermsForm::new(page.t, values, &faults),
        page,
        faults,
    }
}

async fn create(
    page: Page,
    actor: CurrentActor,
    form: Form<Fields>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let programmes = service.query(&actor.0, ProgrammesToPlan).await?;
    let sent = form.0.without_blank_rows(terms_form::LIMITS);
    let made = match terms::read_new(&sent) {
        Ok(new) => service.execute(&actor.0, new).await,
        Err(faults) => Err(WorkflowError::Invalid(faults)),
    };
    let errors = match made {
        Ok(batch) => return Ok(redirect_to(format!("/console/batches/{}", batch.id))),
        Err(WorkflowError::Invalid(errors)) => errors,
        Err(WorkflowError::Conflict(_)) => vec![FieldError::new("/name", "already_in_use")],
        Err(error) => return Err(error.into()),
    };
    let faults = Faults::of(page.t, &errors);
    render_as(StatusCode::UNPROCESSABLE_ENTITY, &new_batch_page(page, programmes, &sent, faults))
}
