//! One connection type over both databases.

use diesel::{PgConnection, SqliteConnection};

/// Either database behind one type; see `dialect.rs` for what they do differently.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// `postgres://…`
    Postgres(PgConnection),
    /// `sqlite://…`
    Sqlite(SqliteConnection),
}
