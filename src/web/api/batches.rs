//! `/api/v1/batches`: everybody may read them, batch managers run them.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, ETag, EntityTag},
    },
    web,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    ballot_list,
    bearer::{BearerActor, OptionalBearer},
    idempotency::{self, Idempotency, Post},
    shapes::{
        Page,
        batch::{BallotList, LedgerLine},
    },
};
use crate::{
    domain::{actor::Actor, batch::Batch, ids::BatchId, lifecycle::BatchState},
    shapes::BatchBody,
    web::{
        Problem, Service,
        cursor::{self, Cursors, Listing},
        extract::{Json, Query, SeenVersion},
        terms,
    },
    workflow::{
        WorkflowError,
        batch_overview::{BatchView, LedgerEntry, LedgerKey, ListBatches, ShowBatch, ShowLedger},
        change_batch::ChangeBatch,
        entrance::Context,
        move_batch::{BatchMove, MoveBatch},
        publish_ballot,
        subject::SeenBatch,
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

/// Batches, newest first. Planned batches are visible only to those who run or review them.
#[utoipa::path(get, path = "/api/v1/batches", tag = "batches",
    params(("programme" = Option<String>, Query), ("state" = Option<String>, Query), ("cursor" = Option<String>, Query),
        ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<BatchBody>), (status = 422)))]
pub(super) async fn list(
    service: web::Data<Service>,
    actor: OptionalBearer,
    query: Query<ListQuery>,
    listing: Listing,
) -> Result<HttpResponse, Problem> {
    let query = query.0;
    let limit = cursor::limit(query.limit)?;
    let cursors = Cursors::of(&service, &actor.0, &listing.0);
    let after: Option<BatchId> = cursors.open(query.cursor.as_deref())?;
    let at_most = i64::try_from(limit).unwrap_or(200) + 1;
    let wanted = ListBatches { programme: query.programme, state: query.state, after, at_most };
    let mut found = service.query(&actor.0, wanted).await?;
    let next_cursor = cursors.cut(&mut found, limit, |last| last.batch.id)?;
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
    let batch = BatchId(id.into_inner());
    Ok(answer(service.query(&actor.0, ShowBatch { batch }).await?))
}

/// Plans a batch.
#[utoipa::path(post, path = "/api/v1/batches", tag = "batches",
    params(("Idempotency-Key" = Option<String>, Header, description = "a repeat within 24 hours gets the same answer")),
    request_body(content = Object, example = json!({
        "programme": "cn-kz", "name": "Batch 1", "capacity": 1000,
        "limits": [{ "dimension": "direction", "key": "CN-KZ", "capacity": 500 }],
        "travel_from": "2020-11-01", "travel_until": "2021-01-31" })),
    responses((status = 201, body = BatchBody), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn create(
    service: web::Data<Service>,
    actor: BearerActor,
    post: Post<Value>,
) -> Result<HttpResponse, Problem> {
    let new = terms::read_new(&post.body).map_err(Problem::invalid)?;
    let planned = |batch: Batch| {
        let (location, tag) = (format!("/api/v1/batches/{}", batch.id), etag(batch.version));
        let answer = idempotency::json(StatusCode::CREATED, &BatchBody::new(batch, 0))?;
        Ok(idempotency::with_header(
            idempotency::with_header(answer, header::LOCATION, location),
            header::ETAG,
            tag,
        ))
    };
    let answered = post.idempotency.answer(&service, &actor.0, new, idempotency::output, planned).await;
    answered.map(idempotency::send)
}

/// Changes a batch's terms (merge patch, RFC 7396). New places go to waiting cases at once.
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
    let change = terms::read_change(&body.0).map_err(Problem::invalid)?;
    let batch = SeenBatch { id: BatchId(id.into_inner()), version: Some(seen.0) };
    let changed = service.execute_then(&actor.0, ChangeBatch { batch, change }, shown).await?;
    Ok(answer(changed))
}

