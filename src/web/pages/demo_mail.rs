//! `/demo/mail`: in a demo, the messages that would have been sent. Otherwise the page does not exist.

use std::{fs, path::PathBuf};

use actix_web::{HttpResponse, web};
use askama::Template;
use mailparse::MailHeaderMap;
use serde::Deserialize;

use super::{Page, render};
use crate::web::{Code, Problem, Site, extract::Query};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/demo/mail").get(list))
        .service(web::resource("/demo/mail/{name}").get(show));
}

/// The number of messages that the page shows, newest first.
const MAX_MESSAGES: usize = 50;

/// A message.
struct Letter {
    name: String,
    to: String,
    subject: String,
    at: String,
    text: String,
}

#[derive(Template)]
#[template(path = "pages/demo/mail.html")]
struct MailPage {
    page: Page,
    q: String,
    letters: Vec<Letter>,
}

#[derive(Template)]
#[template(path = "pages/demo/letter.html")]
struct LetterPage {
    page: Page,
    letter: Letter,
    /// The text, split at its links.
    pieces: Vec<(String, bool)>,
}

#[derive(Deserialize)]
struct ListQuery {
    #[serde(default)]
    q: String,
}

async fn list(page: Page, query: Query<ListQuery>, site: web::Data<Site>) -> Result<HttpResponse, Problem> {
    let folder = folder(&site)?;
    let q = query.0.q.trim().to_lowercase();
    let mut names: Vec<String> = fs::read_dir(&folder)
        .map(|entries| {
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        })
        .unwrap_or_default();
    names.retain(|name| name.ends_with(".eml"));
    names.sort_unstable_by(|a, b| b.cmp(a));
    let letters = names.iter().filter_map(|name| read(&folder, name));
    let matching = letters.filter(|letter| q.is_empty() || letter.to.to_lowercase().contains(&q));
    let letters = matching.take(MAX_MESSAGES).collect();
    render(&MailPage { page, q, letters })
}

async fn show(page: Page, name: web::Path<String>, site: web::Data<Site>) -> Result<HttpResponse, Problem> {
    let folder = folder(&site)?;
    let is_plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    let letter = Some(name.as_str()).filter(|_| is_plain).and_then(|name| read(&folder, name));
    let letter = letter.ok_or_else(|| Problem::new(Code::NotFound))?;
    let pieces = with_links(&letter.text);
    render(&LetterPage { page, letter, pieces })
}

fn folder(site: &Site) -> Result<PathBuf, Problem> {
    if let Some(folder) = &site.mail_folder { Ok(folder.clone()) } else { Err(Problem::new(Code::NotFound)) }
}

fn read(folder: &std::path::Path, name: &str) -> Option<Letter> {
    let bytes = fs::read(folder.join(name)).ok()?;
    let mail = mailparse::parse_mail(&bytes).ok()?;
    let header = |name: &str| mail.headers.get_first_value(name).unwrap_or_default();
    let text = mail.parts().find(|part| part.ctype.mimetype == "text/plain")?;
    Some(Letter {
        name: name.to_owned(),
        to: header("To"),
        subject: header("Subject"),
        at: header("Date"),
        text: text.get_body().unwrap_or_default(),
    })
}

/// Splits the text into pieces; each says whether it is a link.
fn with_links(text: &str) -> Vec<(String, bool)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("http") {
        let end = rest[start..].find(char::is_whitespace).map_or(rest.len(), |length| start + length);
        pieces.push((rest[..start].to_owned(), false));
        let piece = &rest[start..end];
        pieces.push((piece.to_owned(), piece.starts_with("http://") || piece.starts_with("https://")));
        rest = &rest[end..];
    }
    pieces.push((rest.to_owned(), false));
    pieces
}
