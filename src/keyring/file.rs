//! The key file: one master key per line, `<id> <base64 of 32 bytes>`, newest first. Its owner can read it, and perhaps
//! its group. A file that anybody else can read or change is refused.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{KeyError, MasterKey, master_key::KeyId};
use crate::{digest::hex, private, random};

/// Reads the file. None: it does not exist.
pub(super) fn read(path: &Path) -> Result<Option<Vec<MasterKey>>, KeyError> {
    let text = match open(path) {
        Ok(None) => return Ok(None),
        Ok(Some(mut file)) => {
            let mut text = String::new();
            file.read_to_string(&mut text).map(|_| text)
        }
        Err(error) => Err(error),
    };
    let keys = text.map_err(|error| error.to_string()).and_then(|text| parse(&text));
    keys.map(Some).map_err(|reason| failure(path, reason))
}

/// Reads the file. It must exist.
pub(super) fn read_existing(path: &Path) -> Result<Vec<MasterKey>, KeyError> {
    read(path)?.ok_or_else(|| failure(path, "it does not exist; restore it from its backup".into()))
}

/// Opens the file for reading, if it exists and nobody else can read or change it.
fn open(path: &Path) -> io::Result<Option<fs::File>> {
    match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(file) => {
            refuse_foreign_access(&file.metadata()?)?;
            Ok(Some(file))
        }
    }
}

/// The owner may do anything, and the group may read: secrets that are mounted into a container belong to a group.
#[cfg(unix)]
fn refuse_foreign_access(file: &fs::Metadata) -> io::Result<()> {
    let mode = std::os::unix::fs::MetadataExt::mode(file) & 0o7777;
    if mode & 0o026 == 0 {
        return Ok(());
    }
    let who = if mode & 0o006 == 0 { "its group may change it" } else { "everybody may read or change it" };
    let fix = "make it readable for its owner (chmod 600), or also for its group (chmod 640)";
    Err(io::Error::other(format!("its mode is {mode:03o}, so {who}; {fix}")))
}

#[cfg(not(unix))]
fn refuse_foreign_access(_: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

/// Adds a new key as the first line. The file is replaced atomically: a reader sees the old or the new file. Its mode
/// and group stay, because the service may read it by its group.
pub(super) fn add(path: &Path) -> Result<(), KeyError> {
    let replace = || {
        // The name may be a link to the file.
        let path = fs::canonicalize(path)?;
        let text = fs::read_to_string(&path)?;
        let temporary = temporary_path(&path);
        private::write(&temporary, format!("{}{text}", new_line()).as_bytes())?;
        let replaced = copy_access(&path, &temporary).and_then(|()| fs::rename(&temporary, &path));
        if replaced.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        replaced.and_then(|()| private::sync_folder_of(&path))
    };
    replace().map_err(|e: io::Error| failure(path, format!("a key cannot be added: {e}")))
}

/// Gives a file the group and the mode of another.
#[cfg(unix)]
fn copy_access(from: &Path, to: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, chown};
    let (old, new) = (fs::metadata(from)?, fs::metadata(to)?);
    if old.gid() != new.gid() {
        chown(to, None, Some(old.gid()))?;
    }
    fs::set_permissions(to, old.permissions())
}

#[cfg(not(unix))]
fn copy_access(_: &Path, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Locks a file beside the key file. Fails if another process holds the lock.
pub(super) fn lock(path: &Path) -> Result<fs::File, KeyError> {
    let lock = path.with_extension("lock");
    let file = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&lock);
    let file = file.map_err(|e| failure(&lock, e.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(failure(path, "another process is rotating the keys".into())),
    }
}

fn temporary_path(path: &Path) -> PathBuf {
    path.with_extension(format!("{}.new", hex(&random::bytes::<4>())))
}

fn failure(path: &Path, reason: String) -> KeyError {
    KeyError::File { path: path.display().to_string(), reason }
}

/// Parses the keys of the file, newest first.
pub(super) fn parse(text: &str) -> Result<Vec<MasterKey>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let keys: Vec<MasterKey> = lines
        .map(|(number, line)| {
            parse_line(line.trim()).ok_or_else(|| {
                format!(
                    "line {} is not `<8 hex digits> <base64 of 32 bytes>`; restore the file from its backup",
                    number + 1
                )
            })
        })
        .collect::<Result<_, _>>()?;
    if keys.is_empty() {
        return Err("it holds no key; restore it from its backup".into());
    }
    Ok(keys)
}

fn parse_line(line: &str) -> Option<MasterKey> {
    let (id, key) = line.split_once(' ')?;
    let id: KeyId = id.parse().ok()?;
    let key: [u8; 32] = BASE64_STANDARD.decode(key.trim()).ok()?.try_into().ok()?;
    MasterKey::new(id, &key).ok()
}

/// A line with a new key.
fn new_line() -> String {
    format!("{} {}\n", hex(&random::bytes::<4>()), BASE64_STANDARD.encode(random::bytes::<32>()))
}

/// Makes the file with one new key. Fails if it exists. Writes a temporary file, then links it, so that nobody reads
/// half a key.
pub(super) fn create(path: &Path) -> Result<(), KeyError> {
    let make = || {
        if let Some(folder) = path.parent() {
            private::make_folder(folder)?;
        }
        let temporary = temporary_path(path);
        private::write(&temporary, new_line().as_bytes())?;
        let linked = fs::hard_link(&temporary, path);
        fs::remove_file(&temporary)?;
        linked.and_then(|()| private::sync_folder_of(path))
    };
    make().map_err(|e: io::Error| failure(path, format!("it cannot be made: {e}")))
}
