//! Who is in front of a page: the session's account, if there is one, and the key of this browser's forms. Both are
//! found once a request and remembered in its extensions.

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
    workflow::people::sign_in::{CurrentSession, SessionAccount},
};

/// A person who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// As what the person acts.
    pub actor: Actor,
    /// The account.
    pub account: SessionAccount,
}

/// The session was looked up.
#[derive(Clone)]
struct Known(Option<Rc<SignedIn>>);

impl SignedIn {
    /// The person, if the session was looked up already.
    pub fn known(request: &HttpRequest) -> Option<Rc<Self>> {
        request.extensions().get::<Known>().and_then(|known| known.0.clone())
    }

    /// The person, if somebody is signed in.
    pub async fn of(request: &HttpRequest) -> Result<Option<Rc<Self>>, Problem> {
        if let Some(known) = request.extensions().get::<Known>() {
            return Ok(known.0.clone());
        }
        let found = match session::token_hash(request, &*site(request)?) {
            None => None,
            Some(token_hash) => {
                let query = CurrentSession { token_hash };
                let found = service(request)?.query(&Actor::anonymous(), query).await?;
                found.map(|(actor, account)| Rc::new(Self { actor, account }))
            }
        };
        request.extensions_mut().insert(Known(found.clone()));
        Ok(found)
    }
}

/// The person who is signed in, as extractor; nobody signed in is a redirect to the sign-in page.
pub struct CurrentActor(
    /// Who asks, for use cases.
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

/// The use cases, for a request.
pub(super) fn service(request: &HttpRequest) -> Result<web::Data<Service>, Problem> {
    shared(request)
}

/// The site, for a request.
pub(super) fn site(request: &HttpRequest) -> Result<web::Data<Site>, Problem> {
    shared(request)
}

fn shared<T: 'static>(request: &HttpRequest) -> Result<web::Data<T>, Problem> {
    let missing = || Problem::new(Code::Internal).caused_by("the service is not registered with the app");
    request.app_data::<web::Data<T>>().cloned().ok_or_else(missing)
}

/// Around every request: a page's `?lang=` becomes a cookie and the page without it; a browser that was shown a form
/// for the first time gets the cookie that the form belongs to.
pub(super) async fn remember<B: MessageBody + 'static>(
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
    // A path that begins with two slashes would lead to another host.
    let path = format!("/{}", request.path().trim_start_matches('/'));
    let target = if query.is_empty() { path } else { format!("{path}?{query}") };
    let site = site(request).ok()?;
    let response = HttpResponse::SeeOther()
        .insert_header((header::LOCATION, target))
        .cookie(language::cookie(&site, chosen?))
        .finish();
    Some(response)
}

/// Whether programs are spoken to here: problems are JSON, whatever `Accept` says.
pub(super) fn is_api(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/.well-known/") || path == "/metrics"
}
