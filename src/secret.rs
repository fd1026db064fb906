//! The master key file and what is derived from it: encryption of fields, keyed hashes, signatures.
//!
//! The file holds one key a line, `<id> <base64 of 32 bytes>`, the newest first. New values are sealed with the
//! first key; older values name theirs and stay readable. Lookup hashes, form tokens and signatures come from the
//! last (the first ever made), so that they survive a rotation.

use std::{fs, path::Path};

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, RandomizedNonceKey},
    digest, hkdf, hmac,
};
use base64::{Engine, prelude::BASE64_STANDARD};

use crate::{chance, private};

/// What can go wrong with keys and sealed values. Says nothing of their contents.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be read or made.
    #[error("cannot use the secret file {path}: {reason}")]
    File {
        /// The file as configured.
        path: String,
        /// What is wrong and how to mend it.
        reason: String,
    },
    /// A sealed value names a key that the file does not hold, or was changed.
    #[error("a sealed value cannot be opened: {0}")]
    Sealed(&'static str),
}

struct FieldKey {
    id: [u8; 4],
    cipher: RandomizedNonceKey,
}

/// The keys of an installation. Shared by all instances of a service.
pub struct Secret {
    field_keys: Vec<FieldKey>,
    lookup: hmac::Key,
    forms: hmac::Key,
    signing_seed: [u8; 32],
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

const FORMAT: u8 = 1;

impl Secret {
    /// Reads the file; makes it, readable by its owner alone, if there is none.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretError> {
        let fail = |reason: String| SecretError::File { path: path.display().to_string(), reason };
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(fail),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    private::make_folder(folder).map_err(|e| fail(e.to_string()))?;
                }
                let id = chance::random_bytes::<4>();
                let text = format!("{} {}\n", hex(&id), BASE64_STANDARD.encode(chance::random_bytes::<32>()));
                create_private(path, &text).map_err(|e| fail(e.to_string()))?;
                // Read back: whoever made the file first, that file counts.
                let text = fs::read_to_string(path).map_err(|e| fail(e.to_string()))?;
                Self::parse(&text).map_err(fail)
            }
            Err(error) => Err(fail(error.to_string())),
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut keys = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let malformed = || {
                format!(
                    "line {} is not `<8 hex digits> <base64 of 32 bytes>`; restore the file from its backup",
                    number + 1
                )
            };
            let (id, key) = line.trim().split_once(' ').ok_or_else(malformed)?;
            let id = u32::from_str_radix(id, 16).map_err(|_| malformed())?.to_be_bytes();
            let key: [u8; 32] = BASE64_STANDARD
                .decode(key.trim())
                .ok()
                .and_then(|k| k.try_into().ok())
                .ok_or_else(malformed)?;
            keys.push((id, key));
        }
        let Some((_, oldest)) = keys.last() else {
            return Err("it holds no key; restore it from its backup".into());
        };
        let field_keys = keys
            .iter()
            .map(|(id, key)| {
                let cipher = RandomizedNonceKey::new(&AES_256_GCM_SIV, &derive(key, b"corridor fields"))
                    .map_err(|_| "a key is unusable".to_owned())?;
                Ok(FieldKey { id: *id, cipher })
            })
            .collect::<Result<_, String>>()?;
        Ok(Self {
            field_keys,
            lookup: hmac::Key::new(hmac::HMAC_SHA256, &derive(oldest, b"corridor lookup")),
            forms: hmac::Key::new(hmac::HMAC_SHA256, &derive(oldest, b"corridor forms")),
            signing_seed: derive(oldest, b"corridor signing"),
        })
    }

    /// Encrypts `plain`. `place` names table, row and column: a value moved elsewhere does not open.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>, SecretError> {
        let key = self.field_keys.first().ok_or(SecretError::Sealed("no key"))?;
        let mut body = plain.to_vec();
        let nonce = key
            .cipher
            .seal_in_place_append_tag(Aad::from(place.as_bytes()), &mut body)
            .map_err(|_| SecretError::Sealed("encryption failed"))?;
        let mut sealed = vec![FORMAT];
        sealed.extend_from_slice(&key.id);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// Decrypts what [`Secret::seal`] made for the same `place`.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>, SecretError> {
        let [FORMAT, rest @ ..] = sealed else { return Err(SecretError::Sealed("unknown format")) };
        let (id, rest) = rest.split_at_checked(4).ok_or(SecretError::Sealed("too short"))?;
        let (nonce, body) = rest.split_at_checked(12).ok_or(SecretError::Sealed("too short"))?;
        let key =
            self.field_keys.iter().find(|k| k.id == id).ok_or(SecretError::Sealed("its key is missing"))?;
        let nonce = <[u8; 12]>::try_from(nonce).map_err(|_| SecretError::Sealed("too short"))?;
        let mut body = body.to_vec();
        let plain = key
            .cipher
            .open_in_place((&nonce).into(), Aad::from(place.as_bytes()), &mut body)
            .map_err(|_| SecretError::Sealed("it was changed or belongs elsewhere"))?;
        Ok(plain.to_vec())
    }

    /// A keyed hash by which an encrypted value can be found again.
    pub fn lookup_hash(&self, value: &str) -> Vec<u8> {
        hmac::sign(&self.lookup, value.as_bytes()).as_ref().to_vec()
    }

    /// The tag of a form token; see `web/csrf.rs`.
    pub fn form_tag(&self, message: &str) -> Vec<u8> {
        hmac::sign(&self.forms, message.as_bytes()).as_ref().to_vec()
    }

    /// Whether `tag` is the tag of `message`, compared in constant time.
    pub fn is_form_tag(&self, message: &str, tag: &[u8]) -> bool {
        hmac::verify(&self.forms, message.as_bytes(), tag).is_ok()
    }

    /// The seed of the Ed25519 key that signs tokens (RFC 8032).
    pub fn signing_seed(&self) -> &[u8; 32] {
        &self.signing_seed
    }
}

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

