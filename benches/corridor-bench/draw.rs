//! `draw`: response times of decisions in another batch while a large batch is drawn by lot, compared with those of an
//! otherwise idle service.

use std::time::Instant;

use corridor::{
    clock::Clock,
    domain::batch::{HoldAt, Ordering, Terms},
};
use serde_json::{Value, json};

use super::{
    database::Database,
    dataset,
    form::terms,
    installation::{Installation, Progress},
    load::{Figures, send_all},
    postgres::Server,
    service::{Connection, Request, Service},
};

#[derive(clap::Args)]
pub struct Args {
    /// Cases in the batch that is drawn
    #[arg(long, default_value_t = 100_000)]
    cases: u32,
    /// Places in that batch
    #[arg(long, default_value_t = 1000)]
    places: i32,
    /// Decisions in another batch for each measurement
    #[arg(long, default_value_t = 800)]
    decisions: usize,
    /// The numbers of connections to measure with
    #[arg(long, value_delimiter = ',', default_value = "1,4,16")]
    connections: Vec<usize>,
}

pub async fn run(args: Args) {
    println!("| database | connections | idle median | idle p99 | median | p99 | p99 / idle |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    measure("SQLite", &Installation::with_sqlite().await, &args).await;
    let server = Server::start();
    measure("PostgreSQL", &Installation::with_postgres(&server.url()).await, &args).await;
}

async fn measure(database: &str, installation: &Installation, args: &Args) {
    let now = Clock::System.now();
    dataset::fill(&installation.database(), &installation.database_url, "$none", args.cases, now).await;
    let by_lot = Terms {
        ordering: Ordering::Ballot,
        hold_at: HoldAt::Submission,
        ..terms("By lot", args.places, &[], now)
    };
    let drawn = installation.open_batch(by_lot).await;
    let id = match installation.database_url.starts_with("sqlite") {
        true => format!("x'{}'", drawn.0.simple()),
        false => format!("'{drawn}'"),
    };
    let bytes = if installation.database_url.starts_with("sqlite") { "id" } else { "uuid_send(id)" };
    // Moves every case to the waiting list of this batch.
    Database::open(&installation.database_url).run(&format!(
        "UPDATE applications SET batch_id = {id}, state = 'waitlisted', stage = NULL, assignee_id = NULL, place = 'none',
           due_at = NULL, submitted_at = coalesce(submitted_at, created_at), document_hash = {bytes},
           live_document_hash = {bytes}"
    ));
    let other = installation.open_batch(terms("Other", 1_000_000, &[], now)).await;
    let total = 2 * args.connections.len() * args.decisions;
    let mut cases = installation.create_cases(&[other], &["technical"], Progress::LastStage, total).await;
    installation.checkpoint();
    let service = installation.serve();
    let token = service.token(installation.deciding_authority());
    let mut decide = |connections| {
        let next = cases.split_off(cases.len() - args.decisions);
        let endorse = json!({ "action": "endorse" });
        let requests = next.iter().map(|case| Request::action(&case.to_string(), &token, &endorse));
        send_all(service.address, requests.collect(), connections)
    };
    let idle: Vec<Figures> = args.connections.iter().map(|connections| decide(*connections)).collect();
    let path = format!("/api/v1/batches/{drawn}");
    let started = Instant::now();
    send(&service, &Request::post(&format!("{path}/close"), &token, &json!({})));
    let is_drawing = || send(&service, &Request::get(&path, &token))["drawing"] == true;
    for (connections, idle) in args.connections.iter().zip(idle) {
        let busy = decide(*connections);
        let note = if is_drawing() { "" } else { " (the draw ended first)" };
        println!(
            "| {database} | {connections} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2}{note} |",
            idle.median_ms,
            idle.p99_ms,
            busy.median_ms,
            busy.p99_ms,
            busy.p99_ms / idle.p99_ms
        );
    }
    while is_drawing() {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    println!(
        "{database}: {} cases drawn, {} places given in {:?}",
        args.cases,
        args.places,
        started.elapsed()
    );
}

fn send(service: &Service, request: &Request) -> Value {
    Connection::open(service.address).unwrap().send(request).unwrap().json()
}
