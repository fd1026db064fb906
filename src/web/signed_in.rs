//! The person who is signed in, and the middleware that sets cookies. The session is looked up once per request and
//! cached in the request's extensions.

use std::rc::Rc;

use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web,
};
use futures_util::future::LocalBoxFuture;

use super::{Code, Problem, Service, Site, csrf, language, session};
use crate::{
    domain::{actor::Actor, language::Language},
    workflow::people::sign_in::{self, CurrentSession, NoteUse, SessionAccount},
};

/// A person who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The actor for use cases.
    pub actor: Actor,
    /// The account.
    pub account: SessionAccount,
}

/// The result of the session look-up.
#[derive(Clone)]
struct Cached(Option<Rc<SignedIn>>);

impl SignedIn {
    /// The person, if the session was looked up before.
    pub fn cached(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Cached>().and_then(|cached| cached.0.clone())
    }

    /// The person, if somebody is signed in.
    pub async fn of(request: &HttpRequest) -> Result<Option<Rc<Self>>, Problem> {
        if let Some(cached) = request.extensions().get::<Cached>() {
            return Ok(cached.0.clone());
        }
        let found = match session::token_hash(request, &*site(request)?) {
            None => None,
            Some(token_hash) => {
                let (service, query) = (service(request)?, CurrentSession { token_hash: token_hash.clone() });
                let found = service.query(&Actor::anonymous(), query).await?;
                if found.as_ref().is_some_and(|(_, of)| sign_in::is_use_to_be_noted(of, service.now())) {
                    note_use(service, token_hash);
                }
                found.map(|(actor, account)| Rc::new(Self { actor, account }))
            }
        };
        request.extensions_mut().insert(Cached(found.clone()));
        Ok(found)
    }
}

/// Has the use of a session written down. The answer does not wait for it, and does not depend on it.
fn note_use(service: web::Data<Service>, token_hash: Vec<u8>) {
    actix_web::rt::spawn(async move {
        if let Err(error) = service.execute(&Actor::anonymous(), NoteUse { token_hash }).await {
            tracing::debug!(%error, "the use of a session was not noted");
        }
    });
}

/// The person who is signed in, as an extractor. If nobody is signed in, redirects to the sign-in page.
pub struct CurrentActor(
    /// The actor for use cases.
    pub Actor,
);

impl FromRequest for CurrentActor {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match SignedIn::of(&request).await? {
                Some(person) => Ok(Self(person.actor.clone())),
                None => Err(Problem::new(Code::Unauthenticated)),
            }
        })
    }
}

/// The use cases, from a request.
pub(super) fn service(request: &HttpRequest) -> Result<web::Data<Service>, Problem> {
    shared(request)
}

/// The site, from a request.
pub(super) fn site(request: &HttpRequest) -> Result<web::Data<Site>, Problem> {
    shared(request)
}

fn shared<T: 'static>(request: &HttpRequest) -> Result<web::Data<T>, Problem> {
    let missing = || Problem::new(Code::Internal).caused_by("the service is not registered with the app");
    request.app_data::<web::Data<T>>().cloned().ok_or_else(missing)
}

/// Middleware: a page's `?lang=` is stored in a cookie, and the browser is redirected to the page without it. A browser
/// that gets its first form also gets the cookie that the form is bound to.
pub(super) async fn set_cookies<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    if let Some(redirect) = chosen_language(request.request()) {
        return Ok(request.into_response(redirect).map_into_right_body());
    }
    let mut response = next.call(request).await?.map_into_left_body();
    if let Some(cookie) = csrf::fresh_cookie(response.request()) {
        response.response_mut().add_cookie(&cookie)?;
    }
    Ok(response)
}

fn chosen_language(request: &HttpRequest) -> Option<HttpResponse> {
    if request.method() != Method::GET || !request.query_string().contains("lang=") || is_api(request.path())
    {
        return None;
    }
    let (mut chosen, mut rest) = (None, url::form_urlencoded::Serializer::new(String::new()));
    for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
        if name == "lang" {
            chosen = value.parse::<Language>().ok();
        } else {
            rest.append_pair(&name, &value);
        }
    }
    let query = rest.finish();
    // A path that starts with two slashes would lead to another host.
    let path = format!("/{}", request.path().trim_start_matches('/'));
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    let site = site(request).ok()?;
    let response = HttpResponse::SeeOther()
        .insert_header((header::LOCATION, target))
        .cookie(language::cookie(&site, chosen?))
        .finish();
    Some(response)
}

/// Whether the path belongs to the API: its problems are JSON, whatever `Accept` says.
pub(super) fn is_api(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/.well-known/") || path == "/metrics"
}
