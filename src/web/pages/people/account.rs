//! `/account`: the person's own account: language, password, sessions.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use askama::Template;
use serde::Deserialize;

use super::super::{Faults, Page, redirect_to, render, render_as};
use crate::{
    domain::language::Language,
    web::{
        Code, Problem, Service, Site,
        extract::{CurrentActor, Form},
        session,
    },
    workflow::{
        WorkflowError,
        people::change_password::{self, ChangeLanguage, SignOutEverywhere},
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/account").get(show))
        .service(web::resource("/account/language").post(set_language))
        .service(web::resource("/account/password").post(set_password))
        .service(web::resource("/account/sign-out-everywhere").post(sign_out_everywhere));
}

#[derive(Template)]
#[template(path = "pages/people/account.html")]
struct AccountPage {
    page: Page,
    email: String,
    language: String,
    faults: Faults,
}

impl AccountPage {
    fn new(page: Page, faults: Faults) -> Result<Self, Problem> {
        let person = page.signed_in.clone().ok_or_else(|| Problem::new(Code::Unauthenticated))?;
        let (email, language) = (person.account.email.clone(), person.account.language.clone());
        Ok(Self { page, email, language, faults })
    }
}

async fn show(page: Page, _: CurrentActor) -> Result<HttpResponse, Problem> {
    render(&AccountPage::new(page, Faults::none())?)
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
    let mut account = AccountPage::new(page, Faults::none())?;
    let PasswordFields { current, password } = form.0;
    let (network, passwords) = (site.network_of(&request), (current, password));
    match change_password::change(&site.service, &actor.0, &account.email, network, passwords).await {
        Ok(opened) => {
            let mut answer = redirect_to("/account");
            let _ = answer.add_cookie(&session::cookie(&site, opened.token));
            Ok(answer)
        }
        Err(WorkflowError::Invalid(errors)) => {
            account.faults = Faults::of(account.page.t, &errors);
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &account)
        }
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
struct EmptyForm {}

async fn sign_out_everywhere(
    actor: CurrentActor,
    _: Form<EmptyForm>,
    site: web::Data<Site>,
) -> Result<HttpResponse, Problem> {
    site.service.execute(&actor.0, SignOutEverywhere).await?;
    let mut answer = redirect_to("/sign-in");
    let _ = answer.add_cookie(&session::removal(&site));
    Ok(answer)
}
