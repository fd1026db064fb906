//! Connections to the database. Those for reading are kept and used again; a writer has one of its own. How many are
//! used at a time is decided by those who use them.
//!
//! No library for pools: the number of readers is bounded by the permits that they wait for anyway, and the statement
//! that begins a transaction shows whether an idle connection still works, which saves a round trip for each reading.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use diesel::{
    Connection as _, ConnectionError, PgConnection, QueryResult, SqliteConnection,
    connection::SimpleConnection,
};

use super::outage::Outage;
use crate::{
    keyring::Keyring,
    private,
    store::{
        StoreError, Tx, case_key::CaseKeyCache, connection::AnyConnection, dialect, migrate,
        programme_cache::ProgrammeCache, purpose::Purpose,
    },
};

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
        let mut conn = connected.map_err(|error| no_connection(&error))?;
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
    target: Arc<Target>,
    idle_readers: Idle,
    idle_auditors: Idle,
    idle_checkers: Idle,
    /// Whether the database is known to be away.
    pub outage: Arc<Outage>,
    pub keyring: Arc<Keyring>,
    programmes: ProgrammeCache,
    case_keys: CaseKeyCache,
    /// Set when the checkpoint thread has copied SQLite's log, all but what was written last.
    pub log_is_copied: AtomicBool,
}

/// Connections that wait to be used again, the one that was used last at the end.
#[derive(Default)]
struct Idle(Mutex<Vec<AnyConnection>>);

impl Idle {
    fn lock(&self) -> MutexGuard<'_, Vec<AnyConnection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    /// The first connection is made when it is needed.
    pub fn new(target: Target, keyring: Arc<Keyring>) -> Self {
        let target = Arc::new(target);
        Self {
            outage: Arc::new(Outage::new(&target)),
            target,
            idle_readers: Idle::default(),
            idle_auditors: Idle::default(),
            idle_checkers: Idle::default(),
            keyring,
            programmes: ProgrammeCache::default(),
            case_keys: CaseKeyCache::default(),
            log_is_copied: AtomicBool::new(false),
        }
    }

    /// Which database.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// A connection for reading on which `begin` has succeeded. An idle connection on which it fails was lost meanwhile,
    /// and another one is used. Give it back with [`Self::keep`], unless it is in an unknown state.
    pub fn reader(
        &self,
        purpose: Purpose,
        begin: impl Fn(&mut AnyConnection) -> QueryResult<()>,
    ) -> Result<AnyConnection, StoreError> {
        self.outage.refuse()?;
        loop {
            // Not in the condition, or the list would stay locked during the statement.
            let Some(mut idle) = self.idle(purpose).lock().pop() else { break };
            if begin(&mut idle).is_ok() {
                return Ok(idle);
            }
        }
        let mut conn = self.connect(purpose)?;
        begin(&mut conn).map_err(StoreError::from).map_err(StoreError::of_connection)?;
        Ok(conn)
    }

    /// Keeps a connection for the next reader.
    pub fn keep(&self, purpose: Purpose, conn: AnyConnection) {
        self.outage.works();
        self.idle(purpose).lock().push(conn);
    }

    fn idle(&self, purpose: Purpose) -> &Idle {
        match purpose {
            Purpose::Audit => &self.idle_auditors,
            Purpose::Check => &self.idle_checkers,
            Purpose::Read | Purpose::Write | Purpose::Migrate => &self.idle_readers,
        }
    }

    /// A new connection. Another process that has SQLite's file locked may delay it.
    pub fn connect(&self, purpose: Purpose) -> Result<AnyConnection, StoreError> {
        self.outage.refuse()?;
        let connected = self.target.connect(purpose);
        if let Err(StoreError::Unavailable(_)) = connected {
            self.do_not_answer();
        }
        connected
    }

    /// An attempt to connect has failed, or no answer has come in time.
    pub fn do_not_answer(&self) {
        if self.outage.begin() {
            for idle in [&self.idle_readers, &self.idle_auditors, &self.idle_checkers] {
                idle.lock().clear();
            }
        }
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
fn no_connection(error: &ConnectionError) -> StoreError {
    // Other messages of libpq may quote the URL, with its password.
    let told = error.to_string();
    let attempts: Vec<&str> = told.lines().filter(|line| line.starts_with("connection to server")).collect();
    let advice = "cannot connect; check that it runs and that its address is right";
    StoreError::Unavailable(match attempts[..] {
        [] => advice.to_owned(),
        _ => format!("{advice}: {}", attempts.join("; ")),
    })
}
