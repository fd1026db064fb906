//! Everything that the two databases do differently, side by side.

use diesel::{
    IntoSql, PgConnection, RunQueryDsl,
    connection::SimpleConnection,
    dsl::sql,
    result::{DatabaseErrorKind, Error as DieselError},
    sql_types::{BigInt, Bool, Text},
};

use super::{
    StoreError,
    connection::AnyConnection,
    statement::{cached_sql, cached_sql_around},
};
use crate::digest::sha256;

/// Runs the same expression with the concrete connection of either database, for what `MultiConnection` does not
/// support (`on_conflict`, inserting a `Vec` of rows).
///
/// ```text
/// on_either!(tx.conn()?, |conn| findings::table.find(id).first(conn))
/// ```
macro_rules! on_either {
    ($conn:expr, |$each:ident| $body:expr) => {
        match $conn {
            $crate::store::connection::AnyConnection::Postgres($each) => $body,
            $crate::store::connection::AnyConnection::Sqlite($each) => $body,
        }
    };
}
pub(super) use on_either;

/// Inserts rows into a table; `$values` turns a row into its columns. PostgreSQL gets many rows in one statement,
/// because each statement costs a round trip. SQLite gets one row at a time, because a short statement stays prepared.
/// So does PostgreSQL if there is only one row.
///
/// ```text
/// insert_rows!(conn, findings::table, rows, |row| (findings::id.eq(row.id), findings::code.eq(row.code)))
/// ```
macro_rules! insert_rows {
    ($conn:expr, $table:expr, $rows:expr, |$row:ident| $values:expr) => {
        match $conn {
            $crate::store::connection::AnyConnection::Postgres(conn) if $rows.len() > 1 => {
                let values: Vec<_> = $rows.iter().map(|$row| $values).collect();
                diesel::insert_into($table).values(values).execute(conn)?;
            }
            conn => $crate::store::dialect::on_either!(conn, |conn| {
                for $row in $rows {
                    diesel::insert_into($table).values($values).execute(conn)?;
                }
            }),
        }
    };
}
pub(super) use insert_rows;

/// Loads the rows whose column has one of these values. One value alone gets a statement of its own, which stays
/// prepared: SQLite plans a statement with a list again each time.
///
/// ```text
/// load_any!(tx.conn()?, organisations::table, organisations::id, ids)
/// ```
macro_rules! load_any {
    ($conn:expr, $query:expr, $column:expr, $values:expr) => {
        match $values[..] {
            [] => Vec::new(),
            [one] => {
                let query = $query.filter($column.eq(one));
                $crate::store::dialect::on_either!($conn, |conn| query.load(conn))?
            }
            ref several => {
                let query = $query.filter($column.eq_any(several));
                $crate::store::dialect::on_either!($conn, |conn| query.load(conn))?
            }
        }
    };
}
pub(super) use load_any;

/// Settings of a new SQLite connection. `FULL`: a commit is on the disk before the caller gets an answer.
pub(super) const SQLITE_SETTINGS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -2000;";

/// Settings of SQLite's one writer. It caches more of the file, and keeps the journal of savepoints in memory. It
/// copies the log into the database itself only if the log has grown to 64 MB: another thread does that before. It
/// overwrites what is deleted with zeros, so that an erased case leaves nothing in the file.
pub(super) const SQLITE_WRITER: &str = "PRAGMA secure_delete = ON; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 16000;";

/// Copies SQLite's log into the database, as far as possible without waiting for a reader or the writer.
pub(super) const SQLITE_CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// Settings of a new PostgreSQL connection: every wait has a limit.
pub(super) const POSTGRES_SETTINGS: &str = "SET TIME ZONE 'UTC'; SET statement_timeout = '30s'; \
     SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'";

/// A reader cannot write.
pub(super) const SQLITE_READ_ONLY: &str = "PRAGMA query_only = ON;";

