//! The key file: one master key per line, `<id> <base64 of 32 bytes>`, newest first. Only its owner can read it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{KeyError, MasterKey, master_key::KeyId};
use crate::{digest::hex, private, random};

/// Reads the file. Creates it with one key if it does not exist.
pub(super) fn read_or_create(path: &Path) -> Result<Vec<MasterKey>, KeyError> {
    match read(path) {
        Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            create(path).map_err(|e| failure(path, e.to_string()))?;
            // Read it back: another process may have created it first.
            read(path).map_err(|e| e.into_key_error(path))
        }
        result => result.map_err(|e| e.into_key_error(path)),
    }
}

/// Reads the file. It must exist.
pub(super) fn read_existing(path: &Path) -> Result<Vec<MasterKey>, KeyError> {
    read(path).map_err(|e| e.into_key_error(path))
}

/// Adds a new key as the first line. The file is replaced atomically: a reader sees the old or the new file.
pub(super) fn add(path: &Path) -> Result<(), KeyError> {
    let replace = || {
        let text = fs::read_to_string(path)?;
        let temporary = temporary_path(path);
        private::write(&temporary, format!("{}{text}", new_line()).as_bytes())?;
        fs::rename(&temporary, path)?;
        private::sync_folder_of(path)
    };
    replace().map_err(|e: io::Error| failure(path, format!("a key cannot be added: {e}")))
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

enum ReadError {
    Io(io::Error),
    Content(String),
}

impl ReadError {
    fn into_key_error(self, path: &Path) -> KeyError {
        match self {
            Self::Io(error) => failure(path, error.to_string()),
            Self::Content(reason) => failure(path, reason),
        }
    }
}

fn failure(path: &Path, reason: String) -> KeyError {
    KeyError::File { path: path.display().to_string(), reason }
}

fn read(path: &Path) -> Result<Vec<MasterKey>, ReadError> {
    let text = fs::read_to_string(path).map_err(ReadError::Io)?;
    parse(&text).map_err(ReadError::Content)
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

/// Writes a temporary file, then links it: nobody reads half a key, and the first of two processes wins.
fn create(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        private::make_folder(folder)?;
    }
    let temporary = temporary_path(path);
    private::write(&temporary, new_line().as_bytes())?;
    let linked = fs::hard_link(&temporary, path);
    fs::remove_file(&temporary)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
