//! What a push brings: the commits that no ref led to before, as they are, and the files they
//! change. Read from the quarantine on demand and only for rules that ask; judges nothing.

mod changes;
mod commit;
mod files;
mod history;
mod resolution;

pub use changes::FileChange;
pub use commit::{NewCommit, Signed};
pub use files::{FileChanges, MergedFiles};
pub use history::NewCommits;

use crate::Result;
use crate::fetch::Visible;
use crate::push::RefUpdate;
use crate::quarantine::Quarantine;
use changes::Walk;
use model::ObjectId;

impl Quarantine<'_> {
    /// The commits that these updates bring: reachable from a new value, and from no ref that was
    /// there before and counts. Costs nothing for what no rule asks, because nobody calls it then.
    pub fn new_commits(&self, updates: &[RefUpdate], counts: Visible<'_>) -> Result<NewCommits> {
        history::find(self, updates, counts)
    }

    /// Reads a commit whole, with what its signature is about.
    pub fn new_commit(&self, id: &ObjectId) -> Result<NewCommit> {
        commit::read(self, id)
    }

    /// Finds out which files commits change.
    pub fn file_changes(&self, merged: MergedFiles) -> FileChanges<'_> {
        FileChanges::new(self, merged)
    }

    /// Shows every file of something pushed that is no commit: a tree, or a blob, whose path is
    /// empty.
    pub fn files_at(
        &self,
        id: &ObjectId,
        show: &mut dyn FnMut(FileChange<'_>) -> Result<()>,
    ) -> Result<()> {
        Walk::list(self, *id, show)
    }

    /// The size of a blob that the repository does not have yet; `None` of one it has.
    pub fn new_blob_size(&self, id: &ObjectId) -> Result<Option<u64>> {
        if self.is_old(id) {
            return Ok(None);
        }
        Ok(self.find_header(id)?.map(|it| it.1))
    }
}
