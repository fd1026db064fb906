//! The way to the database: `read`, `write`, and the one transaction each of them is.
//!
//! SQLite has one writer behind a queue and a pool of readers (its busy handler is not a queue: measured, many
//! writers are slower and starve each other). PostgreSQL has a pool; callers wait in front of it, not on a row.
//! Use cases get a [`Tx`] and never open a transaction, so that how commits are grouped can change without them.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use diesel::{
    Connection, SqliteConnection,
    connection::SimpleConnection,
    r2d2::{ConnectionManager, CustomizeConnection, HandleError, Pool, PooledConnection},
};
use tokio::sync::{Semaphore, oneshot};

use super::{
    connection::AnyConnection,
    dialect::{self, SQLITE_READ_ONLY, SQLITE_SETTINGS},
    migrate,
    programme::ProgrammeCache,
};
use crate::{
    private,
    secret::{Secret, SecretError},
};

/// What the database answered, in terms of what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Cannot be reached, or not in time: try again later.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// Somebody else was faster: the same transaction may succeed when tried again.
    #[error("another transaction was faster")]
    Raced,
    /// A unique constraint, by name.
    #[error("there is already such a row ({0})")]
    Duplicate(String),
    /// A CHECK, by name: a guard that should have been asked first.
    #[error("the database's guard {0} refused")]
    Guarded(String),
    /// The schema is from a later version of this program.
    #[error(
        "the database has migration {0}, which this version does not know: use the version that made it, or a later one"
    )]
    NewerDatabase(String),
    /// A sealed column does not open.
    #[error(transparent)]
    Sealed(#[from] SecretError),
    /// Anything else: a fault of ours or of the disk.
    #[error("the database failed: {0}")]
    Broken(String),
}

impl From<diesel::result::Error> for StoreError {
    fn from(error: diesel::result::Error) -> Self {
        dialect::interpret(error)
    }
}

/// An error of a use case that knows whether the same transaction may succeed when tried again.
pub trait Transient {
    /// Whether nothing but bad luck in timing stood in the way.
    fn is_transient(&self) -> bool;
}

impl Transient for StoreError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Raced)
    }
}

/// A transaction under way, with the keys that open its sealed columns.
pub struct Tx<'a> {
    pub(super) conn: &'a mut AnyConnection,
    pub(super) secret: &'a Secret,
    pub(super) programmes: &'a ProgrammeCache,
}

type Job = Box<dyn FnOnce(&mut AnyConnection) + Send>;
type Connections = Pool<ConnectionManager<AnyConnection>>;

/// A handle to the database; clones share it.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Connections,
    /// As many may be at the database as there are connections; the others wait here.
    seats: Semaphore,
    /// SQLite's one writer.
    writer: Option<std::sync::mpsc::SyncSender<Job>>,
    secret: Arc<Secret>,
    programmes: ProgrammeCache,
    sqlite_file: Option<PathBuf>,
}

/// How often a transaction that lost a race is tried in all.
const TRIES: u32 = 8;
/// Writers that may wait in SQLite's queue before a newcomer waits to enter it.
const WRITER_QUEUE: usize = 1024;

