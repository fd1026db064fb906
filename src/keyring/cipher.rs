//! Authenticated encryption: AES-256-GCM-SIV (RFC 8452) with random nonces. A repeated nonce only reveals whether two
//! values are equal.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, RandomizedNonceKey};

use super::KeyError;

/// A key, ready to use.
pub(super) struct Cipher(RandomizedNonceKey);

impl Cipher {
    pub fn new(key: &[u8; 32]) -> Result<Self, KeyError> {
        RandomizedNonceKey::new(&AES_256_GCM_SIV, key)
            .map(Self)
            .map_err(|_| KeyError::Sealed("a key is unusable"))
    }

    /// Encrypts `plain`: returns `head`, the nonce, and the ciphertext with its tag. `place` is authenticated too.
    pub fn seal(&self, head: &[u8], place: &str, plain: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut body = plain.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(place.as_bytes()), &mut body)
            .map_err(|_| KeyError::Sealed("encryption failed"))?;
        Ok([head, nonce.as_ref(), &body].concat())
    }

    /// Decrypts the nonce and the ciphertext that follow the head.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        let (nonce, body) = sealed.split_first_chunk::<12>().ok_or(KeyError::Sealed("it is too short"))?;
        let mut body = body.to_vec();
        let plain = self
            .0
            .open_in_place(nonce.into(), Aad::from(place.as_bytes()), &mut body)
            .map_err(|_| KeyError::Sealed("it was changed or belongs elsewhere"))?;
        Ok(plain.to_vec())
    }
}
