//! Opening a database with its key. The database knows its key, so a missing or another key is noticed before anything
//! is written. A database gets its first key from `corridor serve` or `corridor demo`, and only if it has none on record
//! and nothing in it is sealed.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{
    Db, StoreError,
    connection::AnyConnection,
    db::{Target, retry_while_locked, sqlite_file},
    dialect,
    key_proof::KnownKeys,
    migrate,
    purpose::Purpose,
};
use crate::keyring::{KeyError, Keyring};

/// Where the database and its key are.
#[derive(Clone)]
pub struct Opening {
    /// `sqlite://path` or `postgres://…`
    pub url: String,
    /// The number of connections for reading.
    pub readers: u32,
    /// The key file.
    pub key_file: PathBuf,
}

/// What happens if there is neither a key file nor anything that needs one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewKey {
    /// A key is made.
    Make,
    /// The command fails.
    Refuse,
}

impl Opening {
    /// The database file, if the database is SQLite.
    pub fn sqlite_file(&self) -> Option<PathBuf> {
        sqlite_file(&self.url)
    }

    /// Brings the schema up to date, and returns how many migrations were applied. A database that has no key yet needs
    /// none for that.
    pub async fn migrate(self) -> Result<usize, StoreError> {
        blocking(move || {
            self.compare()?;
            self.apply_migrations()
        })
        .await
    }

    /// Opens the database as it is, for commands that only read.
    pub async fn open_as_it_is(self) -> Result<Db, StoreError> {
        blocking(move || {
            let keyring = self.compare()?.ok_or_else(|| self.no_key())?;
            match self.sqlite_file().filter(|file| !file.exists()) {
                Some(file) => {
                    Err(StoreError::Unavailable(format!("there is no database at {}", file.display())))
                }
                None => self.with(keyring),
            }
        })
        .await
    }

    /// Migrates and opens the database, and records its key if that is not done yet.
    pub async fn open(self, new_key: NewKey, now: Timestamp) -> Result<Db, StoreError> {
        blocking(move || {
            // A refused key changes nothing, not even the schema.
            if self.compare()?.is_none() && new_key == NewKey::Refuse {
                return Err(self.no_key());
            }
            self.apply_migrations()?;
            let keyring = retry_while_locked(|| self.record_key(new_key, now))?;
            self.with(keyring)
        })
        .await
    }

    fn with(&self, keyring: Keyring) -> Result<Db, StoreError> {
        Db::open(&self.url, self.readers, keyring.into())
    }

    fn no_key(&self) -> StoreError {
        KeyError::NotMade { path: self.key_file.display().to_string() }.into()
    }

    /// Compares the key file with what the database knows about its key. Changes nothing. None: there is no key file, and
    /// the database needs none yet.
    fn compare(&self) -> Result<Option<Keyring>, StoreError> {
        if self.sqlite_file().is_some_and(|file| !file.exists()) {
            return Ok(Keyring::load(&self.key_file)?);
        }
        retry_while_locked(|| {
            let conn = &mut self.connect()?;
            migrate::refuse_newer_database(conn)?;
            let known = KnownKeys::read(conn)?;
            Ok(known.check(Keyring::load(&self.key_file)?, &self.key_file)?)
        })
    }

    fn apply_migrations(&self) -> Result<usize, StoreError> {
        Target::of(&self.url)?.migrate()
    }

    /// Records the key. If another process was faster, its key is used.
    fn record_key(&self, new_key: NewKey, now: Timestamp) -> Result<Keyring, StoreError> {
        let conn = &mut self.connect()?;
        dialect::begin_write(conn)?;
        dialect::lock_keys(conn)?;
        let known = KnownKeys::read(conn)?;
        let keyring = match (known.check(Keyring::load(&self.key_file)?, &self.key_file)?, new_key) {
            (Some(keyring), _) => keyring,
            (None, NewKey::Make) => {
                let keyring = Keyring::create(&self.key_file)?;
                tracing::warn!(
                    file = %self.key_file.display(),
                    "a new master key was made; save a copy of the file, in another place than the copies of the database"
                );
                keyring
            }
            (None, NewKey::Refuse) => return Err(self.no_key()),
        };
        known.record(conn, &keyring, now)?;
        dialect::commit(conn, false)?;
        Ok(keyring)
    }

    fn connect(&self) -> Result<AnyConnection, StoreError> {
        Target::of(&self.url)?.connect(Purpose::Migrate)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let failed = |e| StoreError::Broken(format!("opening the database panicked: {e}"));
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}