/// The database's file, if it is not there yet, and its folder: SQLite would make them for everybody to read.
fn make_private_file(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        private::make_folder(folder)?;
    }
    match private::create(file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

impl Db {
    /// Opens `url` (`sqlite://path` or `postgres://…`) with `connections` for reading (and, on PostgreSQL, writing).
    pub fn open(url: &str, connections: u32, secret: Arc<Secret>) -> Result<Self, StoreError> {
        let sqlite_file = sqlite_path(url);
        let (target, customizer, writer) = match &sqlite_file {
            Some(file) => {
                make_private_file(file).map_err(|e| {
                    StoreError::Unavailable(format!("{} cannot be made: {e}", file.display()))
                })?;
                let writer = sqlite_writer(file)?;
                (file.display().to_string(), Customizer::SqliteReader, Some(writer))
            }
            None => (url.to_owned(), Customizer::Postgres, None),
        };
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(0))
            .connection_timeout(Duration::from_secs(5))
            .error_handler(Box::new(QuietErrors))
            .connection_customizer(Box::new(customizer))
            .build_unchecked(ConnectionManager::new(target));
        let seats = Semaphore::new(connections as usize);
        let programmes = ProgrammeCache::default();
        Ok(Self { inner: Arc::new(Inner { pool, seats, writer, secret, programmes, sqlite_file }) })
    }

    /// The file, if the database is SQLite.
    pub fn sqlite_file(&self) -> Option<&PathBuf> {
        self.inner.sqlite_file.as_ref()
    }

    /// The keys of this installation.
    pub fn secret(&self) -> &Secret {
        &self.inner.secret
    }

    /// Brings the schema up to date; returns how many migrations were applied.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        self.on_writing_connection(|conn, _| migrate::migrate(conn)).await
    }

    /// Brings up to date what the database knows of its tables, so that it finds the best way to their rows.
    pub async fn refresh_statistics(&self) -> Result<(), StoreError> {
        self.on_writing_connection(|conn, _| Ok(dialect::refresh_statistics(conn)?)).await
    }

    /// Whether the database answers and its schema is this binary's.
    pub async fn is_ready(&self) -> Result<bool, StoreError> {
        self.on_pool(|conn, _| migrate::is_current(conn)).await
    }

    /// Writes a consistent copy of an SQLite database to `file` while the service runs.
    pub async fn backup_sqlite(&self, file: PathBuf) -> Result<(), StoreError> {
        self.on_pool(move |conn, _| {
            conn.batch_execute("PRAGMA query_only = OFF")?;
            let copied = diesel::RunQueryDsl::execute(
                diesel::sql_query("VACUUM INTO ?")
                    .bind::<diesel::sql_types::Text, _>(file.display().to_string()),
                conn,
            );
            conn.batch_execute(SQLITE_READ_ONLY)?;
            copied.map(|_| ()).map_err(StoreError::from)
        })
        .await
    }

    /// Runs `work` in a transaction that only reads.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.on_pool(move |conn, inner| {
            dialect::begin_read(conn).map_err(StoreError::from)?;
            let result = work(&mut inner.tx(conn));
            finish(conn, result)
        })
        .await
    }

    /// Runs `work` in a transaction that may write: all of it is kept, durably, or nothing. It may run more than
    /// once, when another transaction was faster.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Transient + Send + 'static,
    {
        self.on_writing_connection(move |conn, inner| {
            let mut tries = 1;
            loop {
                let result = inner.write_once(conn, &work);
                match result {
                    Err(error) if error.is_transient() && tries < TRIES => {
                        thread::sleep(Duration::from_millis(u64::from(tries) * 3));
                        tries += 1;
                    }
                    result => return result,
                }
            }
        })
        .await
    }

    async fn on_writing_connection<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut AnyConnection, &Inner) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let Some(writer) = &self.inner.writer else { return self.on_pool(work).await };
        let (answer, answered) = oneshot::channel();
        let inner = Arc::clone(&self.inner);
        let job: Job = Box::new(move |conn| {
            let _ = answer.send(work(conn, &inner));
        });
        match writer.try_send(job) {
            Ok(()) => {}
            Err(std::sync::mpsc::TrySendError::Full(_)) => {
                return Err(StoreError::Unavailable("too many writers are waiting".into()).into());
            }
            Err(std::sync::mpsc::TrySendError::Disconnected(_)) => {
                return Err(StoreError::Unavailable("the writer has stopped".into()).into());
            }
        }
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Broken("the writer dropped a transaction".into()).into()))
    }

    async fn on_pool<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut AnyConnection, &Inner) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let closed = |_| StoreError::Unavailable("the service is stopping".into());
        let _seat = self.inner.seats.acquire().await.map_err(closed)?;
        let inner = Arc::clone(&self.inner);
        let answer = tokio::task::spawn_blocking(move || {
            let mut conn = inner.connection()?;
            work(&mut conn, &inner)
        });
        answer
            .await
            .unwrap_or_else(|e| Err(StoreError::Broken(format!("a transaction panicked: {e}")).into()))
    }
}

