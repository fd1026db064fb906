//! Statements that the service itself has no use for: to take indexes away while rows pour in, to make counters from
//! the ledger.

use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    sql_query,
    sql_types::{BigInt, Text},
};

/// A connection beside the service's own.
pub enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// An index, and the statement that makes it.
#[derive(QueryableByName)]
pub struct Index {
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub sql: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
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

    /// Every index that is no constraint's.
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

    /// The number that a statement gives as `count`.
    pub fn count(&mut self, sql: &str) -> i64 {
        let counts: Vec<Count> = match self {
            Self::Sqlite(connection) => sql_query(sql).load(connection).unwrap(),
            Self::Postgres(connection) => sql_query(sql).load(connection).unwrap(),
        };
        counts[0].count
    }

    /// The ids of all messages that were ever owed, as hexadecimal digits.
    pub fn ids_of_notifications(&mut self) -> Vec<String> {
        let names: Vec<Name> = match self {
            Self::Sqlite(connection) => {
                sql_query("SELECT lower(hex(id)) AS name FROM notifications").load(connection).unwrap()
            }
            Self::Postgres(connection) => {
                sql_query("SELECT replace(id::text, '-', '') AS name FROM notifications")
                    .load(connection)
                    .unwrap()
            }
        };
        names.into_iter().map(|name| name.name).collect()
    }
}
