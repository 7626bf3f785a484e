//! How two commits stand to each other: the best that they have in common, and how many each has
//! that the other has not.

use crate::ancestry::{Common, ONE, OTHER, STALE, below};
use crate::commit_graph::Commits;
use crate::objects::Lookup;
use crate::painted::Painted;
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::collections::HashSet;
use std::path::Path;

/// What two commits have in common, and what not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// As [`Repository::merge_bases`] finds them.
    pub bases: Vec<ObjectId>,
    /// How many commits the second has that the first has not.
    pub ahead: u32,
    /// How many commits the first has that the second has not.
    pub behind: u32,
}

impl Repository {
    /// How two commits, usually a destination and a source, stand to each other. Costs about as
    /// many commits as they do not share. Like git, it believes dates: where they run backwards for
    /// long, numbers may be a little high.
    pub fn divergence(&self, first: &ObjectId, second: &ObjectId) -> Result<Divergence> {
        divergence(self.git_dir(), &self.objects(), first, second)
    }

    /// The commits that `new` leads to and `old` does not, found in one walk that costs about as
    /// many commits as the two do not share; `None` where one of them is not there. All of them are
    /// among the answer; where dates run backwards for long, one too many may be.
    pub fn commits_since(
        &self,
        old: &ObjectId,
        new: &ObjectId,
    ) -> Result<Option<HashSet<ObjectId>>> {
        let objects = self.objects();
        let commits = Commits::new(self.git_dir(), &objects);
        let mut walk = Painted::new(&commits, STALE);
        if !walk.begin(old, ONE)? || !walk.begin(new, OTHER)? {
            return Ok(None);
        }
        walk_apart(&mut walk, |_, _| {})?;
        Ok(Some(walk.painted(ONE | OTHER, OTHER)))
    }
}

fn divergence(
    git_dir: &Path,
    objects: &dyn Lookup,
    first: &ObjectId,
    second: &ObjectId,
) -> Result<Divergence> {
    let commits = Commits::new(git_dir, objects);
    let mut walk = Painted::new(&commits, STALE);
    for (id, flag) in [(first, ONE), (second, OTHER)] {
        if !walk.begin(id, flag)? {
            return Err(Error::Object { id: *id, why: "there is no such commit".into() });
        }
    }
    let mut common = Common::default();
    walk_apart(&mut walk, |id, flags| common.note(id, flags))?;
    let only = |side| u32::try_from(walk.count(ONE | OTHER, side)).unwrap_or(u32::MAX);
    let (behind, ahead) = (only(ONE), only(OTHER));
    Ok(Divergence { bases: common.best(&walk, &commits)?, ahead, behind })
}

/// Walks until it is known which commits are of one side alone.
fn walk_apart(walk: &mut Painted<'_>, mut note: impl FnMut(ObjectId, u8)) -> Result<()> {
    // What only stale commits can still lead to is older than all that counts.
    let mut oldest: Option<i64> = None;
    while let Some((id, commit, flags)) = walk.next_since(oldest)? {
        note(id, flags);
        if flags & (ONE | OTHER) != ONE | OTHER {
            oldest = Some(oldest.map_or(commit.time, |it| it.min(commit.time)));
        }
        for parent in &commit.parents {
            walk.paint(parent, below(flags))?;
        }
    }
    Ok(())
}
