//! The checkpoint file: one JSON line for each checkpoint. It is only appended to.

use std::{
    fs::{self, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use crate::{domain::checkpoint::Checkpoint, private};

/// Appends a checkpoint with one write, and returns when it is on the disk. Creates the file if there is none.
pub fn append(path: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    let is_new = !fs::exists(path)?;
    let mut line = serde_json::to_string(checkpoint)?;
    line.push('\n');
    // An incomplete line that a crash has left does not damage this one.
    if !is_new && !ends_with_a_line(path)? {
        line.insert(0, '\n');
    }
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(line.as_bytes())?;
    file.sync_all()?;
    if is_new { private::sync_folder_of(path) } else { Ok(()) }
}

fn ends_with_a_line(path: &Path) -> io::Result<bool> {
    let mut file = fs::File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// The lines of the file with their numbers, from 1: each a checkpoint, or why it is not one. Blank lines are left out.
pub fn read(path: &Path) -> io::Result<Vec<(usize, Result<Checkpoint, String>)>> {
    let text = fs::read_to_string(path)?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    Ok(lines.map(|(number, line)| (number, serde_json::from_str(line).map_err(|e| e.to_string()))).collect())
}
