//! What people write to name commits, and what they get: only what a ref that everybody may see
//! leads to.

use crate::error::{Error, Fields, Result};
use crate::fetch::VISIBLE;
use crate::open::{OpenRepository, SeesContent};
use model::ObjectId;
use repo::Repository;

/// What two commits have to do with each other, or one with its first parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The commit with the changes.
    pub(crate) source: ObjectId,
    /// What they are compared with; none for the first parent.
    pub(crate) destination: Option<ObjectId>,
}

impl Range {
    /// The commit with the changes.
    pub const fn source(self) -> ObjectId {
        self.source
    }

    /// As [`OpenRepository::range`] reads it: `A..B`, by whole ids.
    pub fn to_spec(self) -> String {
        match self.destination {
            Some(destination) => format!("{}..{destination}", self.source),
            None => self.source.to_string(),
        }
    }
}

impl<A: SeesContent> OpenRepository<A> {
    /// Reads `A..B`, the changes of A with B as the one they are to go into, or the name of one
    /// commit. A name with two dots in it cannot be: git refuses such refs.
    pub async fn range(&self, spec: &str) -> Result<Range> {
        let names: Vec<_> = match spec.split_once("..") {
            Some((source, destination)) => vec![source.to_owned(), destination.to_owned()],
            None => vec![spec.to_owned()],
        };
        let found = self.on_disk(move |repository| find_commits(repository, &names)).await?;
        let mut found = found.into_iter();
        let source = found.next().ok_or(Error::NotFound { what: "commit" })?;
        Ok(Range { source, destination: found.next() })
    }
}

/// The commits by these names, in their order; tags lead to theirs. What is not there, or not to
/// be seen, is not found.
pub(crate) fn find_commits(repository: &Repository, names: &[String]) -> Result<Vec<ObjectId>> {
    let ids = repository.resolve_all(names, VISIBLE).map_err(|error| match error {
        repo::Error::UnknownRevision(_) => Error::NotFound { what: "commit" },
        repo::Error::Ambiguous(_) => Fields::one("commit", error),
        other => Error::from(other),
    })?;
    let commit = |id: ObjectId| {
        let commit = repository.commit_id(&id)?;
        commit.ok_or(Error::NotFound { what: "commit" })
    };
    ids.into_iter().map(commit).collect()
}
