//! A small disk that a test fills.

use std::{fs, path::PathBuf, process::Command};

/// A file system of a few megabytes, mounted on a folder. Dropping it unmounts it.
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    /// Mounts one on the folder. Only root can.
    pub fn on(folder: PathBuf, megabytes: u32) -> Self {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=0777"), "tmpfs"]).arg(&folder);
        assert!(mount.status().unwrap().success(), "{mount:?}");
        Self { folder }
    }

    /// Fills it to the last byte.
    pub fn fill(&self) {
        let file = self.folder.join("filler");
        for size in [1 << 20, 1 << 12, 1] {
            let mut filler = fs::OpenOptions::new().create(true).append(true).open(&file).unwrap();
            while std::io::Write::write_all(&mut filler, &vec![b'x'; size]).is_ok() {}
        }
    }

    /// Makes space again.
    pub fn make_space(&self) {
        fs::remove_file(self.folder.join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.folder).status();
    }
}
