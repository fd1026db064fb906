//! `/applications`: the applicant's or sponsor's own cases, last changed first.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::{
    domain::{
        actor::Role,
        programme::{Programme, ends},
    },
    web::{
        Problem, Service,
        cursor::Cursors,
        extract::{CurrentActor, Query},
        pages::{Page, render, words},
    },
    workflow::{
        entrance::Context,
        list_cases::{Among, CaseLine, Key, ListCases, Sort, Wanted},
        programmes::ListProgrammes,
    },
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
    /// For the time zones.
    programmes: Vec<Arc<Programme>>,
}

impl ListPage {
    fn traveller(&self, line: &CaseLine) -> String {
        words::traveller(self.page.t, &line.family_name, &line.given_names, line.state)
    }

    /// The day of the last change: the reader's, or if the reader belongs to no side, the day at home.
    fn updated(&self, line: &CaseLine) -> String {
        let programme = self.programmes.iter().find(|programme| programme.code == line.programme);
        let zone = programme.and_then(|programme| programme.zone_name(ends(&line.direction).0));
        let t = self.page.texts_by_default_in_zone(zone);
        t.with("applicant-updated", "when", t.day_of(line.updated_at))
    }
}

async fn show(
    page: Page,
    actor: CurrentActor,
    query: Query<ListQuery>,
    service: web::Data<Service>,
) -> Result<HttpResponse, Problem> {
    let ListQuery { q, after } = query.0;
    let listing = format!("/applications?q={q}");
    let cursors = Cursors::of(&service, &actor.0, &listing);
    let after: Option<Key> = cursors.open(after.as_deref())?;
    let is_sponsor = actor.0.is(Role::Sponsor);
    let wanted = Wanted { q: Some(q.clone()), sort: Some(Sort::Updated), after, ..Wanted::default() };
    let query = ListCases { among: Among::Own, wanted, at_most: PAGE_SIZE };
    let queries = move |ctx: &mut Context<'_, '_>| Ok((ctx.query(&query)?, ctx.query(&ListProgrammes)?));
    let (found, programmes) = service.read(&actor.0, queries).await?;
    let next = cursors.seal(found.next.as_ref())?;
    let is_first_page = after.is_none();
    render(&ListPage { page, lines: found.lines, q, next, is_sponsor, is_first_page, programmes })
}
