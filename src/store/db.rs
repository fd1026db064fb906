//! The way to the database: `read`, `write`, and the one transaction each of them is.
//!
//! Readers have a pool. Writers wait in a queue (`writer.rs`): SQLite has one (its busy handler is no queue: measured,
//! many writers are slower and starve each other), PostgreSQL a few, so that callers wait in front of the database and
//! not on a row. Use cases get a [`Tx`] and never open a transaction, so that how commits are grouped is none of theirs.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool, mpsc},
    time::Duration,
};

use diesel::{
    Connection as _, PgConnection, SqliteConnection,
    connection::SimpleConnection,
    r2d2::{ConnectionManager, CustomizeConnection, HandleError, Pool},
};
use tokio::sync::{Semaphore, oneshot};

use super::{
    connection::AnyConnection,
    dialect::{self, POSTGRES_SETTINGS, SQLITE_READ_ONLY, SQLITE_SETTINGS, SQLITE_WRITER},
    migrate,
    programme::ProgrammeCache,
    tx::Tx,
    writer::{self, Waiting},
};
use crate::{
    domain::ids::ApplicationId,
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

impl StoreError {
    /// The same for somebody else who shares the fate.
    pub(super) fn copy(&self) -> Self {
        match self {
            Self::Unavailable(because) => Self::Unavailable(because.clone()),
            Self::Raced => Self::Raced,
            other => Self::Broken(other.to_string()),
        }
    }
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

type Connections = Pool<ConnectionManager<AnyConnection>>;

/// Which database.
enum Target {
    Postgres(String),
    Sqlite(String),
}

/// A handle to the database; clones share it.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    /// As many may read as there are connections for it; the others wait here.
    seats: Semaphore,
    /// Where those wait who want to write.
    queue: writer::Queue,
    sqlite_file: Option<PathBuf>,
    /// SQLite's log is kept short for as long as this is there.
    _log_keeper: Option<mpsc::Sender<()>>,
}

/// What readers and writers share.
pub(super) struct Shared {
    readers: Connections,
    /// Where writers connect to.
    target: Target,
    secret: Arc<Secret>,
    programmes: ProgrammeCache,
    /// Everything but the last that was written to SQLite's log is in the database too.
    pub(super) log_is_copied: AtomicBool,
}

/// Writers on PostgreSQL: while one commits, the next collects. More only wait for each other on the hot row.
const POSTGRES_WRITERS: u32 = 2;

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
    /// Opens `url` (`sqlite://path` or `postgres://…`) with `connections` for reading.
    pub fn open(url: &str, connections: u32, secret: Arc<Secret>) -> Result<Self, StoreError> {
        let sqlite_file = sqlite_path(url);
        let (target, readers, writers) = match &sqlite_file {
            Some(file) => {
                let path = openable(file)?;
                let readers = pool(&path, Customizer::SqliteReader, connections);
                (Target::Sqlite(path), readers, 1)
            }
            None => {
                let url = impatient(url);
                let readers = pool(&url, Customizer::Postgres, connections);
                (Target::Postgres(url), readers, POSTGRES_WRITERS)
            }
        };
        let log_is_copied = AtomicBool::new(false);
        let programmes = ProgrammeCache::default();
        let shared = Arc::new(Shared { readers, target, secret, programmes, log_is_copied });
        let queue = writer::start(&shared, writers)?;
        let log_keeper = sqlite_file.is_some().then(|| writer::keep_log_short(&shared)).transpose()?;
        let seats = Semaphore::new(connections as usize);
        Ok(Self { inner: Arc::new(Inner { shared, seats, queue, sqlite_file, _log_keeper: log_keeper }) })
    }

    /// The file, if the database is SQLite.
    pub fn sqlite_file(&self) -> Option<&PathBuf> {
        self.inner.sqlite_file.as_ref()
    }

    /// The keys of this installation.
    pub fn secret(&self) -> &Secret {
        &self.inner.shared.secret
    }

    /// Brings the schema up to date; returns how many migrations were applied.
    pub async fn migrate(&self) -> Result<usize, StoreError> {
        self.blocking(|shared| patiently(|| migrate::migrate(&mut shared.try_to_connect()?))).await
    }

    /// Brings up to date what the database knows of its tables, so that it finds the best way to their rows.
    pub async fn refresh_statistics(&self) -> Result<(), StoreError> {
        self.blocking(|shared| Ok(dialect::refresh_statistics(&mut shared.connect()?)?)).await
    }

    /// Whether the database answers and its schema is this binary's.
    pub async fn is_ready(&self) -> Result<bool, StoreError> {
        self.on_reader(|conn, _| migrate::is_current(conn)).await
    }

    /// Writes a consistent copy of an SQLite database to `file` while the service runs.
    pub async fn backup_sqlite(&self, file: PathBuf) -> Result<(), StoreError> {
        self.on_reader(move |conn, _| {
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
        self.on_reader(move |conn, shared| {
            dialect::begin_read(conn).map_err(StoreError::from)?;
            let result = work(&mut shared.tx(conn));
            roll_back(conn);
            result
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
        self.write_for(None, work).await
    }

    /// The same for a decision on one case: those that wait together are locked and read together.
    pub async fn write_case<T, E, F>(&self, case: ApplicationId, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Transient + Send + 'static,
    {
        self.write_for(Some(case), work).await
    }

    async fn write_for<T, E, F>(&self, case: Option<ApplicationId>, work: F) -> Result<T, E>
    where
        F: Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Transient + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        writer::enqueue(&self.inner.queue, Box::new(Waiting { case, work, result: None, answer }))?;
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Broken("a writer dropped a transaction".into()).into()))
    }

    async fn on_reader<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&mut AnyConnection, &Shared) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let closed = |_| StoreError::Unavailable("the service is stopping".into());
        let _seat = self.inner.seats.acquire().await.map_err(closed)?;
        self.blocking(move |shared| work(&mut *shared.readers.get().map_err(|_| no_connection())?, shared))
            .await
    }

    async fn blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Shared) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let shared = Arc::clone(&self.inner.shared);
        tokio::task::spawn_blocking(move || work(&shared))
            .await
            .unwrap_or_else(|e| Err(StoreError::Broken(format!("a transaction panicked: {e}")).into()))
    }
}

