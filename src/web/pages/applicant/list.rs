//! `/applications`: the applicant's or sponsor's own cases, last changed first.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::{
    domain::actor::Role,
    web::{
        Problem, Service, cursor,
        extract::{CurrentActor, Query},
        pages::{Page, render, words},
    },
    workflow::list_cases::{Among, CaseLine, Key, ListCases, Sort, Wanted},
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/applications").get(show));
}

const PAGE_SIZE: usize = 25;

#[derive(Deserialize)]
struct ListQuery {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/applicant/list.html")]
struct ListPage {
    page: Page,
    lines: Vec<CaseLine>,
    q: String,
    next: Option<String>,
    /// Sponsors have many cases, so they can search.
    is_sponsor: bool,
    is_first_page: bool,
}

impl ListPage {
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
    let ListQuery { q, after } = query.0;
    let after: Option<Key> = cursor::decode(after.as_deref())?;
    let is_sponsor = actor.0.is(Role::Sponsor);
    let wanted = Wanted { q: Some(q.clone()), sort: Some(Sort::Updated), after, ..Wanted::default() };
    let query = ListCases { among: Among::Own, wanted, at_most: PAGE_SIZE };
    let found = service.query(&actor.0, query).await?;
    let next = found.next.and_then(|key| cursor::encode(&key));
    render(&ListPage { page, lines: found.lines, q, next, is_sponsor, is_first_page: after.is_none() })
}
