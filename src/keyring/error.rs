//! What can be wrong with the key file, a key or a sealed value.

use super::KeyId;

/// Errors of keys and sealed values. They reveal nothing about the contents.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file cannot be read or created.
    #[error("cannot use the key file {path}: {reason}")]
    File {
        /// The file as configured.
        path: String,
        /// What is wrong and how to fix it.
        reason: String,
    },
    /// There is no key file, but the database has a key.
    #[error(
        "the key file {path} does not exist, and this database is sealed with {}; restore the file from its backup, or \
         name it in CORRIDOR_SECRET_FILE",
        .key.map_or_else(|| "a master key".to_owned(), |key| format!("the master key {key}"))
    )]
    NoFile {
        /// The file as configured.
        path: String,
        /// The current key, as far as it is known.
        key: Option<KeyId>,
    },
    /// There is no key file, and the database has no key yet. Only the service makes the first key.
    #[error(
        "there is no master key yet: {path} does not exist, and the database has no key on record; start the service \
         once, or give the key (CORRIDOR_SECRET_FILE)"
    )]
    NotMade {
        /// The file as configured.
        path: String,
    },
    /// The database or a sealed value names a master key that is not in the key file.
    #[error(
        "the key file {path} does not hold the master key {key}; restore the file from its backup, or name the right \
         one in CORRIDOR_SECRET_FILE"
    )]
    MissingMasterKey {
        /// The file as configured.
        path: String,
        /// The key.
        key: KeyId,
    },
    /// The key file has other bytes under the id of a key.
    #[error(
        "the key file {path} holds another key under the id {key} than the one that sealed this database; restore the \
         file from its backup, or name the right one in CORRIDOR_SECRET_FILE"
    )]
    OtherKey {
        /// The file as configured.
        path: String,
        /// The id of the key.
        key: KeyId,
    },
    /// A value is sealed under the key of its case, but the case has no key.
    #[error("a case has no key, and a value is sealed under it; restore the table case_keys from a backup")]
    MissingCaseKey,
    /// A sealed value was changed or moved.
    #[error("a sealed value cannot be opened: {0}")]
    Sealed(&'static str),
}
