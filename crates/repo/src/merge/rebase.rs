//! Commits made anew on top of another one, as `git rebase` makes them: merges are left out and
//! their sides put in one line; so is what the other side has under another id, and what turns out
//! to change nothing any more. Authors and messages stay, the committer is whoever merges, and
//! signatures go, because they were made over something else.

use super::attributes::Attributes;
use super::conflict::Conflicts;
use super::content::{self, NewCommitText};
use super::join::{self, Joined};
use super::workshop::Workshop;
use crate::objects::ObjectKind;
use crate::{Error, Result};
use model::ObjectId;

/// What came of it.
pub(super) enum Rebased {
    /// The new commits, oldest first; none when nothing is left.
    Line(Vec<ObjectId>),
    /// This commit does not fit.
    Conflicting(ObjectId, Conflicts),
}

/// Puts what `source` has and `target` has not on top of `target`.
pub(super) fn rebase(
    workshop: &mut Workshop<'_>,
    target: &ObjectId,
    source: &ObjectId,
    committer: &[u8],
) -> Result<Rebased> {
    let mut tip = *target;
    let mut tree = join::tree_of(workshop, target)?;
    let mut line = Vec::new();
    for commit in list(workshop, target, source)? {
        let content = join::read_commit(workshop, &commit)?;
        let parent = crate::commit::parents(&content).next();
        if parent == Some(tip) {
            // Where it stands it stands well.
            tree = join::tree_of(workshop, &commit)?;
        } else {
            let picked = match join::pick(workshop, tree, &commit, parent.as_ref())? {
                Joined::Clean(picked) => picked,
                Joined::Conflicting(conflicts) => {
                    return Ok(Rebased::Conflicting(commit, conflicts));
                }
            };
            if picked == tree && !was_empty(workshop, &content, parent.as_ref())? {
                continue;
            }
            tree = picked;
            tip = make_anew(workshop, &content, tree, tip, committer)?;
            line.push(tip);
            continue;
        }
        tip = commit;
        line.push(tip);
    }
    Ok(Rebased::Line(line))
}

/// The commits to put on top, oldest first. Which of them the other side has under another id is
/// known to git alone.
fn list(
    workshop: &mut Workshop<'_>,
    target: &ObjectId,
    source: &ObjectId,
) -> Result<Vec<ObjectId>> {
    let range = format!("{target}...{source}");
    let arguments =
        ["--topo-order", "--reverse", "--right-only", "--no-merges", "--cherry-pick", &range];
    // They say what counts as the same change, and what is checked out at this time is the source.
    let (here, there) = (join::tree_of(workshop, source)?, join::tree_of(workshop, target)?);
    let attributes = Attributes::of(workshop, here, &[there])?;
    let listed = workshop.ask_git("rev-list", &arguments, &[0], attributes)?.said;
    let unreadable = || Error::Git {
        verb: "rev-list",
        status: "exit status: 0".into(),
        stderr: "a line is no commit".into(),
    };
    let lines = listed.split(|&b| b == b'\n').filter(|it| !it.is_empty());
    lines.map(|it| ObjectId::parse(it).map_err(|_| unreadable())).collect()
}

/// Did the commit change nothing from the start? Somebody wanted it that way.
fn was_empty(workshop: &Workshop<'_>, content: &[u8], parent: Option<&ObjectId>) -> Result<bool> {
    let before = parent.map(|it| join::tree_of(workshop, it)).transpose()?;
    Ok(before.is_some() && before == crate::commit::tree(content))
}

fn make_anew(
    workshop: &mut Workshop<'_>,
    old: &[u8],
    tree: ObjectId,
    parent: ObjectId,
    committer: &[u8],
) -> Result<ObjectId> {
    let commit = NewCommitText {
        tree,
        parents: &[parent],
        author: content::header(old, "author").unwrap_or_default(),
        committer,
        encoding: content::header(old, "encoding"),
        message: content::message_of(old),
    };
    workshop.add(ObjectKind::Commit, commit.write())
}
