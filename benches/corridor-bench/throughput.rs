//! Requests over HTTP at 1, 16 and 64 connections: decisions on one batch and on 100 batches, submissions, listings and
//! look-ups. In the same run, the statements of a decision on the databases without the service. Compare the ratios:
//! machines differ.

use std::{collections::BTreeMap, path::PathBuf};

use corridor::{clock::Clock, domain::ids::ApplicationId};
use serde_json::json;

mod limit;
mod sqlite_loop;

use super::{
    form::terms,
    installation::{Installation, Progress},
    load::send_all,
    postgres,
    report::{Limit, Line, Report},
    service::{Request, Service},
};

#[derive(clap::Args)]
pub struct Args {
    /// Measure only one of the databases
    #[arg(long)]
    only: Option<Kind>,
    /// Requests per measurement
    #[arg(long, default_value_t = 3000)]
    requests: usize,
    /// How often everything is measured; the medians are reported
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds per pgbench run
    #[arg(long, default_value_t = 4)]
    seconds: u32,
    /// The JSON file to write
    #[arg(long)]
    json: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// The numbers of connections.
const CROWDS: [usize; 3] = [1, 16, 64];
/// The number of batches that decisions are spread over.
const SPREAD: usize = 100;

/// The requests before the first measurement.
const WARM_UP: (Work, usize) = (Work::DecideOnMany, 2);

/// The kinds of requests.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    DecideOnOneBatch,
    DecideOnMany,
    Submit,
    List,
    LookUp,
    ShowCase,
}

impl Work {
    const ALL: [Self; 6] =
        [Self::DecideOnOneBatch, Self::DecideOnMany, Self::Submit, Self::List, Self::LookUp, Self::ShowCase];

    const fn name(self) -> &'static str {
        match self {
            Self::DecideOnOneBatch => "decisions, one batch",
            Self::DecideOnMany => "decisions, 100 batches",
            Self::Submit => "submissions",
            Self::List => "a queue's first 50",
            Self::LookUp => "a case by its reference",
            Self::ShowCase => "a case's status",
        }
    }
}

pub async fn run(args: Args) {
    let mut report = Report::default();
    for round in 1..=args.rounds {
        eprintln!("round {round} of {}", args.rounds);
        if args.only != Some(Kind::Postgres) {
            on_sqlite(&args, &mut report).await;
        }
        if args.only != Some(Kind::Sqlite) {
            on_postgres(&args, &mut report).await;
        }
    }
    report.print();
    if let Some(file) = &args.json {
        report.write(file);
    }
}

async fn on_sqlite(args: &Args, report: &mut Report) {
    let installation = Installation::with_sqlite().await;
    let cases = prepare(&installation, args.requests).await;
    let per_second = limit::sqlite(&installation, args.requests);
    let raw = Limit { database: "SQLite", what: "one commit a decision", width: 1, per_second };
    report.limits.push(raw);
    measure(&installation, "SQLite", cases, report, |_| Some(per_second));
}

async fn on_postgres(args: &Args, report: &mut Report) {
    let server = postgres::Server::start();
    let installation = Installation::with_postgres(&server.url()).await;
    let cases = prepare(&installation, args.requests).await;
    installation.checkpoint();
    let limits = limit::pgbench(&installation, args.seconds);
    let best = |limits: &[&Limit]| limits.iter().map(|limit| limit.per_second).reduce(f64::max);
    let of = |what| limits.iter().filter(|limit| limit.what == what).collect::<Vec<_>>();
    let (hot, spread) = (best(&of(limit::ONE_BATCH)), best(&of(limit::MANY_BATCHES)));
    report.limits.extend(limits);
    measure(&installation, "PostgreSQL", cases, report, |work| {
        if work == Work::DecideOnMany { spread } else { hot }
    });
}

/// The cases of each measurement. A case can be decided only once.
type Cases = BTreeMap<(Work, usize), Vec<ApplicationId>>;

