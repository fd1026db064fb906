//! Uploaded files: in a folder, or in a bucket of an S3 server. They have random names, are not in a folder that is
//! served, and are sealed (`keyring/file_key.rs`). A file is written once and never changed.
//!
//! `write.rs` writes a file piece by piece, `read.rs` reads it. `location.rs` opens the folder or bucket, and
//! `identity.rs` says which database it belongs to.

use std::{io, path::PathBuf, sync::Arc};

use object_store::{ObjectStore, ObjectStoreExt, path::Path};

mod identity;
mod location;
mod read;
mod write;

pub use identity::Identity;
pub use read::{Contents, Stream};
pub use write::{NewFile, Written};

use location::Location;

use crate::private;

/// Where the uploaded files are. Opened at the first use, so that a command that uses no file needs no access to them.
#[derive(Clone, Debug)]
pub struct Files(Arc<Location>);

/// Why a file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// There is no such file.
    #[error("the file {0} does not exist")]
    Missing(String),
    /// The file is not the one that was stored.
    #[error("the file {0} was changed or cut off")]
    Damaged(String),
    /// The folder or the server cannot be used now.
    #[error("the uploaded files at {place} cannot be used: {reason}")]
    Unusable {
        /// The folder or bucket.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// The folder or bucket belongs to another database, or this database has its files elsewhere.
    #[error("CORRIDOR_FILES_URL: {0}")]
    Foreign(String),
}

impl FilesError {
    /// Whether the file is lost: it is missing or damaged. Any other error may pass.
    pub const fn is_lost(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::Damaged(_))
    }
}

impl Files {
    /// The files at `url`: `file://folder` or `s3://bucket/prefix`.
    pub fn at(url: &str) -> Self {
        Self(Arc::new(Location::of(url)))
    }

    /// The folder, unless they are in a bucket.
    pub fn folder(&self) -> Option<&std::path::Path> {
        self.0.folder()
    }

    /// Begins a new file.
    pub fn create(&self) -> Result<NewFile, FilesError> {
        NewFile::begin(self.clone())
    }

    /// Writes a whole file.
    pub async fn save(&self, contents: &[u8]) -> Result<Written, FilesError> {
        let mut file = self.create()?;
        match file.write(contents).await {
            Ok(()) => file.finish().await,
            Err(error) => {
                file.abandon().await;
                Err(error)
            }
        }
    }

    /// Reads a file. The first bytes are checked when this returns, and only checked bytes are returned.
    pub async fn read(&self, name: &str, contents: Contents) -> Result<Stream, FilesError> {
        Stream::open(self, name, contents).await
    }

    /// Removes a file for good: it does not come back after a power failure. It is no error if the file does not exist.
    /// Parts of an upload under this name that a killed process has left are removed too.
    pub async fn remove(&self, name: &str) -> Result<(), FilesError> {
        let path = self.path(name)?;
        match self.store()?.delete(&path).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => {}
            Err(error) => return Err(self.error(name, error)),
        }
        match self.0.folder() {
            Some(folder) => {
                let (folder, name) = (folder.join(&name[..2]), name.to_owned());
                let removed = tokio::task::spawn_blocking(move || remove_leftovers(&folder, &name)).await;
                let removed = removed.unwrap_or_else(|error| Err(io::Error::other(error)));
                removed.map_err(|error| self.0.unusable(&error))
            }
            None => Ok(()),
        }
    }

    /// Moves the files of an earlier version into the folder.
    pub fn take_over(&self, earlier: &std::path::Path) -> Result<(), FilesError> {
        self.0.take_over(earlier)
    }

    fn store(&self) -> Result<&dyn ObjectStore, FilesError> {
        self.0.store()
    }

    /// The path of a file, in one of 256 folders. A name that is not one of ours finds no file.
    fn path(&self, name: &str) -> Result<Path, FilesError> {
        let is_ours = name.len() == 40 && name.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_ours {
            return Err(FilesError::Missing(name.to_owned()));
        }
        Ok(self.0.prefix().clone().join(&name[..2]).join(name))
    }

    fn error(&self, name: &str, error: object_store::Error) -> FilesError {
        match error {
            object_store::Error::NotFound { .. } => FilesError::Missing(name.to_owned()),
            other => self.0.unusable(&other),
        }
    }
}

/// Removes the parts of an upload that did not end, and syncs the folder.
fn remove_leftovers(folder: &std::path::Path, name: &str) -> io::Result<()> {
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let start = format!("{name}#");
    for entry in entries {
        let path: PathBuf = entry?.path();
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&start)) {
            std::fs::remove_file(&path)?;
        }
    }
    private::sync_folder_of(&folder.join(name))
}
