//! Keeping a repository fast: few packs, a commit-graph, bitmaps. Bulk work, so stock git does it;
//! it never removes an object, and runs beside pushes and fetches.

use crate::git::Git;
use crate::repository::{Repository, count_packs};
use crate::{Error, Result};
use std::path::Path;

/// From this many packs on a repository gains from maintenance: each lookup asks every pack.
pub const MANY_PACKS: usize = 50;

/// From this many refs in files of their own on they are moved into `packed-refs`.
const MANY_REF_FILES: usize = 100;

impl Repository {
    /// Is it time for [`Repository::maintain`]? One listing of a folder.
    pub fn needs_maintenance(&self) -> Result<bool> {
        has_many_packs(self.git_dir())
    }

    /// Moves refs into `packed-refs`, combines packs so that sizes grow geometrically (large ones are left alone), indexes them
    /// together with bitmaps, and writes the commit-graph.
    pub fn maintain(&self) -> Result<()> {
        self.ref_store().pack(MANY_REF_FILES, &|id| self.peel(id))?;
        let mut repack = Git::command(self.git_dir(), "repack");
        // Without loose object removal or expiry: unreachable objects may be on their way to
        // become reachable by a push that is being checked.
        repack.args(["--geometric=2", "-d", "-q", "--write-midx", "--write-bitmap-index"]);
        Git::run("repack", &mut repack)?;
        let mut graph = Git::command(self.git_dir(), "commit-graph");
        graph.args(["write", "--reachable", "--no-progress"]);
        Git::run("commit-graph", &mut graph)?;
        self.reopen_objects()
    }

    /// How many bytes its files take. A walk over its folder, which maintenance keeps small.
    pub fn size_on_disk(&self) -> Result<u64> {
        let mut folders = vec![self.git_dir().to_owned()];
        let mut size = 0;
        while let Some(folder) = folders.pop() {
            let Some(entries) = there(std::fs::read_dir(&folder), &folder)? else { continue };
            for entry in entries {
                let path = entry.map_err(Error::io("list", &folder))?.path();
                let Some(found) = there(path.symlink_metadata(), &path)? else { continue };
                if found.is_dir() {
                    folders.push(path);
                } else {
                    size += found.len();
                }
            }
        }
        Ok(size)
    }
}

pub(crate) fn has_many_packs(git_dir: &Path) -> Result<bool> {
    Ok(count_packs(git_dir)? >= MANY_PACKS)
}

/// Pushes and maintenance take files away at any moment; those count for nothing.
fn there<T>(found: std::io::Result<T>, path: &Path) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("measure", path)(error)),
    }
}
