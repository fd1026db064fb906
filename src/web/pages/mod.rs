//! Pages: one file per page, with a template of the same name in `templates/pages/`. No page needs JavaScript.
//!
//! A page's template starts with `{% extends "layout.html" %}`, its struct has a field `page: Page`, and its texts are
//! `{{ page.t.get("key") }}`. To add a page: write the file, its template and its texts, and add it to [`routes`]; if
//! it belongs into the header, add it to `navigation.rs` too.

use std::rc::Rc;

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::{StatusCode, header},
    web,
};
use askama::Template;
use futures_util::future::LocalBoxFuture;

use super::{
    Code, Problem, assets, csrf, language,
    signed_in::{self, SignedIn},
};
use crate::{domain::language::Language, texts::Texts};

mod applicant;
pub mod bar;
mod console;
pub mod controls;
mod demo_mail;
mod faults;
pub mod form_lines;
mod navigation;
mod people;
pub(super) mod problems;
mod start;
pub mod words;

pub use super::fields::field_id;
pub use faults::Faults;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .configure(start::routes)
        .configure(people::routes)
        .configure(applicant::routes)
        .configure(console::routes)
        .configure(demo_mail::routes);
}

/// What the layout of every page needs. An extractor: take it as an argument and put it into the template.
pub struct Page {
    /// The texts in the reader's language.
    pub t: Texts,
    /// The token for the hidden field `csrf` of every form.
    pub csrf: String,
    /// The person who is signed in.
    pub signed_in: Option<Rc<SignedIn>>,
    /// The path of the request.
    pub path: String,
    /// Whether this is a demo.
    pub is_demo: bool,
    query: String,
}

impl FromRequest for Page {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            SignedIn::of(&request).await?;
            Self::from_cached(&request)
        })
    }
}

impl Page {
    /// The page with the session that was looked up already. Does not read the database.
    pub(super) fn from_cached(request: &HttpRequest) -> Result<Self, Problem> {
        let signed_in = SignedIn::cached(request);
        let zone = signed_in.as_ref().and_then(|person| person.account.time_zone.clone());
        Ok(Self {
            signed_in,
            t: Texts::of(language::of(request)).in_zone(zone.as_deref()),
            csrf: csrf::token(request)?,
            path: request.path().to_owned(),
            is_demo: signed_in::site(request)?.is_demo(),
            query: request.query_string().to_owned(),
        })
    }

    /// A page without forms, for somebody who may be signed in.
    pub(super) fn of_nobody(request: &HttpRequest) -> Result<Self, Problem> {
        Ok(Self {
            signed_in: None,
            t: Texts::of(language::of(request)),
            csrf: String::new(),
            path: request.path().to_owned(),
            is_demo: signed_in::site(request)?.is_demo(),
            query: request.query_string().to_owned(),
        })
    }

    /// The same page; its times are shown in this zone if the reader belongs to no side.
    pub fn by_default_in_zone(self, name: Option<&str>) -> Self {
        Self { t: self.texts_by_default_in_zone(name), ..self }
    }

    /// The texts of [`Page::by_default_in_zone`], for a part of the page.
    pub fn texts_by_default_in_zone(&self, name: Option<&str>) -> Texts {
        let has_zone = self.signed_in.as_ref().is_some_and(|person| person.account.time_zone.is_some());
        if has_zone { self.t } else { self.t.in_zone(name) }
    }

    /// The address of an asset.
    pub fn asset(&self, name: &str) -> String {
        assets::url(name)
    }

    /// Every language, for the language switch.
    pub fn languages(&self) -> &'static [Language] {
        Language::ALL
    }

    /// The address of this page in another language.
    pub fn in_language(&self, language: &Language) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let kept = url::form_urlencoded::parse(self.query.as_bytes()).filter(|(name, _)| name != "lang");
        query.extend_pairs(kept).append_pair("lang", language.as_str());
        format!("{}?{}", self.path, query.finish())
    }

    /// The links of the header for this person.
    pub fn navigation(&self) -> Vec<navigation::Item> {
        navigation::items(self)
    }
}

/// Renders a page with status 200.
pub fn render(page: &impl Template) -> Result<HttpResponse, Problem> {
    render_as(StatusCode::OK, page)
}

/// Renders a page with another status: 422 for a form that is shown again with its faults.
pub fn render_as(status: StatusCode, page: &impl Template) -> Result<HttpResponse, Problem> {
    let html = page.render().map_err(|e| Problem::new(Code::Internal).caused_by(e))?;
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(html))
}

/// Redirects to the page at `path` after a form was handled (303).
pub fn redirect_to(path: impl AsRef<str>) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path.as_ref())).finish()
}

/// A path on this site from the request, for "back to where you were". None if it leads to another site.
pub fn own_path(path: &str) -> Option<&str> {
    let is_own = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']);
    is_own.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        assert_eq!(own_path("/applications?x=1"), Some("/applications?x=1"));
        for foreign in
            ["//evil.example", "https://evil.example", "/\\evil.example", "", "x", "/a\r\nb", "/\t/evil"]
        {
            assert_eq!(own_path(foreign), None, "{foreign:?}");
        }
    }
}
