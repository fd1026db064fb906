//! The only source of randomness: ids, references, tokens.

use aws_lc_rs::rand;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use uuid::Uuid;

/// A new id: UUIDv7 (RFC 9562), so that rows created one after the other are stored side by side.
#[expect(clippy::disallowed_methods, reason = "this is the edge where ids are drawn")]
pub fn id() -> Uuid {
    Uuid::now_v7()
}

/// `N` unpredictable bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    #[expect(
        clippy::expect_used,
        reason = "aws-lc aborts rather than give weak randomness; nothing sane can follow"
    )]
    rand::fill(&mut bytes).expect("the system's random source answers");
    bytes
}

/// A token of 256 random bits in base64url: session cookies, one-time links, client secrets.
pub fn token() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes::<32>())
}
