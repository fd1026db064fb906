//! `/sign-up`: creates an applicant's account. `/forgot-password`: sends a link to choose a new password. Neither
//! answer reveals whether the account exists, by what it says or by when it comes.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, rt::time::sleep, web};
use askama::Template;
use futures_util::future::join;
use serde::Deserialize;

use super::{
    super::{Faults, Page, render, render_as},
    NoticePage,
};
use crate::{
    domain::{actor::Actor, typed},
    web::{Problem, Site, extract::Form},
    workflow::{
        WorkflowError,
        people::{request_link::RequestLink, sign_up::SignUp},
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/sign-up").get(show).post(send))
        .service(web::resource("/forgot-password").get(show_forgot).post(send_link));
}

/// Longer than what depends on the account: the link and its message.
const LEAST_TIME: Duration = Duration::from_millis(150);

/// Answers after [`LEAST_TIME`], or later if the work takes longer.
async fn in_even_time<T>(work: impl Future<Output = T>) -> T {
    join(work, sleep(LEAST_TIME)).await.0
}

#[derive(Default, Deserialize)]
struct Fields {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
}

#[derive(Template)]
#[template(path = "pages/people/sign_up.html")]
struct SignUpPage {
    page: Page,
    fields: Fields,
    faults: Faults,
}

async fn show(page: Page) -> Result<HttpResponse, Problem> {
    render(&SignUpPage { page, fields: Fields::default(), faults: Faults::none() })
}

async fn send(
    page: Page,
    form: Form<Fields>,
    site: web::Data<Site>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let fields = form.0;
    let new = SignUp {
        email: fields.email.clone(),
        name: fields.name.clone(),
        language: page.t.language.to_string(),
        network: site.network_of(&request),
    };
    match in_even_time(site.service.execute(&Actor::anonymous(), new)).await {
        Ok(()) => check_your_mail(page, &fields.email),
        Err(WorkflowError::Invalid(errors)) => {
            let faults = Faults::of(page.t, &errors);
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &SignUpPage { page, fields, faults })
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Template)]
#[template(path = "pages/people/forgot_password.html")]
struct ForgotPage {
    page: Page,
    email: String,
    faults: Faults,
}

async fn show_forgot(page: Page) -> Result<HttpResponse, Problem> {
    render(&ForgotPage { page, email: String::new(), faults: Faults::none() })
}

async fn send_link(
    page: Page,
    form: Form<Fields>,
    site: web::Data<Site>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let email = form.0.email;
    let wanted = RequestLink { email: email.clone(), network: site.network_of(&request) };
    match in_even_time(site.service.execute(&Actor::anonymous(), wanted)).await {
        Ok(()) => check_your_mail(page, &email),
        Err(WorkflowError::Invalid(errors)) => {
            let faults = Faults::of(page.t, &errors);
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &ForgotPage { page, email, faults })
        }
        Err(error) => Err(error.into()),
    }
}

fn check_your_mail(page: Page, email: &str) -> Result<HttpResponse, Problem> {
    let title = page.t.get("people-check-mail-title");
    let text = page.t.with("people-check-mail-text", "email", typed::visible(email).trim());
    render(&NoticePage { page, title, text, link: None })
}
