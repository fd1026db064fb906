//! Passwords: Argon2id with OWASP's parameters (m = 19 MiB, t = 2, p = 1). Hashing keeps a core busy for milliseconds,
//! so hashes wait in a queue of bounded length (`queue.rs`).

use std::sync::LazyLock;

use crate::domain::field_error::FieldError;
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

mod queue;

pub use queue::{Busy, refuse_if_full, threads};

/// Minimum length in characters (NIST SP 800-63B-4 asks for 8, or 15 without a second factor; we chose 12).
pub const LEAST: usize = 12;
/// Maximum length: hashing longer texts would let anybody keep the cores busy.
pub const MOST: usize = 200;

/// The hash of a random password, so that an unknown address takes as long as a wrong password.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now(&crate::random::token()).unwrap_or_default());

/// What is wrong with a new password, if anything.
pub fn fault(password: &str, email: &str) -> Option<FieldError> {
    let length = password.chars().count();
    let lower = password.to_lowercase();
    let is_own_address = !email.is_empty() && lower.contains(&email.to_lowercase());
    let is_monotonous = password.chars().collect::<std::collections::BTreeSet<_>>().len() < 5;
    if length < LEAST {
        Some(FieldError::new("/password", "password_too_short").with("least", LEAST))
    } else if length > MOST {
        Some(FieldError::new("/password", "too_long").with("most", MOST))
    } else if is_own_address
        || is_monotonous
        || COMMON.iter().any(|common| lower.contains(common) && length < 16)
    {
        Some(FieldError::new("/password", "password_too_common"))
    } else {
        None
    }
}

/// Parts of the most common long passwords.
const COMMON: [&str; 12] = [
    "123456789",
    "password",
    "qwertyuiop",
    "1q2w3e4r",
    "iloveyou",
    "administrator",
    "987654321",
    "111111",
    "abcdefgh",
    "letmein",
    "welcome1",
    "corridor",
];

/// Why a password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many others wait.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The machine has no memory for it.
    #[error("a password cannot be hashed")]
    Failed,
}

/// Hashes a password to a PHC string.
pub async fn hash(password: String) -> Result<String, HashError> {
    queue::run(move || hash_now(&password)).await?.ok_or(HashError::Failed)
}

/// Whether the password matches the hash. Without a hash it takes as long and is false.
pub async fn is_right(password: String, hash: Option<String>) -> Result<bool, Busy> {
    queue::run(move || {
        let fits = verify(&password, hash.as_ref().unwrap_or(&NOBODY));
        fits && hash.is_some()
    })
    .await
}

fn hash_now(password: &str) -> Option<String> {
    Argon2::default().hash_password(password.as_bytes()).ok().map(|hash| hash.to_string())
}

fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_by_its_hash_alone() {
        let hash = hash_now("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse battery", &hash) && !verify("Correct horse battery", &hash));
        assert_ne!(hash, hash_now("correct horse battery").unwrap());
    }

    #[test]
    fn short_common_and_own_are_refused() {
        for bad in ["short", "password1234", "aaaaaaaaaaaaaaa", "li.na@example.cn!"] {
            assert!(fault(bad, "li.na@example.cn").is_some(), "{bad}");
        }
        assert_eq!(fault("violet tram at noon", "li.na@example.cn"), None);
    }
}
