//! `/sponsorships`: the applications that name the organisation as their sponsor and wait for its answer. Reference and
//! name are all that it sees of them.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::{
    domain::{actor::Role, ids::ApplicationId, lifecycle::Action},
    web::{
        Code, Problem, Service, actions,
        cursor::Cursors,
        extract::{CurrentActor, Form, Query},
        fields::Fields,
        pages::{Page, redirect_to, render, words},
    },
    workflow::{
        list_cases::{Among, CaseLine, Key, ListCases, Sort, Wanted},
        subject::SeenCase,
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/sponsorships").get(show))
        .service(web::resource("/sponsorships/{id}").post(answer));
}

/// The address of the page.
pub const ADDRESS: &str = "/sponsorships";

const PAGE_SIZE: usize = 25;

#[derive(Deserialize)]
struct ListQuery {
    after: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/applicant/sponsorships.html")]
struct SponsorshipsPage {
    page: Page,
    lines: Vec<CaseLine>,
    next: Option<String>,
    is_first_page: bool,
    /// The last answer, for the success message.
    done: Option<Action>,
}

impl SponsorshipsPage {
    fn traveller(&self, line: &CaseLine) -> String {
        words::traveller(self.page.t, &line.family_name, &line.given_names, line.state)
    }
}

async fn show(
    page: Page,
    actor: CurrentActor,
    query: Query<ListQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    if !actor.0.is(Role::Sponsor) {
        return Err(Problem::new(Code::NotFound));
    }
    let cursors = Cursors::of(&service, &actor.0, ADDRESS);
    let after: Option<Key> = cursors.open(query.0.after.as_deref())?;
    let wanted = Wanted { sort: Some(Sort::Created), after, ..Wanted::default() };
    let list = ListCases { among: Among::Asked, wanted, at_most: PAGE_SIZE };
    let found = service.query(&actor.0, list).await?;
    let next = cursors.seal(found.next.as_ref())?;
    let done = query.0.done.and_then(|done| done.parse().ok()).filter(is_answer);
    render(&SponsorshipsPage { page, lines: found.lines, next, is_first_page: after.is_none(), done })
}

const fn is_answer(action: &Action) -> bool {
    matches!(action, Action::AcceptSponsorship | Action::DeclineSponsorship)
}

async fn answer(
    actor: CurrentActor,
    id: web::Path<ApplicationId>,
    form: Form<Fields>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let case = SeenCase { id: *id, version: form.0.version() };
    let done = actions::execute(&service, &actor.0, case, actions::read(&form.0)).await?;
    Ok(redirect_to(format!("{ADDRESS}?done={done}")))
}
