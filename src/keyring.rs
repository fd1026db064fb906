//! The keys of an installation, by purpose and version. A version is a master key: one line of the key file. For each
//! purpose a key is derived from it. The key of a case is random, and is stored sealed under a master key
//! (`docs/decisions/0003-case-keys.md`).
//!
//! The database says which version is current: new values are sealed, hashes and forms made, and tokens signed with it. A
//! sealed value and a hash name their key, so older ones stay readable as long as the file has their line.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use aws_lc_rs::hmac;
use jiff::Timestamp;

use crate::random;

mod case_key;
mod checkpoint;
mod cipher;
mod error;
mod file;
mod file_key;
mod history;
mod master_key;

pub use case_key::{CaseKey, WrappedKey};
pub use error::KeyError;
pub use file_key::{CHUNK, ChunkOpener, ChunkSealer, FileKey, Part, SEALED_CHUNK};
pub use master_key::KeyId;
use master_key::MasterKey;

/// The first byte of a value that is sealed under a master key; the key's id follows.
const UNDER_MASTER_KEY: u8 = 1;

/// An unknown key makes the keyring read the key file again, at most once in this time.
const RELOAD: Duration = Duration::from_secs(1);

/// A version of the master key: which key is current since when. The database has one row per version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// From 1.
    pub number: i32,
    /// The master key.
    pub key: KeyId,
    /// When it became current.
    pub activated_at: Timestamp,
    /// What identifies this key ([`Keyring::check_of`]). None: the database is of an earlier version.
    pub check: Option<Vec<u8>>,
}

/// The keys of an installation.
pub struct Keyring {
    file: PathBuf,
    keys: RwLock<Arc<Keys>>,
    reloaded: Mutex<Option<Instant>>,
}

/// The keys of the file, and which one is current.
#[derive(Clone)]
struct Keys {
    /// Newest first.
    all: Vec<Arc<MasterKey>>,
    current: Arc<MasterKey>,
    oldest: Arc<MasterKey>,
    /// Oldest first; empty until they were read from the database.
    versions: Vec<Version>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring(…)")
    }
}

impl Keys {
    /// The newest key is current until the versions are read from the database.
    fn of(keys: Vec<MasterKey>) -> Result<Self, KeyError> {
        let all: Vec<Arc<MasterKey>> = keys.into_iter().map(Arc::new).collect();
        let (Some(current), Some(oldest)) = (all.first().cloned(), all.last().cloned()) else {
            return Err(KeyError::Sealed("there is no key"));
        };
        Ok(Self { all, current, oldest, versions: Vec::new() })
    }

    fn get(&self, id: KeyId) -> Option<&Arc<MasterKey>> {
        self.all.iter().find(|key| key.id == id)
    }

    /// Fails if the file has another key than the database under the same id.
    fn refuse_others(&self, versions: &[Version], file: &Path) -> Result<(), KeyError> {
        for Version { key, check, .. } in versions {
            if let (Some(master_key), Some(check)) = (self.get(*key), check)
                && !master_key.opens_check(check)
            {
                return Err(KeyError::OtherKey { path: file.display().to_string(), key: *key });
            }
        }
        Ok(())
    }
}

impl Keyring {
    /// Reads the key file. None: there is no such file.
    pub fn load(path: &Path) -> Result<Option<Self>, KeyError> {
        file::read(path)?.map(|keys| Self::of(path, keys)).transpose()
    }

    /// Makes the key file, readable only by its owner, with a new key. Fails if the file exists. Only a database that
    /// has no key yet gets a new one; `store/opening.rs` decides that.
    pub fn create(path: &Path) -> Result<Self, KeyError> {
        file::create(path)?;
        Self::of(path, file::read_existing(path)?)
    }

