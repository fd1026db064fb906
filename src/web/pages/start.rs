//! The public start page: the programmes, and the batches that take applications with the places they have left.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;

use super::{Page, bar::Bar, render, words};
use crate::{
    domain::{batch::BatchState, programme::Programme},
    web::{Problem, Service},
    workflow::{
        WorkflowError,
        batch_overview::{self, BatchView, WantedBatches},
        programmes,
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/").get(show));
}

#[derive(Template)]
#[template(path = "pages/start.html")]
struct StartPage {
    page: Page,
    programmes: Vec<(Arc<Programme>, Vec<BatchView>)>,
}

impl StartPage {
    fn bar(&self, view: &BatchView) -> Bar {
        Bar::of(self.page.t, view.batch.capacity, view.batch.held, view.batch.taken)
    }

    fn left(&self, view: &BatchView) -> String {
        let t = self.page.t;
        t.with_two("start-left", ("free", view.batch.available()), ("capacity", view.batch.capacity))
    }

    fn travel_window(&self, view: &BatchView) -> String {
        words::travel_window(self.page.t, &view.batch)
    }
}

async fn show(page: Page, service: web::Data<Service>) -> Result<HttpResponse, Problem> {
    let now = service.now();
    let found: Result<Vec<_>, WorkflowError> = service
        .db
        .read(move |tx| {
            let wanted = WantedBatches { state: Some(BatchState::Open), ..WantedBatches::default() };
            let mut open = batch_overview::list_batches(tx, None, &wanted, 50)?;
            open.retain(|view| view.batch.accepts_submissions(now));
            let programmes = programmes::list_programmes(tx)?;
            let of = |code: &str| open.iter().filter(|view| view.batch.programme == code).cloned().collect();
            Ok(programmes
                .into_iter()
                .map(|programme| (Arc::clone(&programme), of(&programme.code)))
                .collect())
        })
        .await;
    render(&StartPage { page, programmes: found? })
}
