//! Reads the messages in the outbox.

use diesel::{
    QueryableByName, RunQueryDsl, sql_query,
    sql_types::{BigInt, Text},
};

use super::database::Database;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = Text)]
    id: String,
}

/// The number of unsent messages.
pub fn unsent(database: &mut Database) -> i64 {
    number(database, "SELECT count(*) AS count FROM notifications WHERE state <> 'sent'")
}

/// The number that a statement selects as `count`.
fn number(database: &mut Database, sql: &str) -> i64 {
    let counts: Vec<Count> = match database {
        Database::Sqlite(connection) => sql_query(sql).load(connection).unwrap(),
        Database::Postgres(connection) => sql_query(sql).load(connection).unwrap(),
    };
    counts[0].count
}

/// The ids of all messages, as hexadecimal digits.
pub fn ids(database: &mut Database) -> Vec<String> {
    let rows: Vec<Id> = match database {
        Database::Sqlite(connection) => {
            sql_query("SELECT lower(hex(id)) AS id FROM notifications").load(connection).unwrap()
        }
        Database::Postgres(connection) => {
            sql_query("SELECT replace(id::text, '-', '') AS id FROM notifications").load(connection).unwrap()
        }
    };
    rows.into_iter().map(|row| row.id).collect()
}

/// The number of messages that are to be sent.
pub fn pending(database: &mut Database) -> i64 {
    number(database, "SELECT count(*) AS count FROM notifications WHERE state = 'pending'")
}

/// How many of the last messages were sent in a second.
pub fn rate_of_last(database: &mut Database, count: usize) -> f64 {
    let last = format!("(SELECT sent_at FROM notifications ORDER BY sent_at DESC LIMIT {count}) AS last");
    let milliseconds = match database {
        Database::Sqlite(_) => "(julianday(max(sent_at)) - julianday(min(sent_at))) * 86400000",
        Database::Postgres(_) => "extract(epoch FROM max(sent_at) - min(sent_at)) * 1000",
    };
    let milliseconds =
        number(database, &format!("SELECT CAST({milliseconds} AS BIGINT) AS count FROM {last}"));
    count as f64 * 1000.0 / milliseconds as f64
}
