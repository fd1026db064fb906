//! The session cookie. It contains a random token; the database stores only its hash, so a copy of the database opens
//! no session.
//!
//! After a command that opens a session, set its token with [`cookie`]. To sign out, end the session of [`token_hash`]
//! and set [`removal`].

use super::Site;
use crate::workflow::people::sign_in;
use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};

/// Over TLS the prefix `__Host-` keeps other hosts, even subdomains, from setting or reading the cookie (RFC 6265bis
/// §4.1.3.2).
const fn name(https: bool) -> &'static str {
    if https { "__Host-corridor" } else { "corridor" }
}

/// The hash of the request's token, if it has one.
pub fn token_hash(request: &HttpRequest, site: &Site) -> Option<Vec<u8>> {
    request.cookie(name(site.is_https())).map(|cookie| sign_in::hash_of(cookie.value()))
}

/// The cookie that carries `token`. It lasts until the browser closes; the session in the database has its own end.
pub fn cookie(site: &Site, token: String) -> Cookie<'static> {
    build(site, token)
}

/// The cookie that deletes the session cookie.
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
