//! The folder or bucket of the uploaded files: which one, how it is opened, and how the files of an earlier version are
//! moved into it.

#[cfg(feature = "s3")]
use std::time::Duration;
use std::{
    fs, io,
    path::{Path as FilePath, PathBuf},
    sync::OnceLock,
};

use object_store::{ObjectStore, local::LocalFileSystem, path::Path};

use super::FilesError;
use crate::private;

/// A folder or bucket.
#[derive(Debug)]
pub(super) struct Location {
    place: Place,
    prefix: Path,
    store: OnceLock<Box<dyn ObjectStore>>,
}

#[derive(Debug)]
enum Place {
    Folder(PathBuf),
    /// The bucket.
    S3(String),
}

impl Location {
    pub fn of(url: &str) -> Self {
        let (place, prefix) = match url.strip_prefix("s3://") {
            Some(rest) => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                (Place::S3(bucket.to_owned()), Path::from(prefix))
            }
            None => (Place::Folder(url.strip_prefix("file://").unwrap_or(url).into()), Path::default()),
        };
        Self { place, prefix, store: OnceLock::new() }
    }

    /// Begins the path of every file.
    pub const fn prefix(&self) -> &Path {
        &self.prefix
    }

    /// The folder, if it is one.
    pub fn folder(&self) -> Option<&FilePath> {
        match &self.place {
            Place::Folder(folder) => Some(folder),
            Place::S3(_) => None,
        }
    }

    /// The largest piece that is sent at once. S3 takes no smaller ones than 5 MB, except the last.
    pub const fn piece(&self) -> usize {
        match self.place {
            Place::Folder(_) => 256 * 1024,
            Place::S3(_) => 5 * 1024 * 1024,
        }
    }

    pub fn store(&self) -> Result<&dyn ObjectStore, FilesError> {
        if let Some(store) = self.store.get() {
            return Ok(&**store);
        }
        let opened = self.open()?;
        Ok(&**self.store.get_or_init(|| opened))
    }

    fn open(&self) -> Result<Box<dyn ObjectStore>, FilesError> {
        match &self.place {
            Place::Folder(folder) => {
                private::make_folder(folder).map_err(|error| self.unusable(&error))?;
                let store =
                    LocalFileSystem::new_with_prefix(folder).map_err(|error| self.unusable(&error))?;
                Ok(Box::new(store.with_fsync(true)))
            }
            Place::S3(bucket) => self.open_bucket(bucket),
        }
    }

    #[cfg(not(feature = "s3"))]
    fn open_bucket(&self, _: &str) -> Result<Box<dyn ObjectStore>, FilesError> {
        Err(self.unusable(&"this program was built without the feature `s3`"))
    }

    /// The bucket's server, region and keys are in the variables of the AWS tools, `AWS_…`.
    #[cfg(feature = "s3")]
    fn open_bucket(&self, bucket: &str) -> Result<Box<dyn ObjectStore>, FilesError> {
        use object_store::{RetryConfig, aws::AmazonS3Builder};
        // A request does not wait for minutes; the caller gets 503 and tries again.
        let retry =
            RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(10), ..RetryConfig::default() };
        let store = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry).build();
        Ok(Box::new(store.map_err(|error| self.unusable(&error))?))
    }

    /// An error of the folder or bucket.
    pub fn unusable(&self, error: &dyn std::fmt::Display) -> FilesError {
        FilesError::Unusable { place: self.to_string(), reason: error.to_string() }
    }

    /// Moves the files of an earlier version into the folder, if it has left any. An instance of that version may still
    /// run and write files there, so this is done at every start.
    pub fn take_over(&self, earlier: &FilePath) -> Result<(), FilesError> {
        if !has_files(earlier).map_err(|error| self.unusable(&error))? {
            return Ok(());
        }
        let Place::Folder(folder) = &self.place else {
            return Err(FilesError::Foreign(format!(
                "the files of this database are still in {}; copy what is in it to {self}, and then rename the folder",
                earlier.display()
            )));
        };
        let failed = |error: io::Error| {
            FilesError::Foreign(format!(
                "the files in {} cannot be moved to {self} ({error}); move what is in the folder yourself, and start again",
                earlier.display()
            ))
        };
        move_files(earlier, folder).map_err(failed)
    }
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Place::Folder(folder) => write!(f, "{}", folder.display()),
            Place::S3(bucket) => write!(f, "s3://{bucket}/{}", self.prefix),
        }
    }
}

fn has_files(folder: &FilePath) -> io::Result<bool> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if !path.is_dir() || has_files(&path)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Renames the whole folder, or, if the new one exists already, each file.
fn move_files(from: &FilePath, to: &FilePath) -> io::Result<()> {
    if !to.exists() {
        if let Some(parent) = to.parent() {
            private::make_folder(parent)?;
        }
        fs::rename(from, to)?;
        private::sync_folder_of(to)?;
        return private::sync_folder_of(from);
    }
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() {
            move_files(&path, &to.join(name))?;
        } else {
            fs::rename(&path, to.join(name))?;
            private::sync_folder_of(&to.join(name))?;
        }
    }
    match fs::remove_dir(from) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => private::sync_folder_of(from),
    }
}
