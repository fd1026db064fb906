//! `/admin/accounts` and `/admin/organisations`: for administrators, who decide no cases.

use actix_web::{HttpResponse, http::StatusCode, web};
use askama::Template;
use serde::Deserialize;

use super::{
    super::{Faults, Page, redirect_to, render, render_as},
    Disabled, code, role_choices, roles,
};
use crate::{
    domain::{
        actor::{Actor, OrganisationKind, Role},
        field_error::FieldError,
        ids::AccountId,
        policy,
        text_enum::UnknownCode,
    },
    web::{
        Problem, Service,
        cursor::Cursors,
        extract::{CurrentActor, Form, Query},
        signed_in::SignedIn,
    },
    workflow::{
        WorkflowError,
        people::{
            create_account::{CreateAccount, FirstLink},
            create_organisation::CreateOrganisation,
            disable_account::DisableAccount,
            list_people::{Account, ListAccounts, ListOrganisations, Organisation},
        },
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/admin/accounts").get(accounts).post(add_account))
        .service(web::resource("/admin/accounts/{id}/disabled").post(set_disabled))
        .service(web::resource("/admin/organisations").get(organisations).post(add_organisation));
}

const PAGE_SIZE: usize = 50;

#[derive(Deserialize)]
struct ListQuery {
    after: Option<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct AccountFields {
    email: String,
    name: String,
    role: Vec<String>,
    organisation: String,
}

#[derive(Template)]
#[template(path = "pages/people/accounts.html")]
struct AccountsPage {
    page: Page,
    accounts: Vec<Account>,
    next: Option<String>,
    fields: AccountFields,
    faults: Faults,
}

impl AccountsPage {
    fn choices(&self) -> Vec<(Role, bool)> {
        role_choices(&self.fields.role)
    }

    /// Whether it is the reader's own account, which others lock and change.
    fn is_own(&self, account: &Account) -> bool {
        let refused = |person: &SignedIn| policy::refuse_own_account(&person.actor, account.id).is_err();
        self.page.signed_in.as_deref().is_some_and(refused)
    }
}

async fn accounts(
    page: Page,
    actor: CurrentActor,
    query: Query<ListQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let page =
        accounts_page(page, &actor.0, query.0.after, &service, AccountFields::default(), Faults::none())
            .await?;
    render(&page)
}

async fn accounts_page(
    page: Page,
    actor: &Actor,
    after: Option<String>,
    service: &Service,
    fields: AccountFields,
    faults: Faults,
) -> Result<AccountsPage, Problem> {
    let cursors = Cursors::of(service, actor, "/admin/accounts");
    let query = ListAccounts { after: cursors.open(after.as_deref())?, at_most: PAGE_SIZE as i64 + 1 };
    let mut accounts = service.query(actor, query).await?;
    let next = cursors.cut(&mut accounts, PAGE_SIZE, |last| last.email.clone())?;
    Ok(AccountsPage { page, accounts, next, fields, faults })
}

async fn add_account(
    page: Page,
    actor: CurrentActor,
    form: Form<AccountFields>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let fields = form.0;
    let new = |roles| CreateAccount {
        email: fields.email.clone(),
        name: Some(fields.name.clone()),
        roles,
        organisation: Some(code(&fields.organisation)).filter(|code| !code.is_empty()),
        language: page.t.language.to_string(),
        password_hash: None,
        link: FirstLink::Mailed,
    };
    let created = match roles(&fields.role) {
        Ok(roles) => service.execute(&actor.0, new(roles)).await.map(drop),
        Err(unknown) => Err(unknown),
    };
    let errors = match created {
        Ok(()) => return Ok(redirect_to("/admin/accounts")),
        Err(WorkflowError::Invalid(errors)) => errors,
        Err(WorkflowError::Conflict(_)) => vec![FieldError::new("/email", "already_in_use")],
        Err(error) => return Err(error.into()),
    };
    let faults = Faults::of(page.t, &errors);
    let page = accounts_page(page, &actor.0, None, &service, fields, faults).await?;
    render_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn set_disabled(
    actor: CurrentActor,
    id: web::Path<AccountId>,
    form: Form<Disabled>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let change = DisableAccount { account: id.into_inner(), disabled: form.0.disabled };
    service.execute(&actor.0, change).await?;
    Ok(redirect_to("/admin/accounts"))
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct OrganisationFields {
    code: String,
    name: String,
    kind: String,
    territory: String,
}

#[derive(Template)]
#[template(path = "pages/people/organisations.html")]
struct OrganisationsPage {
    page: Page,
    organisations: Vec<Organisation>,
    next: Option<String>,
    fields: OrganisationFields,
    faults: Faults,
}

impl OrganisationsPage {
    fn kinds(&self) -> &'static [OrganisationKind] {
        OrganisationKind::ALL
    }
}

async fn organisations(
    page: Page,
    actor: CurrentActor,
    query: Query<ListQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let fields = OrganisationFields::default();
    render(&organisations_page(page, &actor.0, query.0.after, &service, fields, Faults::none()).await?)
}

async fn organisations_page(
    page: Page,
    actor: &Actor,
    after: Option<String>,
    service: &Service,
    fields: OrganisationFields,
    faults: Faults,
) -> Result<OrganisationsPage, Problem> {
    let cursors = Cursors::of(service, actor, "/admin/organisations");
    let query = ListOrganisations { after: cursors.open(after.as_deref())?, at_most: PAGE_SIZE as i64 + 1 };
    let mut organisations = service.query(actor, query).await?;
    let next = cursors.cut(&mut organisations, PAGE_SIZE, |last| last.code.clone())?;
    Ok(OrganisationsPage { page, organisations, next, fields, faults })
}

async fn add_organisation(
    page: Page,
    actor: CurrentActor,
    form: Form<OrganisationFields>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let fields = form.0;
    let errors = match fields.kind.parse() {
        Err(UnknownCode { known }) => vec![FieldError::unknown_code("/kind", known)],
        Ok(kind) => {
            let new = CreateOrganisation {
                code: code(&fields.code),
                name: fields.name.clone(),
                kind,
                territory: Some(code(&fields.territory).to_uppercase()).filter(|code| !code.is_empty()),
            };
            match service.execute(&actor.0, new).await {
                Ok(_) => return Ok(redirect_to("/admin/organisations")),
                Err(WorkflowError::Invalid(errors)) => errors,
                Err(WorkflowError::Conflict(_)) => vec![FieldError::new("/code", "already_in_use")],
                Err(error) => return Err(error.into()),
            }
        }
    };
    let faults = Faults::of(page.t, &errors);
    let page = organisations_page(page, &actor.0, None, &service, fields, faults).await?;
    render_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
