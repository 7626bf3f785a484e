//! The data folder as the binary sees it: made with mode 0700, used by one process at a time,
//! and two small files in it: `admin-token` and `server.json`. What else is inside belongs to
//! `store` and `repo`.

use crate::Error;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The name of the file that holds the administrator's first API token.
pub const ADMIN_TOKEN: &str = "admin-token";

/// The name of the file in which a running server says where it listens.
pub const SERVER_JSON: &str = "server.json";

/// Not `lock`: that one is `repo`'s.
const LOCK: &str = "server.lock";

/// A data folder that no other process uses as long as this value lives.
pub struct DataFolder {
    path: PathBuf,
    /// Held for its lock, which the system takes back however the process ends.
    lock: File,
}

impl DataFolder {
    /// Makes the folder if it is not there, and locks it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Folder { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), lock }),
            Err(TryLockError::WouldBlock) => Err(Error::FolderInUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text of a file, if it is there.
    pub fn read(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.path.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Folder { path, source }),
        }
    }

    /// Writes a file that only the owner can read: whole and durable, or not at all.
    pub fn write_private(&self, name: &str, text: &str) -> Result<(), Error> {
        let target = self.path.join(name);
        write_private(&target, text).map_err(|source| Error::Folder { path: target, source })
    }

    /// Removes a file that may not be there.
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path.join(name);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::Folder { path, source })
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Unlocked, not only closed: a program that another thread starts at this moment has a copy of
/// the open file for an instant, and the lock would live as long.
impl Drop for DataFolder {
    fn drop(&mut self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the lock of the data folder goes with the process");
        }
    }
}

/// Does a server use this data folder at this moment?
pub fn is_running(path: &Path) -> Result<bool, Error> {
    let failed = |source| Error::Folder { path: path.to_owned(), source };
    let lock = File::open(path.join(LOCK)).map_err(failed)?;
    match lock.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Writes beside the target with mode 0600, makes it durable, and moves it in place.
pub fn write_private(target: &Path, text: &str) -> std::io::Result<()> {
    let mut name = target.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(name);
    let written = (|| {
        let mut file =
            OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, target)?;
        match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
            Some(_) | None => File::open(".")?.sync_all(),
        }
    })();
    if written.is_err() {
        // The first error is the one to tell; a leftover is overwritten by the next attempt.
        drop(std::fs::remove_file(&beside));
    }
    written
}
