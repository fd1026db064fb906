//! `/api/v1/batches`: read by everybody, run by batch managers.

use actix_web::{
    HttpResponse,
    http::header::{self, ETag, EntityTag},
    web,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    bearer::{BearerActor, OptionalBearer},
    shapes::{
        Page,
        batch::{BallotList, BatchBody, LedgerLine},
    },
};
use crate::{
    domain::{
        actor::Scope,
        batch::{Batch, BatchState},
        ids::BatchId,
        refusal::Forbidden,
    },
    store::ledger::EntryKey,
    web::{
        Problem, Service, cursor,
        extract::{Json, Query, SeenVersion},
        terms,
    },
    workflow::{
        WorkflowError, ballot,
        batch_overview::{self, WantedBatches},
        change_batch, create_batch,
        move_batch::{self, BatchMove},
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/api/v1/batches").get(list).post(create))
        .service(web::resource("/api/v1/batches/{id}").get(show).patch(change))
        .service(web::resource("/api/v1/batches/{id}/open").post(open))
        .service(web::resource("/api/v1/batches/{id}/close").post(close))
        .service(web::resource("/api/v1/batches/{id}/end").post(end))
        .service(web::resource("/api/v1/batches/{id}/ledger").get(ledger))
        .service(web::resource("/api/v1/batches/{id}/ballot").get(show_ballot));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    programme: Option<String>,
    state: Option<BatchState>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// Batches, the newest first. Planned ones are shown to those who run or review them.
#[utoipa::path(get, path = "/api/v1/batches", tag = "batches",
    params(("programme" = Option<String>, Query), ("state" = Option<String>, Query), ("cursor" = Option<String>, Query),
        ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<BatchBody>), (status = 422)))]
pub(super) async fn list(
    service: web::Data<Service>,
    actor: OptionalBearer,
    query: Query<ListQuery>,
) -> Result<HttpResponse, Problem> {
    let query = query.0;
    let limit = cursor::limit(query.limit)?;
    let after: Option<BatchId> = cursor::decode(query.cursor.as_deref())?;
    let wanted = WantedBatches { programme: query.programme, state: query.state, after };
    let at_most = i64::try_from(limit).unwrap_or(200) + 1;
    let found: Result<_, WorkflowError> =
        service.db.read(move |tx| batch_overview::list_batches(tx, actor.0.as_ref(), &wanted, at_most)).await;
    let mut found = found?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = found.last().filter(|_| more).and_then(|last| cursor::encode(&last.batch.id));
    Ok(HttpResponse::Ok().json(Page { items: found.into_iter().map(BatchBody::from).collect(), next_cursor }))
}

/// A batch with its counters.
#[utoipa::path(get, path = "/api/v1/batches/{id}", tag = "batches", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = BatchBody), (status = 404)))]
pub(super) async fn show(
    service: web::Data<Service>,
    actor: OptionalBearer,
    id: web::Path<uuid::Uuid>,
) -> Result<HttpResponse, Problem> {
    let id = BatchId(id.into_inner());
    let found: Result<_, WorkflowError> =
        service.db.read(move |tx| batch_overview::show_batch(tx, actor.0.as_ref(), id)).await;
    let view = found?;
    let tag = etag(view.batch.version);
    Ok(HttpResponse::Ok().insert_header(tag).json(BatchBody::from(view)))
}

/// Plans a batch.
#[utoipa::path(post, path = "/api/v1/batches", tag = "batches", request_body(content = Object, example = json!({
        "programme": "cn-kz", "name": "Batch 1", "capacity": 1000,
        "limits": [{ "dimension": "direction", "key": "CN-KZ", "capacity": 500 }],
        "travel_from": "2020-11-01", "travel_until": "2021-01-31" })),
    responses((status = 201, body = BatchBody), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn create(
    service: web::Data<Service>,
    actor: BearerActor,
    body: Json<Value>,
) -> Result<HttpResponse, Problem> {
    actor.needs(Scope::BatchesWrite)?;
    let now = service.now();
    let (programme, terms) = terms::read_new(&body.0).map_err(Problem::invalid)?;
    let made: Result<Batch, WorkflowError> =
        service.db.write(move |tx| create_batch::create_batch(tx, &actor.0, &programme, &terms, now)).await;
    let batch = made?;
    let location = format!("/api/v1/batches/{}", batch.id);
    let answer = HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .insert_header(etag(batch.version))
        .json(BatchBody::new(batch, 0));
    Ok(answer)
}

/// Changes a batch's terms (merge patch, RFC 7396). More room goes to those who wait at once.
#[utoipa::path(patch, path = "/api/v1/batches/{id}", tag = "batches",
    params(("id" = uuid::Uuid, Path), ("If-Match" = String, Header)),
    request_body(content = Object, example = json!({ "capacity": 1200 })),
    responses((status = 200, body = BatchBody), (status = 403), (status = 409), (status = 412), (status = 422), (status = 428)))]
