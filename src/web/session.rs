//! The session cookie. It holds a random token; the database holds its hash, so that a copy of it opens no session.
//!
//! After a command that opens a session, answer with its token in a [`cookie`]. To sign out: have the session of
//! [`token_hash`] ended, and answer with [`removal`].

use super::Site;
use crate::workflow::people::sign_in;
use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};

/// Over TLS no other host, not even a subdomain, can set or read the cookie (RFC 6265bis §4.1.3.2).
const fn name(https: bool) -> &'static str {
    if https { "__Host-corridor" } else { "corridor" }
}

/// The hash of the token that the request brings, if it brings one.
pub fn token_hash(request: &HttpRequest, site: &Site) -> Option<Vec<u8>> {
    request.cookie(name(site.is_https())).map(|cookie| sign_in::hash_of(cookie.value()))
}

/// The cookie that carries `token`. It ends with the browser; the session in the database ends by itself.
pub fn cookie(site: &Site, token: String) -> Cookie<'static> {
    build(site, token)
}

/// The cookie that takes the session away.
pub fn removal(site: &Site) -> Cookie<'static> {
    let mut cookie = build(site, String::new());
    cookie.set_max_age(Duration::ZERO);
    cookie
}

fn build(site: &Site, value: String) -> Cookie<'static> {
    Cookie::build(name(site.is_https()), value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(site.is_https())
        .finish()
}