    fn of(path: &Path, keys: Vec<MasterKey>) -> Result<Self, KeyError> {
        let keys = RwLock::new(Arc::new(Keys::of(keys)?));
        Ok(Self { file: path.to_owned(), keys, reloaded: Mutex::default() })
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads the file again, after another process rotated the keys.
    fn reload(&self) -> Result<Arc<Keys>, KeyError> {
        let all = Keys::of(file::read_existing(&self.file)?)?;
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        all.refuse_others(&keys.versions, &self.file)?;
        let current = all.get(keys.current.id).unwrap_or(&keys.current).clone();
        *keys = Arc::new(Keys { current, versions: keys.versions.clone(), ..all });
        Ok(Arc::clone(&keys))
    }

    /// The same, unless it was done a moment ago: unknown key ids may come from outside.
    fn reload_if_stale(&self) -> Result<Arc<Keys>, KeyError> {
        let mut reloaded = self.reloaded.lock().unwrap_or_else(PoisonError::into_inner);
        if reloaded.is_some_and(|at| at.elapsed() < RELOAD) {
            return Ok(self.keys());
        }
        *reloaded = Some(Instant::now());
        self.reload()
    }

    /// Sets the versions from the database. Fails and changes nothing if the file does not contain the current key, or
    /// another key under its id.
    pub fn use_versions(&self, versions: Vec<Version>) -> Result<(), KeyError> {
        let Some(newest) = versions.last().map(|version| version.key) else { return Ok(()) };
        if self.keys().versions == versions {
            return Ok(());
        }
        if self.keys().get(newest).is_none() {
            self.reload()?;
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let current = keys.get(newest).ok_or_else(|| self.missing(newest))?.clone();
        keys.refuse_others(&versions, &self.file)?;
        *keys = Arc::new(Keys { current, versions, ..Keys::clone(&keys) });
        Ok(())
    }

    fn missing(&self, key: KeyId) -> KeyError {
        KeyError::MissingMasterKey { path: self.file.display().to_string(), key }
    }

    /// What the database keeps to recognise this key: a constant that is sealed with it. Another key with the same id
    /// does not open it.
    pub fn check_of(&self, id: KeyId) -> Result<Vec<u8>, KeyError> {
        self.master_key(id)?.seal_check()
    }

    /// The ids of the file's keys, newest first.
    pub fn ids(&self) -> Vec<KeyId> {
        self.keys().all.iter().map(|key| key.id).collect()
    }

    /// Whether the file, as it was read, has this key.
    pub fn has(&self, id: KeyId) -> bool {
        self.keys().get(id).is_some()
    }

    /// The id of the current master key.
    pub fn current(&self) -> KeyId {
        self.keys().current.id
    }

    /// Adds a new key to the file. It becomes current when the database says so.
    pub fn add_key(&self) -> Result<KeyId, KeyError> {
        file::add(&self.file)?;
        let keys = self.reload()?;
        keys.all.first().map(|key| key.id).ok_or(KeyError::Sealed("there is no key"))
    }

    /// Prevents other processes from adding keys until the returned file is dropped.
    pub fn lock_file(&self) -> Result<std::fs::File, KeyError> {
        file::lock(&self.file)
    }

    /// Encrypts a column that belongs to no case. `place` names table, row and column: a value does not open in another
    /// place.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let current = &self.keys().current;
        current.columns.seal(&head_of(current.id), place, plain)
    }

    /// Decrypts a value of [`Keyring::seal`] with the same `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (id, sealed) = split_head(sealed)?;
        self.master_key(id)?.columns.open(place, sealed)
    }

    /// Seals a cursor of a listing. It opens only with the same `bound_to`.
    pub fn seal_cursor(&self, bound_to: &str, key: &[u8]) -> Result<Vec<u8>, KeyError> {
        let current = &self.keys().current;
        current.cursors.seal(&head_of(current.id), bound_to, key)
    }

    /// Opens a cursor of [`Keyring::seal_cursor`].
    pub fn open_cursor(&self, bound_to: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (id, sealed) = split_head(sealed)?;
        self.master_key(id)?.cursors.open(bound_to, sealed)
    }

    /// Creates a key for a case. Returns it open, and wrapped under the current master key. `place` is where it is
    /// stored.
    pub fn new_case_key(&self, place: &str) -> Result<(CaseKey, WrappedKey), KeyError> {
        let key = random::bytes::<32>();
        Ok((CaseKey::new(&key)?, self.wrap(place, &key)?))
    }

    /// Opens the key of a case.
    pub fn unwrap_case_key(&self, place: &str, wrapped: &[u8]) -> Result<CaseKey, KeyError> {
        CaseKey::new(&self.unwrap(place, wrapped)?)
    }

    fn wrap(&self, place: &str, key: &[u8; 32]) -> Result<WrappedKey, KeyError> {
        let current = &self.keys().current;
        let bytes = current.wrapping.seal(&head_of(current.id), place, key)?;
        Ok(WrappedKey { bytes, master_key: current.id })
    }

    fn unwrap(&self, place: &str, wrapped: &[u8]) -> Result<[u8; 32], KeyError> {
        let (id, sealed) = split_head(wrapped)?;
        let key = self.master_key(id)?.wrapping.open(place, sealed)?;
        key.try_into().map_err(|_| KeyError::Sealed("it is not a key"))
    }

