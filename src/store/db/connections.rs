//! Connections to the database: pools for readers, and one connection for each writer.

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
        StoreError, Tx, case_key::CaseKeyCache, connection::AnyConnection, dialect, migrate,
        programme_cache::ProgrammeCache, purpose::Purpose,
    },
};

/// How long a reader or a connection attempt waits.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The options of a connection to PostgreSQL, unless the URL sets them: only a server that takes writes, and time limits
/// for a connection attempt and for a network that has stopped answering.
const CONNECTION_OPTIONS: [(&str, &str); 6] = [
    ("target_session_attrs", "read-write"),
    ("connect_timeout", "3"),
    ("tcp_user_timeout", "10000"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "2"),
    ("keepalives_count", "3"),
];

/// Which database.
pub(in crate::store) enum Target {
    /// The path of a file.
    Sqlite(String),
    /// A URL, with the options of the connection.
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

    /// A new connection. Does not wait for another process that has SQLite's file locked.
    pub fn connect(&self, purpose: Purpose) -> Result<AnyConnection, StoreError> {
        let (connected, settings) = match self {
            Self::Postgres(url) => {
                (PgConnection::establish(url).map(AnyConnection::Postgres), purpose.postgres_settings())
            }
            Self::Sqlite(path) => {
                (SqliteConnection::establish(path).map(AnyConnection::Sqlite), purpose.sqlite_settings())
            }
        };
        let mut conn = connected.map_err(|_| no_connection())?;
        conn.batch_execute(&settings)?;
        Ok(conn)
    }

    /// Brings the schema up to date; returns how many migrations were applied.
    pub fn migrate(&self) -> Result<usize, StoreError> {
        migrate::migrate(|| self.connect(Purpose::Migrate))
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
        let mut url = url.to_owned();
        for (name, value) in CONNECTION_OPTIONS {
            if !url.contains(&format!("{name}=")) {
                let separator = if url.contains('?') { '&' } else { '?' };
                url.push_str(&format!("{separator}{name}={value}"));
            }
        }
        Self::Postgres(url)
    }

    fn pool(&self, purpose: Purpose, connections: u32) -> ConnectionPool {
        let (address, settings) = match self {
            Self::Sqlite(path) => (path, purpose.sqlite_settings()),
            Self::Postgres(url) => (url, purpose.postgres_settings()),
        };
        Pool::builder()
            .max_size(connections)
            .min_idle(Some(0))
            .connection_timeout(CONNECT_TIMEOUT)
            .error_handler(Box::new(QuietErrors))
            .connection_customizer(Box::new(Settings(settings)))
            .build_unchecked(ConnectionManager::new(address))
    }
}

/// The file of a URL of SQLite.
pub(in crate::store) fn sqlite_file(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite://").map(PathBuf::from)
}
type ConnectionPool = Pool<ConnectionManager<AnyConnection>>;
type Pooled = PooledConnection<ConnectionManager<AnyConnection>>;

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

/// The maximum number of audits at a time.
const AUDITORS: u32 = 2;

/// What readers and writers share.
pub(super) struct Connections {
    readers: ConnectionPool,
    auditors: ConnectionPool,
    checker: ConnectionPool,
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
        Self {
            readers: target.pool(Purpose::Read, readers),
            auditors: target.pool(Purpose::Audit, AUDITORS),
            checker: target.pool(Purpose::Check, 1),
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

    /// A connection from the pool for this purpose.
    pub fn pooled(&self, purpose: Purpose) -> Result<Pooled, StoreError> {
        let pool = match purpose {
            Purpose::Audit => &self.auditors,
            Purpose::Check => &self.checker,
            Purpose::Read | Purpose::Write | Purpose::Migrate => &self.readers,
        };
        pool.get().map_err(|_| no_connection())
    }

    /// A new connection. Another process that has SQLite's file locked may delay it.
    pub fn connect(&self, purpose: Purpose) -> Result<AnyConnection, StoreError> {
        self.target.connect(purpose)
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

/// The settings of the connections of a pool.
#[derive(Debug)]
struct Settings(String);

impl CustomizeConnection<AnyConnection, diesel::r2d2::Error> for Settings {
    fn on_acquire(&self, conn: &mut AnyConnection) -> Result<(), diesel::r2d2::Error> {
        conn.batch_execute(&self.0).map_err(diesel::r2d2::Error::QueryError)
    }
}

/// The pool logs no failure to connect: the caller gets one, and the pool's would contain the address.
#[derive(Debug)]
struct QuietErrors;

impl<E> HandleError<E> for QuietErrors {
    fn handle_error(&self, _: E) {}
}
