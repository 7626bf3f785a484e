//! Two trees into one, or where they do not fit: a merge of two commits, and one commit's change on
//! top of another commit. The plain cases are done here, the others by `git merge-tree`.

use super::attributes::Attributes;
use super::conflict::{self, Conflicts};
use super::content::NewCommitText;
use super::trees;
use super::workshop::Workshop;
use crate::objects::{Lookup, ObjectKind};
use crate::{Error, Result};
use model::ObjectId;

/// What came of it.
pub(super) enum Joined {
    /// The tree.
    Clean(ObjectId),
    Conflicting(Conflicts),
}

/// Merges two commits with these best common ancestors.
pub(super) fn merge(
    workshop: &mut Workshop<'_>,
    target: &ObjectId,
    source: &ObjectId,
    bases: &[ObjectId],
) -> Result<Joined> {
    let (ours, theirs) = (tree_of(workshop, target)?, tree_of(workshop, source)?);
    let bases: Vec<_> = bases.iter().map(|it| tree_of(workshop, it)).collect::<Result<_>>()?;
    // Of several bases git makes one first.
    if let [base] = bases.as_slice()
        && let Some(tree) = trees::merge(workshop, Some(*base), ours, theirs)?
    {
        return Ok(Joined::Clean(tree));
    }
    let attributes = Attributes::of(workshop, ours, &[&[theirs][..], &bases].concat())?;
    ask_git(workshop, target, source, attributes)
}

/// Puts the change that a commit made to its parent on top of this tree.
pub(super) fn pick(
    workshop: &mut Workshop<'_>,
    onto: ObjectId,
    commit: &ObjectId,
    parent: Option<&ObjectId>,
) -> Result<Joined> {
    let base = parent.map(|it| tree_of(workshop, it)).transpose()?;
    let theirs = tree_of(workshop, commit)?;
    if let Some(tree) = trees::merge(workshop, base, onto, theirs)? {
        return Ok(Joined::Clean(tree));
    }
    // Git finds the base of a merge by itself. For a commit that is beside the one to pick, with
    // the same parent and the tree to build on, that base is the parent: what a pick is.
    let beside = NewCommitText {
        tree: onto,
        parents: parent.map(std::slice::from_ref).unwrap_or_default(),
        author: NOBODY,
        committer: NOBODY,
        encoding: None,
        message: b"",
    };
    let beside = workshop.add(ObjectKind::Commit, beside.write())?;
    let others: Vec<_> = [Some(theirs), base].into_iter().flatten().collect();
    let attributes = Attributes::of(workshop, onto, &others)?;
    ask_git(workshop, &beside, commit, attributes)
}

const NOBODY: &[u8] = b"nobody <> 0 +0000";

fn ask_git(
    workshop: &mut Workshop<'_>,
    ours: &ObjectId,
    theirs: &ObjectId,
    attributes: Attributes,
) -> Result<Joined> {
    let (ours, theirs) = (ours.to_string(), theirs.to_string());
    // The first commit of a history has no base to be picked from.
    let arguments = ["--write-tree", "-z", "--name-only", "--allow-unrelated-histories"];
    let arguments = [&arguments[..], &[&ours, &theirs]].concat();
    let answer = workshop.ask_git("merge-tree", &arguments, &[0, 1], attributes)?;
    if answer.code == 1 {
        return Ok(Joined::Conflicting(conflict::parse(&answer.said)));
    }
    let tree = answer.said.split(|&b| b == 0).next().unwrap_or_default();
    let tree = ObjectId::parse(tree).map_err(|_| Error::Git {
        verb: "merge-tree",
        status: "exit status: 0".into(),
        stderr: "it did not name a tree".into(),
    })?;
    Ok(Joined::Clean(tree))
}

/// The tree of a commit.
pub(super) fn tree_of(workshop: &Workshop<'_>, commit: &ObjectId) -> Result<ObjectId> {
    let content = read_commit(workshop, commit)?;
    let damaged = || Error::Object { id: *commit, why: "it names no tree".into() };
    crate::commit::tree(&content).ok_or_else(damaged)
}

/// The content of a commit.
pub(super) fn read_commit(workshop: &Workshop<'_>, id: &ObjectId) -> Result<Vec<u8>> {
    let damaged = |why: &str| Error::Object { id: *id, why: why.into() };
    let object = workshop.find(id)?.ok_or_else(|| damaged("it is missing"))?;
    match object.kind {
        ObjectKind::Commit => Ok(object.data),
        ObjectKind::Tree | ObjectKind::Blob | ObjectKind::Tag => Err(damaged("it is no commit")),
    }
}