/// Begins a transaction that will write. SQLite takes its write lock at once, so that the transaction cannot fail to
/// get it later.
pub(super) fn begin_write(conn: &mut AnyConnection) -> Result<(), DieselError> {
    let begin = if matches!(conn, AnyConnection::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" };
    control(conn, begin)
}

/// Commits the transaction. PostgreSQL answers the `COMMIT` of an aborted transaction with success, and rolls back. The
/// statement before it fails then, and nothing after it is executed.
pub(super) fn commit(conn: &mut AnyConnection) -> Result<(), DieselError> {
    let is_sqlite = matches!(conn, AnyConnection::Sqlite(_));
    control(conn, if is_sqlite { "COMMIT" } else { "SELECT 1; COMMIT" })
}

/// Begins a transaction that sees one snapshot of the database.
pub(super) fn begin_read(conn: &mut AnyConnection) -> Result<(), DieselError> {
    let is_sqlite = matches!(conn, AnyConnection::Sqlite(_));
    control(conn, if is_sqlite { "BEGIN" } else { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" })
}

/// Undoes everything since `SAVEPOINT job`, and removes it. On PostgreSQL in one round trip.
pub(super) fn undo_savepoint(conn: &mut AnyConnection) -> Result<(), DieselError> {
    if let AnyConnection::Postgres(conn) = conn {
        return conn.batch_execute("ROLLBACK TO SAVEPOINT job; RELEASE SAVEPOINT job");
    }
    control(conn, "ROLLBACK TO SAVEPOINT job")?;
    control(conn, "RELEASE SAVEPOINT job")
}

/// Executes a statement that controls the transaction. On SQLite it stays prepared. PostgreSQL has nothing to plan.
pub(super) fn control(conn: &mut AnyConnection, statement: &'static str) -> Result<(), DieselError> {
    match conn {
        AnyConnection::Postgres(conn) => conn.batch_execute(statement),
        AnyConnection::Sqlite(conn) => cached_sql(statement).execute(conn).map(|_| ()),
    }
}

/// Prevents others from submitting the same travel document until the transaction ends. SQLite has one writer. The
/// lock's number is a plain hash: it is in memory only, and for the time of the transaction.
pub(super) fn lock_document(conn: &mut AnyConnection, document: &str) -> Result<(), DieselError> {
    if let AnyConnection::Postgres(conn) = conn {
        let hash = sha256(format!("corridor document {document}").as_bytes());
        let number = hash.first_chunk().map_or(0, |first| i64::from_be_bytes(*first));
        cached_sql_around("SELECT pg_advisory_xact_lock(", number.into_sql::<BigInt>(), ")").execute(conn)?;
    }
    Ok(())
}

/// Prevents other instances from migrating until the transaction ends. On SQLite the write lock does that.
pub(super) fn lock_migrations(conn: &mut PgConnection) -> Result<(), DieselError> {
    conn.batch_execute("SELECT pg_advisory_xact_lock(8217430165)")
}

/// Prevents other instances from recording or changing the master keys until the transaction ends. SQLite has one
/// writer.
pub(super) fn lock_keys(conn: &mut AnyConnection) -> Result<(), DieselError> {
    match conn {
        AnyConnection::Postgres(conn) => conn.batch_execute("SELECT pg_advisory_xact_lock(8217430166)"),
        AnyConnection::Sqlite(_) => Ok(()),
    }
}

/// Whether the database has this table; one that was not migrated has none.
pub(super) fn has_table(conn: &mut AnyConnection, name: &'static str) -> Result<bool, DieselError> {
    match conn {
        AnyConnection::Postgres(conn) => {
            diesel::select(sql::<Bool>("to_regclass(").bind::<Text, _>(name).sql(") IS NOT NULL"))
                .get_result(conn)
        }
        AnyConnection::Sqlite(conn) => {
            let found = sql::<Bool>("EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ");
            diesel::select(found.bind::<Text, _>(name).sql(")")).get_result(conn)
        }
    }
}

#[diesel::declare_sql_function]
extern "SQL" {
    fn pg_try_advisory_xact_lock(number: diesel::sql_types::BigInt) -> diesel::sql_types::Bool;
}

/// Takes a lock of this number until the transaction ends, unless another transaction has it. On SQLite nobody else
/// writes meanwhile.
pub(super) fn try_lock(conn: &mut AnyConnection, number: i64) -> Result<bool, DieselError> {
    match conn {
        AnyConnection::Postgres(conn) => diesel::select(pg_try_advisory_xact_lock(number)).get_result(conn),
        AnyConnection::Sqlite(_) => Ok(true),
    }
}

/// Updates the planner's statistics. PostgreSQL's autovacuum does that by itself. SQLite samples the tables that have
/// grown much, which takes milliseconds.
pub(super) fn refresh_statistics(conn: &mut AnyConnection) -> Result<(), DieselError> {
    match conn {
        AnyConnection::Postgres(_) => Ok(()),
        AnyConnection::Sqlite(conn) => conn.batch_execute("PRAGMA optimize = 0x10012"),
    }
}

/// What an error of the database means for the caller.
impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                StoreError::Duplicate(unique_name(info.message(), info.constraint_name()))
            }
            DieselError::DatabaseError(DatabaseErrorKind::CheckViolation, info) => {
                StoreError::Guarded(info.constraint_name().unwrap_or_else(|| info.message()).to_owned())
            }
            DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => StoreError::Raced,
            DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, info) => {
                StoreError::Unavailable(info.message().to_owned())
            }
            DieselError::DatabaseError(kind, info) => {
                let message = info.message();
                // Diesel has no kind for PostgreSQL's 40P01 and 55P03 (NOWAIT), and SQLite's SQLITE_BUSY.
                let raced = ["deadlock detected", "database is locked", "could not obtain lock on row"];
                if raced.iter().any(|sign| message.contains(sign)) {
                    StoreError::Raced
                } else if is_connection_failure(message) || message.contains("due to lock timeout") {
                    StoreError::Unavailable(message.to_owned())
                } else {
                    StoreError::Broken(format!("{kind:?}: {message}"))
                }
            }
            DieselError::BrokenTransactionManager => {
                StoreError::Unavailable("the connection is broken".into())
            }
            error => StoreError::Broken(error.to_string()),
        }
    }
}

