//! The folder of uploaded files. They have random names, are not in a folder that is served, and only the service can
//! read them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{digest, private, random};

/// The folder.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
}

impl Files {
    /// The folder for evidence within the data folder.
    pub fn within(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("evidence") }
    }

    /// The folder itself, for a backup.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file durably under a new random name, and returns the name.
    pub fn save(&self, contents: &[u8]) -> io::Result<String> {
        let name = digest::hex(&random::bytes::<20>());
        let path = self.path(&name);
        if let Some(folder) = path.parent() {
            private::make_folder(folder)?;
        }
        private::write(&path, contents)?;
        Ok(name)
    }

    /// The file's contents.
    pub fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.path(name))
    }

    /// Removes a file that was not added to its case.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    /// Removes a file for good: it does not come back after a power failure. A file that is gone already is fine.
    pub fn erase(&self, name: &str) -> io::Result<()> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => removed.and_then(|()| private::sync_folder_of(&path)),
        }
    }

    /// The path of a file, in one of 256 folders. A name that is not one of ours finds no file.
    fn path(&self, name: &str) -> PathBuf {
        let is_ours = name.len() == 40 && name.bytes().all(|b| b.is_ascii_hexdigit());
        let name = if is_ours { name } else { "no-such-file-0000000000000000000000000000" };
        self.folder.join(&name[..2]).join(name)
    }
}
