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
    let sql = "SELECT count(*) AS count FROM notifications WHERE state <> 'sent'";
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
