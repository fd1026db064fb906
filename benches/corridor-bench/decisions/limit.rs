//! What the databases do with the statements of one decision, without a service in front of them: a round trip for
//! each, the hot row last, and a commit for each decision.

use std::{
    fs,
    process::{Command, Stdio},
};

use super::site::Site;

/// Which batch's counters a decision moves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Batches {
    One,
    Many,
}

/// Decisions a second at each width, by pgbench with the statements of `decision.sql`.
pub fn pgbench(site: &Site, seconds: u32, widths: &[u32], batches: Batches) -> Vec<(u32, f64)> {
    let script = include_str!("decision.sql");
    let of_case = "(SELECT batch_id FROM applications WHERE id = :id)";
    let script = match batches {
        Batches::One => script.replace("BATCH", &format!("'{}'", site.hot)),
        Batches::Many => script.replace("BATCH", of_case),
    };
    run_pgbench(site, seconds, widths, &script, batches)
}

/// The same with everything in one statement.
pub fn pgbench_single_statement(site: &Site, seconds: u32, widths: &[u32]) -> Vec<(u32, f64)> {
    let script = include_str!("decision_in_one.sql").replace("BATCH", &format!("'{}'", site.hot));
    run_pgbench(site, seconds, widths, &script, Batches::One)
}

fn run_pgbench(site: &Site, seconds: u32, widths: &[u32], script: &str, batches: Batches) -> Vec<(u32, f64)> {
    let file = site.folder.join("decision.sql");
    let cases = if batches == Batches::One { "=" } else { "<>" };
    // A copy of the database, that the measured service finds its own as it was.
    let copy = format!("{}_pgbench", site.database_url);
    let name = |url: &str| url.rsplit('/').next().unwrap_or_default().to_owned();
    let server = site.database_url.rsplit_once('/').unwrap().0.to_owned();
    psql(&format!("{server}/postgres"), &format!("DROP DATABASE IF EXISTS {}", name(&copy)));
    psql(
        &format!("{server}/postgres"),
        &format!("CREATE DATABASE {} TEMPLATE {}", name(&copy), name(&site.database_url)),
    );
    psql(
        &copy,
        &format!(
            "CREATE TABLE bench_cases AS SELECT row_number() OVER () AS n, id FROM applications \
             WHERE batch_id {cases} '{}'; CREATE UNIQUE INDEX ON bench_cases (n); VACUUM ANALYZE",
            site.hot
        ),
    );
    let count = psql(&copy, "SELECT count(*) FROM bench_cases");
    fs::write(&file, script.replace("COUNT", count.trim())).unwrap();
    let tps = |width: &u32| {
        let output = Command::new(program("pgbench"))
            .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
            .args([
                format!("--client={width}"),
                format!("--time={seconds}"),
                format!("--file={}", file.display()),
            ])
            .arg(&copy)
            .output()
            .unwrap();
        let words = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = words.lines().find_map(|line| line.strip_prefix("tps = "));
        let line = line.unwrap_or_else(|| panic!("{words}{}", String::from_utf8_lossy(&output.stderr)));
        (*width, line.split(' ').next().unwrap().parse().unwrap())
    };
    let runs = widths.iter().map(tps).collect();
    psql(&format!("{server}/postgres"), &format!("DROP DATABASE {} WITH (FORCE)", name(&copy)));
    runs
}

/// Decisions a second of a loop on a copy of the SQLite database.
pub fn sqlite_loop(site: &Site, decisions: usize) -> f64 {
    let copy = site.folder.join("loop.db");
    site.back_up(&copy);
    let output = Command::new("python3")
        .args(["-c", include_str!("decision_loop.py")])
        .arg(&copy)
        .arg(decisions.to_string())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).trim().parse().unwrap()
}

fn psql(url: &str, statements: &str) -> String {
    let mut command = Command::new(program("psql"));
    command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname", url]);
    for statement in statements.split("; ") {
        command.args(["--command", statement]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// PostgreSQL's programs stand beside its server, not always in the path.
fn program(name: &str) -> String {
    let folder = Command::new("pg_config").arg("--bindir").output().ok();
    let folder =
        folder.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let full = format!("{folder}/{name}");
    if fs::exists(&full).unwrap_or_default() { full } else { name.to_owned() }
}
