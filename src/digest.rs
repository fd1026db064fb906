//! SHA-256, keyed and not, and its text form.

use aws_lc_rs::{digest, hmac};

/// SHA-256 of `value`: for tokens that are random already and need no key or salt.
pub fn sha256(value: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, value).as_ref().to_vec()
}

/// HMAC-SHA-256 (RFC 2104) of `message` under a key that is the caller's own.
pub fn hmac_sha256(key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message).as_ref().to_vec()
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
