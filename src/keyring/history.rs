//! The hashes of the lines of histories: HMAC-SHA-256 (RFC 2104) under a key of their own, so that nobody can write a line
//! without the master key. Each line names its key: it is checked with that key, however often the keys were rotated.

use aws_lc_rs::hmac;

use super::{KeyError, Keyring};

impl Keyring {
    /// The id of the key that hashes new lines.
    pub fn history_key(&self) -> String {
        self.current().to_string()
    }

    /// The hash of a line under the key of this id. Fails, and names the key, if the key file does not contain it.
    pub fn history_hash(&self, key: &str, line: &[u8]) -> Result<Vec<u8>, KeyError> {
        let id = key.parse().map_err(|_| KeyError::Sealed("the id of its key is not one"))?;
        Ok(hmac::sign(&self.master_key(id)?.history, line).as_ref().to_vec())
    }
}
