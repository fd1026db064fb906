//! Connections to the database: a pool for readers, and one for each writer.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use diesel::{
    Connection as _, PgConnection, SqliteConnection,
    connection::SimpleConnection,
    r2d2::{ConnectionManager, CustomizeConnection, HandleError, Pool, PooledConnection},
};

use crate::{
    keyring::Keyring,
    private,
    store::{
        StoreError, Tx,
        case_key::CaseKeyCache,
        connection::AnyConnection,
        dialect::{self, POSTGRES_SETTINGS, SQLITE_READ_ONLY, SQLITE_SETTINGS, SQLITE_WRITER},
        migrate,
        programme_cache::ProgrammeCache,
    },
};

/// How long a reader or a connection attempt waits.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Which database.
pub(in crate::store) enum Target {
    /// The path of a file.
    Sqlite(String),
    /// A URL, with a time limit for connecting.
    Postgres(String),
}

impl Target {
    /// The database of `CORRIDOR_DATABASE_URL`.
    pub fn of(url: &str) -> Result<Self, StoreError> {
        match sqlite_file(url) {
            Some(file) => Self::sqlite(&file),
            None => Ok(Self::postgres(url)),
        }
    }

    /// A new connection that may write. Does not wait for another process that has SQLite's file locked.
    pub fn connect(&self) -> Result<AnyConnection, StoreError> {
        let (connected, used_for) = match self {
            Self::Postgres(url) => (PgConnection::establish(url).map(AnyConnection::Postgres), Use::Postgres),
            Self::Sqlite(path) => {
                (SqliteConnection::establish(path).map(AnyConnection::Sqlite), Use::SqliteWriter)
            }
        };
        let mut conn = connected.map_err(|_| no_connection())?;
        conn.batch_execute(&used_for.settings())?;
        Ok(conn)
    }

    /// Brings the schema up to date; returns how many migrations were applied.
    pub fn migrate(&self) -> Result<usize, StoreError> {
        retry_while_locked(|| migrate::migrate(&mut self.connect()?))
    }

    /// The database file, which is created if it does not exist.
    pub fn sqlite(file: &Path) -> Result<Self, StoreError> {
        let failed = |e: &dyn std::fmt::Display| StoreError::Unavailable(format!("{}: {e}", file.display()));
        create_private_file(file).map_err(|e| failed(&e))?;
        let path = file.display().to_string();
        SqliteConnection::establish(&path).map_err(|e| failed(&e))?;
        Ok(Self::Sqlite(path))
    }

    /// The server and database of a URL.
    pub fn postgres(url: &str) -> Self {
        if url.contains("connect_timeout=") {
            return Self::Postgres(url.to_owned());
        }
        let separator = if url.contains('?') { '&' } else { '?' };
        Self::Postgres(format!("{url}{separator}connect_timeout={}", CONNECT_TIMEOUT.as_secs()))
    }
}

/// The file of a URL of SQLite.
pub(in crate::store) fn sqlite_file(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite://").map(PathBuf::from)
}

/// Creates the database file and its folder, for this user alone. SQLite would let everybody read them.
fn create_private_file(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        private::make_folder(folder)?;
    }
    match private::create(file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// What readers and writers share.
pub(super) struct Connections {
    readers: Pool<ConnectionManager<AnyConnection>>,
    target: Target,
    pub keyring: Arc<Keyring>,
    programmes: ProgrammeCache,
    case_keys: CaseKeyCache,
    /// Set when the checkpoint thread has copied SQLite's log, all but what was written last.
    pub log_is_copied: AtomicBool,
}

impl Connections {
    /// At most `readers` connections for reading. The first is made when it is needed.
    pub fn new(target: Target, readers: u32, keyring: Arc<Keyring>) -> Self {
        let readers = match &target {
            Target::Sqlite(path) => pool(path, Use::SqliteReader, readers),
            Target::Postgres(url) => pool(url, Use::Postgres, readers),
        };
        Self {
            readers,
            target,
            keyring,
            programmes: ProgrammeCache::default(),
            case_keys: CaseKeyCache::default(),
            log_is_copied: AtomicBool::new(false),
        }
    }

    /// Which database.
    pub const fn target(&self) -> &Target {
        &self.target
    }

    /// A connection for reading, from the pool.
    pub fn reader(&self) -> Result<PooledConnection<ConnectionManager<AnyConnection>>, StoreError> {
        self.readers.get().map_err(|_| no_connection())
    }

    /// A new connection that may write.
    pub fn connect(&self) -> Result<AnyConnection, StoreError> {
        retry_while_locked(|| self.target.connect())
    }

    pub fn tx<'a>(&'a self, conn: &'a mut AnyConnection) -> Tx<'a> {
        Tx::new(conn, &self.keyring, &self.programmes, &self.case_keys)
    }
}

/// Retries for two seconds while SQLite's file is locked: the last connection of another process locks it for a moment
/// when it closes.
pub(in crate::store) fn retry_while_locked<T>(
    mut work: impl FnMut() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for _ in 0..100 {
        match work() {
            Err(StoreError::Raced) => std::thread::sleep(Duration::from_millis(20)),
            ended => return ended,
        }
    }
    work()
}

/// Rolls the transaction back. False: the connection is lost, and its transaction with it.
pub(super) fn roll_back(conn: &mut AnyConnection) -> bool {
    dialect::control(conn, "ROLLBACK").is_ok()
}

/// Without the cause, which may contain the address with its password.
fn no_connection() -> StoreError {
    StoreError::Unavailable("no connection in time; is it there, is its address right?".into())
}

fn pool(address: &str, used_for: Use, connections: u32) -> Pool<ConnectionManager<AnyConnection>> {
    Pool::builder()
        .max_size(connections)
        .min_idle(Some(0))
        .connection_timeout(CONNECT_TIMEOUT)
        .error_handler(Box::new(QuietErrors))
        .connection_customizer(Box::new(used_for))
        .build_unchecked(ConnectionManager::new(address))
}

/// What a connection is used for.
#[derive(Debug)]
enum Use {
    Postgres,
    SqliteReader,
    SqliteWriter,
}

impl Use {
    fn settings(&self) -> String {
        match self {
            Self::Postgres => POSTGRES_SETTINGS.to_owned(),
            Self::SqliteWriter => format!("{SQLITE_SETTINGS} {SQLITE_WRITER}"),
            Self::SqliteReader => format!("{SQLITE_SETTINGS} {SQLITE_READ_ONLY}"),
        }
    }
}

impl CustomizeConnection<AnyConnection, diesel::r2d2::Error> for Use {
    fn on_acquire(&self, conn: &mut AnyConnection) -> Result<(), diesel::r2d2::Error> {
        conn.batch_execute(&self.settings()).map_err(diesel::r2d2::Error::QueryError)
    }
}

/// The pool logs no failure to connect: the caller gets one, and the pool's would contain the address.
#[derive(Debug)]
struct QuietErrors;

impl<E> HandleError<E> for QuietErrors {
    fn handle_error(&self, _: E) {}
}
