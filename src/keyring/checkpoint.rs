//! Signs checkpoints, and checks their signatures: Ed25519 (RFC 8032), with a key of its own for each master key.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::{KeyError, KeyId, Keyring};

impl Keyring {
    /// Signs with the key of the current version.
    pub fn sign_checkpoint(&self, message: &[u8]) -> Result<(KeyId, Vec<u8>), KeyError> {
        let current = &self.keys().current;
        Ok((current.id, pair(&current.checkpoint_seed)?.sign(message).as_ref().to_vec()))
    }

    /// Whether the key of this version has signed the message. Fails if the key file does not hold the master key.
    pub fn has_signed_checkpoint(
        &self,
        id: KeyId,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, KeyError> {
        let pair = pair(&self.master_key(id)?.checkpoint_seed)?;
        let public = UnparsedPublicKey::new(&ED25519, pair.public_key().as_ref());
        Ok(public.verify(message, signature).is_ok())
    }
}

fn pair(seed: &[u8; 32]) -> Result<Ed25519KeyPair, KeyError> {
    Ed25519KeyPair::from_seed_unchecked(seed)
        .map_err(|_| KeyError::Sealed("a key for checkpoints cannot be derived"))
}
