//! A temporary database for each scenario: a file, or a database of the PostgreSQL server that `CORRIDOR_TEST_POSTGRES`
//! names (`./test` starts one).

use std::{
    cell::Cell,
    path::{Path, PathBuf},
};

use corridor::random;
use diesel::{Connection, PgConnection, RunQueryDsl, sql_query};

/// The data folder and database of a scenario's service.
pub struct Storage {
    folder: PathBuf,
    database: Database,
    /// Whether a copy has waited for SQLite to remove its log. It may stay, if the last two connections are closed at the
    /// same moment.
    has_waited: Cell<bool>,
}

/// The database.
enum Database {
    Sqlite,
    Postgres { server: String, name: String },
}

impl Storage {
    /// A folder with an SQLite file.
    pub fn with_sqlite() -> Self {
        Self { folder: fresh_folder(), database: Database::Sqlite, has_waited: Cell::default() }
    }

    /// A folder, and a database on the server at `server`.
    pub fn with_postgres(server: &str) -> Self {
        let (server, name) =
            (server.trim_end_matches('/').to_owned(), format!("corridor_{}", random::id().simple()));
        run_on(&server, &format!("CREATE DATABASE {name} TEMPLATE template0"));
        let database = Database::Postgres { server, name };
        Self { folder: fresh_folder(), database, has_waited: Cell::default() }
    }

    /// A copy of the folder and of the database, which nobody may be using.
    pub fn copied(&self) -> Self {
        let folder = fresh_folder();
        // SQLite removes its log when the last connection is closed, which may be a moment after the service has stopped.
        let log = self.folder.join("corridor.db-wal");
        let rounds = if self.has_waited.replace(true) { 20 } else { 500 };
        for _ in 0..rounds {
            if !log.exists() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        for entry in std::fs::read_dir(&self.folder).unwrap() {
            let name = entry.unwrap().file_name();
            super::saved_database::copy(&self.folder.join(&name), &folder.join(&name));
        }
        let database = match &self.database {
            Database::Sqlite => Database::Sqlite,
            Database::Postgres { server, name: original } => {
                let name = format!("corridor_{}", random::id().simple());
                // A service that has stopped may not have closed all of its connections yet.
                run_on(
                    server,
                    &format!(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{original}'"
                    ),
                );
                run_on(server, &format!("CREATE DATABASE {name} TEMPLATE {original}"));
                Database::Postgres { server: server.clone(), name }
            }
        };
        Self { folder, database, has_waited: Cell::default() }
    }

    /// The data folder: uploads, mail, keys.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The value of `CORRIDOR_DATABASE_URL`.
    pub fn database_url(&self) -> String {
        match &self.database {
            Database::Sqlite => format!("sqlite://{}", self.folder.join("corridor.db").display()),
            Database::Postgres { server, name } => format!("{server}/{name}"),
        }
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        if let Database::Postgres { server, name } = &self.database {
            // The scenario may have stopped the server.
            if let Ok(mut connection) = PgConnection::establish(&format!("{server}/postgres")) {
                // Closes the connections of a service that a failed test left running.
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                sql_query(drop).execute(&mut connection).unwrap();
            }
        }
    }
}

/// The server of `CORRIDOR_TEST_POSTGRES`, if there is one.
#[expect(clippy::disallowed_methods, reason = "the tests' own setting, none of the service's")]
pub fn postgres_server() -> Option<String> {
    std::env::var("CORRIDOR_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

fn fresh_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("corridor-world-{}", random::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn run_on(server: &str, statement: &str) {
    let mut connection = PgConnection::establish(&format!("{server}/postgres")).unwrap();
    sql_query(statement).execute(&mut connection).unwrap();
}