impl Inner {
    fn connection(&self) -> Result<PooledConnection<ConnectionManager<AnyConnection>>, StoreError> {
        // What the pool says of it is the last backend's opinion of the other one's address.
        self.pool.get().map_err(|_| {
            StoreError::Unavailable("no connection in time; is it there, is its address right?".into())
        })
    }

    fn tx<'a>(&'a self, conn: &'a mut AnyConnection) -> Tx<'a> {
        Tx { conn, secret: &self.secret, programmes: &self.programmes }
    }

    fn write_once<T, E: From<StoreError>>(
        &self,
        conn: &mut AnyConnection,
        work: impl Fn(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        dialect::begin_write(conn).map_err(StoreError::from)?;
        let result = work(&mut self.tx(conn));
        finish(conn, result)
    }
}

/// Commits what succeeded, rolls back what failed.
pub(super) fn finish<T, E: From<StoreError>>(conn: &mut AnyConnection, result: Result<T, E>) -> Result<T, E> {
    match result {
        Ok(value) => match conn.batch_execute("COMMIT") {
            Ok(()) => Ok(value),
            Err(error) => {
                let _ = conn.batch_execute("ROLLBACK");
                Err(StoreError::from(error).into())
            }
        },
        Err(error) => {
            // If the connection is gone there is nothing to roll back, and the first error says so.
            let _ = conn.batch_execute("ROLLBACK");
            Err(error)
        }
    }
}

fn sqlite_path(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite://").map(PathBuf::from)
}

/// The thread that owns SQLite's one writing connection and takes jobs in the order they came.
fn sqlite_writer(file: &std::path::Path) -> Result<std::sync::mpsc::SyncSender<Job>, StoreError> {
    let mut conn = SqliteConnection::establish(&file.display().to_string())
        .map_err(|e| StoreError::Unavailable(format!("{}: {e}", file.display())))?;
    conn.batch_execute(SQLITE_SETTINGS)?;
    let (jobs, queue) = std::sync::mpsc::sync_channel::<Job>(WRITER_QUEUE);
    let mut conn = AnyConnection::Sqlite(conn);
    thread::Builder::new()
        .name("sqlite-writer".into())
        .spawn(move || {
            for job in queue {
                // A panic in one transaction must not take the writer away from all the others.
                let run = std::panic::AssertUnwindSafe(|| job(&mut conn));
                if std::panic::catch_unwind(run).is_err() {
                    let _ = conn.batch_execute("ROLLBACK");
                }
            }
        })
        .map_err(|e| StoreError::Unavailable(format!("no thread for the writer: {e}")))?;
    Ok(jobs)
}

#[derive(Debug)]
enum Customizer {
    Postgres,
    SqliteReader,
}

impl CustomizeConnection<AnyConnection, diesel::r2d2::Error> for Customizer {
    fn on_acquire(&self, conn: &mut AnyConnection) -> Result<(), diesel::r2d2::Error> {
        let settings = match self {
            Self::Postgres => {
                "SET TIME ZONE 'UTC'; SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
                 SET idle_in_transaction_session_timeout = '60s'"
                    .to_owned()
            }
            Self::SqliteReader => format!("{SQLITE_SETTINGS} {SQLITE_READ_ONLY}"),
        };
        conn.batch_execute(&settings).map_err(diesel::r2d2::Error::QueryError)
    }
}

/// The caller is told of a failure to connect; the pool need not say it again, with the address in it.
#[derive(Debug)]
struct QuietErrors;

impl<E> HandleError<E> for QuietErrors {
    fn handle_error(&self, _: E) {}
}
