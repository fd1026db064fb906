//! Brings a database to the schema of this program, under a lock. Refuses a newer database.

use diesel::{
    Connection,
    backend::Backend,
    migration::{Migration, MigrationSource},
    pg::Pg,
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
/// that the transaction of each migration becomes a savepoint in it.
pub(super) fn migrate(conn: &mut AnyConnection) -> Result<usize, StoreError> {
    match conn {
        AnyConnection::Postgres(conn) => conn.transaction(|conn| {
            dialect::lock_migrations(conn)?;
            refuse_newer(conn)?;
            apply(conn, POSTGRES)
        }),
        // The write lock keeps other processes out.
        AnyConnection::Sqlite(conn) => conn.immediate_transaction(|conn| {
            refuse_newer(conn)?;
            apply(conn, SQLITE)
        }),
    }
}

/// Whether the database has every migration of this program and no other.
pub(super) fn is_current(conn: &mut AnyConnection) -> Result<bool, StoreError> {
    on_either!(conn, |conn| refuse_newer(conn))?;
    let broken = |e| StoreError::Broken(format!("the list of migrations cannot be read: {e}"));
    match conn {
        AnyConnection::Postgres(conn) => {
            conn.has_pending_migration(POSTGRES).map(|pending| !pending).map_err(broken)
        }
        AnyConnection::Sqlite(conn) => {
            conn.has_pending_migration(SQLITE).map(|pending| !pending).map_err(broken)
        }
    }
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
