//! One connection type for both databases.

use diesel::{PgConnection, SqliteConnection};

/// A connection to either database. `dialect.rs` has what they do differently.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// `postgres://…`
    Postgres(PgConnection),
    /// `sqlite://…`
    Sqlite(SqliteConnection),
}
