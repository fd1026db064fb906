//! Brings a database to the schema of this program, under a lock. Refuses a newer database.

use std::{
    thread,
    time::{Duration, Instant},
};

use diesel::{
    Connection, RunQueryDsl,
    backend::Backend,
    dsl::sql,
    migration::{Migration, MigrationSource},
    pg::Pg,
    sql_types::Text,
    sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{
    StoreError,
    connection::AnyConnection,
    dialect::{self, on_either},
};

const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// Applies the missing migrations in one transaction, and returns how many. The transaction is opened by Diesel, so
/// that the transaction of each migration becomes a savepoint in it. Waits while another process migrates, or has locked
/// SQLite's file, and says so in the log.
pub(super) fn migrate(connect: impl Fn() -> Result<AnyConnection, StoreError>) -> Result<usize, StoreError> {
    let mut wait = Wait::default();
    loop {
        match try_to_migrate(&connect, &mut wait) {
            Err(StoreError::Raced) => wait.a_moment(|| "another process has locked the database file".into()),
            ended => return ended,
        }
    }
}

fn try_to_migrate(
    connect: &impl Fn() -> Result<AnyConnection, StoreError>,
    wait: &mut Wait,
) -> Result<usize, StoreError> {
    let mut conn = connect()?;
    if is_current(&mut conn)? {
        return Ok(0);
    }
    match &mut conn {
        AnyConnection::Postgres(conn) => {
            while !dialect::try_lock_migrations(conn)? {
                wait.a_moment(|| {
                    let holder = dialect::migrating_process(conn).ok().flatten().unwrap_or_default();
                    format!("another instance is migrating the database: {holder}")
                });
            }
            conn.transaction(|conn| {
                refuse_newer(conn)?;
                apply(conn, POSTGRES)
            })
        }
        // The write lock keeps other processes out.
        AnyConnection::Sqlite(conn) => conn.immediate_transaction(|conn| {
            refuse_newer(conn)?;
            apply(conn, SQLITE)
        }),
    }
}

/// Waits for another process.
#[derive(Default)]
struct Wait {
    begun: Option<Instant>,
    told: Option<Instant>,
}

impl Wait {
    /// How often the log says why.
    const TELL: Duration = Duration::from_secs(5);

    fn a_moment(&mut self, why: impl FnOnce() -> String) {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        if self.told.is_none_or(|told| told.elapsed() >= Self::TELL) {
            self.told = Some(Instant::now());
            let (why, seconds) = (why(), begun.elapsed().as_secs());
            tracing::warn!(why, seconds, "waiting until the database can be migrated");
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Whether the database has every migration of this program and no other. Only reads.
pub(super) fn is_current(conn: &mut AnyConnection) -> Result<bool, StoreError> {
    let known = known_versions()?;
    let applied = applied_versions(conn)?;
    match applied.iter().find(|version| !known.contains(version)) {
        Some(version) => Err(StoreError::NewerDatabase(version.clone())),
        None => Ok(known.iter().all(|version| applied.contains(version))),
    }
}

fn applied_versions(conn: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    if !dialect::has_table(conn, "__diesel_schema_migrations")? {
        return Ok(Vec::new());
    }
    let versions = sql::<Text>("version FROM __diesel_schema_migrations");
    Ok(on_either!(conn, |conn| diesel::select(versions).load(conn))?)
}

/// Fails if the database has a migration that this program does not know. An empty database has none.
pub(super) fn refuse_newer_database(conn: &mut AnyConnection) -> Result<(), StoreError> {
    // Listing the migrations would create the table.
    match dialect::has_table(conn, "__diesel_schema_migrations")? {
        true => on_either!(conn, |conn| refuse_newer(conn)),
        false => Ok(()),
    }
}

fn apply<DB: Backend>(
    conn: &mut impl MigrationHarness<DB>,
    migrations: EmbeddedMigrations,
) -> Result<usize, StoreError> {
    conn.run_pending_migrations(migrations)
        .map(|done| done.len())
        .map_err(|e| StoreError::Broken(format!("a migration failed, nothing was changed: {e}")))
}

fn refuse_newer<DB: Backend>(conn: &mut impl MigrationHarness<DB>) -> Result<(), StoreError> {
    let applied = conn
        .applied_migrations()
        .map_err(|e| StoreError::Broken(format!("the list of migrations cannot be read: {e}")))?;
    let known = known_versions()?;
    match applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
        Some(version) => Err(StoreError::NewerDatabase(version)),
        None => Ok(()),
    }
}

fn known_versions() -> Result<Vec<String>, StoreError> {
    let unreadable = |e| StoreError::Broken(format!("the migrations in this binary cannot be read: {e}"));
    let mut known = Vec::new();
    for migration in MigrationSource::<Pg>::migrations(&POSTGRES).map_err(unreadable)? {
        known.push(migration.name().version().to_string());
    }
    for migration in MigrationSource::<Sqlite>::migrations(&SQLITE).map_err(unreadable)? {
        known.push(migration.name().version().to_string());
    }
    Ok(known)
}
