//! The public start page: the programmes, and the open batches with the number of free places.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;

use super::{Page, bar::Bar, render, words};
use crate::{
    domain::{actor::Actor, lifecycle::BatchState, programme::Programme},
    web::{Problem, Service},
    workflow::{
        batch_overview::{BatchView, ListBatches},
        entrance::Context,
        programmes::ListProgrammes,
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

    fn places_left(&self, view: &BatchView) -> String {
        let t = self.page.t;
        t.with_two("start-left", ("free", view.batch.available()), ("capacity", view.batch.capacity))
    }

    fn travel_window(&self, view: &BatchView) -> String {
        words::travel_window(self.page.t, &view.batch)
    }
}

async fn show(page: Page, service: web::Data<Service>) -> Result<HttpResponse, Problem> {
    let open = ListBatches { state: Some(BatchState::Open), at_most: 50, ..ListBatches::default() };
    let both = move |ctx: &mut Context<'_, '_>| Ok((ctx.query(&ListProgrammes)?, ctx.query(&open)?));
    let (programmes, mut open) = service.read(&Actor::anonymous(), both).await?;
    open.retain(|view| view.batch.accepts_submissions(service.now()));
    let of = |code: &str| open.iter().filter(|view| view.batch.programme == code).cloned().collect();
    let programmes =
        programmes.into_iter().map(|programme| (Arc::clone(&programme), of(&programme.code))).collect();
    render(&StartPage { page, programmes })
}
