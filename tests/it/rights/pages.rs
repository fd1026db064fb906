//! The rights of every person to every page. A test fails if a served page is not listed here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use corridor::{
    domain::ids::AccountId,
    store::{self, StoreError, session::Device},
    workflow::people::sign_in,
};
use jiff::SignedDuration;
use url::form_urlencoded;

use super::participants::Participants;
use crate::world::{
    Batch, Case, Person, World,
    http::{Answer, Field, Request},
    on_both_databases,
};

/// The pages without sign-in.
const PUBLIC: [&str; 14] = [
    "GET /",
    "GET /choose-password",
    "POST /choose-password",
    "GET /console/programmes/{code}",
    "GET /demo/mail",
    "GET /demo/mail/{name}",
    "GET /forgot-password",
    "POST /forgot-password",
    "GET /problems/{code}",
    "GET /sign-in",
    "POST /sign-in",
    "POST /sign-out",
    "GET /sign-up",
    "POST /sign-up",
];

/// The fields of a form.
type Sent = Vec<(&'static str, &'static str)>;

/// The subjects of the pages: a case at the health stage, a draft, a batch.
struct Fixture {
    batch: Batch,
    case: Case,
    draft: Case,
    evidence: String,
    account: AccountId,
}

impl Fixture {
    async fn create(world: &World, participants: &Participants) -> Self {
        let batch = world.open_batch(100).await;
        let [case] = world.submit(&batch, ["Bo"]).await;
        world.endorse(&case, "nomination").await;
        let draft = world.draft_in_person(&participants.ada, &world.form(&batch, "Ada")).await;
        let evidence = world.case(&case).await["evidence"][0]["id"].as_str().unwrap().to_owned();
        Self { batch, case, draft, evidence, account: participants.ada.id }
    }

    /// Every page, its path, and the fields that are sent. Requests that would change the fixture fail after the check
    /// of rights: because of an impossible version, or missing fields.
    fn pages(&self) -> Vec<(&'static str, String, Sent)> {
        let (case, draft, evidence) = (&self.case.id, &self.draft.id, &self.evidence);
        let batch = &*self.batch;
        let stale = || vec![("version", "999")];
        let acts = |action| vec![("action", action), ("version", "999")];
        vec![
            ("GET /applications", "/applications".into(), vec![]),
            ("GET /applications/new", "/applications/new".into(), vec![]),
            ("POST /applications/new", "/applications/new".into(), vec![]),
            ("GET /applications/{id}", format!("/applications/{draft}"), vec![]),
            ("POST /applications/{id}/actions", format!("/applications/{draft}/actions"), acts("withdraw")),
            ("GET /applications/{id}/check", format!("/applications/{draft}/check"), vec![]),
            ("POST /applications/{id}/check", format!("/applications/{draft}/check"), stale()),
            (
                "GET /applications/{id}/section/{section}",
                format!("/applications/{draft}/section/applicant"),
                vec![],
            ),
            (
                "POST /applications/{id}/section/{section}",
                format!("/applications/{draft}/section/applicant"),
                stale(),
            ),
            ("GET /applications/{id}/evidence", format!("/applications/{draft}/evidence"), vec![]),
            (
                "POST /applications/{id}/evidence",
                format!("/applications/{draft}/evidence"),
                vec![("kind", "album")],
            ),
            (
                "GET /applications/{id}/evidence/{evidence}",
                format!("/applications/{case}/evidence/{evidence}"),
                vec![],
            ),
            (
                "POST /applications/{id}/evidence/{evidence}/remove",
                format!("/applications/{draft}/evidence/{evidence}/remove"),
                stale(),
            ),
            ("GET /sponsorships", "/sponsorships".into(), vec![]),
            ("POST /sponsorships/{id}", format!("/sponsorships/{draft}"), acts("accept_sponsorship")),
            ("GET /console", "/console".into(), vec![]),
            ("GET /console/cases/{id}", format!("/console/cases/{case}"), vec![]),
            ("POST /console/cases/{id}/actions", format!("/console/cases/{case}/actions"), acts("endorse")),
            ("POST /console/cases/{id}/document", format!("/console/cases/{case}/document"), vec![]),
            (
                "GET /console/cases/{id}/evidence/{evidence}",
                format!("/console/cases/{case}/evidence/{evidence}"),
                vec![],
            ),
            ("GET /console/batches", "/console/batches".into(), vec![]),
            ("GET /console/batches/new", "/console/batches/new".into(), vec![]),
            ("POST /console/batches/new", "/console/batches/new".into(), vec![("programme", "cn-kz")]),
            ("GET /console/batches/{id}", format!("/console/batches/{batch}"), vec![]),
            ("POST /console/batches/{id}", format!("/console/batches/{batch}"), stale()),
            (
                "POST /console/batches/{id}/moves",
                format!("/console/batches/{batch}/moves"),
                vec![("step", "close"), ("version", "999")],
            ),
            ("GET /account", "/account".into(), vec![]),
            ("POST /account/language", "/account/language".into(), vec![("language", "la")]),
            ("POST /account/password", "/account/password".into(), vec![("current", ""), ("new", "")]),
            ("GET /console/jobs", "/console/jobs".into(), vec![]),
            ("GET /console/journal", "/console/journal".into(), vec![]),
            ("GET /admin/accounts", "/admin/accounts".into(), vec![]),
            ("POST /admin/accounts", "/admin/accounts".into(), vec![("email", ""), ("role", "")]),
            (
                "POST /admin/accounts/{id}/disabled",
                "/admin/accounts/01890000-0000-7000-8000-000000000000/disabled".into(),
                vec![("disabled", "true")],
            ),
            ("GET /admin/accounts/{id}", format!("/admin/accounts/{}", self.account), vec![]),
            ("POST /admin/accounts/{id}", format!("/admin/accounts/{}", self.account), vec![("role", "")]),
            ("GET /admin/clients", "/admin/clients".into(), vec![]),
            (
                "POST /admin/clients/{client_id}/disabled",
                "/admin/clients/nobody/disabled".into(),
                vec![("disabled", "true")],
            ),
            ("POST /admin/clients/{client_id}/secret", "/admin/clients/nobody/secret".into(), vec![]),
            ("GET /admin/organisations", "/admin/organisations".into(), vec![]),
            ("POST /admin/organisations", "/admin/organisations".into(), vec![("code", ""), ("name", "")]),
            ("POST /account/sessions/end", "/account/sessions/end".into(), vec![("session", "")]),
            ("GET /admin/messages", "/admin/messages".into(), vec![]),
            (
                "POST /admin/messages/{id}/resend",
                "/admin/messages/01890000-0000-7000-8000-000000000000/resend".into(),
                vec![],
            ),
            // Must be last: it ends the session.
            ("POST /account/sign-out-everywhere", "/account/sign-out-everywhere".into(), vec![]),
        ]
    }
}

