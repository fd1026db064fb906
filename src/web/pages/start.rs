//! The public start page.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::{Page, render};
use crate::web::Problem;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/").get(show));
}

#[derive(Template)]
#[template(path = "pages/start.html")]
struct StartPage {
    page: Page,
}

async fn show(page: Page) -> Result<HttpResponse, Problem> {
    render(&StartPage { page })
}