    /// Wraps a case key under the current master key instead of an older one.
    pub fn rewrap(&self, place: &str, wrapped: &[u8]) -> Result<WrappedKey, KeyError> {
        self.wrap(place, &self.unwrap(place, wrapped)?)
    }

    fn master_key(&self, id: KeyId) -> Result<Arc<MasterKey>, KeyError> {
        if let Some(key) = self.keys().get(id) {
            return Ok(Arc::clone(key));
        }
        let keys = self.reload_if_stale().unwrap_or_else(|error| {
            tracing::warn!(%error, key = %id, "a master key is missing, and the key file cannot be reloaded");
            self.keys()
        });
        keys.get(id).cloned().ok_or_else(|| self.missing(id))
    }

    /// A keyed hash to find an encrypted value: the id of the current key, and the hash.
    pub fn lookup_hash(&self, value: &str) -> Vec<u8> {
        let current = &self.keys().current;
        [&current.id.0, hmac::sign(&current.lookup, value.as_bytes()).as_ref()].concat()
    }

    /// Every hash under which the value may be stored: one for each key of the file, and one of the oldest key without
    /// a key id, which is the format from before key versions.
    pub fn lookup_hashes(&self, value: &str) -> Vec<Vec<u8>> {
        let keys = self.keys();
        let hash = |key: &MasterKey| hmac::sign(&key.lookup, value.as_bytes()).as_ref().to_vec();
        let with_id = keys.all.iter().map(|key| [key.id.0.as_slice(), &hash(key)].concat());
        with_id.chain([hash(&keys.oldest)]).collect()
    }

    /// Fails if the file does not contain the key, even after reading it again.
    pub fn require(&self, id: KeyId) -> Result<(), KeyError> {
        self.master_key(id).map(drop)
    }

    /// The tag of a form token; see `web/csrf.rs`.
    pub fn form_tag(&self, message: &str) -> Vec<u8> {
        hmac::sign(&self.keys().current.forms, message.as_bytes()).as_ref().to_vec()
    }

    /// Whether `tag` is the tag of `message`, compared in constant time. Accepts tags of every key of the file, so a
    /// form survives a rotation.
    pub fn is_form_tag(&self, message: &str, tag: &[u8]) -> bool {
        self.keys().all.iter().any(|key| hmac::verify(&key.forms, message.as_bytes(), tag).is_ok())
    }

    /// The seed of the Ed25519 key (RFC 8032) that signs tokens.
    pub fn signing_seed(&self) -> [u8; 32] {
        self.keys().current.signing_seed
    }

    /// The seeds of the Ed25519 keys that verify tokens: the current key, the keys that were replaced after `since`,
    /// and the keys that are not current yet.
    pub fn signing_seeds(&self, since: Timestamp) -> Vec<[u8; 32]> {
        let keys = self.keys();
        let checks =
            |key: &&Arc<MasterKey>| key.id != keys.current.id && !keys.was_replaced_before(key.id, since);
        let others = keys.all.iter().filter(checks).map(|key| key.signing_seed);
        std::iter::once(keys.current.signing_seed).chain(others).collect()
    }

    /// The same after reading the file again: another instance has signed with a key that this one does not know.
    pub fn signing_seeds_reloaded(&self, since: Timestamp) -> Result<Vec<[u8; 32]>, KeyError> {
        self.reload_if_stale()?;
        Ok(self.signing_seeds(since))
    }
}

impl Keys {
    /// Whether another key replaced this one before `since`.
    fn was_replaced_before(&self, id: KeyId, since: Timestamp) -> bool {
        let next = self.versions.iter().skip_while(|version| version.key != id).nth(1);
        next.is_some_and(|next| next.activated_at < since)
    }
}

/// Whether a value is sealed under a master key, and not under a case key.
pub fn is_under_master_key(sealed: &[u8]) -> bool {
    sealed.first() == Some(&UNDER_MASTER_KEY)
}

/// The master key under which a value is sealed. None: it is not sealed under one.
pub fn key_of(sealed: &[u8]) -> Option<KeyId> {
    split_head(sealed).ok().map(|(id, _)| id)
}

fn head_of(id: KeyId) -> [u8; 5] {
    let [a, b, c, d] = id.0;
    [UNDER_MASTER_KEY, a, b, c, d]
}

fn split_head(sealed: &[u8]) -> Result<(KeyId, &[u8]), KeyError> {
    match sealed {
        [UNDER_MASTER_KEY, a, b, c, d, rest @ ..] => Ok((KeyId([*a, *b, *c, *d]), rest)),
        _ => Err(KeyError::Sealed("its format is unknown")),
    }
}

#[cfg(test)]
mod tests;
