//! `/choose-password?token=`: the target of a one-time link. Confirms the address, sets the password and signs in.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use askama::Template;
use serde::Deserialize;

use super::{
    super::{Faults, Page, redirect_to, render, render_as},
    NoticePage, home_of,
};
use crate::{
    domain::{actor::Actor, refusal::Conflict},
    web::{
        Problem, Service, Site,
        extract::{Form, Query},
        session,
    },
    workflow::{
        WorkflowError,
        people::choose_password::{self, LinkOwner},
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/choose-password").get(show).post(choose));
}

#[derive(Deserialize)]
struct LinkQuery {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    token: String,
    #[serde(default)]
    password: String,
}

#[derive(Template)]
#[template(path = "pages/people/choose_password.html")]
struct ChoosePage {
    page: Page,
    token: String,
    email: String,
    faults: Faults,
}

async fn show(
    page: Page,
    query: Query<LinkQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let token = query.0.token;
    match owner(&service, &token).await {
        Ok(email) => render(&ChoosePage { page, token, email, faults: Faults::none() }),
        Err(WorkflowError::Conflict(Conflict::LinkUnusable)) => unusable(page),
        Err(error) => Err(error.into()),
    }
}

async fn choose(
    page: Page,
    form: Form<Fields>,
    site: web::Data<Site>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (Fields { token, password }, device) = (form.0, site.device_of(&request));
    match choose_password::choose(&site.service, token.clone(), password, device).await {
        Ok(opened) => {
            let mut answer = redirect_to(home_of(&opened.account.actor()));
            let _ = answer.add_cookie(&session::cookie(&site, opened.token));
            Ok(answer)
        }
        Err(WorkflowError::Conflict(Conflict::LinkUnusable)) => unusable(page),
        Err(WorkflowError::Invalid(errors)) => {
            let (email, faults) = (owner(&site.service, &token).await?, Faults::of(page.t, &errors));
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &ChoosePage { page, token, email, faults })
        }
        Err(error) => Err(error.into()),
    }
}

async fn owner(service: &Service, token: &str) -> Result<String, WorkflowError> {
    let query = LinkOwner { token: token.to_owned() };
    service.query(&Actor::anonymous(), query).await
}

fn unusable(page: Page) -> Result<HttpResponse, Problem> {
    let (title, text) = (page.t.get("people-link-unusable-title"), page.t.get("people-link-unusable-text"));
    let link = Some(("/forgot-password".to_owned(), page.t.get("people-link-unusable-again")));
    render_as(StatusCode::CONFLICT, &NoticePage { page, title, text, link })
}
