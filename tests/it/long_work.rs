//! Migrations and audits take long, so the time limits of requests do not apply to them. An instance that starts during
//! a migration waits, and says why.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::Duration,
};

use corridor::workflow::verify;
use futures_util::future::join;

use crate::world::{Foreign, on_both_databases, on_postgres_with, postgres_server};

#[test]
fn a_migration_waits_for_another_one_and_says_so() {
    on_both_databases(async |world| {
        world.stop().await;
        // A database that is not migrated.
        let url = world.database_url();
        let mut foreign = if url.starts_with("sqlite") {
            let mut foreign = Foreign::to(&format!("{url}.new"));
            foreign.run("PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
            foreign
        } else {
            let mut foreign = world.foreign();
            foreign.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
            foreign.run("SELECT pg_advisory_lock(8217430165)");
            foreign
        };
        let mut migrate = world.corridor();
        if url.starts_with("sqlite") {
            migrate.env("CORRIDOR_DATABASE_URL", format!("{url}.new"));
        }
        let mut process =
            migrate.arg("migrate").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        let line = actix_web::web::block(move || log.find(|line| line.as_ref().unwrap().contains("waiting")));
        let line = line.await.unwrap().unwrap().unwrap();
        assert!(line.contains("another"), "{line}");
        foreign.run(if url.starts_with("sqlite") { "ROLLBACK" } else { "SELECT pg_advisory_unlock_all()" });
        assert!(process.wait().unwrap().success());
        if !url.starts_with("sqlite") {
            // It belongs to the database that is gone.
            std::fs::remove_file(world.folder().join("files/corridor-files")).unwrap();
        }
        world.start().await;
    });
}

#[test]
fn verify_waits_longer_than_a_request_may() {
    let Some(server) = postgres_server() else { return };
    on_postgres_with(&server, &crate::world::Setup::default(), async |world| {
        let batch = world.open_batch(5).await;
        world.submit(&batch, ["Ada"]).await;
        let mut foreign = world.foreign();
        foreign.run("BEGIN; LOCK TABLE quota_entries IN ACCESS EXCLUSIVE MODE");
        let release = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            foreign.run("ROLLBACK");
        };
        let (report, ()) = join(verify::verify(&world.db()), release).await;
        assert!(report.unwrap().breaks.is_empty());
    });
}
