//! `/api/v1/applications`: cases, their actions and their history.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web,
};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    batches::etag,
    bearer::BearerActor,
    idempotency::{self, Post},
    shapes::{
        Page,
        application::{ApplicationBody, ApplicationLine},
        event::EventBody,
    },
};
use crate::{
    domain::{
        actor::Actor,
        field_error::FieldError,
        ids::{AccountId, ApplicationId, BatchId},
        lifecycle::State,
    },
    shapes::MessageBody,
    web::{
        Problem, Service, actions,
        cursor::{self, Cursors, Listing},
        extract::{Json, Language, OptionalVersion, Query, SeenVersion},
        form_input,
    },
    workflow::{
        WorkflowError,
        case_command::CaseCommand,
        history::{Position, ShowHistory},
        idempotency::Answer,
        list_cases::{Among, Assignee, ListCases, Sort, Wanted},
        outbox::ShowMessages,
        show_case::{self, CaseView, ShowCase},
        subject::SeenCase,
    },
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/api/v1/applications").get(list).post(create))
        .service(web::resource("/api/v1/applications/{id}").get(show).patch(change))
        .service(web::resource("/api/v1/applications/{id}/actions").post(take_action))
        .service(web::resource("/api/v1/applications/{id}/events").get(events))
        .service(web::resource("/api/v1/applications/{id}/messages").get(messages));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    programme: Option<String>,
    batch: Option<Uuid>,
    #[serde(default)]
    state: Vec<State>,
    stage: Option<String>,
    direction: Option<String>,
    /// An account's id, `me` or `none`.
    assignee: Option<String>,
    sponsor: Option<String>,
    q: Option<String>,
    sort: Option<Sort>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// The cases that the caller may see.
#[utoipa::path(get, path = "/api/v1/applications", tag = "applications",
    params(("programme" = Option<String>, Query), ("batch" = Option<Uuid>, Query),
        ("state" = Option<Vec<String>>, Query, description = "may be repeated"), ("stage" = Option<String>, Query), ("direction" = Option<String>, Query),
        ("assignee" = Option<String>, Query, description = "an account's id, `me` or `none`"),
        ("sponsor" = Option<String>, Query), ("q" = Option<String>, Query, description = "a reference, the beginning of a name, a document's number"),
        ("sort" = Option<String>, Query, description = "`due`, `updated` or `created`; what is found by `q` comes in the order of the names"),
        ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<ApplicationLine>), (status = 401), (status = 403), (status = 422)))]
pub(super) async fn list(
    service: web::Data<Service>,
    actor: BearerActor,
    query: Query<ListQuery>,
    listing: Listing,
) -> Result<HttpResponse, Problem> {
    let query = query.0;
    let limit = cursor::limit(query.limit)?;
    let cursors = Cursors::of(&service, &actor.0, &listing.0);
    let sort = query.sort.unwrap_or(Sort::Updated);
    let wanted = Wanted {
        programme: query.programme,
        batch: query.batch.map(BatchId),
        states: query.state,
        stage: query.stage,
        direction: query.direction,
        assignee: assignee(&actor.0, query.assignee.as_deref())?,
        sponsor: query.sponsor,
        q: query.q,
        sort: Some(sort),
        after: cursors.open(query.cursor.as_deref())?,
        at_own_stages: false,
    };
    let query = ListCases { among: Among::Visible, wanted, at_most: limit };
    let page = service.query(&actor.0, query).await?;
    let next_cursor = cursors.seal(page.next.as_ref())?;
    Ok(HttpResponse::Ok()
        .json(Page { items: page.lines.into_iter().map(ApplicationLine::from).collect(), next_cursor }))
}

fn assignee(actor: &Actor, asked: Option<&str>) -> Result<Option<Assignee>, Problem> {
    let unknown = || Problem::invalid(vec![FieldError::new("/assignee", "not_an_assignee")]);
    match asked {
        None => Ok(None),
        Some("none") => Ok(Some(Assignee::Nobody)),
        Some("me") => actor.account().map(|me| Some(Assignee::Officer(me))).ok_or_else(unknown),
        Some(id) => id.parse().map(|id: AccountId| Some(Assignee::Officer(id))).map_err(|_| unknown()),
    }
}

/// Creates a draft.
#[utoipa::path(post, path = "/api/v1/applications", tag = "applications",
    params(("Idempotency-Key" = Option<String>, Header, description = "a repeat within 24 hours gets the same answer")),
    request_body(content = Object, example = json!({ "batch": "0192f0c1-…", "direction": "CN-KZ", "category": "technical",
        "applicant": { "family_name": "Li", "given_names": "Na" } })),
    responses((status = 201, body = ApplicationBody), (status = 403), (status = 409), (status = 422)))]
pub(super) async fn create(
    service: web::Data<Service>,
    actor: BearerActor,
    language: Language,
    post: Post<Value>,
) -> Result<HttpResponse, Problem> {
    let new = form_input::read_new(&post.body, language.0.language.as_str());
    let created = |view: CaseView| {
        let location = format!("/api/v1/applications/{}", view.dossier.case.id);
        let answer = stored_answer(StatusCode::CREATED, view)?;
        Ok(idempotency::with_header(answer, header::LOCATION, location))
    };
    let answered = post.idempotency.answer(&service, &actor.0, new, show_case::view_of, created).await;
    answered.map(idempotency::send)
}

