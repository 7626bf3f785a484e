//! Keeping a repository fast: few packs, a commit-graph, bitmaps. Bulk work, so stock git does it;
//! it never removes an object, and runs beside pushes and fetches.

use crate::Result;
use crate::git::Git;
use crate::repository::{Repository, count_packs};

/// From this many packs on a repository gains from maintenance: each lookup asks every pack.
pub const MANY_PACKS: usize = 50;

/// From this many refs in files of their own on they are moved into `packed-refs`.
const MANY_REF_FILES: usize = 100;

impl Repository {
    /// Is it time for [`Repository::maintain`]? One listing of a folder.
    pub fn needs_maintenance(&self) -> Result<bool> {
        Ok(count_packs(self.git_dir())? >= MANY_PACKS)
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
}
