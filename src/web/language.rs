//! The language of an answer: the reader's choice on this site, else the choice at sign-up, else the browser's
//! `Accept-Language`.

use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
    http::header,
};

use super::{Site, signed_in::SignedIn};
use crate::domain::language::Language;

/// Stores the reader's choice. It is not personal, so one name serves with and without TLS.
const COOKIE: &str = "corridor-language";

/// The language for this request.
pub fn of(request: &HttpRequest) -> Language {
    let chosen = request.cookie(COOKIE).and_then(|cookie| cookie.value().parse().ok());
    let signed_up = || SignedIn::cached(request).and_then(|person| person.account.language.parse().ok());
    chosen.or_else(signed_up).or_else(|| accepted(request)).unwrap_or(Language::En)
}

fn accepted(request: &HttpRequest) -> Option<Language> {
    best_match(request.headers().get(header::ACCEPT_LANGUAGE)?.to_str().ok()?)
}

/// The best supported language for an `Accept-Language` header (RFC 9110 §12.5.4).
fn best_match(header: &str) -> Option<Language> {
    let mut ranges: Vec<(f32, &str)> = header.split(',').filter_map(parse_range).collect();
    ranges.sort_by(|a, b| b.0.total_cmp(&a.0)); // stable: of equals, the first
    ranges.into_iter().find_map(|(_, range)| {
        let primary = range.split('-').next().unwrap_or(range).to_ascii_lowercase();
        if primary == "*" { Some(Language::En) } else { primary.parse().ok() }
    })
}

fn parse_range(item: &str) -> Option<(f32, &str)> {
    let mut parts = item.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    let quality = match parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q="))) {
        Some(quality) => quality.parse().ok()?,
        None => 1.0,
    };
    (quality > 0.0).then_some((quality, range))
}

/// The cookie that stores a choice for a year.
pub(super) fn cookie(site: &Site, language: Language) -> Cookie<'static> {
    Cookie::build(COOKIE, language.as_str())
        .path("/")
        .same_site(SameSite::Lax)
        .http_only(true)
        .secure(site.is_https())
        .max_age(Duration::days(365))
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_quality_that_we_speak_wins() {
        for (header, expected) in [
            ("kk-KZ,ru;q=0.9,en;q=0.8", Some(Language::Kk)),
            ("de, ru;q=0.4, zh-Hans-CN;q=0.7", Some(Language::Zh)),
            ("en;q=0.5, RU", Some(Language::Ru)),
            ("ru;q=0, zh;q=0.1", Some(Language::Zh)),
            ("fr, *;q=0.5", Some(Language::En)),
            ("fr-FR, de", None),
            ("", None),
            (";q=1,,ru;q=x", None),
        ] {
            assert_eq!(best_match(header), expected, "{header}");
        }
    }
}
