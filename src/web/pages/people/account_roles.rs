//! `/admin/accounts/{id}`: the roles and the organisation of an account.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use serde::Deserialize;

use super::{
    super::{Faults, Page, redirect_to, render, render_as},
    code, role_choices, roles,
};
use crate::{
    domain::{actor::Role, ids::AccountId, policy},
    web::{
        Problem, Service,
        extract::{CurrentActor, Form},
        signed_in::SignedIn,
    },
    workflow::{
        WorkflowError,
        people::{
            change_roles::ChangeRoles,
            list_people::{Account, FindAccount},
        },
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/admin/accounts/{id}").get(show).post(change));
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    role: Vec<String>,
    organisation: String,
}

#[derive(Template)]
#[template(path = "pages/people/account_roles.html")]
struct RolesPage {
    page: Page,
    account: Account,
    /// The codes of the chosen roles.
    roles: Vec<String>,
    organisation: String,
    faults: Faults,
}

impl RolesPage {
    fn choices(&self) -> Vec<(Role, bool)> {
        role_choices(&self.roles)
    }

    /// Whether it is the reader's own account, which others change.
    fn is_own(&self) -> bool {
        let refused = |person: &SignedIn| policy::refuse_own_account(&person.actor, self.account.id).is_err();
        self.page.signed_in.as_deref().is_some_and(refused)
    }
}

async fn show(
    page: Page,
    actor: CurrentActor,
    id: web::Path<AccountId>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let account = service.query(&actor.0, FindAccount::ById(id.into_inner())).await?;
    let roles = account.roles.iter().map(ToString::to_string).collect();
    let organisation = account.organisation.as_ref().map(|own| own.code.clone()).unwrap_or_default();
    render(&RolesPage { page, account, roles, organisation, faults: Faults::none() })
}

async fn change(
    page: Page,
    actor: CurrentActor,
    id: web::Path<AccountId>,
    form: Form<Fields>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let (id, Fields { role, organisation }) = (id.into_inner(), form.0);
    let change = |roles| ChangeRoles {
        account: id,
        roles: Some(roles),
        organisation: Some(Some(code(&organisation)).filter(|code| !code.is_empty())),
    };
    let changed = match roles(&role) {
        Ok(roles) => service.execute(&actor.0, change(roles)).await.map(drop),
        Err(unknown) => Err(unknown),
    };
    match changed {
        Ok(()) => Ok(redirect_to("/admin/accounts")),
        Err(WorkflowError::Invalid(errors)) => {
            let account = service.query(&actor.0, FindAccount::ById(id)).await?;
            let faults = Faults::of(page.t, &errors);
            let page = RolesPage { page, account, roles: role, organisation, faults };
            render_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(error) => Err(error.into()),
    }
}
