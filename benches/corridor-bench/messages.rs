//! Reads the outbox.

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
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// The number of messages that are not sent yet.
pub fn unsent(database: &mut Database) -> i64 {
    let sql = "SELECT count(*) AS count FROM notifications WHERE state <> 'sent'";
    let counts: Vec<Count> = match database {
        Database::Sqlite(connection) => sql_query(sql).load(connection).unwrap(),
        Database::Postgres(connection) => sql_query(sql).load(connection).unwrap(),
    };
    counts[0].count
}

/// The ids of all messages ever written, as hexadecimal digits.
pub fn ids(database: &mut Database) -> Vec<String> {
    let names: Vec<Name> = match database {
        Database::Sqlite(connection) => {
            sql_query("SELECT lower(hex(id)) AS name FROM notifications").load(connection).unwrap()
        }
        Database::Postgres(connection) => {
            sql_query("SELECT replace(id::text, '-', '') AS name FROM notifications")
                .load(connection)
                .unwrap()
        }
    };
    names.into_iter().map(|name| name.name).collect()
}
