//! Pages as signed-in people read them, from link to link.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use corridor::{
    digest, random,
    store::{self, StoreError, session::Device},
};
use futures_util::future::join_all;
use jiff::SignedDuration;
use url::form_urlencoded;

use super::{
    Person, World,
    http::{Answer, Field, Request},
};

/// The number of pages to open among addresses that differ only by an id or a cursor.
const MAX_SIMILAR: usize = 3;
/// The number of pages to open in parallel.
const MAX_PARALLEL: usize = 4;

/// A form that is open and not sent yet.
pub struct OpenForm {
    action: String,
    token: String,
}

impl World {
    /// Opens a session for a person, as a sign-in does. Returns the cookie's token.
    pub async fn session(&self, person: &Person) -> String {
        let (account, token, now) = (person.id, random::token(), self.now());
        let (hash, until) = (digest::sha256(token.as_bytes()), now + SignedDuration::from_hours(8));
        let opened: Result<(), StoreError> = self
            .db()
            .write(move |tx| store::session::open(tx, account, &hash, &Device::default(), (now, until)))
            .await;
        opened.unwrap();
        token
    }

    /// A page in a session, which the cookie's token names.
    pub async fn page(&self, session: &str, path: &str) -> Answer {
        self.send(Request::get(path).header("Cookie", format!("corridor={session}"))).await
    }

    /// Signs in through the page. Returns the session's token if the password is right.
    pub async fn sign_in(&self, email: &str, password: &str) -> Option<String> {
        let signed_in = self.fill_in("/sign-in", &[("email", email), ("password", password)]).await;
        let cookie = signed_in.header("Set-Cookie").split(';').next().unwrap();
        cookie.strip_prefix("corridor=").map(str::to_owned)
    }

    /// Sends a form of a page in a session.
    pub async fn send_in_session(
        &self,
        session: &str,
        page: &str,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        let page = self.page(session, page).await;
        let cookie = page.header("Set-Cookie").split(';').next().unwrap().to_owned();
        let html = String::from_utf8(page.bytes).unwrap();
        let token = between(&html, "name=\"csrf\" value=\"", "\"").next().unwrap().to_owned();
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("csrf", &token).extend_pairs(fields);
        let request = Request::post(action).body("application/x-www-form-urlencoded", body.finish());
        let request = request.header("Accept", "text/html");
        let answer = self.send(request.header("Cookie", format!("corridor={session}; {cookie}"))).await;
        self.agent.cookie_jar_lock().clear();
        answer
    }

    /// Uploads a document through its page in a session.
    pub async fn send_file_in_session(
        &self,
        session: &str,
        page: &str,
        kind: &str,
        content: &[u8],
    ) -> Answer {
        let answer = self.page(session, page).await;
        let cookie = answer.header("Set-Cookie").split(';').next().unwrap().to_owned();
        let html = String::from_utf8(answer.bytes).unwrap();
        let token = between(&html, "name=\"csrf\" value=\"", "\"").next().unwrap();
        let fields =
            [Field::text("csrf", token), Field::text("kind", kind), Field::file("file", "a.pdf", content)];
        let request = Request::post(page).multipart(&fields).header("Accept", "text/html");
        let answer = self.send(request.header("Cookie", format!("corridor={session}; {cookie}"))).await;
        self.agent.cookie_jar_lock().clear();
        answer
    }

    /// Fills in the form on a public page and sends it.
    pub async fn fill_in(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.open_form(path).await;
        let answer = self.send_form(&form, fields).await;
        // The next request may be another person's.
        self.agent.cookie_jar_lock().clear();
        answer
    }

    /// Opens the form on a public page.
    pub async fn open_form(&self, path: &str) -> OpenForm {
        let page = self.send(Request::get(path)).await;
        let html = String::from_utf8(page.bytes).unwrap();
        let first = |start| between(&html, start, "\"").next().unwrap().to_owned();
        OpenForm { action: first("method=\"post\" action=\""), token: first("name=\"csrf\" value=\"") }
    }

    /// Sends a form that was opened in the same browser.
    pub async fn send_form(&self, form: &OpenForm, fields: &[(&str, &str)]) -> Answer {
        self.send_form_from(form, fields, "").await
    }

    /// The same, from a network: the trusted proxy in front of the service says so.
    pub async fn send_form_from(&self, form: &OpenForm, fields: &[(&str, &str)], network: &str) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("csrf", &form.token).extend_pairs(fields);
        let request = Request::post(&form.action).body("application/x-www-form-urlencoded", body.finish());
        self.send(request.header("X-Forwarded-For", network)).await
    }

    /// Opens the start page and, recursively, every page that it links to, with each choice of each filter. Returns the
    /// addresses and statuses.
    pub async fn browse(&self, session: &str) -> BTreeMap<String, u16> {
        let mut opened = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut similar: BTreeMap<String, usize> = BTreeMap::new();
        let mut queue = VecDeque::from(["/".to_owned()]);
        while !queue.is_empty() {
            let paths: Vec<String> = queue.drain(..MAX_PARALLEL.min(queue.len())).collect();
            let answers = join_all(paths.iter().map(|path| self.page(session, path))).await;
            for (path, answer) in paths.into_iter().zip(answers) {
                if answer.header("Content-Type").starts_with("text/html") {
                    for link in links(&String::from_utf8_lossy(&answer.bytes)) {
                        let count = similar.entry(shape(&link)).or_default();
                        if *count < MAX_SIMILAR && seen.insert(link.clone()) {
                            *count += 1;
                            queue.push_back(link);
                        }
                    }
                }
                opened.insert(path, answer.status);
            }
        }
        opened
    }
}

/// The addresses on this site that a page leads to, through links and the choices of its filters. Without links to the
/// same page in another language.
fn links(html: &str) -> Vec<String> {
    let mut links: Vec<String> =
        between(html, "href=\"", "\"").map(|link| link.replace("&amp;", "&")).collect();
    for form in between(html, "method=\"get\" action=\"", "</form>") {
        let (action, fields) = form.split_once('"').unwrap();
        let fixed: String = between(fields, "type=\"hidden\" name=\"", ">")
            .map(|field| field.trim_end_matches('"').replace("\" value=\"", "=") + "&")
            .collect();
        for select in between(fields, "<select ", "</select>") {
            let name = between(select, "name=\"", "\"").next().unwrap();
            links.extend(
                between(select, "<option value=\"", "\"")
                    .map(|choice| format!("{action}?{fixed}{name}={choice}")),
            );
        }
    }
    links.retain(|link| link.starts_with('/') && !link.starts_with("/assets/") && !link.contains("lang="));
    links.iter_mut().for_each(|link| link.truncate(link.find('#').unwrap_or(link.len())));
    links
}

/// The address without ids and cursors.
fn shape(link: &str) -> String {
    let parts = link.split_inclusive(['/', '?', '&', '=']);
    parts
        .map(|part| if part.len() > 20 && part.contains(|c: char| c.is_ascii_digit()) { "…" } else { part })
        .collect()
}

/// The texts between `start` and the next `end`.
fn between<'a>(text: &'a str, start: &'a str, end: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(start).skip(1).map(move |rest| rest.split(end).next().unwrap())
}
