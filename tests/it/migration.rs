//! Migrations: the first instance that starts migrates the database, and an older version refuses a newer database.

use std::process::{Child, Command, Stdio};

use diesel::{Connection, PgConnection, RunQueryDsl, SqliteConnection, sql_query};

use crate::world::{Storage, postgres_server};

fn storages() -> Vec<Storage> {
    let mut storages = vec![Storage::with_sqlite()];
    storages.extend(postgres_server().map(|server| Storage::with_postgres(&server)));
    storages
}

fn corridor(storage: &Storage, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_corridor"));
    command.env_clear().env("CORRIDOR_DATABASE_URL", storage.database_url());
    command.env("CORRIDOR_DATA_DIR", storage.folder()).args(arguments);
    command
}

fn run_on(url: &str, statement: &str) {
    match url.strip_prefix("sqlite://") {
        Some(file) => sql_query(statement).execute(&mut SqliteConnection::establish(file).unwrap()),
        None => sql_query(statement).execute(&mut PgConnection::establish(url).unwrap()),
    }
    .unwrap();
}

#[test]
fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    for storage in storages() {
        assert!(corridor(&storage, &["migrate"]).status().unwrap().success());
        run_on(
            &storage.database_url(),
            "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')",
        );
        for command in [["serve", "--listen=127.0.0.1:0"], ["verify", "--json"], ["migrate", "--json"]] {
            let refused = corridor(&storage, &command).output().unwrap();
            assert_eq!(refused.status.code(), Some(1), "{command:?}");
            let words = String::from_utf8(refused.stderr).unwrap();
            assert!(
                words.contains("migration 29990101000000, which this version does not know"),
                "{command:?} says {words}"
            );
        }
    }
}

#[test]
fn instances_that_start_at_once_on_an_empty_database_do_not_conflict() {
    let Some(storage) = postgres_server().map(|server| Storage::with_postgres(&server)) else { return };
    let migrate = |_| -> Child { corridor(&storage, &["migrate"]).stderr(Stdio::piped()).spawn().unwrap() };
    let instances: Vec<Child> = (0..4).map(migrate).collect();
    for instance in instances {
        let ended = instance.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
}