impl Shared {
    /// A connection that may write, for whoever keeps one of its own.
    pub(super) fn connect(&self) -> Result<AnyConnection, StoreError> {
        patiently(|| self.try_to_connect())
    }

    fn try_to_connect(&self) -> Result<AnyConnection, StoreError> {
        let (connected, settings) = match &self.target {
            Target::Postgres(url) => {
                (PgConnection::establish(url).map(AnyConnection::Postgres), Customizer::Postgres)
            }
            Target::Sqlite(path) => {
                (SqliteConnection::establish(path).map(AnyConnection::Sqlite), Customizer::SqliteWriter)
            }
        };
        let mut conn = connected.map_err(|_| no_connection())?;
        conn.batch_execute(&settings.settings())?;
        Ok(conn)
    }

    pub(super) fn tx<'a>(&'a self, conn: &'a mut AnyConnection) -> Tx<'a> {
        Tx::new(conn, &self.secret, &self.programmes)
    }
}

/// SQLite keeps everybody out for a moment while the last connection of whoever used the file before tidies up.
fn patiently<T>(mut work: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    for _ in 0..100 {
        match work() {
            Err(StoreError::Raced) => std::thread::sleep(Duration::from_millis(20)),
            ended => return ended,
        }
    }
    work()
}

/// What the cause says may hold the address with its password.
fn no_connection() -> StoreError {
    StoreError::Unavailable("no connection in time; is it there, is its address right?".into())
}

/// Ends a transaction of which nothing is to be kept. False: the connection is gone, and its transaction with it.
pub(super) fn roll_back(conn: &mut AnyConnection) -> bool {
    conn.batch_execute("ROLLBACK").is_ok()
}

/// The address, with a limit to how long connecting may take.
fn impatient(url: &str) -> String {
    if url.contains("connect_timeout=") {
        return url.to_owned();
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}connect_timeout=5")
}

fn pool(target: &str, customizer: Customizer, connections: u32) -> Connections {
    Pool::builder()
        .max_size(connections)
        .min_idle(Some(0))
        .connection_timeout(Duration::from_secs(5))
        .error_handler(Box::new(QuietErrors))
        .connection_customizer(Box::new(customizer))
        .build_unchecked(ConnectionManager::new(target))
}

/// The path of a database file that SQLite can open; it is made if need be.
fn openable(file: &Path) -> Result<String, StoreError> {
    let failed = |e: &dyn std::fmt::Display| StoreError::Unavailable(format!("{}: {e}", file.display()));
    make_private_file(file).map_err(|e| failed(&e))?;
    let path = file.display().to_string();
    SqliteConnection::establish(&path).map_err(|e| failed(&e))?;
    Ok(path)
}

fn sqlite_path(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite://").map(PathBuf::from)
}

#[derive(Debug)]
enum Customizer {
    Postgres,
    SqliteReader,
    SqliteWriter,
}

impl Customizer {
    fn settings(&self) -> String {
        match self {
            Self::Postgres => POSTGRES_SETTINGS.to_owned(),
            Self::SqliteWriter => format!("{SQLITE_SETTINGS} {SQLITE_WRITER}"),
            Self::SqliteReader => format!("{SQLITE_SETTINGS} {SQLITE_READ_ONLY}"),
        }
    }
}

impl CustomizeConnection<AnyConnection, diesel::r2d2::Error> for Customizer {
    fn on_acquire(&self, conn: &mut AnyConnection) -> Result<(), diesel::r2d2::Error> {
        conn.batch_execute(&self.settings()).map_err(diesel::r2d2::Error::QueryError)
    }
}

/// The caller is told of a failure to connect; the pool need not say it again, with the address in it.
#[derive(Debug)]
struct QuietErrors;

impl<E> HandleError<E> for QuietErrors {
    fn handle_error(&self, _: E) {}
}
