//! `/sign-in` and `/sign-out`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use askama::Template;
use serde::Deserialize;

use super::{
    super::{Page, own_path, redirect_to, render, render_as},
    home_of,
};
use crate::{
    domain::actor::Actor,
    web::{
        Problem, Site,
        extract::{Form, Query},
        session,
    },
    workflow::{
        WorkflowError,
        people::sign_in::{self, SignOut},
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/sign-in").get(show).post(sign_in_person))
        .service(web::resource("/sign-out").post(sign_out));
}

#[derive(Deserialize)]
struct NextQuery {
    next: Option<String>,
}

#[derive(Default, Deserialize)]
struct Fields {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

#[derive(Template)]
#[template(path = "pages/people/sign_in.html")]
struct SignInPage {
    page: Page,
    email: String,
    next: String,
    fault: Option<String>,
}

async fn show(page: Page, query: Query<NextQuery>) -> Result<HttpResponse, Problem> {
    if let Some(person) = &page.signed_in {
        return Ok(redirect_to(home_of(&person.actor)));
    }
    render(&SignInPage { page, email: String::new(), next: query.0.next.unwrap_or_default(), fault: None })
}

async fn sign_in_person(
    page: Page,
    form: Form<Fields>,
    site: web::Data<Site>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Fields { email, password, next } = form.0;
    let old = session::token_hash(&request, &site);
    match sign_in::sign_in(&site.service, email.clone(), password, site.network_of(&request), old).await {
        Ok(opened) => {
            let actor = opened.account.actor();
            let target = own_path(&next).map_or_else(|| home_of(&actor).to_owned(), str::to_owned);
            let mut answer = redirect_to(target);
            let _ = answer.add_cookie(&session::cookie(&site, opened.token));
            Ok(answer)
        }
        Err(WorkflowError::SignInFailed) => {
            let fault = Some(page.t.get("people-sign-in-failed"));
            render_as(StatusCode::UNAUTHORIZED, &SignInPage { page, email, next, fault })
        }
        Err(WorkflowError::TooManyAttempts { retry_after_seconds }) => {
            let fault = Some(page.t.get("people-too-many-attempts"));
            let page = SignInPage { page, email, next, fault };
            let mut answer = render_as(StatusCode::TOO_MANY_REQUESTS, &page)?;
            answer.headers_mut().insert(header::RETRY_AFTER, retry_after_seconds.into());
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
struct EmptyForm {}

async fn sign_out(
    _: Form<EmptyForm>,
    site: web::Data<Site>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    if let Some(token_hash) = session::token_hash(&request, &site) {
        site.service.execute(&Actor::anonymous(), SignOut { token_hash }).await?;
    }
    let mut answer = HttpResponse::SeeOther().insert_header((header::LOCATION, "/")).finish();
    let _ = answer.add_cookie(&session::removal(&site));
    Ok(answer)
}
