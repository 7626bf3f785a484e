//! What is different between commits: what a range has changed, as text, as a list of files, as
//! patches.

use crate::error::{Error, Result};
use crate::open::{OpenRepository, SeesContent};
use crate::page::{Page, PageRequest};
use crate::revisions::Range;
use model::ObjectId;
use repo::{Conflicts, FileStat, MergePreview, Repository};
use std::collections::BTreeSet;
use std::io::Write;

/// How to show what is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffOptions {
    /// What the source has changed since it left the destination, and not what has happened to
    /// the destination in the meantime.
    pub topic: bool,
    pub shown: repo::DiffOptions,
}

impl Default for DiffOptions {
    fn default() -> Self {
        Self { topic: true, shown: repo::DiffOptions::default() }
    }
}

/// A page of the files that are different, and between what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffStat {
    /// The commit they are compared with; `None` where there is none.
    pub old: Option<ObjectId>,
    pub new: ObjectId,
    pub files: Page<FileStat>,
}

impl<A: SeesContent> OpenRepository<A> {
    /// Writes a diff as it is found. Sync: the caller brings a thread that may block.
    pub fn diff(&self, range: Range, options: &DiffOptions, output: &mut dyn Write) -> Result<()> {
        let repository = self.app.repositories.repository(self.repository.id)?;
        let old = base(&repository, range, options.topic)?;
        Ok(repository.diff(old.as_ref(), &range.source, &options.shown, output)?)
    }

    /// The files that are different, by path.
    pub async fn diffstat(
        &self,
        range: Range,
        options: DiffOptions,
        page: PageRequest,
    ) -> Result<DiffStat> {
        let found = self.on_disk(move |repository| {
            let old = base(repository, range, options.topic)?;
            let files = repository.diffstat(old.as_ref(), &range.source, &options.shown)?;
            Ok(DiffStat { old, new: range.source, files: page.of(files) })
        });
        found.await
    }

    /// The files that both sides of a range have changed so that they do not fit together, the
    /// first 1,000; none of a single commit.
    pub async fn conflicting_files(&self, range: Range) -> Result<BTreeSet<Vec<u8>>> {
        let Some(destination) = range.destination else { return Ok(BTreeSet::new()) };
        let found = self.on_disk(move |repository| {
            Ok(match repository.merge_preview(&destination, &range.source)? {
                MergePreview::Conflicting(Conflicts { listed, .. }) => {
                    listed.into_iter().map(|it| it.path).collect()
                }
                MergePreview::UpToDate
                | MergePreview::FastForward
                | MergePreview::Clean { .. }
                | MergePreview::Unrelated
                | MergePreview::TooMuch(_) => BTreeSet::new(),
            })
        });
        found.await
    }

    /// Writes the commits of a range as patches, oldest first. Sync, like [`diff`](Self::diff).
    pub fn patch(&self, range: Range, output: &mut dyn Write) -> Result<()> {
        let repository = self.app.repositories.repository(self.repository.id)?;
        Ok(repository.patch(range.destination.as_ref(), &range.source, output)?)
    }
}

/// What a range's source is compared with. Where two histories have nothing in common, everything
/// is new.
fn base(repository: &Repository, range: Range, topic: bool) -> Result<Option<ObjectId>> {
    match range.destination {
        Some(destination) if topic => Ok(repository.merge_base(&range.source, &destination)?),
        Some(destination) => Ok(Some(destination)),
        None => {
            let commit = repository.commit_info(&range.source)?;
            let commit = commit.ok_or(Error::NotFound { what: "commit" })?;
            Ok(commit.parents.first().copied())
        }
    }
}
