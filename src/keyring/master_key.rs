//! A master key and the keys derived from it, one for each purpose.

use std::{fmt, str::FromStr};

use aws_lc_rs::{hkdf, hmac};

use super::{KeyError, cipher::Cipher, head_of, split_head};
use crate::digest::hex;

/// The constant of [`MasterKey::seal_check`].
const CHECK: &[u8] = b"corridor";

/// The id of a master key in the key file and in sealed values: 8 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(super) [u8; 4]);

impl KeyId {
    /// The four bytes that follow the format byte of a sealed value.
    pub const fn bytes(self) -> [u8; 4] {
        self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u32::from_str_radix(text, 16).map(|id| Self(id.to_be_bytes()))
    }
}

/// The keys of one version, by purpose.
pub(super) struct MasterKey {
    pub id: KeyId,
    /// Seals columns that belong to no case.
    pub columns: Cipher,
    /// Wraps the keys of cases.
    pub wrapping: Cipher,
    /// Seals the cursors of listings.
    pub cursors: Cipher,
    /// Hashes values that must be found later.
    pub lookup: hmac::Key,
    /// Hashes the lines of histories.
    pub history: hmac::Key,
    /// Authenticates form tokens.
    pub forms: hmac::Key,
    /// The seed of the Ed25519 key that signs tokens (RFC 8032).
    pub signing_seed: [u8; 32],
    /// The seed of the Ed25519 key that signs checkpoints.
    pub checkpoint_seed: [u8; 32],
}

impl MasterKey {
    pub fn new(id: KeyId, key: &[u8; 32]) -> Result<Self, KeyError> {
        Ok(Self {
            id,
            columns: Cipher::new(&derive(key, b"corridor fields"))?,
            wrapping: Cipher::new(&derive(key, b"corridor case keys"))?,
            cursors: Cipher::new(&derive(key, b"corridor cursors"))?,
            lookup: hmac::Key::new(hmac::HMAC_SHA256, &derive(key, b"corridor lookup")),
            history: hmac::Key::new(hmac::HMAC_SHA256, &derive(key, b"corridor history")),
            forms: hmac::Key::new(hmac::HMAC_SHA256, &derive(key, b"corridor forms")),
            signing_seed: derive(key, b"corridor signing"),
            checkpoint_seed: derive(key, b"corridor checkpoints"),
        })
    }

    /// A sealed constant, by which this key is recognised.
    pub fn seal_check(&self) -> Result<Vec<u8>, KeyError> {
        self.columns.seal(&head_of(self.id), &check_place(self.id), CHECK)
    }

    /// Whether this key has sealed the constant.
    pub fn opens_check(&self, check: &[u8]) -> bool {
        let opened =
            split_head(check).and_then(|(_, sealed)| self.columns.open(&check_place(self.id), sealed));
        opened.is_ok_and(|plain| plain == CHECK)
    }
}

fn check_place(id: KeyId) -> String {
    format!("key_checks/{id}/sealed")
}

fn derive(key: &[u8; 32], purpose: &'static [u8]) -> [u8; 32] {
    let mut out = [0; 32];
    #[expect(clippy::expect_used, reason = "HKDF fails only for outputs of more than 8160 bytes (RFC 5869)")]
    hkdf::Salt::new(hkdf::HKDF_SHA256, b"corridor v1")
        .extract(key)
        .expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut out))
        .expect("32 bytes can be derived");
    out
}
