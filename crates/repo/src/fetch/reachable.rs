//! May a client have what it asks for by id?
//!
//! What a visible ref points to, always. Anything else only if it is reachable from a visible
//! ref: partial clones ask like this for what they left out, and so does a client whose ref has
//! moved since it looked. Neither what only hidden refs reach nor what no ref reaches any more
//! (a secret that was pushed and taken back) leaves by its id.

use super::history::{Frontier, History};
use super::view::View;
use crate::objects::ObjectKind;
use crate::{Error, Result};
use model::ObjectId;
use std::collections::HashSet;

/// Is everything wanted to be had? The error names one that is not. `true` when all of it is what
/// refs point to.
pub(super) fn check(history: &History<'_>, view: &View<'_>, wants: &[ObjectId]) -> Result<bool> {
    let mut unproven = wants.to_vec();
    view.remove_tips(&mut unproven);
    if unproven.is_empty() {
        return Ok(true);
    }
    let left = find_unreachable(history, view, &unproven)?;
    left.into_iter().next().map_or(Ok(false), |id| Err(Error::NotOurRef(id)))
}

/// Those of the objects that no visible ref leads to. If one is not there at all, that one alone.
pub(crate) fn find_unreachable<'i>(
    history: &History<'_>,
    view: &View<'_>,
    ids: impl IntoIterator<Item = &'i ObjectId>,
) -> Result<Vec<ObjectId>> {
    let mut proof = Proof::default();
    for id in ids {
        match history.objects.find_header(id)? {
            Some((ObjectKind::Commit, _)) => proof.commits.insert(*id),
            Some((ObjectKind::Tag, _)) => proof.tags.insert(*id),
            Some((ObjectKind::Tree | ObjectKind::Blob, _)) => proof.contents.insert(*id),
            None => return Ok(vec![*id]),
        };
    }
    proof.find_tags(history, view)?;
    proof.find_in_history(history, view)?;
    Ok(proof.tags.into_iter().chain(proof.commits).chain(proof.contents).collect())
}

/// What is still to be found, by kind.
#[derive(Default)]
struct Proof {
    tags: HashSet<ObjectId>,
    commits: HashSet<ObjectId>,
    /// Trees and blobs.
    contents: HashSet<ObjectId>,
    /// Trees that were looked through.
    seen: HashSet<ObjectId>,
}

impl Proof {
    /// Tags of tags: the outer one is a ref's, the inner one is wanted.
    fn find_tags(&mut self, history: &History<'_>, view: &View<'_>) -> Result<()> {
        if self.tags.is_empty() {
            return Ok(());
        }
        for entry in view.iter().filter(|it| it.peeled.is_some()) {
            let mut at = entry.id;
            while !self.tags.is_empty() && Some(at) != entry.peeled {
                self.tags.remove(&at);
                let Some(object) = history.objects.find(&at)? else { break };
                let Some(target) = crate::tag::target(&object.data) else { break };
                at = target;
            }
        }
        Ok(())
    }

    /// Walks all visible history, newest first, until everything is found. A tree is looked
    /// through once, however many commits have it.
    fn find_in_history(&mut self, history: &History<'_>, view: &View<'_>) -> Result<()> {
        let mut frontier = Frontier::default();
        for tip in view.peeled_tips() {
            if self.is_found() {
                return Ok(());
            }
            match history.peel_to_commit(&tip)? {
                Some(commit) => {
                    // Most of what is asked for is in HEAD's tree, which comes first.
                    let first = self.seen.is_empty();
                    frontier.push(history, commit)?;
                    if first {
                        self.commits.remove(&commit);
                        self.find_in_tree(history, history.commit(&commit)?.tree)?;
                    }
                }
                None => self.find_in_tip(history, tip)?,
            }
        }
        // Below the deepest commit wanted nothing needs to be looked at, unless contents are.
        let floor = self.floor(history)?;
        while !self.is_found()
            && let Some((id, commit)) = frontier.pop()
        {
            self.commits.remove(&id);
            self.find_in_tree(history, commit.tree)?;
            if self.contents.is_empty() && commit.generation.is_some_and(|it| it <= floor) {
                continue;
            }
            for parent in commit.parents {
                frontier.push(history, parent)?;
            }
        }
        Ok(())
    }

    fn is_found(&self) -> bool {
        self.commits.is_empty() && self.contents.is_empty()
    }

    /// The smallest generation of the commits wanted; 0 where one has none.
    fn floor(&self, history: &History<'_>) -> Result<u32> {
        let mut floor = u32::MAX;
        for id in &self.commits {
            floor = floor.min(history.commit(id)?.generation.unwrap_or(0));
        }
        Ok(floor)
    }

    /// A ref that leads to a tree or a blob.
    fn find_in_tip(&mut self, history: &History<'_>, tip: ObjectId) -> Result<()> {
        self.contents.remove(&tip);
        match history.objects.find_header(&tip)? {
            Some((ObjectKind::Tree, _)) => self.find_in_tree(history, tip),
            Some(_) | None => Ok(()),
        }
    }

    fn find_in_tree(&mut self, history: &History<'_>, root: ObjectId) -> Result<()> {
        let mut waiting = vec![root];
        while !self.contents.is_empty()
            && let Some(id) = waiting.pop()
        {
            self.contents.remove(&id);
            if !self.seen.insert(id) {
                continue;
            }
            let missing = || Error::Object { id, why: "a tree is missing".into() };
            let object = history.objects.find(&id)?.ok_or_else(missing)?;
            for entry in gix_object::TreeRefIter::from_bytes(&object.data, gix_hash::Kind::Sha1) {
                let entry = entry.map_err(|error| Error::Object { id, why: error.to_string() })?;
                let child = crate::objects::from_gix(entry.oid);
                if entry.mode.is_tree() {
                    waiting.push(child);
                } else if !entry.mode.is_commit() {
                    self.contents.remove(&child);
                }
            }
        }
        Ok(())
    }
}
