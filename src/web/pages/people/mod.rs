//! Sign-up, sign-in, passwords, the own account, and the administrator's lists.

use actix_web::web;

mod account;
mod account_roles;
mod admin;
mod choose_password;
mod clients;
mod messages;
mod sign_in;
mod sign_up;

use super::Page;
use crate::{
    domain::{
        actor::{Actor, Role},
        field_error::FieldError,
        typed,
    },
    workflow::WorkflowError,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(sign_up::routes)
        .configure(sign_in::routes)
        .configure(choose_password::routes)
        .configure(account::routes)
        .configure(admin::routes)
        .configure(account_roles::routes)
        .configure(clients::routes)
        .configure(messages::routes);
}

/// The first page for a person after sign-in.
pub(super) fn home_of(actor: &Actor) -> &'static str {
    if [Role::Officer, Role::Supervisor, Role::Auditor].iter().any(|role| actor.is(*role)) {
        "/console"
    } else if actor.is(Role::BatchManager) {
        "/console/batches"
    } else if actor.is(Role::Administrator) {
        "/admin/accounts"
    } else if actor.is(Role::Applicant) || actor.is(Role::Sponsor) {
        "/applications"
    } else {
        "/account"
    }
}

/// Every role, and whether it is one of these codes: the checkboxes of a form.
fn role_choices(codes: &[String]) -> Vec<(Role, bool)> {
    let is_chosen = |role: Role| codes.iter().any(|code| code == role.as_str());
    Role::ALL.iter().map(|role| (*role, is_chosen(*role))).collect()
}

/// The roles of these codes. The form offers no others.
fn roles(codes: &[String]) -> Result<Vec<Role>, WorkflowError> {
    let unknown = || {
        let known = Role::ALL.iter().map(|role| role.as_str());
        WorkflowError::Invalid(vec![FieldError::unknown_code("/role", known)])
    };
    codes.iter().map(|code| code.parse().map_err(|_| unknown())).collect()
}

/// A code as somebody typed or pasted it.
fn code(typed: &str) -> String {
    typed::visible(typed).trim().to_owned()
}

/// Whether an account or a client is to be locked.
#[derive(serde::Deserialize)]
struct Disabled {
    disabled: bool,
}

/// A page with one message and one link.
#[derive(askama::Template)]
#[template(path = "pages/people/notice.html")]
struct NoticePage {
    page: Page,
    title: String,
    text: String,
    link: Option<(String, String)>,
}
