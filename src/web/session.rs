//! The session cookie. It holds a random token; the database holds its hash, so that a copy of it opens no session.
//!
//! To sign somebody in: `let token = session::fresh_token();`, have `workflow::people::sign_in` store `hash_of(&token)`,
//! and answer with [`cookie`]. To sign out: have the hash of [`token_hash`] removed, and answer with [`removal`].

use super::Service;
use crate::{chance, secret::sha256};
use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};

/// Over TLS no other host, not even a subdomain, can set or read the cookie (RFC 6265bis §4.1.3.2).
const fn name(https: bool) -> &'static str {
    if https { "__Host-corridor" } else { "corridor" }
}

/// A token for a new session.
pub fn fresh_token() -> String {
    chance::token()
}

/// What the database keeps of a token.
pub fn hash_of(token: &str) -> Vec<u8> {
    sha256(token.as_bytes())
}

/// The hash of the token that the request brings, if it brings one.
pub fn token_hash(request: &HttpRequest, service: &Service) -> Option<Vec<u8>> {
    request.cookie(name(service.is_https())).map(|cookie| hash_of(cookie.value()))
}

/// The cookie that carries `token`. It ends with the browser; the session in the database ends by itself.
pub fn cookie(service: &Service, token: String) -> Cookie<'static> {
    build(service, token)
}

/// The cookie that takes the session away.
pub fn removal(service: &Service) -> Cookie<'static> {
    let mut cookie = build(service, String::new());
    cookie.set_max_age(Duration::ZERO);
    cookie
}

fn build(service: &Service, value: String) -> Cookie<'static> {
    Cookie::build(name(service.is_https()), value)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(service.is_https())
        .finish()
}