/// Writes beside the path, then links: nobody ever reads half a key, and the first of two instances wins.
fn create_private(path: &Path, text: &str) -> std::io::Result<()> {
    let draft = path.with_extension(format!("{}.new", hex(&chance::random_bytes::<4>())));
    private::write(&draft, text.as_bytes())?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(lines: &[(u32, u8)]) -> Secret {
        let text: String = lines
            .iter()
            .map(|(id, fill)| format!("{id:08x} {}\n", BASE64_STANDARD.encode([*fill; 32])))
            .collect();
        Secret::parse(&text).unwrap()
    }

    #[test]
    fn a_sealed_value_opens_in_its_own_place_only() {
        let secret = secret(&[(1, 7)]);
        let sealed = secret.seal("applications/1/form", b"E12345678").unwrap();
        assert_eq!(secret.open("applications/1/form", &sealed).unwrap(), b"E12345678");
        assert!(secret.open("applications/2/form", &sealed).is_err());
        assert!(!sealed.windows(9).any(|w| w == b"E12345678"));
    }

    #[test]
    fn after_a_rotation_old_values_open_and_lookups_still_match() {
        let before = secret(&[(1, 7)]);
        let after = secret(&[(2, 9), (1, 7)]);
        let sealed = before.seal("p", b"x").unwrap();
        assert_eq!(after.open("p", &sealed).unwrap(), b"x");
        assert!(before.open("p", &after.seal("p", b"x").unwrap()).is_err());
        assert_eq!(before.lookup_hash("CN E1"), after.lookup_hash("CN E1"));
    }

    #[test]
    fn a_damaged_file_is_refused_with_the_line() {
        assert!(Secret::parse("nonsense").unwrap_err().contains("line 1"));
        assert!(Secret::parse("").is_err());
    }
}
