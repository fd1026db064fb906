//! `/console/batches/{id}`: one batch: its places and limits, its terms, its ledger and its actions.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use serde::Deserialize;

use super::terms_form::{self, TermsForm};
use crate::{
    domain::{actor::Actor, batch::Limit, field_error::FieldError, ids::BatchId, refusal::Conflict},
    web::{
        Problem, Service,
        cursor::Cursors,
        extract::{CurrentActor, Form, Query},
        fields::Fields,
        pages::{Faults, Page, bar::Bar, redirect_to, render, render_as, words},
        terms,
    },
    workflow::{
        WorkflowError,
        batch_overview::{BatchView, LedgerEntry, LedgerKey, ShowBatch, ShowLedger},
        change_batch::ChangeBatch,
        entrance::Context,
        move_batch::{BatchMove, MoveBatch},
        subject::SeenBatch,
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/console/batches/{id}").get(show).post(change))
        .service(web::resource("/console/batches/{id}/moves").post(move_batch));
}

const PAGE_SIZE: usize = 25;

#[derive(Template)]
#[template(path = "pages/console/batch.html")]
struct BatchPage {
    page: Page,
    view: BatchView,
    /// None if this reader may not see the ledger.
    ledger: Option<Vec<LedgerEntry>>,
    next: Option<String>,
    is_first_page: bool,
    form: TermsForm,
    faults: Faults,
}

impl BatchPage {
    fn bar(&self) -> Bar {
        Bar::of(self.page.t, self.view.batch.capacity, self.view.batch.held, self.view.batch.taken)
    }

    fn limit_bar(&self, limit: &Limit) -> Bar {
        Bar::of(self.page.t, limit.capacity, limit.held, limit.taken)
    }

    fn key(&self, limit: &Limit) -> String {
        match limit.dimension.as_str() {
            "direction" => words::direction(self.page.t, &limit.key),
            _ => limit.key.clone(),
        }
    }

    fn moves(&self) -> Vec<BatchMove> {
        let possible = BatchMove::ALL.iter().filter(|step| step.is_possible(&self.view.batch));
        possible.filter(|_| self.view.may_manage).copied().collect()
    }

    fn url(&self) -> String {
        format!("/console/batches/{}", self.view.batch.id)
    }

    fn travel_window(&self) -> String {
        words::travel_window(self.page.t, &self.view.batch)
    }

    fn is_over(&self) -> bool {
        !BatchMove::ALL.iter().any(|step| step.is_possible(&self.view.batch))
    }
}

async fn load(
    page: Page,
    service: &Service,
    actor: &Actor,
    id: BatchId,
    after: Option<&str>,
    sent: Option<(Fields, Faults)>,
) -> Result<BatchPage, Problem> {
    let listing = format!("/console/batches/{id}");
    let cursors = Cursors::of(service, actor, &listing);
    let after: Option<LedgerKey> = cursors.open(after)?;
    let ledger = ShowLedger { batch: id, after, at_most: PAGE_SIZE as i64 + 1 };
    let queries = move |ctx: &mut Context<'_, '_>| {
        let view = ctx.query(&ShowBatch { batch: id })?;
        match ctx.query(&ledger) {
            Ok(lines) => Ok((view, Some(lines))),
            Err(WorkflowError::Forbidden(_)) => Ok((view, None)),
            Err(error) => Err(error),
        }
    };
    let (view, mut ledger) = service.read(actor, queries).await?;
    let mut next = None;
    if let Some(lines) = &mut ledger
        && lines.len() > PAGE_SIZE
    {
        lines.truncate(PAGE_SIZE);
        next = cursors.seal(lines.last().map(|last| (last.at, last.application, last.event_seq)).as_ref())?;
    }
    let (values, faults) = sent
        .unwrap_or_else(|| (terms_form::of_terms(&view.batch.terms(), page.t.zone_name()), Faults::none()));
    let form = TermsForm::new(page.t, &values, &faults);
    Ok(BatchPage { page, view, ledger, next, is_first_page: after.is_none(), form, faults })
}

#[derive(Deserialize)]
struct LedgerQuery {
    after: Option<String>,
}

async fn show(
    page: Page,
    actor: CurrentActor,
    id: web::Path<BatchId>,
    query: Query<LedgerQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    render(&load(page, &service, &actor.0, *id, query.0.after.as_deref(), None).await?)
}

async fn change(
    page: Page,
    actor: CurrentActor,
    id: web::Path<BatchId>,
    form: Form<Fields>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let (id, sent) = (*id, form.0.without_blank_rows(terms_form::LIMITS));
    let batch = SeenBatch { id, version: sent.version() };
    let changed = match terms::read_change(&sent) {
        Ok(change) => service.execute(&actor.0, ChangeBatch { batch, change }).await,
        Err(faults) => Err(WorkflowError::Invalid(faults)),
    };
    let errors = match changed {
        Ok(_) => return Ok(redirect_to(format!("/console/batches/{id}"))),
        Err(WorkflowError::Invalid(errors)) => errors,
        Err(WorkflowError::CapacityBelowUse(error)) => vec![error],
        Err(WorkflowError::Conflict(Conflict::AlreadyExists)) => {
            vec![FieldError::new("/name", "already_in_use")]
        }
        Err(error) => return Err(error.into()),
    };
    let faults = Faults::of(page.t, &errors);
    let page = load(page, &service, &actor.0, id, None, Some((sent, faults))).await?;
    render_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

#[derive(Deserialize)]
struct MoveForm {
    step: BatchMove,
    version: Option<i32>,
}

async fn move_batch(
    actor: CurrentActor,
    id: web::Path<BatchId>,
    form: Form<MoveForm>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let (id, MoveForm { step, version }) = (*id, form.0);
    service.execute(&actor.0, MoveBatch { batch: SeenBatch { id, version }, step }).await?;
    Ok(redirect_to(format!("/console/batches/{id}")))
}
