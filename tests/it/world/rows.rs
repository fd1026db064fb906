//! The rows of the database, read and changed without the service.

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    sql_query,
    sql_types::{BigInt, Binary},
};

use super::{Case, World};

#[derive(QueryableByName)]
struct Bytes {
    #[diesel(sql_type = Binary)]
    bytes: Vec<u8>,
}

/// A connection that waits while the service writes.
fn sqlite(file: &str) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(file).unwrap();
    conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
    conn
}

/// Runs statements on a database without a service.
pub fn run_on(url: &str, statements: &str) {
    match url.strip_prefix("sqlite://") {
        Some(file) => SqliteConnection::establish(file).unwrap().batch_execute(statements),
        None => PgConnection::establish(url).unwrap().batch_execute(statements),
    }
    .unwrap();
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Whether a transaction of this PostgreSQL database waits for a lock.
pub fn waits_for_a_lock(url: &str) -> bool {
    let waiting = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let row: Count = sql_query(waiting).get_result(&mut PgConnection::establish(url).unwrap()).unwrap();
    row.count > 0
}

impl World {
    /// The result of a query; its only column is named `bytes`.
    pub fn bytes(&self, query: &str) -> Vec<Vec<u8>> {
        let url = self.database_url();
        let rows: Vec<Bytes> = match url.strip_prefix("sqlite://") {
            Some(file) => sql_query(query).load(&mut sqlite(file)).unwrap(),
            None => sql_query(query).load(&mut PgConnection::establish(&url).unwrap()).unwrap(),
        };
        rows.into_iter().map(|row| row.bytes).collect()
    }

    /// A case's id as an SQL literal.
    pub fn id_in_sql(&self, case: &Case) -> String {
        let id = case.id().0;
        if self.database_url().starts_with("sqlite") {
            format!("x'{}'", id.simple())
        } else {
            format!("'{id}'")
        }
    }

    /// The parameter of [`Self::run_with`], as text.
    pub fn text_parameter(&self) -> &'static str {
        if self.database_url().starts_with("sqlite") {
            "CAST($1 AS TEXT)"
        } else {
            "convert_from($1, 'UTF8')"
        }
    }

    /// The bytes of a text column.
    pub fn bytes_of(&self, column: &str) -> String {
        if self.database_url().starts_with("sqlite") {
            format!("CAST({column} AS BLOB)")
        } else {
            format!("convert_to({column}, 'UTF8')")
        }
    }

    /// Runs a statement. Returns the number of changed rows, or the database's error.
    pub fn run(&self, statement: &str) -> Result<usize, String> {
        let url = self.database_url();
        let changed = match url.strip_prefix("sqlite://") {
            Some(file) => sql_query(statement).execute(&mut sqlite(file)),
            None => sql_query(statement).execute(&mut PgConnection::establish(&url).unwrap()),
        };
        changed.map_err(|error| error.to_string())
    }

    /// Runs a statement whose one parameter (`?` in SQLite, `$1` in PostgreSQL) is `bytes`.
    pub fn run_with(&self, statement: &str, bytes: &[u8]) {
        let url = self.database_url();
        let changed = match url.strip_prefix("sqlite://") {
            Some(file) => {
                let statement = sql_query(statement.replace("$1", "?")).bind::<Binary, _>(bytes);
                statement.execute(&mut sqlite(file))
            }
            None => {
                let statement = sql_query(statement).bind::<Binary, _>(bytes);
                statement.execute(&mut PgConnection::establish(&url).unwrap())
            }
        };
        assert_eq!(changed.unwrap(), 1, "{statement}");
    }
}
