//! Protection against cross-site request forgery (OWASP cheat sheet). Two checks: the headers by which the browser
//! names the sending page, and a token in the form that matches a cookie of the browser. Every page has a new token, so
//! compression leaks nothing about it (BREACH).

use actix_web::{
    HttpMessage, HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
    http::header::{self, HeaderMap},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{
    Code, Problem, Site,
    signed_in::{service, site},
};
use crate::{keyring::Keyring, random};

/// The name of the hidden field. In a multipart form it comes first.
pub const FIELD: &str = "csrf";

/// The random value that the form tokens of a browser are bound to.
#[derive(Clone)]
struct FormKey {
    value: String,
    is_fresh: bool,
}

const fn name(https: bool) -> &'static str {
    if https { "__Host-corridor-form" } else { "corridor-form" }
}

/// A token for a form on the page that answers `request`.
pub fn token(request: &HttpRequest) -> Result<String, Problem> {
    let site = site(request)?;
    let key = match request.extensions().get::<FormKey>() {
        Some(key) => Some(key.clone()),
        None => key_of(request, &site).map(|value| FormKey { value, is_fresh: false }),
    };
    let key = key.unwrap_or_else(|| FormKey { value: random::token(), is_fresh: true });
    let token = make_token(service(request)?.keys(), &key.value);
    request.extensions_mut().insert(key);
    Ok(token)
}

/// Checks the `token` of a form.
pub fn check(request: &HttpRequest, token: Option<&str>) -> Result<(), Problem> {
    let site = site(request)?;
    let forged = |why: &'static str| Problem::new(Code::ForgedForm).caused_by(why);
    if !is_same_origin(request.headers(), &site.public_url.origin().ascii_serialization()) {
        return Err(forged("sent by a page of another origin"));
    }
    let key = key_of(request, &site).ok_or_else(|| forged("no form cookie"))?;
    let token = token.ok_or_else(|| forged("no token"))?;
    if is_valid(service(request)?.keys(), &key, token) { Ok(()) } else { Err(forged("wrong token")) }
}

/// The cookie for a browser that receives its first form with this answer.
pub(super) fn fresh_cookie(request: &HttpRequest) -> Option<Cookie<'static>> {
    let key = request.extensions().get::<FormKey>().filter(|key| key.is_fresh)?.value.clone();
    let is_https = site(request).ok()?.is_https();
    let cookie = Cookie::build(name(is_https), key)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_https)
        .max_age(Duration::days(30))
        .finish();
    Some(cookie)
}

fn key_of(request: &HttpRequest, site: &Site) -> Option<String> {
    request
        .cookie(name(site.is_https()))
        .map(|cookie| cookie.value().to_owned())
        .filter(|key| key.len() >= 43)
}

fn make_token(keyring: &Keyring, key: &str) -> String {
    let salt = BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<12>());
    let tag = BASE64_URL_SAFE_NO_PAD.encode(keyring.form_tag(&format!("{key}.{salt}")));
    format!("{salt}.{tag}")
}

fn is_valid(keyring: &Keyring, key: &str, token: &str) -> bool {
    let Some((salt, tag)) = token.split_once('.') else { return false };
    let Ok(tag) = BASE64_URL_SAFE_NO_PAD.decode(tag) else { return false };
    keyring.is_form_tag(&format!("{key}.{salt}"), &tag)
}

/// Whether the browser says that the form comes from our site. A client that sends neither header is not a browser and
/// cannot be tricked.
fn is_same_origin(headers: &HeaderMap, our_origin: &str) -> bool {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN) else { return true };
    let host = origin.split_once("://").map(|(_, host)| host);
    // People may reach a small installation by a name other than its public one. A page from that host is ours too.
    origin == our_origin || (host.is_some() && host == text(header::HOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(name: &str) -> Keyring {
        let folder = std::env::temp_dir().join(format!("corridor-csrf-{}", random::id()));
        Keyring::create(&folder.join(name)).unwrap()
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| {
            (header::HeaderName::from_static(name), header::HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn a_token_is_good_for_its_browser_and_installation_only() {
        let (ours, theirs) = (keyring("a.key"), keyring("b.key"));
        let token = make_token(&ours, "key-of-ada");
        assert!(is_valid(&ours, "key-of-ada", &token));
        assert!(!is_valid(&ours, "key-of-bo", &token));
        assert!(!is_valid(&theirs, "key-of-ada", &token));
        assert_ne!(token, make_token(&ours, "key-of-ada"));
        for nonsense in ["", ".", "a.b", "a.***"] {
            assert!(!is_valid(&ours, "key-of-ada", nonsense));
        }
    }

    #[test]
    fn only_our_own_pages_may_send_forms() {
        let ours = "https://corridor.example";
        for (pairs, expected) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://corridor.example")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "https://corridor.example"), ("host", "10.0.0.1")], true),
            (&[("origin", "http://192.168.1.5:8080"), ("host", "192.168.1.5:8080")], true),
            (&[("origin", "https://evil.example"), ("host", "corridor.example")], false),
            (&[("origin", "null"), ("host", "corridor.example")], false),
            (&[], true),
        ] {
            assert_eq!(is_same_origin(&headers(pairs), ours), expected, "{pairs:?}");
        }
    }
}
