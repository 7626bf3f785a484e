//! What a push brings: the commits that no ref of those that count led to before, as they are, and
//! the files they change. Read from the quarantine on demand and only for rules that ask; judges nothing.

mod changes;
mod commit;
mod files;
mod history;
mod resolution;

pub use changes::FileChange;
pub use commit::{NewCommit, Signed};
pub use files::{FileChanges, MergedFiles};
pub use history::NewCommits;

use crate::fetch::Visible;
use crate::push::RefUpdate;
use crate::quarantine::Quarantine;
use crate::{Error, Result};
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

    /// The size of a blob, in bytes. One that is not there is an error.
    pub fn blob_size(&self, id: &ObjectId) -> Result<u64> {
        let missing = || Error::Object { id: *id, why: "it is missing".into() };
        Ok(self.find_header(id)?.ok_or_else(missing)?.1)
    }

    /// Has one of these commits a file of this content, whatever it is called? Goes through all
    /// their files.
    pub fn is_in_any(&self, commits: &[ObjectId], blob: &ObjectId) -> Result<bool> {
        let mut found = false;
        for commit in commits {
            let tree = commit::read(self, commit)?.info.tree;
            Walk::list(self, tree, &mut |it| {
                found |= it.blob.as_ref() == Some(blob);
                Ok(())
            })?;
        }
        Ok(found)
    }
}
