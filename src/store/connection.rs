//! One connection type over both databases.
#![expect(missing_docs, reason = "the derive makes public items that it does not document")]

use diesel::{PgConnection, SqliteConnection};

/// Either database behind one type; see `dialect.rs` for what they do differently.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// `postgres://…`
    Postgres(PgConnection),
    /// `sqlite://…`
    Sqlite(SqliteConnection),
}
