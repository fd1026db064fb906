//! `/account`: the person's own account: language, password, sessions.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use askama::Template;
use serde::Deserialize;

use super::super::{Faults, Page, redirect_to, render, render_as};
use crate::{
    digest,
    domain::{actor::Actor, field_error::FieldError, language::Language},
    web::{
        Code, Problem, Service, Site,
        extract::{CurrentActor, EmptyForm, Form},
        session,
    },
    workflow::{
        WorkflowError,
        people::{
            change_password::{self, ChangeLanguage},
            sessions::{EndSession, ListSessions, Session, SignOutEverywhere},
        },
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/account").get(show))
        .service(web::resource("/account/language").post(set_language))
        .service(web::resource("/account/password").post(set_password))
        .service(web::resource("/account/sessions/end").post(end_session))
        .service(web::resource("/account/sign-out-everywhere").post(sign_out_everywhere));
}

#[derive(Template)]
#[template(path = "pages/people/account.html")]
struct AccountPage {
    page: Page,
    email: String,
    language: String,
    sessions: Vec<Session>,
    /// The hash of the token of this session.
    current: Option<Vec<u8>>,
    faults: Faults,
}

/// More sessions than that are not listed; all of them can be ended together.
const LISTED: i64 = 20;

impl AccountPage {
    async fn new(page: Page, actor: &Actor, site: &Site, request: &HttpRequest) -> Result<Self, Problem> {
        let person = page.signed_in.clone().ok_or_else(|| Problem::new(Code::Unauthenticated))?;
        let (email, language) = (person.account.email.clone(), person.account.language.clone());
        let sessions = site.service.query(actor, ListSessions { at_most: LISTED }).await?;
        let current = session::token_hash(request, site);
        Ok(Self { page, email, language, sessions, current, faults: Faults::none() })
    }

    fn is_current(&self, session: &Session) -> bool {
        self.current.as_ref() == Some(&session.token_hash)
    }

    /// What names a session in the form that ends it. It opens no session.
    fn name_of(&self, session: &Session) -> String {
        digest::hex(&session.token_hash)
    }
}

async fn show(
    page: Page,
    actor: CurrentActor,
    site: web::Data<Site>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    render(&AccountPage::new(page, &actor.0, &site, &request).await?)
}

#[derive(Deserialize)]
struct SessionField {
    #[serde(default)]
    session: String,
}

async fn end_session(
    actor: CurrentActor,
    form: Form<SessionField>,
    site: web::Data<Site>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let token_hash = digest::from_hex(&form.0.session).unwrap_or_default();
    let is_current = session::token_hash(&request, &site).as_ref() == Some(&token_hash);
    site.service.execute(&actor.0, EndSession { token_hash }).await?;
    if is_current { Ok(signed_out(&site)) } else { Ok(redirect_to("/account")) }
}

fn signed_out(site: &Site) -> HttpResponse {
    let mut answer = redirect_to("/sign-in");
    let _ = answer.add_cookie(&session::removal(site));
    answer
}

#[derive(Deserialize)]
struct LanguageField {
    language: Language,
}

async fn set_language(
    actor: CurrentActor,
    form: Form<LanguageField>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let language = form.0.language;
    service.execute(&actor.0, ChangeLanguage { language }).await?;
    Ok(redirect_to(format!("/account?lang={language}")))
}

#[derive(Deserialize)]
struct PasswordFields {
    #[serde(default)]
    current: String,
    #[serde(default)]
    password: String,
}

async fn set_password(
    page: Page,
    actor: CurrentActor,
    form: Form<PasswordFields>,
    site: web::Data<Site>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let mut account = AccountPage::new(page, &actor.0, &site, &request).await?;
    let PasswordFields { current, password } = form.0;
    let (device, passwords) = (site.device_of(&request), (current, password));
    match change_password::change(&site.service, &actor.0, &account.email, device, passwords).await {
        Ok(opened) => {
            let mut answer = redirect_to("/account");
            let _ = answer.add_cookie(&session::cookie(&site, opened.token));
            Ok(answer)
        }
        Err(WorkflowError::Invalid(errors)) => {
            account.faults = Faults::of(account.page.t, &errors);
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &account)
        }
        Err(WorkflowError::TooManyAttempts { retry_after_seconds, .. }) => {
            let fault = FieldError::new("/current", "too_many_attempts");
            let fault = fault.with("minutes", retry_after_seconds.div_ceil(60));
            account.faults = Faults::of(account.page.t, &[fault]);
            let mut answer = render_as(StatusCode::TOO_MANY_REQUESTS, &account)?;
            answer.headers_mut().insert(header::RETRY_AFTER, retry_after_seconds.into());
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

async fn sign_out_everywhere(
    actor: CurrentActor,
    _: Form<EmptyForm>,
    site: web::Data<Site>,
) -> Result<HttpResponse, Problem> {
    site.service.execute(&actor.0, SignOutEverywhere).await?;
    Ok(signed_out(&site))
}