/// The cookies and form token of a session.
struct Browser {
    cookies: String,
    csrf: String,
}

async fn open_browser(world: &World, person: &Person) -> Browser {
    let (token, account, now) = (corridor::random::token(), person.id, world.now());
    let hash = sign_in::hash_of(&token);
    let until = now + SignedDuration::from_hours(1);
    let opened: Result<(), StoreError> = world
        .db()
        .write(move |tx| store::session::open(tx, account, &hash, &Device::default(), (now, until)))
        .await;
    opened.unwrap();
    let page = world.page(&token, "/account").await;
    let form = page.header("Set-Cookie").split(';').next().unwrap().to_owned();
    let html = String::from_utf8(page.bytes).unwrap();
    let csrf = html.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    Browser { cookies: format!("corridor={token}; {form}"), csrf: csrf.to_owned() }
}

async fn ask(world: &World, browser: &Browser, address: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let request = if address.starts_with("GET") {
        Request::get(path)
    } else if address.ends_with("/evidence") {
        let mut parts = vec![Field::text("csrf", &browser.csrf)];
        parts.extend(fields.iter().map(|(name, value)| Field::text(name, value)));
        Request::post(path).multipart(&parts)
    } else {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("csrf", &browser.csrf).extend_pairs(fields);
        Request::post(path).body("application/x-www-form-urlencoded", body.finish())
    };
    world.send(request.header("Cookie", browser.cookies.clone())).await
}

#[test]
fn every_person_gets_the_pages_that_the_matrix_says_and_no_others() {
    on_both_databases(async |world| {
        let participants = Participants::create(world).await;
        let fixture = Fixture::create(world, &participants).await;
        let mut browsers = Vec::new();
        for (what, person) in participants.people() {
            browsers.push((what, open_browser(world, person).await));
        }
        let mut matrix = String::from(
            "What each person is answered. 200 and 303: done. 412, 409 and 422: the person may, and the test stops it.\n",
        );
        for (address, path, fields) in fixture.pages() {
            let mut answers: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
            for (what, browser) in &browsers {
                let answer = ask(world, browser, address, &path, &fields).await;
                answers.entry(answer.status).or_default().push(what);
            }
            matrix += &format!("\n{address}\n");
            for (status, who) in answers {
                let who = if who.len() == browsers.len() { "everybody".to_owned() } else { who.join(", ") };
                matrix += &format!("    {status}: {who}\n");
            }
        }
        insta::assert_snapshot!("rights_on_pages", matrix);
    });
}

#[test]
fn every_served_page_is_tested_and_needs_a_session() {
    on_both_databases(async |world| {
        let participants = Participants::create(world).await;
        let fixture = Fixture::create(world, &participants).await;
        let pages = fixture.pages();
        let tried: BTreeSet<String> = pages.iter().map(|(address, ..)| (*address).to_owned()).collect();
        let public: BTreeSet<String> = PUBLIC.iter().map(|address| (*address).to_owned()).collect();
        let served = served(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/pages")));
        assert_eq!(served, &tried | &public);
        for (address, path, _) in pages.iter().filter(|(address, ..)| address.starts_with("GET")) {
            let answer = world.send(Request::get(path)).await;
            assert_eq!(answer.status, 401, "{address}");
        }
    });
}

/// The addresses that the sources of the pages register.
fn served(folder: &Path) -> BTreeSet<String> {
    let mut served = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            served.append(&mut self::served(&path));
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for resource in source.split("web::resource(\"").skip(1) {
            let (address, rest) = resource.split_once('"').unwrap();
            let handlers = rest.split(';').next().unwrap().split("web::resource").next().unwrap();
            for (call, method) in [(".get(", "GET"), (".post(", "POST")] {
                if handlers.contains(call) {
                    served.insert(format!("{method} {address}"));
                }
            }
        }
    }
    served
}
