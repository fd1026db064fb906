//! What the two databases do differently, side by side. Statements that only one of them needs stand where they are used.

use std::time::Duration;

use diesel::{
    IntoSql, OptionalExtension, PgConnection, RunQueryDsl,
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

/// Loads rows and locks them until the transaction ends, with these locks of PostgreSQL. SQLite needs none: it has one
/// writer.
///
/// ```text
/// locked!(tx.conn()?, due, for_update().skip_locked(), load)
/// ```
macro_rules! locked {
    ($conn:expr, $query:expr, $($lock:ident()).+, $load:ident) => {
        match $conn {
            $crate::store::connection::AnyConnection::Postgres(conn) => $query$(.$lock())+.$load(conn),
            $crate::store::connection::AnyConnection::Sqlite(conn) => $query.$load(conn),
        }
    };
}
pub(super) use locked;

/// Inserts rows into a table. PostgreSQL gets many rows in one statement, because each statement costs a round trip, and
/// each column as an array: the text of the statement does not depend on the number of rows, so it stays prepared. SQLite
/// gets one row at a time, because a short statement is the fastest there. So does PostgreSQL if there is only one row.
///
/// ```text
/// insert_rows!(conn, findings, rows, |row| { id: row.id, code: row.code })
/// ```
macro_rules! insert_rows {
    ($conn:expr, $table:ident, $rows:expr, |$row:ident| {
        $first:ident: $first_value:expr $(, $column:ident: $value:expr)* $(,)?
    }) => {
        match $conn {
            $crate::store::connection::AnyConnection::Postgres(conn) if $rows.len() > 1 => {
                let columns = (
                    $crate::store::dialect::column_array!($table::$first, $rows, |$row| $first_value),
                    $($crate::store::dialect::column_array!($table::$column, $rows, |$row| $value),)*
                );
                let insert = concat!(
                    "INSERT INTO ", stringify!($table), " (", stringify!($first), $(", ", stringify!($column),)*
                    ") SELECT * FROM unnest(",
                );
                $crate::store::statement::cached_sql_around(insert, columns, ")").execute(conn)?;
            }
            conn => {
                struct OfThisTable;
                $crate::store::dialect::on_either!(conn, |conn| {
                    for $row in $rows {
                        let insert = diesel::insert_into($table::table)
                            .values(($table::$first.eq($first_value), $($table::$column.eq($value),)*));
                        $crate::store::statement::always_same::<OfThisTable, _>(insert).execute(conn)?;
                    }
                })
            }
        }
    };
}
pub(super) use insert_rows;

/// The values of a column as one array of PostgreSQL.
///
/// ```text
/// column_array!(findings::id, rows, |row| row.id)
/// ```
macro_rules! column_array {
    ($table:ident::$column:ident, $rows:expr, |$row:ident| $value:expr) => {{
        let mut values = Vec::with_capacity($rows.len());
        #[allow(unused_variables, reason = "a column may have the same value in all rows")]
        for $row in $rows {
            values.push($value);
        }
        diesel::IntoSql::into_sql::<diesel::sql_types::Array<diesel::dsl::SqlTypeOf<$table::$column>>>(values)
    }};
}
pub(super) use column_array;

/// Loads the rows whose column has one of these ids. Without ids it asks for nothing.
///
/// ```text
/// load_any!(tx.conn()?, organisations::table, organisations::id, ids)
/// ```
macro_rules! load_any {
    ($conn:expr, $query:expr, $column:expr, $values:expr) => {
        match &$values[..] {
            [] => Vec::new(),
            ids => {
                let query = $query.filter($crate::store::one_of::one_of($column, ids));
                $crate::store::dialect::on_either!($conn, |conn| query.load(conn))?
            }
        }
    };
}
pub(super) use load_any;

/// Settings of a new SQLite connection. `FULL`: a commit is on the disk before the caller gets an answer.
pub(super) const SQLITE_SETTINGS: &str = "PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cache_size = -2000;";

/// Settings of SQLite's one writer. It caches more of the file, and keeps the journal of savepoints in memory. It
/// copies the log into the database itself only if the log has grown to 64 MB: another thread does that before. It
/// overwrites what is deleted with zeros, so that an erased case leaves nothing in the file.
pub(super) const SQLITE_WRITER: &str = "PRAGMA secure_delete = ON; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 16000;";

/// Copies SQLite's log into the database, as far as possible without waiting for a reader or the writer.
pub(super) const SQLITE_CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// A reader cannot write.
pub(super) const SQLITE_READ_ONLY: &str = "PRAGMA query_only = ON;";

/// Begins a transaction that will write. SQLite takes its write lock at once, so that the transaction cannot fail to
/// get it later.
pub(super) fn begin_write(conn: &mut AnyConnection) -> Result<(), DieselError> {
    let begin = if matches!(conn, AnyConnection::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" };
    control(conn, begin)
}

/// Commits the transaction. PostgreSQL answers the `COMMIT` of an aborted transaction with success, and rolls back. Unless
/// the transaction has just executed a statement, another one comes first: it fails then, and nothing after it is
/// executed.
pub(super) fn commit(conn: &mut AnyConnection, has_just_executed: bool) -> Result<(), DieselError> {
    let is_sqlite = matches!(conn, AnyConnection::Sqlite(_));
    control(conn, if is_sqlite || has_just_executed { "COMMIT" } else { "SELECT 1; COMMIT" })
}

/// Begins a transaction that sees one snapshot of the database.
pub(super) fn begin_read(conn: &mut AnyConnection) -> Result<(), DieselError> {
    let is_sqlite = matches!(conn, AnyConnection::Sqlite(_));
    control(conn, if is_sqlite { "BEGIN" } else { "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" })
}

/// Fails if the connection does not answer.
pub(super) fn ping(conn: &mut AnyConnection) -> Result<(), DieselError> {
    control(conn, "SELECT 1")
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

/// The lock of the instance that migrates. Earlier versions take it too.
const MIGRATION_LOCK: i64 = 8_217_430_165;

/// Prevents other instances from recording or changing the master keys until the transaction ends. SQLite has one
/// writer.
pub(super) fn lock_keys(conn: &mut AnyConnection) -> Result<(), DieselError> {
    match conn {
        AnyConnection::Postgres(conn) => conn.batch_execute("SELECT pg_advisory_xact_lock(8217430166)"),
        AnyConnection::Sqlite(_) => Ok(()),
    }
}

/// Whether the database has this table; a database that was not migrated does not.
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
    fn pg_try_advisory_lock(number: diesel::sql_types::BigInt) -> diesel::sql_types::Bool;
}

/// Prevents other instances from migrating until the connection is closed, unless another instance is migrating. On
/// SQLite the write lock does that.
pub(super) fn try_lock_migrations(conn: &mut PgConnection) -> Result<bool, DieselError> {
    diesel::select(pg_try_advisory_lock(MIGRATION_LOCK)).get_result(conn)
}

/// Who holds the lock of [`try_lock_migrations`]: the server process, and the address of its client.
pub(super) fn migrating_process(conn: &mut PgConnection) -> Result<Option<String>, DieselError> {
    let holder = sql::<Text>(
        "format('process %s of %s', l.pid, coalesce(host(a.client_addr), 'this machine')) FROM pg_locks l \
         LEFT JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted \
         AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND (l.classid::bigint << 32) + l.objid::bigint = ",
    );
    let holder = holder.bind::<BigInt, _>(MIGRATION_LOCK).sql(" LIMIT 1");
    diesel::select(holder).get_result(conn).optional()
}

/// Takes a lock of this number until the transaction ends, unless another transaction has it. On SQLite nobody else
/// writes meanwhile.
pub(super) fn try_lock(conn: &mut AnyConnection, number: i64) -> Result<bool, DieselError> {
    match conn {
        AnyConnection::Postgres(conn) => diesel::select(pg_try_advisory_xact_lock(number)).get_result(conn),
        AnyConnection::Sqlite(_) => Ok(true),
    }
}

/// After this time PostgreSQL checks whether a transaction that waits for a lock is in a deadlock.
pub(super) fn deadlock_timeout(conn: &mut AnyConnection) -> Result<Option<Duration>, DieselError> {
    let AnyConnection::Postgres(conn) = conn else { return Ok(None) };
    let setting = sql::<BigInt>("setting::bigint FROM pg_settings WHERE name = 'deadlock_timeout'");
    let milliseconds: i64 = diesel::select(setting).get_result(conn)?;
    Ok(u64::try_from(milliseconds).ok().map(Duration::from_millis))
}

/// Stores something that needs new space on PostgreSQL's disk, and removes it. It fails if the disk is full. SQLite
/// reports a full disk by itself.
pub(super) fn demand_space(conn: &mut AnyConnection) -> Result<(), DieselError> {
    let AnyConnection::Postgres(conn) = conn else { return Ok(()) };
    let may = sql::<Bool>("has_database_privilege(current_database(), 'TEMP')");
    if !diesel::select(may).get_result::<bool>(conn)? {
        return Ok(());
    }
    conn.batch_execute(
        "CREATE TEMP TABLE corridor_space AS SELECT repeat('x', 1000) FROM generate_series(1, 200); \
         DROP TABLE corridor_space",
    )
}

/// Whether PostgreSQL refuses every change: it is a standby, or its administrator has made it read-only.
pub(super) fn is_read_only(conn: &mut AnyConnection) -> Result<bool, DieselError> {
    let AnyConnection::Postgres(conn) = conn else { return Ok(false) };
    diesel::select(sql::<Bool>("current_setting('transaction_read_only') = 'on'")).get_result(conn)
}

/// Locks the tables that most changes need, as a change does, for a moment. It fails if another program keeps a lock on
/// a whole table. On SQLite a lock is on the whole file, and a writer meets it.
pub(super) fn lock_hot_tables(conn: &mut AnyConnection) -> Result<(), DieselError> {
    let AnyConnection::Postgres(conn) = conn else { return Ok(()) };
    let locked = conn.batch_execute(
        "BEGIN; LOCK TABLE applications, events, batches, batch_limits, quota_entries, authorizations, findings, \
         notifications, idempotency_keys, sessions, journey_checks IN ROW EXCLUSIVE MODE",
    );
    conn.batch_execute("ROLLBACK")?;
    locked
}

/// Updates the planner's statistics. PostgreSQL's autovacuum does that by itself. SQLite samples the tables that have
/// grown much, which takes milliseconds.
pub(super) fn refresh_statistics(conn: &mut AnyConnection) -> Result<(), DieselError> {
    match conn {
        AnyConnection::Postgres(_) => Ok(()),
        AnyConnection::Sqlite(conn) => conn.batch_execute("PRAGMA optimize = 0x10012"),
    }
}

/// What an error of the database means for the caller, as far as its kind says that.
impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, info) => of_kind(kind, info.message(), info.constraint_name()),
            DieselError::BrokenTransactionManager => {
                StoreError::Unavailable("the connection is broken".into())
            }
            error => StoreError::Broken(error.to_string()),
        }
    }
}

