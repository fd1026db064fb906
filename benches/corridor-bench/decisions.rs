//! Decisions over HTTP at 1, 16 and 64 connections, all on one batch and spread over 100; beside them, in the same
//! run, the same statements by pgbench and by a loop on SQLite. What counts are the ratios: machines differ.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};

mod limit;
mod load;
mod site;

use load::Figures;
use site::Site;

#[derive(clap::Args)]
pub struct Args {
    /// A PostgreSQL server to make a database on: postgres://user@host:port
    #[arg(long)]
    server: Option<String>,
    /// PostgreSQL alone, if a server is given
    #[arg(long, requires = "server")]
    only_postgres: bool,
    /// Decisions in each measurement
    #[arg(long, default_value_t = 4000)]
    decisions: usize,
    /// Seconds of each pgbench run
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Where to write the figures as JSON
    #[arg(long)]
    json: Option<PathBuf>,
}

/// Connections that ask at once.
const CROWDS: [usize; 3] = [1, 16, 64];
/// Batches that the decisions are spread over.
const SPREAD: usize = 100;

pub async fn run(args: Args) {
    let mut lines = Vec::new();
    if !args.only_postgres {
        lines.extend(on_sqlite(&args).await);
    }
    if let Some(server) = &args.server {
        lines.extend(on_postgres(&args, server).await);
    }
    let report = json!({ "machine": machine(), "lines": lines });
    if let Some(file) = &args.json {
        fs::write(file, serde_json::to_string_pretty(&report).unwrap()).unwrap();
    }
}

async fn on_sqlite(args: &Args) -> Vec<Value> {
    let site = Site::with_sqlite(args.decisions, SPREAD).await;
    let raw = limit::sqlite_loop(&site, args.decisions);
    println!("\nSQLite, synchronous=FULL; the loop with one commit per decision does {raw:.0}/s");
    measure(&site, "sqlite", |_, _| raw)
}

async fn on_postgres(args: &Args, server: &str) -> Vec<Value> {
    let site = Site::with_postgres(server, args.decisions, SPREAD).await;
    let hot = limit::pgbench(&site, args.seconds, &[1, 2, 4, 8, 16], limit::Batches::One);
    let spread = limit::pgbench(&site, args.seconds, &[16], limit::Batches::Many);
    let one = limit::pgbench_single_statement(&site, args.seconds, &[4, 16]);
    let best = |runs: &[(u32, f64)]| runs.iter().map(|(_, tps)| *tps).fold(0.0, f64::max);
    println!("\nPostgreSQL; pgbench with the same statements on one batch: {}", widths(&hot));
    println!(
        "  spread over {SPREAD} batches: {}; all in one statement, one batch: {}",
        widths(&spread),
        widths(&one)
    );
    measure(&site, "postgres", |_, is_spread| if is_spread { best(&spread) } else { best(&hot) })
}

fn widths(runs: &[(u32, f64)]) -> String {
    runs.iter().map(|(width, tps)| format!("{width}: {tps:.0}/s")).collect::<Vec<_>>().join("  ")
}

fn measure(site: &Site, database: &str, limit: impl Fn(usize, bool) -> f64) -> Vec<Value> {
    println!(
        "{:>28} {:>10} {:>9} {:>9} {:>9} {:>7} {:>8}",
        "", "per s", "median", "p99", "limit", "ratio", "MB"
    );
    let service = site.serve();
    let mut lines = Vec::new();
    for is_spread in [false, true] {
        for connections in CROWDS {
            let cases = site.cases(is_spread, connections);
            let figures = load::endorse(&service, cases, connections);
            let limit = limit(connections, is_spread);
            lines.push(line(database, is_spread, connections, &figures, limit, service.resident_megabytes()));
        }
    }
    drop(service);
    assert!(site.verifies(), "verify finds the database broken after the run");
    lines
}

fn line(
    database: &str,
    is_spread: bool,
    connections: usize,
    figures: &Figures,
    limit: f64,
    megabytes: f64,
) -> Value {
    let what = if is_spread { "100 batches" } else { "one batch" };
    let ratio = figures.per_second / limit;
    println!(
        "{:>28} {:>10.0} {:>6.1} ms {:>6.1} ms {:>9.0} {:>7.2} {:>8.0}",
        format!("{what}, {connections} connections"),
        figures.per_second,
        figures.median_ms,
        figures.p99_ms,
        limit,
        ratio,
        megabytes
    );
    json!({
        "database": database, "batches": if is_spread { SPREAD } else { 1 }, "connections": connections,
        "per_second": figures.per_second, "median_ms": figures.median_ms, "p99_ms": figures.p99_ms,
        "limit_per_second": limit, "ratio": ratio, "resident_megabytes": megabytes,
    })
}

fn machine() -> Value {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name\t: ")).unwrap_or("unknown");
    json!({ "cpu": model, "cores": std::thread::available_parallelism().map_or(0, usize::from) })
}
