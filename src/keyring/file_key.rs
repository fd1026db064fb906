//! The key of one uploaded file. The file is sealed in chunks, so that it can be written and read piece by piece:
//! AES-256-GCM (NIST SP 800-38D), where the nonce is the number of the chunk and whether it is the last. A chunk does
//! not open at another place or in another file, and a file that was cut off has no last chunk.
//!
//! The key is random, is used for one file only, and so never seals two chunks with the same nonce. It is stored sealed
//! under the key of the case, together with the id of the document and the hash of the whole file.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::KeyError;
use crate::random;

/// The bytes of every chunk but the last, which may be shorter.
pub const CHUNK: usize = 64 * 1024;

/// The bytes of a whole chunk after sealing.
pub const SEALED_CHUNK: usize = CHUNK + TAG;

/// The length of the tag that authenticates a chunk.
const TAG: usize = 16;

/// Begins the data that each chunk is authenticated with.
const FORMAT: &[u8] = b"corridor file chunk 1";

/// Whether more chunks follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Another chunk follows.
    Inner,
    /// The file ends with this chunk.
    Last,
}

/// The key of a file, as it is stored: sealed under the key of its case.
#[derive(Clone, PartialEq, Eq)]
pub struct FileKey([u8; 32]);

impl std::fmt::Debug for FileKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileKey(…)")
    }
}

impl FileKey {
    /// A key for a file that was written before.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        bytes.try_into().map(Self).map_err(|_| KeyError::Sealed("it is not a key"))
    }

    /// The bytes to be sealed.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Opens the chunks of the file in their order.
    pub fn opener(&self) -> Result<ChunkOpener, KeyError> {
        Ok(ChunkOpener { cipher: cipher(&self.0)?, next: 0 })
    }
}

/// Seals the chunks of one new file in their order.
pub struct ChunkSealer {
    cipher: LessSafeKey,
    next: u32,
}

impl ChunkSealer {
    /// A sealer with a new key.
    pub fn new() -> Result<(Self, FileKey), KeyError> {
        let key = FileKey(random::bytes::<32>());
        Ok((Self { cipher: cipher(&key.0)?, next: 0 }, key))
    }

    /// Seals the next chunk: encrypts `chunk` in place and appends its tag.
    pub fn seal(&mut self, part: Part, chunk: &mut Vec<u8>) -> Result<(), KeyError> {
        let (nonce, data) = place(self.next, part);
        let sealed = self.cipher.seal_in_place_append_tag(nonce, Aad::from(data), chunk);
        sealed.map_err(|_| KeyError::Sealed("encryption failed"))?;
        self.next = self.next.checked_add(1).ok_or(KeyError::Sealed("the file is too long"))?;
        Ok(())
    }
}

/// Opens the chunks of a file in their order.
pub struct ChunkOpener {
    cipher: LessSafeKey,
    next: u32,
}

impl ChunkOpener {
    /// Opens the next chunk in place, and returns its bytes.
    pub fn open<'a>(&mut self, part: Part, sealed: &'a mut [u8]) -> Result<&'a mut [u8], KeyError> {
        let (nonce, data) = place(self.next, part);
        let opened = self.cipher.open_in_place(nonce, Aad::from(data), sealed);
        let opened = opened.map_err(|_| KeyError::Sealed("a part of the file was changed"))?;
        self.next = self.next.checked_add(1).ok_or(KeyError::Sealed("the file is too long"))?;
        Ok(opened)
    }
}

fn cipher(key: &[u8; 32]) -> Result<LessSafeKey, KeyError> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| KeyError::Sealed("a key is unusable"))?;
    Ok(LessSafeKey::new(key))
}

/// The nonce of a chunk, and the data that it is authenticated with.
fn place(number: u32, part: Part) -> (Nonce, [u8; FORMAT.len() + 5]) {
    let mut place = [0; 5];
    place[..4].copy_from_slice(&number.to_be_bytes());
    place[4] = u8::from(part == Part::Last);
    let (mut nonce, mut data) = ([0; 12], [0; FORMAT.len() + 5]);
    nonce[7..].copy_from_slice(&place);
    data[..FORMAT.len()].copy_from_slice(FORMAT);
    data[FORMAT.len()..].copy_from_slice(&place);
    (Nonce::assume_unique_for_key(nonce), data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> (FileKey, Vec<Vec<u8>>) {
        let (mut sealer, key) = ChunkSealer::new().unwrap();
        let chunks =
            [(Part::Inner, b"one".to_vec()), (Part::Inner, b"two".to_vec()), (Part::Last, b"end".to_vec())];
        let seal = |(part, mut chunk): (Part, Vec<u8>)| {
            sealer.seal(part, &mut chunk).unwrap();
            chunk
        };
        (key, chunks.into_iter().map(seal).collect())
    }

    fn opens(key: &FileKey, chunks: &[(Part, &[u8])]) -> bool {
        let mut opener = key.opener().unwrap();
        chunks.iter().all(|(part, chunk)| opener.open(*part, &mut chunk.to_vec()).is_ok())
    }

    #[test]
    fn chunks_open_only_unchanged_in_their_order_and_with_the_last() {
        use Part::{Inner, Last};
        let (key, chunks) = sealed();
        let [one, two, end] = [&*chunks[0], &*chunks[1], &*chunks[2]];
        assert!(opens(&key, &[(Inner, one), (Inner, two), (Last, end)]));
        assert!(!opens(&key, &[(Inner, two)]), "another place");
        assert!(!opens(&key, &[(Inner, one), (Last, two)]), "cut off");
        assert!(!opens(&key, &[(Inner, one), (Inner, two), (Inner, end)]), "more to come");
        let mut changed = one.to_vec();
        changed[1] ^= 1;
        assert!(!opens(&key, &[(Inner, &changed)]), "changed");
        assert!(!opens(&sealed().0, &[(Inner, one)]), "another key");
    }
}
