//! A connection for the statements that only the benchmark needs: it drops indexes before rows are inserted, and sets
//! counters afterwards.

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection,
    sql_query, sql_types::Text,
};

/// A connection that is not one of the service's.
pub enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// An index, and the statement that creates it.
#[derive(QueryableByName)]
pub struct Index {
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub sql: String,
}

impl Database {
    pub fn open(url: &str) -> Self {
        match url.strip_prefix("sqlite://") {
            Some(file) => {
                let mut connection = SqliteConnection::establish(file).unwrap();
                connection.batch_execute("PRAGMA busy_timeout = 60000; PRAGMA cache_size = -400000").unwrap();
                Self::Sqlite(connection)
            }
            None => Self::Postgres(PgConnection::establish(url).unwrap()),
        }
    }

    pub fn run(&mut self, sql: &str) {
        match self {
            Self::Sqlite(connection) => connection.batch_execute(sql).unwrap(),
            Self::Postgres(connection) => connection.batch_execute(sql).unwrap(),
        }
    }

    /// Checkpoints SQLite's write-ahead log, so that this does not happen during the next measurement. PostgreSQL
    /// checkpoints by itself.
    pub fn checkpoint(&mut self) {
        if let Self::Sqlite(connection) = self {
            connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        }
    }

    /// Every index that does not belong to a constraint.
    pub fn indexes(&mut self) -> Vec<Index> {
        match self {
            Self::Sqlite(connection) => {
                sql_query("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
                    .load(connection)
                    .unwrap()
            }
            Self::Postgres(connection) => sql_query(
                "SELECT indexname::text AS name, indexdef AS sql FROM pg_indexes i WHERE schemaname = 'public'
                 AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)",
            )
            .load(connection)
            .unwrap(),
        }
    }
}