/// One case, with the fields that the caller may see.
#[utoipa::path(get, path = "/api/v1/applications/{id}", tag = "applications", params(("id" = Uuid, Path)),
    responses((status = 200, body = ApplicationBody), (status = 404)))]
pub(super) async fn show(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let case = ApplicationId(id.into_inner());
    Ok(answer(service.query(&actor.0, ShowCase { case }).await?))
}

/// Changes a draft, or a case with requested information (merge patch, RFC 7396).
#[utoipa::path(patch, path = "/api/v1/applications/{id}", tag = "applications",
    params(("id" = Uuid, Path), ("If-Match" = String, Header)),
    request_body(content = Object, content_type = "application/merge-patch+json",
        example = json!({ "journey": { "arrive_on": "2020-12-01" } })),
    responses((status = 200, body = ApplicationBody), (status = 404), (status = 409), (status = 412), (status = 422), (status = 428)))]
pub(super) async fn change(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<Uuid>,
    seen: SeenVersion,
    body: Json<Value>,
) -> Result<HttpResponse, Problem> {
    let case = SeenCase { id: ApplicationId(id.into_inner()), version: Some(seen.0) };
    let edit = form_input::read_change(&body.0).on(case);
    Ok(answer(service.execute_then(&actor.0, edit, show_case::view_of).await?))
}

/// Takes an action and returns the changed case.
#[utoipa::path(post, path = "/api/v1/applications/{id}/actions", tag = "applications",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header),
        ("Idempotency-Key" = Option<String>, Header, description = "a repeat within 24 hours gets the same answer")),
    request_body(content = Object, example = json!({ "action": "endorse", "note": "Employer confirmed by telephone." })),
    responses((status = 200, body = ApplicationBody), (status = 403), (status = 404), (status = 409), (status = 412), (status = 422)))]
pub(super) async fn take_action(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<Uuid>,
    seen: OptionalVersion,
    post: Post<Value>,
) -> Result<HttpResponse, Problem> {
    let case = SeenCase { id: ApplicationId(id.into_inner()), version: seen.0 };
    let action = actions::read(&post.body).map_err(Problem::invalid)?.on(case);
    let changed = |view| stored_answer(StatusCode::OK, view);
    let answered = post.idempotency.answer(&service, &actor.0, action, show_case::view_of, changed).await;
    answered.map(idempotency::send)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsQuery {
    cursor: Option<String>,
    limit: Option<usize>,
}

/// The history of a case, oldest event first. Officers also see who has read documents and full passport numbers.
#[utoipa::path(get, path = "/api/v1/applications/{id}/events", tag = "applications",
    params(("id" = Uuid, Path), ("cursor" = Option<String>, Query), ("limit" = Option<u32>, Query)),
    responses((status = 200, body = Page<EventBody>), (status = 404)))]
pub(super) async fn events(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<Uuid>,
    query: Query<EventsQuery>,
    listing: Listing,
) -> Result<HttpResponse, Problem> {
    let case = ApplicationId(id.into_inner());
    let limit = cursor::limit(query.0.limit)?;
    let cursors = Cursors::of(&service, &actor.0, &listing.0);
    let after = cursors.open(query.0.cursor.as_deref())?.unwrap_or(Position::BEGINNING);
    let at_most = i64::try_from(limit).unwrap_or(200);
    let page = service.query(&actor.0, ShowHistory { case, after, at_most }).await?;
    let next_cursor = cursors.seal(page.next.as_ref())?;
    Ok(HttpResponse::Ok()
        .json(Page { items: page.lines.into_iter().map(EventBody::from).collect(), next_cursor }))
}

/// The messages about a case, the oldest first: which were sent, and which could not be delivered. A case has few, so that
/// there is one page.
#[utoipa::path(get, path = "/api/v1/applications/{id}/messages", tag = "applications", params(("id" = Uuid, Path)),
    responses((status = 200, body = Page<MessageBody>), (status = 404)))]
pub(super) async fn messages(
    service: web::Data<Service>,
    actor: BearerActor,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let case = ApplicationId(id.into_inner());
    let messages = service.query(&actor.0, ShowMessages { case }).await?;
    let items = messages.into_iter().map(MessageBody::from).collect();
    Ok(HttpResponse::Ok().json(Page { items, next_cursor: None }))
}

fn answer(view: CaseView) -> HttpResponse {
    HttpResponse::Ok().insert_header(etag(view.dossier.case.version)).json(ApplicationBody::from(view))
}

fn stored_answer(status: StatusCode, view: CaseView) -> Result<Answer, WorkflowError> {
    let tag = etag(view.dossier.case.version);
    let answer = idempotency::json(status, &ApplicationBody::from(view))?;
    Ok(idempotency::with_header(answer, header::ETAG, tag))
}
