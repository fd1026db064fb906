//! `/admin/clients`: API clients: lock them, unlock them, give them a new secret. They are created on the command line.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::{
    super::{Page, redirect_to, render},
    Disabled,
};
use crate::{
    web::{
        Problem, Service, Site,
        cursor::Cursors,
        extract::{CurrentActor, EmptyForm, Form, Query},
    },
    workflow::people::{
        change_client::{DisableClient, RotateClient},
        create_client::ClientCredentials,
        list_people::{ApiClient, ListClients},
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/admin/clients").get(clients))
        .service(web::resource("/admin/clients/{client_id}/disabled").post(set_disabled))
        .service(web::resource("/admin/clients/{client_id}/secret").post(rotate));
}

const PAGE_SIZE: usize = 50;

#[derive(Deserialize)]
struct ListQuery {
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/people/clients.html")]
struct ClientsPage {
    page: Page,
    clients: Vec<ApiClient>,
    next: Option<String>,
}

async fn clients(
    page: Page,
    actor: CurrentActor,
    query: Query<ListQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let cursors = Cursors::of(&service, &actor.0, "/admin/clients");
    let after = cursors.open(query.0.after.as_deref())?;
    let mut clients = service.query(&actor.0, ListClients { after, at_most: PAGE_SIZE as i64 + 1 }).await?;
    let next = cursors.cut(&mut clients, PAGE_SIZE, |last| last.client_id.clone())?;
    render(&ClientsPage { page, clients, next })
}

async fn set_disabled(
    actor: CurrentActor,
    client_id: web::Path<String>,
    form: Form<Disabled>,
    site: web::Data<Site>,
) -> Result<HttpResponse, Problem> {
    let change = DisableClient { client_id: client_id.into_inner(), disabled: form.0.disabled };
    site.service.execute(&actor.0, change).await?;
    site.tokens.clear();
    Ok(redirect_to("/admin/clients"))
}

/// The new secret, which is shown once.
#[derive(Template)]
#[template(path = "pages/people/client_secret.html")]
struct SecretPage {
    page: Page,
    credentials: ClientCredentials,
}

async fn rotate(
    page: Page,
    actor: CurrentActor,
    client_id: web::Path<String>,
    _: Form<EmptyForm>,
    site: web::Data<Site>,
) -> Result<HttpResponse, Problem> {
    let rotate = RotateClient { client_id: client_id.into_inner() };
    let credentials = site.service.execute(&actor.0, rotate).await?;
    site.tokens.clear();
    render(&SecretPage { page, credentials })
}