/// Accepts submissions (again).
#[utoipa::path(post, path = "/api/v1/batches/{id}/open", tag = "batches",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "a repeat within 24 hours gets the same answer")),
    responses((status = 200, body = BatchBody), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn open(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<uuid::Uuid>,
    idempotency: Idempotency,
) -> Result<HttpResponse, Problem> {
    move_on(&service, &actor.0, BatchId(id.into_inner()), BatchMove::Open, idempotency).await
}

/// Accepts no more submissions. Reviews and promotions continue.
#[utoipa::path(post, path = "/api/v1/batches/{id}/close", tag = "batches",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "a repeat within 24 hours gets the same answer")),
    responses((status = 200, body = BatchBody), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn close(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<uuid::Uuid>,
    idempotency: Idempotency,
) -> Result<HttpResponse, Problem> {
    move_on(&service, &actor.0, BatchId(id.into_inner()), BatchMove::Close, idempotency).await
}

/// Ends the batch. All undecided cases lapse. This cannot be undone.
#[utoipa::path(post, path = "/api/v1/batches/{id}/end", tag = "batches",
    params(("id" = uuid::Uuid, Path), ("Idempotency-Key" = Option<String>, Header, description = "a repeat within 24 hours gets the same answer")),
    responses((status = 200, body = BatchBody), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn end(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<uuid::Uuid>,
    idempotency: Idempotency,
) -> Result<HttpResponse, Problem> {
    move_on(&service, &actor.0, BatchId(id.into_inner()), BatchMove::End, idempotency).await
}

async fn move_on(
    service: &Service,
    actor: &Actor,
    id: BatchId,
    step: BatchMove,
    idempotency: Idempotency,
) -> Result<HttpResponse, Problem> {
    let command = MoveBatch { batch: SeenBatch { id, version: None }, step };
    let moved = |view: BatchView| {
        let tag = etag(view.batch.version);
        let answer = idempotency::json(StatusCode::OK, &BatchBody::from(view))?;
        Ok(idempotency::with_header(answer, header::ETAG, tag))
    };
    idempotency.answer(service, actor, command, shown, moved).await.map(idempotency::send)
}

/// The batch after a command, as the API shows it.
fn shown(ctx: &mut Context<'_, '_>, batch: Batch) -> Result<BatchView, WorkflowError> {
    ctx.query(&ShowBatch { batch: batch.id })
}

fn answer(view: BatchView) -> HttpResponse {
    HttpResponse::Ok().insert_header(etag(view.batch.version)).json(BatchBody::from(view))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LedgerQuery {
    cursor: Option<String>,
    limit: Option<usize>,
}

/// The quota ledger, oldest entry first.
#[utoipa::path(get, path = "/api/v1/batches/{id}/ledger", tag = "batches",
    params(("id" = uuid::Uuid, Path), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<LedgerLine>), (status = 403), (status = 404)))]
pub(super) async fn ledger(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<uuid::Uuid>,
    query: Query<LedgerQuery>,
    listing: Listing,
) -> Result<HttpResponse, Problem> {
    let batch = BatchId(id.into_inner());
    let limit = cursor::limit(query.0.limit)?;
    let cursors = Cursors::of(&service, &actor.0, &listing.0);
    let after: Option<LedgerKey> = cursors.open(query.0.cursor.as_deref())?;
    let at_most = i64::try_from(limit).unwrap_or(200) + 1;
    let mut found = service.query(&actor.0, ShowLedger { batch, after, at_most }).await?;
    let key = |entry: &LedgerEntry| (entry.at, entry.application, entry.event_seq);
    let next_cursor = cursors.cut(&mut found, limit, key)?;
    Ok(HttpResponse::Ok()
        .json(Page { items: found.into_iter().map(LedgerLine::from).collect(), next_cursor }))
}

/// The draw of a batch by lot: commitment, seed and every submitted case, in the drawn order. Anybody can recompute it
/// (`docs/ballot.md`). Not available before the batch closes. It never changes: ask again with `If-None-Match`.
#[utoipa::path(get, path = "/api/v1/batches/{id}/ballot", tag = "batches",
    params(("id" = uuid::Uuid, Path), ("If-None-Match" = Option<String>, Header)),
    responses((status = 200, body = BallotList), (status = 304), (status = 404), (status = 409)))]
pub(super) async fn show_ballot(
    service: web::Data<Service>,
    actor: OptionalBearer,
    id: web::Path<uuid::Uuid>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let list = publish_ballot::published(&service, &actor.0, BatchId(id.into_inner())).await?;
    Ok(ballot_list::answer(&request, &list))
}

pub(super) fn etag(version: i32) -> ETag {
    ETag(EntityTag::new_strong(version.to_string()))
}