async fn prepare(installation: &Installation, requests: usize) -> Cases {
    let now = Clock::System.now();
    let terms = |name: &str| terms(name, 1_000_000, &[(None, 1_000_000)], now);
    let hot = [installation.open_batch(terms("Hot")).await];
    let mut spread = Vec::new();
    for number in 1..=SPREAD {
        spread.push(installation.open_batch(terms(&format!("Batch {number}"))).await);
    }
    let mut cases = Cases::new();
    cases.insert(WARM_UP, installation.create_cases(&spread, &["technical"], Progress::LastStage, 500).await);
    for crowd in CROWDS {
        for (work, batches, stage) in [
            (Work::DecideOnOneBatch, &hot[..], Progress::LastStage),
            (Work::DecideOnMany, &spread[..], Progress::LastStage),
            (Work::Submit, &hot[..], Progress::Draft),
        ] {
            cases.insert(
                (work, crowd),
                installation.create_cases(batches, &["technical"], stage, requests).await,
            );
        }
    }
    cases
}

fn measure(
    installation: &Installation,
    database: &'static str,
    mut cases: Cases,
    report: &mut Report,
    limit: impl Fn(Work) -> Option<f64>,
) {
    let service = installation.serve();
    let mut requests = Requests { installation, service: &service, references: Vec::new() };
    // Warm up: statements are prepared only once.
    let first = cases.remove(&WARM_UP).unwrap_or_default();
    send_all(service.address, requests.of(WARM_UP.0, &first, 0), WARM_UP.1);
    for work in Work::ALL {
        for connections in CROWDS {
            let own = cases.remove(&(work, connections)).unwrap_or_default();
            let asked = requests.of(work, &own, if connections == 1 { 500 } else { 2000 });
            let figures = send_all(service.address, asked, connections);
            let is_decision = matches!(work, Work::DecideOnOneBatch | Work::DecideOnMany);
            report.lines.push(Line {
                database,
                what: work.name(),
                connections,
                figures,
                limit: limit(work).filter(|_| is_decision),
                megabytes: service.resident_megabytes().0,
            });
        }
    }
    drop(service);
    installation.verify();
}

/// Builds the requests.
struct Requests<'a> {
    installation: &'a Installation,
    service: &'a Service,
    /// References of existing cases.
    references: Vec<(String, String)>,
}

impl Requests<'_> {
    fn of(&mut self, work: Work, cases: &[ApplicationId], reads: usize) -> Vec<Request> {
        let officer = self.service.token(self.installation.deciding_authority());
        let act = |action: &str, token: &str| {
            cases
                .iter()
                .map(|case| Request::action(&case.to_string(), token, &json!({ "action": action })))
                .collect()
        };
        match work {
            Work::DecideOnOneBatch | Work::DecideOnMany => act("endorse", &officer),
            Work::Submit => act("submit", &self.service.token(self.installation.sponsor())),
            Work::List => {
                let queue = "/api/v1/applications?state=approved&sort=due&limit=50";
                vec![Request::get(queue, &officer); reads]
            }
            Work::LookUp | Work::ShowCase => {
                let path = |(id, reference): &(String, String)| match work {
                    Work::LookUp => format!("/api/v1/applications?q={reference}"),
                    _ => format!("/api/v1/applications/{id}"),
                };
                let known = self.known(&officer);
                known.iter().cycle().take(reads).map(|case| Request::get(&path(case), &officer)).collect()
            }
        }
    }

    fn known(&mut self, token: &str) -> &[(String, String)] {
        if self.references.is_empty() {
            let request = Request::get("/api/v1/applications?state=approved&limit=200", token);
            let mut connection = super::service::Connection::open(self.service.address).unwrap();
            let page = connection.send(&request).unwrap().expect(200);
            let text = |item: &serde_json::Value, field: &str| item[field].as_str().unwrap().to_owned();
            let items = page["items"].as_array().unwrap();
            self.references = items.iter().map(|item| (text(item, "id"), text(item, "reference"))).collect();
        }
        &self.references
    }
}
