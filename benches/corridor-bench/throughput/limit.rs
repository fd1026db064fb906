//! The throughput of the databases without the service: the SQL statements of a decision, one round trip for each, the
//! hot row last, one commit per decision.

use std::{fs, path::Path, process::Command};

use super::sqlite_loop;
use crate::{installation::Installation, postgres::program, report::Limit};

pub const ONE_BATCH: &str = "pgbench, one batch";
pub const MANY_BATCHES: &str = "pgbench, 100 batches";
const ONE_STATEMENT: &str = "pgbench, one batch, all in one statement";

/// Decisions per second by pgbench: the same statements on one batch and on many batches, and one combined statement.
pub fn pgbench(installation: &Installation, seconds: u32) -> Vec<Limit> {
    let hot = "(SELECT id FROM batches WHERE name = 'Hot')";
    let of_case = "(SELECT batch_id FROM applications WHERE id = :id)";
    let decision = include_str!("decision.sql");
    [
        (ONE_BATCH, decision.replace("BATCH", ":hot"), "=", &[1, 2, 4, 8, 16][..]),
        (MANY_BATCHES, decision.replace("BATCH", of_case), "<>", &[16]),
        (ONE_STATEMENT, include_str!("decision_in_one.sql").replace("BATCH", ":hot"), "=", &[1, 4, 16]),
    ]
    .into_iter()
    .flat_map(|(what, script, operator, numbers_of_clients)| {
        // A copy of the database, so that the database of the service stays unchanged.
        let (server, name) = installation.database_url.rsplit_once('/').unwrap();
        let (admin, copy) = (format!("{server}/postgres"), format!("{name}_copy"));
        psql(&admin, &[&format!("CREATE DATABASE {copy} TEMPLATE {name}")]);
        let url = format!("{server}/{copy}");
        let numbered = format!(
            "CREATE TABLE bench_cases AS SELECT row_number() OVER () AS n, id FROM applications \
             WHERE batch_id {operator} {hot} AND state = 'in_review'"
        );
        psql(&url, &[&numbered, "CREATE UNIQUE INDEX ON bench_cases (n)", "VACUUM ANALYZE"]);
        let count = psql(&url, &["SELECT count(*) FROM bench_cases"]);
        let hot = psql(&url, &[&format!("SELECT id FROM batches WHERE id = {hot}")]);
        let file = installation.folder.join("decision.sql");
        let script = script.replace(":hot", &format!("'{}'", hot.trim())).replace("COUNT", count.trim());
        fs::write(&file, script).unwrap();
        let run = |clients: &usize| Limit {
            database: "PostgreSQL",
            what,
            clients: *clients,
            per_second: transactions_per_second(&url, &file, seconds, *clients),
        };
        let runs: Vec<Limit> = numbers_of_clients.iter().map(run).collect();
        psql(&admin, &[&format!("DROP DATABASE {copy} WITH (FORCE)")]);
        runs
    })
    .collect()
}

fn transactions_per_second(url: &str, script: &Path, seconds: u32, clients: usize) -> f64 {
    let output = Command::new(program("pgbench"))
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
        .args([format!("--client={clients}"), format!("--time={seconds}")])
        .arg(format!("--file={}", script.display()))
        .arg(url)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let line = line.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    line.split(' ').next().unwrap().parse().unwrap()
}

/// Decisions per second of a loop on a copy of the SQLite database.
pub fn sqlite(installation: &Installation, decisions: usize) -> f64 {
    let copy = installation.folder.join("loop.db");
    sqlite_loop::copy(&installation.folder.join("corridor.db"), &copy).unwrap();
    sqlite_loop::decisions_per_second(&copy, decisions).unwrap()
}

fn psql(url: &str, statements: &[&str]) -> String {
    let mut command = Command::new(program("psql"));
    command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", url]);
    for statement in statements {
        command.args(["--command", statement]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
