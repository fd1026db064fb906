//! `reads`: response times of pages and listings on a small and a large database, for an officer and an API client. The
//! goal: a hundred times as many cases take less than twice the time.

use std::{path::PathBuf, process::Command, time::Instant};

use corridor::{
    clock::Clock,
    config::Settings,
    demo::Rng,
    domain::actor::{Actor, Scope},
    store::Db,
    workflow::{
        entrance::Context,
        people::create_client::{ClientCredentials, CreateClient},
    },
};
use serde_json::{Value, json};

use super::{fill, service::Service};

#[derive(clap::Args)]
pub struct Args {
    /// A filled database; use this option twice, with the small database first
    #[arg(long, required = true)]
    database_url: Vec<String>,
    /// The folder of the master key with which both databases were filled
    #[arg(long, default_value = "bench-data")]
    data_dir: PathBuf,
    /// Requests for each view in a pass; a stable 99th percentile needs several hundred
    #[arg(long, default_value_t = 600)]
    rounds: usize,
    /// Passes over each database; the medians are reported
    #[arg(long, default_value_t = 3)]
    passes: usize,
    /// The JSON file to write
    #[arg(long)]
    json: Option<PathBuf>,
}

/// An officer of the API client's authority.
const OFFICER: &str = "officer-0@kz-moh.example";

pub async fn run(args: Args) {
    let mut measured = vec![Vec::new(); args.database_url.len()];
    for pass in 1..=args.passes {
        eprintln!("pass {pass} of {}", args.passes);
        for (url, passes) in args.database_url.iter().zip(&mut measured) {
            passes.push(measure_pass(url, &args).await);
        }
    }
    let measured: Vec<_> = measured.iter().map(|passes| medians(passes)).collect();
    let rows = table(&measured);
    if let Some(file) = args.json {
        std::fs::write(file, serde_json::to_vec_pretty(&rows).unwrap()).unwrap();
    }
}

async fn measure_pass(url: &str, args: &Args) -> Vec<Figures> {
    let settings = Settings {
        database_url: Some(url.to_owned()),
        data_dir: args.data_dir.clone(),
        ..Settings::default()
    };
    let credentials = create_client(&fill::open(&settings)).await;
    let service = serve(&settings);
    let (address, rounds) = (format!("http://{}", service.address), args.rounds);
    let figures = actix_web::web::block(move || measure(&Session::open(address, &credentials), rounds));
    figures.await.unwrap()
}

async fn create_client(db: &Db) -> ClientCredentials {
    let new = CreateClient {
        name: "Measurements".to_owned(),
        organisation: "kz-moh".to_owned(),
        scopes: vec![Scope::ApplicationsRead, Scope::ReviewsWrite, Scope::BatchesWrite],
    };
    let now = Clock::System.now();
    db.write(move |tx| Context::new(tx, &Actor::operator(), now).execute(&new)).await.unwrap()
}

/// Starts the service on one database.
fn serve(settings: &Settings) -> Service {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
    command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--log", "warn"]);
    command.env_clear().env("CORRIDOR_DATABASE_URL", settings.database_url());
    Service::start(command.env("CORRIDOR_DATA_DIR", &settings.data_dir))
}

/// An officer's session by cookie, and an API client's session by token.
struct Session {
    address: String,
    officer: ureq::Agent,
    api_client: ureq::Agent,
    token: String,
}

impl Session {
    fn open(address: String, credentials: &ClientCredentials) -> Self {
        let agent = || ureq::Agent::config_builder().max_redirects(0).build().into();
        let mut session = Self { address, officer: agent(), api_client: agent(), token: String::new() };
        session.sign_in();
        let response: Value = session
            .api_client
            .post(format!("{}/api/v1/token", session.address))
            .send_form([
                ("grant_type", "client_credentials"),
                ("client_id", &credentials.client_id),
                ("client_secret", &credentials.client_secret),
            ])
            .unwrap()
            .body_mut()
            .read_json()
            .unwrap();
        session.token = response["access_token"].as_str().unwrap().to_owned();
        session
    }

    fn sign_in(&self) {
        let url = format!("{}/sign-in", self.address);
        let page = self.officer.get(&url).call().unwrap().body_mut().read_to_string().unwrap();
        let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let form = [("csrf", token), ("email", OFFICER), ("password", fill::PASSWORD), ("next", "")];
        let response = self.officer.post(&url).send_form(form).unwrap();
        assert!(response.status().is_redirection(), "{}", response.status());
    }

    /// The response at `path`: a page for the officer, compressed as for a browser, or JSON for the API client.
    fn get(&self, path: &str) -> Vec<u8> {
        let url = format!("{}{path}", self.address);
        let request = match path.starts_with("/api/") {
            true => self.api_client.get(&url).header("Authorization", format!("Bearer {}", self.token)),
            false => self.officer.get(&url).header("Accept-Encoding", "gzip"),
        };
        let mut response = request.call().unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(response.status(), 200, "{path}");
        response.body_mut().with_config().limit(50_000_000).read_to_vec().unwrap()
    }

    fn list(&self, path: &str) -> Value {
        serde_json::from_slice(&self.get(path)).unwrap()
    }
}

/// A page or listing, with the paths of one or more examples.
struct View {
    name: String,
    paths: Vec<String>,
}

fn view(name: impl Into<String>, paths: impl IntoIterator<Item = String>) -> View {
    View { name: name.into(), paths: paths.into_iter().collect() }
}

fn one(path: impl Into<String>) -> View {
    let path = path.into();
    view(path.clone(), [path])
}

