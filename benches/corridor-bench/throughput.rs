//! `throughput`: requests over HTTP with 1, 16 and 64 connections: decisions on one batch and on 100 batches,
//! submissions, listings and lookups. The same run measures the SQL statements of a decision without the service.
//! Compare the ratios, because machines differ.

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
    report::{Limit, Measurement, Report},
    service::{Request, Service},
};

#[derive(clap::Args)]
pub struct Args {
    /// Measure only this database
    #[arg(long)]
    only: Option<DatabaseKind>,
    /// Requests per measurement
    #[arg(long, default_value_t = 3000)]
    requests: usize,
    /// How often to repeat every measurement; the medians are reported
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
pub enum DatabaseKind {
    Sqlite,
    Postgres,
}

/// The numbers of connections.
const CONNECTIONS: [usize; 3] = [1, 16, 64];
/// The number of batches that decisions are spread over.
const BATCHES: usize = 100;

/// The workload and the number of connections before the first measurement.
const WARM_UP: (Workload, usize) = (Workload::DecideOnManyBatches, 2);

/// The kinds of requests that are measured.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Workload {
    DecideOnOneBatch,
    DecideOnManyBatches,
    Submit,
    List,
    LookUp,
    ShowCase,
}

impl Workload {
    const ALL: [Self; 6] = [
        Self::DecideOnOneBatch,
        Self::DecideOnManyBatches,
        Self::Submit,
        Self::List,
        Self::LookUp,
        Self::ShowCase,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::DecideOnOneBatch => "decisions, one batch",
            Self::DecideOnManyBatches => "decisions, 100 batches",
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
        if args.only != Some(DatabaseKind::Postgres) {
            on_sqlite(&args, &mut report).await;
        }
        if args.only != Some(DatabaseKind::Sqlite) {
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
    let limit = Limit { database: "SQLite", what: "one commit a decision", clients: 1, per_second };
    report.limits.push(limit);
    measure(&installation, "SQLite", cases, report, |_| Some(per_second));
}

async fn on_postgres(args: &Args, report: &mut Report) {
    let server = postgres::Server::start();
    let installation = Installation::with_postgres(&server.url()).await;
    let cases = prepare(&installation, args.requests).await;
    installation.checkpoint();
    let limits = limit::pgbench(&installation, args.seconds);
    let best = |limits: &[&Limit]| limits.iter().map(|limit| limit.per_second).reduce(f64::max);
    let named = |what| limits.iter().filter(|limit| limit.what == what).collect::<Vec<_>>();
    let (one_batch, many_batches) = (best(&named(limit::ONE_BATCH)), best(&named(limit::MANY_BATCHES)));
    report.limits.extend(limits);
    measure(&installation, "PostgreSQL", cases, report, |workload| {
        if workload == Workload::DecideOnManyBatches { many_batches } else { one_batch }
    });
}

/// The cases for each workload and number of connections. A case can be decided only once.
type Cases = BTreeMap<(Workload, usize), Vec<ApplicationId>>;

async fn prepare(installation: &Installation, requests: usize) -> Cases {
    let now = Clock::System.now();
    let terms = |name: &str| terms(name, 1_000_000, &[(None, 1_000_000)], now);
    let one = [installation.open_batch(terms("Hot")).await];
    let mut many = Vec::new();
    for number in 1..=BATCHES {
        many.push(installation.open_batch(terms(&format!("Batch {number}"))).await);
    }
    let mut cases = Cases::new();
    cases.insert(WARM_UP, installation.create_cases(&many, &["technical"], Progress::LastStage, 500).await);
    for connections in CONNECTIONS {
        for (workload, batches, progress) in [
            (Workload::DecideOnOneBatch, &one[..], Progress::LastStage),
            (Workload::DecideOnManyBatches, &many[..], Progress::LastStage),
            (Workload::Submit, &one[..], Progress::Draft),
        ] {
            cases.insert(
                (workload, connections),
                installation.create_cases(batches, &["technical"], progress, requests).await,
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
    limit: impl Fn(Workload) -> Option<f64>,
) {
    let service = installation.serve();
    let mut requests = Requests { installation, service: &service, approved: Vec::new() };
    // Without this, the first measurement would include the preparation of the statements.
    let warm_up = cases.remove(&WARM_UP).unwrap_or_default();
    send_all(service.address, requests.build(WARM_UP.0, &warm_up, 0), WARM_UP.1);
    for workload in Workload::ALL {
        for connections in CONNECTIONS {
            let own_cases = cases.remove(&(workload, connections)).unwrap_or_default();
            let reads = if connections == 1 { 500 } else { 2000 };
            let requests = requests.build(workload, &own_cases, reads);
            let figures = send_all(service.address, requests, connections);
            let is_decision = matches!(workload, Workload::DecideOnOneBatch | Workload::DecideOnManyBatches);
            report.measurements.push(Measurement {
                database,
                what: workload.name(),
                connections,
                figures,
                limit: limit(workload).filter(|_| is_decision),
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
    /// The ids and references of approved cases.
    approved: Vec<(String, String)>,
}

impl Requests<'_> {
    /// One request for each case, or this many reads.
    fn build(&mut self, workload: Workload, cases: &[ApplicationId], reads: usize) -> Vec<Request> {
        let officer = self.service.token(self.installation.deciding_authority());
        let act = |action: &str, token: &str| {
            cases
                .iter()
                .map(|case| Request::action(&case.to_string(), token, &json!({ "action": action })))
                .collect()
        };
        match workload {
            Workload::DecideOnOneBatch | Workload::DecideOnManyBatches => act("endorse", &officer),
            Workload::Submit => act("submit", &self.service.token(self.installation.sponsor())),
            Workload::List => {
                let queue = "/api/v1/applications?state=approved&sort=due&limit=50";
                vec![Request::get(queue, &officer); reads]
            }
            Workload::LookUp | Workload::ShowCase => {
                let path = |(id, reference): &(String, String)| match workload {
                    Workload::LookUp => format!("/api/v1/applications?q={reference}"),
                    _ => format!("/api/v1/applications/{id}"),
                };
                let approved = self.approved(&officer);
                approved.iter().cycle().take(reads).map(|case| Request::get(&path(case), &officer)).collect()
            }
        }
    }

    fn approved(&mut self, token: &str) -> &[(String, String)] {
        if self.approved.is_empty() {
            let request = Request::get("/api/v1/applications?state=approved&limit=200", token);
            let mut connection = super::service::Connection::open(self.service.address).unwrap();
            let page = connection.send(&request).unwrap().expect(200);
            let text = |item: &serde_json::Value, field: &str| item[field].as_str().unwrap().to_owned();
            let items = page["items"].as_array().unwrap();
            self.approved = items.iter().map(|item| (text(item, "id"), text(item, "reference"))).collect();
        }
        &self.approved
    }
}
