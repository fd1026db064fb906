//! The keys of an installation, by purpose and version. A version is a master key: one line of the key file. For each
//! purpose a key is derived from it. The key of a case is random, and is stored sealed under a master key
//! (`docs/decisions/0003-case-keys.md`).
//!
//! New values are sealed under the newest master key. A sealed value names its key, so older values stay readable as
//! long as the file has their line. Lookup hashes, form tokens and signatures use the oldest key, because a hash or a
//! token does not name its key.

use std::{path::Path, sync::Arc};

use aws_lc_rs::hmac;

use crate::chance;

mod case_key;
mod cipher;
mod file;
mod master_key;

pub use case_key::{CaseKey, WrappedKey};
pub use master_key::KeyId;
use master_key::MasterKey;

/// What can go wrong with keys and sealed values. Says nothing of their contents.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or created.
    #[error("cannot use the key file {path}: {reason}")]
    File {
        /// The file as configured.
        path: String,
        /// What is wrong and how to fix it.
        reason: String,
    },
    /// A sealed value names a master key that the key file does not hold.
    #[error("the key file does not hold the master key {0}; restore its line from the file's backup")]
    MissingMasterKey(KeyId),
    /// A value is sealed under the key of its case, and the case has no key.
    #[error("a case has no key, and a value is sealed under it; restore the table case_keys from a backup")]
    MissingCaseKey,
    /// A sealed value was changed, or belongs elsewhere.
    #[error("a sealed value cannot be opened: {0}")]
    Sealed(&'static str),
}

/// The first byte of a value that is sealed under a master key; the key's id follows.
const UNDER_MASTER_KEY: u8 = 1;

/// The keys of an installation.
pub struct Keyring {
    newest: Arc<MasterKey>,
    oldest: Arc<MasterKey>,
    all: Vec<Arc<MasterKey>>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keyring(…)")
    }
}

impl Keyring {
    /// Reads the key file; creates it, readable by its owner alone, if there is none.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        Self::of(file::read_or_create(path)?)
    }

    fn of(keys: Vec<MasterKey>) -> Result<Self, KeyError> {
        let all: Vec<Arc<MasterKey>> = keys.into_iter().map(Arc::new).collect();
        let (Some(newest), Some(oldest)) = (all.first().cloned(), all.last().cloned()) else {
            return Err(KeyError::Sealed("there is no key"));
        };
        Ok(Self { newest, oldest, all })
    }

    /// Encrypts a column that belongs to no case. `place` names table, row and column: a value that is moved elsewhere
    /// does not open.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.newest.columns.seal(&head_of(self.newest.id), place, plain)
    }

    /// Decrypts what [`Keyring::seal`] made for the same `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (id, sealed) = split_head(sealed)?;
        self.master_key(id)?.columns.open(place, sealed)
    }

    /// A new key for a case, and the same key wrapped under the newest master key. `place` is where it is stored.
    pub fn new_case_key(&self, place: &str) -> Result<(CaseKey, WrappedKey), KeyError> {
        let key = chance::random_bytes::<32>();
        Ok((CaseKey::new(&key)?, self.wrap(place, &key)?))
    }

    /// Opens the key of a case.
    pub fn unwrap_case_key(&self, place: &str, wrapped: &[u8]) -> Result<CaseKey, KeyError> {
        CaseKey::new(&self.unwrap(place, wrapped)?)
    }

    fn wrap(&self, place: &str, key: &[u8; 32]) -> Result<WrappedKey, KeyError> {
        let master_key = self.newest.id;
        let bytes = self.newest.wrapping.seal(&head_of(master_key), place, key)?;
        Ok(WrappedKey { bytes, master_key })
    }

    fn unwrap(&self, place: &str, wrapped: &[u8]) -> Result<[u8; 32], KeyError> {
        let (id, sealed) = split_head(wrapped)?;
        let key = self.master_key(id)?.wrapping.open(place, sealed)?;
        key.try_into().map_err(|_| KeyError::Sealed("it is not a key"))
    }

    fn master_key(&self, id: KeyId) -> Result<&MasterKey, KeyError> {
        self.all.iter().find(|key| key.id == id).map(Arc::as_ref).ok_or(KeyError::MissingMasterKey(id))
    }

    /// A keyed hash by which an encrypted value can be found again.
    pub fn lookup_hash(&self, value: &str) -> Vec<u8> {
        hmac::sign(&self.oldest.lookup, value.as_bytes()).as_ref().to_vec()
    }

    /// The tag of a form token; see `web/csrf.rs`.
    pub fn form_tag(&self, message: &str) -> Vec<u8> {
        hmac::sign(&self.oldest.forms, message.as_bytes()).as_ref().to_vec()
    }

    /// Whether `tag` is the tag of `message`, compared in constant time.
    pub fn is_form_tag(&self, message: &str, tag: &[u8]) -> bool {
        hmac::verify(&self.oldest.forms, message.as_bytes(), tag).is_ok()
    }

    /// The seed of the Ed25519 key that signs tokens (RFC 8032).
    pub fn signing_seed(&self) -> &[u8; 32] {
        &self.oldest.signing_seed
    }
}

/// Whether a value is sealed under a master key itself, and not under the key of a case.
pub fn is_under_master_key(sealed: &[u8]) -> bool {
    sealed.first() == Some(&UNDER_MASTER_KEY)
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
