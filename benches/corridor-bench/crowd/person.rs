//! A person with a browser: cookies, compressed pages, redirects, pauses between two clicks.

use std::time::{Duration, Instant};

use actix_web::rt::time::sleep;
use corridor::{clock::Clock, demo::Rng, domain::ids::BatchId};
use reqwest::{Client, RequestBuilder, Response, header, multipart};
use serde_json::Value;

use super::{super::form::application, pdf};

/// What a person waited for. A redirect and the page that follows belong to it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    SignIn,
    Page,
    Save,
    Upload,
    Submit,
}

pub struct Person {
    client: Client,
    address: String,
    number: u32,
    rng: Rng,
    pub visits: Vec<(Visit, Duration)>,
    pub turned_away: u32,
    /// From the first attempt to sign in to the one that succeeded.
    pub waited: Duration,
}

const SECTIONS: [&str; 5] = ["applicant", "travel_document", "employment", "journey", "health"];
const DOCUMENTS: [&str; 4] =
    ["passport_page", "invitation_letter", "employment_letter", "health_certificate"];

type Result<T> = std::result::Result<T, String>;

impl Person {
    pub fn new(address: String, number: u32) -> Self {
        let client = Client::builder().cookie_store(true).gzip(true).tcp_nodelay(true).build().unwrap();
        Self {
            client,
            address,
            number,
            rng: Rng::new(u64::from(number) + 1),
            visits: Vec::new(),
            turned_away: 0,
            waited: Duration::ZERO,
        }
    }

    /// The whole way; returns the path of the submitted case.
    pub async fn apply(&mut self, email: &str, password: &str, batch: BatchId) -> Result<String> {
        self.sign_in(email, password).await?;
        self.open("/applications").await?;
        let form = application(batch, "technical", 1_000_000 + self.number as usize, Clock::System.now());
        let fields = flat(&form);
        let new = format!("/applications/new?batch={batch}");
        let (page, _) = self.open(&new).await?;
        let (_, case) = self.send(Visit::Save, &page, "/applications/new", &fields).await?;
        for section in SECTIONS {
            let path = format!("{case}/section/{section}");
            let (page, _) = self.open(&path).await?;
            self.send(Visit::Save, &page, &path, &fields).await?;
        }
        for kind in DOCUMENTS {
            let path = format!("{case}/evidence");
            let (page, _) = self.open(&path).await?;
            self.upload(&page, &path, kind).await?;
        }
        let check = format!("{case}/check");
        let (page, _) = self.open(&check).await?;
        let (_, shown) = self.send(Visit::Submit, &page, &check, &fields).await?;
        if shown != case {
            return Err(format!("the case was not submitted: {shown}"));
        }
        self.open(&case).await?;
        Ok(case)
    }

    async fn sign_in(&mut self, email: &str, password: &str) -> Result<()> {
        let first = Instant::now();
        loop {
            let (page, _) = self.open("/sign-in").await?;
            self.pause().await;
            let fields = [
                ("csrf", hidden(&page, "csrf")),
                ("email", email.to_owned()),
                ("password", password.to_owned()),
            ];
            let begun = Instant::now();
            let answer =
                self.post("/sign-in").form(&fields).send().await.map_err(|error| error.to_string())?;
            if answer.status() == 503 && answer.url().path() == "/sign-in" {
                let wait = answer
                    .headers()
                    .get(header::RETRY_AFTER)
                    .and_then(|wait| wait.to_str().ok()?.parse().ok());
                self.turned_away += 1;
                sleep(Duration::from_secs(wait.ok_or("no Retry-After")?)).await;
                continue;
            }
            read(answer).await?;
            self.visits.push((Visit::SignIn, begun.elapsed()));
            self.waited = first.elapsed();
            return Ok(());
        }
    }

    /// Opens a page; returns its text, and its path after redirects.
    pub async fn open(&mut self, path: &str) -> Result<(String, String)> {
        self.pause().await;
        let request = self.client.get(format!("{}{path}", self.address));
        self.timed(Visit::Page, request).await
    }

    /// Sends those of the fields that the page asks for.
    async fn send(
        &mut self,
        visit: Visit,
        page: &str,
        path: &str,
        fields: &[(String, String)],
    ) -> Result<(String, String)> {
        self.pause().await;
        let asked = |name: &str| page.contains(&format!("name=\"{name}\""));
        let mut sent: Vec<(String, String)> =
            fields.iter().filter(|(name, _)| asked(name) && name != "batch").cloned().collect();
        for name in ["csrf", "version", "batch"] {
            if asked(name) {
                sent.push((name.to_owned(), hidden(page, name)));
            }
        }
        let request = self.post(path).form(&sent);
        self.timed(visit, request).await
    }

    async fn upload(&mut self, page: &str, path: &str, kind: &str) -> Result<()> {
        self.pause().await;
        let file = multipart::Part::bytes(pdf()).file_name("document.pdf").mime_str("application/pdf");
        let form = multipart::Form::new()
            .text("csrf", hidden(page, "csrf"))
            .text("kind", kind.to_owned())
            .part("file", file.map_err(|error| error.to_string())?);
        let request = self.post(&format!("{path}?kind={kind}")).multipart(form);
        self.timed(Visit::Upload, request).await.map(drop)
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.address))
    }

    async fn timed(&mut self, visit: Visit, request: RequestBuilder) -> Result<(String, String)> {
        let begun = Instant::now();
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let read = read(answer).await?;
        self.visits.push((visit, begun.elapsed()));
        Ok(read)
    }

    /// Between two clicks.
    async fn pause(&mut self) {
        sleep(Duration::from_millis(self.rng.between(200, 800).unsigned_abs())).await;
    }
}

async fn read(answer: Response) -> Result<(String, String)> {
    let (status, path) = (answer.status(), answer.url().path().to_owned());
    let text = answer.text().await.map_err(|error| error.to_string())?;
    match status.as_u16() {
        200 => Ok((text, path)),
        _ => Err(format!("{status} at {path}")),
    }
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = page.split(&start).nth(1).unwrap_or_default();
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// A form of the API as the fields of the pages.
fn flat(form: &Value) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    add_flat(&mut fields, "", form);
    fields
}

fn add_flat(fields: &mut Vec<(String, String)>, name: &str, value: &Value) {
    let inner = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}-{key}") };
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| add_flat(fields, &inner(key), value))
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| add_flat(fields, &inner(&index.to_string()), value));
        }
        Value::String(text) => fields.push((name.to_owned(), text.clone())),
        other => fields.push((name.to_owned(), other.to_string())),
    }
}
