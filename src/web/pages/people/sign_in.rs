//! `/sign-in` and `/sign-out`.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use askama::Template;
use serde::Deserialize;

use super::{
    super::{Page, go_to, own_path, render, render_as},
    home_of,
};
use crate::{
    password,
    web::{
        Problem, Service,
        extract::{Form, Query},
        session,
    },
    workflow::{WorkflowError, people::sign_in},
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/sign-in").get(show).post(enter))
        .service(web::resource("/sign-out").post(leave));
}

#[derive(Deserialize)]
struct Next {
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

async fn show(page: Page, query: Query<Next>) -> Result<HttpResponse, Problem> {
    if let Some(visitor) = &page.visitor {
        return Ok(go_to(home_of(&visitor.actor)));
    }
    render(&SignInPage { page, email: String::new(), next: query.0.next.unwrap_or_default(), fault: None })
}

async fn enter(
    page: Page,
    form: Form<Fields>,
    service: web::Data<Service>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Fields { email, password, next } = form.0;
    match check(&service, &email, password).await {
        Ok(account) => {
            let old = session::token_hash(&request, &service);
            let token = session::fresh_token();
            let (hash, now) = (session::hash_of(&token), service.now());
            let signed_in: Result<_, WorkflowError> = service
                .db
                .write(move |tx| {
                    // Nobody's earlier session lives on under the new one.
                    if let Some(old) = &old {
                        sign_in::sign_out(tx, old)?;
                    }
                    sign_in::sign_in(tx, account, &hash, now)
                })
                .await;
            let actor = signed_in?.actor();
            let target = own_path(&next).map_or_else(|| home_of(&actor).to_owned(), str::to_owned);
            let mut answer = go_to(target);
            let _ = answer.add_cookie(&session::cookie(&service, token));
            Ok(answer)
        }
        Err(error @ (WorkflowError::SignInFailed | WorkflowError::TooManyAttempts { .. })) => {
            let (key, status) = match error {
                WorkflowError::SignInFailed => ("people-sign-in-failed", StatusCode::UNAUTHORIZED),
                _ => ("people-too-many-attempts", StatusCode::TOO_MANY_REQUESTS),
            };
            let fault = Some(page.t.get(key));
            render_as(status, &SignInPage { page, email, next, fault })
        }
        Err(error) => Err(error.into()),
    }
}

/// Whose address and password these are. Takes the same time whoever is asked for.
async fn check(
    service: &Service,
    email: &str,
    password: String,
) -> Result<crate::domain::ids::AccountId, WorkflowError> {
    let (now, asked) = (service.now(), email.to_owned());
    let known = service.db.read(move |tx| sign_in::credentials(tx, &asked, now)).await?;
    let long = password.chars().count() > password::MOST;
    let is_right = password::is_right(if long { String::new() } else { password }, known.password_hash).await;
    match known.account.filter(|_| is_right) {
        Some(account) => Ok(account),
        None => {
            let asked = email.to_owned();
            service.db.write(move |tx| sign_in::failed(tx, &asked, now)).await?;
            Err(WorkflowError::SignInFailed)
        }
    }
}

#[derive(Deserialize)]
struct Nothing {}

async fn leave(
    _: Form<Nothing>,
    service: web::Data<Service>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    if let Some(hash) = session::token_hash(&request, &service) {
        let done: Result<(), WorkflowError> = service.db.write(move |tx| sign_in::sign_out(tx, &hash)).await;
        done?;
    }
    let mut answer = HttpResponse::SeeOther().insert_header((header::LOCATION, "/")).finish();
    let _ = answer.add_cookie(&session::removal(&service));
    Ok(answer)
}
