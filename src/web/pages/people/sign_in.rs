//! `/sign-in` and `/sign-out`.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite, time::Duration},
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
        extract::{EmptyForm, Form, Query},
        session,
    },
    workflow::{
        WorkflowError,
        people::sign_in::{self, Busy, SignOut},
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

/// Too many people are signing in.
#[derive(Template)]
#[template(path = "pages/people/sign_in_busy.html")]
struct BusyPage {
    page: Page,
    ahead: String,
    wait: String,
    seconds: u32,
    again: String,
}

async fn show(page: Page, query: Query<NextQuery>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if let Some(person) = &page.signed_in {
        return Ok(redirect_to(home_of(&person.actor)));
    }
    let email = typed_email(&request);
    render(&SignInPage { page, email, next: query.0.next.unwrap_or_default(), fault: None })
}

async fn sign_in_person(
    page: Page,
    form: Form<Fields>,
    site: web::Data<Site>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let Fields { email, password, next } = form.0;
    let old = session::token_hash(&request, &site);
    match sign_in::sign_in(&site.service, email.clone(), password, site.device_of(&request), old).await {
        Ok(opened) => {
            let actor = opened.account.actor();
            let target = own_path(&next).map_or_else(|| home_of(&actor).to_owned(), str::to_owned);
            let mut answer = redirect_to(target);
            let _ = answer.add_cookie(&session::cookie(&site, opened.token));
            if request.cookie(TYPED_EMAIL).is_some() {
                let _ = answer.add_cookie(&remember_email(&site, ""));
            }
            Ok(answer)
        }
        Err(WorkflowError::Busy(busy)) => come_again(page, &site, busy, &email, &next),
        Err(WorkflowError::SignInFailed) => {
            let fault = Some(page.t.get("people-sign-in-failed"));
            render_as(StatusCode::UNAUTHORIZED, &SignInPage { page, email, next, fault })
        }
        Err(WorkflowError::TooManyAttempts { retry_after_seconds, .. }) => {
            let fault = Some(page.t.get("people-too-many-attempts"));
            let page = SignInPage { page, email, next, fault };
            let mut answer = render_as(StatusCode::TOO_MANY_REQUESTS, &page)?;
            answer.headers_mut().insert(header::RETRY_AFTER, retry_after_seconds.into());
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

/// A page that says how many people are waiting, and leads back to the form by itself.
fn come_again(page: Page, site: &Site, busy: Busy, email: &str, next: &str) -> Result<HttpResponse, Problem> {
    let seconds = busy.retry_after_seconds;
    let ahead = page.t.with_numbers("people-busy", &[("ahead", busy.ahead.to_string())]);
    let wait = page.t.with_numbers("people-busy-wait", &[("seconds", seconds.to_string())]);
    let again: String = match own_path(next) {
        Some(next) => {
            let query =
                url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            format!("/sign-in?{query}")
        }
        None => "/sign-in".to_owned(),
    };
    let page = BusyPage { page, ahead, wait, seconds, again };
    let mut answer = render_as(StatusCode::SERVICE_UNAVAILABLE, &page)?;
    answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    let _ = answer.add_cookie(&remember_email(site, email));
    Ok(answer)
}

/// The cookie that keeps what was typed, for the form that follows the page. The password must be typed again.
const TYPED_EMAIL: &str = "corridor-email";

/// An empty address deletes the cookie.
fn remember_email(site: &Site, email: &str) -> Cookie<'static> {
    let encoded: String = url::form_urlencoded::byte_serialize(email.as_bytes()).collect();
    Cookie::build(TYPED_EMAIL, encoded)
        .path("/sign-in")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(site.is_https())
        .max_age(if email.is_empty() { Duration::ZERO } else { Duration::minutes(10) })
        .finish()
}

fn typed_email(request: &HttpRequest) -> String {
    let cookie = request.cookie(TYPED_EMAIL);
    let encoded = cookie.as_ref().map_or("", Cookie::value);
    url::form_urlencoded::parse(encoded.as_bytes())
        .next()
        .map(|(email, _)| email.into_owned())
        .unwrap_or_default()
}

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
