//! Another program on the database of a scenario.

use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};

use super::World;

/// A connection of another program.
pub enum Foreign {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Foreign {
    /// Connects to the database at `url`.
    pub fn to(url: &str) -> Self {
        match url.strip_prefix("sqlite://") {
            Some(file) => {
                let mut conn = SqliteConnection::establish(file).unwrap();
                conn.batch_execute("PRAGMA busy_timeout = 10000").unwrap();
                Self::Sqlite(conn)
            }
            None => Self::Postgres(PgConnection::establish(url).unwrap()),
        }
    }

    /// Runs statements.
    pub fn run(&mut self, statements: &str) {
        match self {
            Self::Sqlite(conn) => conn.batch_execute(statements).unwrap(),
            Self::Postgres(conn) => conn.batch_execute(statements).unwrap(),
        }
    }

    /// Keeps everybody else from writing, until `ROLLBACK`.
    pub fn lock_everything(&mut self) {
        self.run(match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => {
                "BEGIN; LOCK TABLE applications, events, batches, sessions, notifications, sign_in_failures, jobs \
                 IN EXCLUSIVE MODE"
            }
        });
    }
}

impl World {
    /// A connection of another program to this world's database.
    pub fn foreign(&self) -> Foreign {
        Foreign::to(&self.database_url())
    }

    /// Waits until this many transactions of the service wait for a lock of PostgreSQL.
    pub async fn until_waiting_for_locks(&self, count: usize) {
        let waiting = "SELECT convert_to('', 'UTF8') AS bytes FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.until("a transaction waits for a lock", async || self.bytes(waiting).len() >= count).await;
    }
}
