//! Has somebody else changed the refs? Stamps of `packed-refs`, `HEAD` and the ref folders tell
//! without reading them. They guard the freshness of the snapshot only: what a landing compares is
//! read from disk under the ref's lock.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// More folders than this are not watched; the ones nearest to `refs/` are.
const MAX_WATCHED: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

/// The stamps under which a snapshot was taken.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamps(BTreeMap<PathBuf, Option<Stamp>>);

impl Stamps {
    /// Notes the present state of a file or folder; absence is a state, too.
    pub(super) fn note(&mut self, path: &Path) {
        if self.0.len() < MAX_WATCHED || self.0.contains_key(path) {
            self.0.insert(path.to_owned(), stamp(path));
        }
    }

    /// Is everything as it was noted?
    pub(super) fn still_hold(&self) -> bool {
        self.0.iter().all(|(path, noted)| stamp(path) == *noted)
    }
}

/// An unreadable path counts as absent: the reload that follows a difference reports the error.
fn stamp(path: &Path) -> Option<Stamp> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    Some(Stamp {
        inode: meta.ino(),
        // A folder's size says nothing.
        size: if meta.is_dir() { 0 } else { meta.size() },
        changed: (meta.mtime(), meta.mtime_nsec()),
    })
}