pub(super) async fn change(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<uuid::Uuid>,
    seen: SeenVersion,
    body: Json<Value>,
) -> Result<HttpResponse, Problem> {
    actor.needs(Scope::BatchesWrite)?;
    let (id, now) = (BatchId(id.into_inner()), service.now());
    let change = terms::read_change(&body.0).map_err(Problem::invalid)?;
    let changed: Result<_, WorkflowError> = service
        .db
        .write(move |tx| {
            let apply = |terms: &mut _| change.apply(terms);
            change_batch::change_batch(tx, &actor.0, id, Some(seen.0), &apply, now)?;
            batch_overview::show_batch(tx, Some(&actor.0), id)
        })
        .await;
    let view = changed?;
    Ok(HttpResponse::Ok().insert_header(etag(view.batch.version)).json(BatchBody::from(view)))
}

/// Takes submissions (again).
#[utoipa::path(post, path = "/api/v1/batches/{id}/open", tag = "batches", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = BatchBody), (status = 403), (status = 409)))]
pub(super) async fn open(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<uuid::Uuid>,
) -> Result<HttpResponse, Problem> {
    move_on(service, actor, id, BatchMove::Open).await
}

/// Takes no more submissions; reviews and promotions go on.
#[utoipa::path(post, path = "/api/v1/batches/{id}/close", tag = "batches", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = BatchBody), (status = 403), (status = 409)))]
pub(super) async fn close(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<uuid::Uuid>,
) -> Result<HttpResponse, Problem> {
    move_on(service, actor, id, BatchMove::Close).await
}

/// Ends the batch; who still waits lapses.
#[utoipa::path(post, path = "/api/v1/batches/{id}/end", tag = "batches", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = BatchBody), (status = 403), (status = 409)))]
pub(super) async fn end(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<uuid::Uuid>,
) -> Result<HttpResponse, Problem> {
    move_on(service, actor, id, BatchMove::End).await
}

async fn move_on(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<uuid::Uuid>,
    wish: BatchMove,
) -> Result<HttpResponse, Problem> {
    actor.needs(Scope::BatchesWrite)?;
    let (id, now) = (BatchId(id.into_inner()), service.now());
    let moved: Result<_, WorkflowError> = service
        .db
        .write(move |tx| {
            move_batch::move_batch(tx, &actor.0, id, None, wish, now)?;
            batch_overview::show_batch(tx, Some(&actor.0), id)
        })
        .await;
    let view = moved?;
    Ok(HttpResponse::Ok().insert_header(etag(view.batch.version)).json(BatchBody::from(view)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LedgerQuery {
    cursor: Option<String>,
    limit: Option<usize>,
}

/// The quota ledger, the oldest line first.
#[utoipa::path(get, path = "/api/v1/batches/{id}/ledger", tag = "batches",
    params(("id" = uuid::Uuid, Path), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<LedgerLine>), (status = 403), (status = 404)))]
pub(super) async fn ledger(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<uuid::Uuid>,
    query: Query<LedgerQuery>,
) -> Result<HttpResponse, Problem> {
    let id = BatchId(id.into_inner());
    let limit = cursor::limit(query.0.limit)?;
    let after: Option<EntryKey> = cursor::decode(query.0.cursor.as_deref())?;
    let at_most = i64::try_from(limit).unwrap_or(200) + 1;
    let found: Result<_, WorkflowError> =
        service.db.read(move |tx| batch_overview::ledger(tx, &actor.0, id, after, at_most)).await;
    let mut found = found?;
    let more = found.len() > limit;
    found.truncate(limit);
    let key = |entry: &crate::store::ledger::Entry| (entry.at, entry.application, entry.event_seq);
    let next_cursor = found.last().filter(|_| more).and_then(|last| cursor::encode(&key(last)));
    Ok(HttpResponse::Ok()
        .json(Page { items: found.into_iter().map(LedgerLine::from).collect(), next_cursor }))
}

/// The draw of a batch by lot: commitment, seed and every case that was handed in, in the drawn order. Anybody may
/// compute it again (`docs/ballot.md`); before the batch closes there is nothing to see.
#[utoipa::path(get, path = "/api/v1/batches/{id}/ballot", tag = "batches", params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = BallotList), (status = 404), (status = 409)))]
pub(super) async fn show_ballot(
    service: web::Data<Service>,
    actor: OptionalBearer,
    id: web::Path<uuid::Uuid>,
) -> Result<HttpResponse, Problem> {
    let id = BatchId(id.into_inner());
    let found: Result<_, WorkflowError> =
        service.db.read(move |tx| ballot::published(tx, actor.0.as_ref(), id)).await;
    Ok(HttpResponse::Ok().json(BallotList::from(found?)))
}

pub(super) fn etag(version: i32) -> ETag {
    ETag(EntityTag::new_strong(version.to_string()))
}

impl BearerActor {
    /// The scope must have been given, whatever the organisation may do.
    pub(super) fn needs(&self, scope: Scope) -> Result<(), Problem> {
        if self.0.has_scope(scope) { Ok(()) } else { Err(WorkflowError::Forbidden(Forbidden::Scope).into()) }
    }
}