fn of_kind(kind: DatabaseErrorKind, message: &str, constraint: Option<&str>) -> StoreError {
    match kind {
        DatabaseErrorKind::UniqueViolation => StoreError::Duplicate(unique_name(message, constraint)),
        DatabaseErrorKind::CheckViolation => StoreError::Guarded(constraint.unwrap_or(message).to_owned()),
        DatabaseErrorKind::SerializationFailure => StoreError::Raced,
        // A server in recovery only reads, until it is promoted.
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::ReadOnlyTransaction => {
            StoreError::Unavailable(message.to_owned())
        }
        DatabaseErrorKind::ForeignKeyViolation
        | DatabaseErrorKind::NotNullViolation
        | DatabaseErrorKind::RestrictViolation
        | DatabaseErrorKind::ExclusionViolation => StoreError::Broken(format!("{kind:?}: {message}")),
        _ => of_sqlite(message).unwrap_or_else(|| StoreError::Unexplained(message.to_owned())),
    }
}

/// The errors of SQLite for which Diesel has no kind. Their messages are constants of the library, always in English.
/// PostgreSQL's messages depend on the server's settings.
fn of_sqlite(message: &str) -> Option<StoreError> {
    match message {
        // SQLITE_BUSY and SQLITE_LOCKED.
        "database is locked" | "database table is locked" => Some(StoreError::Raced),
        // SQLITE_FULL and SQLITE_IOERR: on a full disk the log's index cannot grow, which is reported as the latter.
        "database or disk is full" | "disk I/O error" => Some(StoreError::NoSpace(message.to_owned())),
        // SQLITE_READONLY, SQLITE_CANTOPEN and SQLITE_PROTOCOL.
        "attempt to write a readonly database" | "unable to open database file" | "locking protocol" => {
            Some(StoreError::Unavailable(message.to_owned()))
        }
        _ => None,
    }
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
    fn an_error_without_a_kind_is_not_judged_by_its_words() {
        let of = |message: &str| of_kind(DatabaseErrorKind::Unknown, message, None);
        for message in ["canceling statement due to lock timeout", "обнаружена взаимоблокировка"]
        {
            assert!(matches!(of(message), StoreError::Unexplained(_)), "{message}");
        }
        assert!(matches!(of("database or disk is full"), StoreError::NoSpace(_)));
    }

    #[test]
    fn a_unique_constraint_has_the_same_name_on_both_databases() {
        assert_eq!(
            unique_name("UNIQUE constraint failed: accounts.email_key", None),
            unique_name("duplicate key value violates …", Some("accounts_email_key_unique")),
        );
    }
}
