//! `/api/v1/journal`: the changes of batches, programmes, organisations, accounts and API clients.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::{
    bearer::BearerActor,
    shapes::{Page, journal::JournalBody},
};
use crate::{
    domain::journal::{JournalKind, JournalPlace},
    web::{
        Problem, Service,
        cursor::{self, Cursors, Listing},
        extract::Query,
    },
    workflow::list_journal::ListJournal,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/api/v1/journal").get(list));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    kind: Option<JournalKind>,
    subject: Option<String>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// Lines of the journal, newest first, with old and new values. Needs the scope `audit:read`. An authority sees what
/// concerns it: itself, its accounts and clients, and the programmes in which it has a seat, with their batches.
#[utoipa::path(get, path = "/api/v1/journal", tag = "journal",
    params(
        ("kind" = Option<String>, Query, description = "`batch`, `programme`, `organisation`, `account` or `client`"),
        ("subject" = Option<String>, Query, description = "an id; of a programme its code"),
        ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<JournalBody>), (status = 403), (status = 422)))]
pub(super) async fn list(
    service: web::Data<Service>,
    actor: BearerActor,
    query: Query<ListQuery>,
    listing: Listing,
) -> Result<HttpResponse, Problem> {
    let ListQuery { kind, subject, cursor, limit } = query.0;
    let at_most = cursor::limit(limit)?;
    let cursors = Cursors::of(&service, &actor.0, &listing.0);
    let after: Option<JournalPlace> = cursors.open(cursor.as_deref())?;
    let page = service.query(&actor.0, ListJournal { kind, subject, after, at_most }).await?;
    let next_cursor = cursors.seal(page.next.as_ref())?;
    let items = page.lines.into_iter().map(JournalBody::from).collect();
    Ok(HttpResponse::Ok().json(Page { items, next_cursor }))
}