fn views(session: &Session) -> Vec<View> {
    let texts = |page: &Value, field: &str| -> Vec<String> {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item[field].as_str().unwrap_or_default().to_owned()).collect()
    };
    let approved = session.list("/api/v1/applications?state=approved&limit=200");
    let refused = session.list("/api/v1/applications?state=refused&limit=200&sort=created");
    let (mut ids, mut references) = (texts(&approved, "id"), texts(&approved, "reference"));
    ids.extend(texts(&refused, "id"));
    references.extend(texts(&refused, "reference"));
    let batches = texts(&session.list("/api/v1/batches?limit=50"), "id");
    let mut views = Vec::new();
    for tab in ["mine", "unassigned", "desk", "waiting", "waitlisted", "all"] {
        views
            .extend(["due", "updated", "created"].map(|sort| one(format!("/console?tab={tab}&sort={sort}"))));
    }
    for filter in ["direction=CN-KZ", "stage=health", "state=refused", "state=revoked", "state=completed"] {
        views.extend(["due", "updated"].map(|sort| one(format!("/console?tab=all&{filter}&sort={sort}"))));
    }
    let each =
        |name: &str, all: &[String], path: fn(&str) -> String| view(name, all.iter().map(|one| path(one)));
    let mut rng = Rng::new(7);
    let numbers: Vec<String> = (0..50).map(|_| format!("E{}", 10_000_000 + rng.between(0, 9_999))).collect();
    let names = ["li", "wang x", "zhang wei", "nur", "orlov", "q"].map(str::to_owned);
    views.extend([
        each("console, one batch", &batches, |id| format!("/console?tab=all&batch={id}")),
        each("console, by reference", &references, |it| format!("/console?tab=all&q={it}")),
        each("console, by name", &names, |name| format!("/console?tab=all&q={}", name.replace(' ', "+"))),
        each("console, by document", &numbers, |number| format!("/console?tab=all&q={number}")),
        each("case page", &ids, |id| format!("/console/cases/{id}")),
        one("/console/batches"),
        each("batch page", &batches, |id| format!("/console/batches/{id}")),
        one("/api/v1/applications?sort=due"),
        one("/api/v1/applications?sort=updated&limit=200"),
        one("/api/v1/applications?state=in_review&state=waitlisted&sort=due"),
        one("/api/v1/applications?sponsor=sponsor-1"),
        one("/api/v1/applications?assignee=none&stage=health"),
        each("API, by document", &numbers, |number| format!("/api/v1/applications?q={number}")),
        each("API, a case", &ids, |id| format!("/api/v1/applications/{id}")),
        each("API, its history", &ids, |id| format!("/api/v1/applications/{id}/events")),
        one("/api/v1/batches"),
        each("API, a ledger", &batches, |id| format!("/api/v1/batches/{id}/ledger")),
        view("API, ten pages on", next_pages(session, 10)),
    ]);
    views
}

/// The paths of the next pages of a listing.
fn next_pages(session: &Session, count: usize) -> Vec<String> {
    let first = "/api/v1/applications?sort=updated&state=completed&state=refused&limit=100";
    let mut paths = Vec::new();
    let mut path = first.to_owned();
    while paths.len() < count {
        let cursor = session.list(&path)["next_cursor"].as_str().map(str::to_owned);
        let Some(cursor) = cursor else { break };
        path = format!("{first}&cursor={cursor}");
        paths.push(path.clone());
    }
    paths
}

/// The 50th and 99th percentile in milliseconds.
#[derive(Clone)]
struct Figures {
    view: String,
    p50: f64,
    p99: f64,
}

fn measure(session: &Session, rounds: usize) -> Vec<Figures> {
    let mut figures = Vec::new();
    for view in views(session) {
        let paths = || view.paths.iter().cycle();
        // Loads the rows into memory, so that the disk is not measured.
        for path in paths().take(view.paths.len().max(rounds / 10)) {
            session.get(path);
        }
        let mut times: Vec<f64> = paths()
            .take(rounds)
            .map(|path| {
                let started = Instant::now();
                session.get(path);
                started.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let percentile = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
        eprintln!("{:7.2} {:7.2}  {}", percentile(50), percentile(99), view.name);
        figures.push(Figures { p50: percentile(50), p99: percentile(99), view: view.name });
    }
    figures
}

fn medians(passes: &[Vec<Figures>]) -> Vec<Figures> {
    let median = |view: usize, value: fn(&Figures) -> f64| {
        let mut values: Vec<f64> = passes.iter().map(|pass| value(&pass[view])).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let views = passes.first().into_iter().flatten().enumerate();
    views
        .map(|(number, figures)| Figures {
            p50: median(number, |figures| figures.p50),
            p99: median(number, |figures| figures.p99),
            view: figures.view.clone(),
        })
        .collect()
}

/// Prints the figures side by side, and returns them.
fn table(measured: &[Vec<Figures>]) -> Vec<Value> {
    let (Some(small), Some(large)) = (measured.first(), measured.last()) else { return Vec::new() };
    println!("| view | p50 | p99 | p50 | p99 | p99 ratio |\n| --- | --: | --: | --: | --: | --: |");
    let mut rows = Vec::new();
    for (small, large) in small.iter().zip(large) {
        let ratio = large.p99 / small.p99;
        println!(
            "| {} | {:.1} | {:.1} | {:.1} | {:.1} | {ratio:.2} |",
            small.view, small.p50, small.p99, large.p50, large.p99
        );
        rows.push(json!({
            "view": small.view, "ratio": ratio,
            "small": { "p50": small.p50, "p99": small.p99 }, "large": { "p50": large.p50, "p99": large.p99 },
        }));
    }
    rows
}
