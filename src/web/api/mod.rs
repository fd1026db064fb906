//! The API: one file per resource; each endpoint's description stands beside its handler. To add an endpoint: write the
//! handler with its `#[utoipa::path]`, add it to the file's `routes` and to [`Description`].

use actix_web::{HttpResponse, web};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ClientCredentials, Flow, OAuth2, Scopes, SecurityScheme},
};

use crate::domain::actor::Scope;

mod applications;
mod authorizations;
mod ballot_list;
mod batches;
mod bearer;
mod evidence;
mod idempotency;
mod jobs;
mod journal;
mod programmes;
pub mod shapes;
pub(super) mod token;
mod token_cache;

pub use token_cache::TokenCache;

/// The API as OpenAPI 3.1.
#[derive(OpenApi)]
#[openapi(
    info(title = "Corridor", description = "Travel authorization for people whose work cannot wait for the border to reopen.",
        license(name = "MIT OR Apache-2.0")),
    paths(
        token::issue, token::jwks,
        programmes::list, programmes::show,
        batches::list, batches::create, batches::show, batches::change, batches::open, batches::close, batches::end,
        batches::ledger, batches::show_ballot,
        applications::list, applications::create, applications::show, applications::change,
        applications::take_action, applications::events, applications::messages,
        evidence::add, evidence::download,
        authorizations::enter,
        jobs::list, jobs::show,
        journal::list,
    ),
    modifiers(&Security),
    security(("client_credentials" = [])),
    tags(
        (name = "programmes", description = "The arrangements under which people travel."),
        (name = "batches", description = "Tranches of places."),
        (name = "applications", description = "One traveller's case each."),
        (name = "authorizations", description = "What approved travellers hold."),
        (name = "jobs", description = "Long work, and how far it is."),
        (name = "journal", description = "What was changed of batches, programmes, organisations, accounts and API clients."),
        (name = "token", description = "Who asks."),
    )
)]
struct Description;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scopes = Scopes::from_iter(Scope::ALL.iter().map(|scope| (scope.as_str(), "")));
        let flow = Flow::ClientCredentials(ClientCredentials::new("/api/v1/token", scopes));
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("client_credentials", SecurityScheme::OAuth2(OAuth2::new([flow])));
    }
}

/// The description as JSON.
pub fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(token::routes)
        .configure(programmes::routes)
        .configure(batches::routes)
        .configure(applications::routes)
        .configure(evidence::routes)
        .configure(authorizations::routes)
        .configure(jobs::routes)
        .configure(journal::routes)
        .service(web::resource("/api/v1/openapi.json").get(openapi))
        .service(web::redirect("/api/docs", "/api/docs/").see_other())
        .service(utoipa_swagger_ui::SwaggerUi::new("/api/docs/{_:.*}").config(
            // Without the bar that asks for the address of another description.
            utoipa_swagger_ui::Config::from("/api/v1/openapi.json").use_base_layout(),
        ));
}

async fn openapi() -> HttpResponse {
    HttpResponse::Ok().json(description())
}