fn is_connection_failure(message: &str) -> bool {
    const SIGNS: [&str; 8] = [
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "could not connect",
        "connection to server",
        "the database system is",
        "could not receive data",
        "could not send data",
    ];
    SIGNS.iter().any(|sign| message.contains(sign))
}

/// The name of a unique constraint. PostgreSQL reports it. SQLite reports the columns: `UNIQUE constraint failed:
/// accounts.email_key`.
fn unique_name(message: &str, constraint: Option<&str>) -> String {
    if let Some(name) = constraint {
        return name.to_owned();
    }
    let columns = message.rsplit(": ").next().unwrap_or(message);
    match columns {
        "organisations.code" => "organisations_code_unique",
        "accounts.email_key" => "accounts_email_key_unique",
        "api_clients.client_id" => "api_clients_client_id_unique",
        "batches.programme_code, batches.name" => "batches_name_unique",
        "applications.reference" => "applications_reference_unique",
        "applications.programme_code, applications.live_document_hash" => {
            "applications_one_live_case_per_document"
        }
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_timeout_is_unavailable() {
        let message = "canceling statement due to lock timeout".to_owned();
        let error =
            StoreError::from(DieselError::DatabaseError(DatabaseErrorKind::Unknown, Box::new(message)));
        assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    }

    #[test]
    fn a_unique_constraint_has_the_same_name_on_both_databases() {
        assert_eq!(
            unique_name("UNIQUE constraint failed: accounts.email_key", None),
            unique_name("duplicate key value violates …", Some("accounts_email_key_unique")),
        );
    }
}
