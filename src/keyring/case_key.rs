//! The key of one case. Its form, messages and other texts are sealed under it. It is stored wrapped, that is, sealed
//! under a master key.

use std::sync::Arc;

use super::{KeyError, KeyId, cipher::Cipher};

/// The first byte of a value that is sealed under its case's key.
const UNDER_CASE_KEY: u8 = 2;

/// The key of a case, unwrapped. Clones share it; it is erased from memory with the last one.
#[derive(Clone)]
pub struct CaseKey(Arc<Cipher>);

/// The key of a case, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// The key, sealed under a master key.
    pub bytes: Vec<u8>,
    /// The id of that master key.
    pub master_key: KeyId,
}

impl CaseKey {
    pub(super) fn new(key: &[u8; 32]) -> Result<Self, KeyError> {
        Ok(Self(Arc::new(Cipher::new(key)?)))
    }

    /// Encrypts a value of the case. `place` names table, row and column: a value does not open in another place.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.0.seal(&[UNDER_CASE_KEY], place, plain)
    }

    /// Decrypts a value of [`CaseKey::seal`] with the same `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        match sealed {
            [UNDER_CASE_KEY, sealed @ ..] => self.0.open(place, sealed),
            _ => Err(KeyError::Sealed("its format is unknown")),
        }
    }
}
