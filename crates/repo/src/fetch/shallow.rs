//! Depth: where the history that a client gets shall end.

use super::history::{Frontier, History};
use super::reachable;
use super::view::View;
use crate::commit_graph::WalkCommit as Commit;
use crate::{Error, Result};
use model::ObjectId;
use std::collections::HashSet;
use wire::Deepen;

/// What changes for the client, and what the pack must be built with.
#[derive(Debug, Default)]
pub(super) struct Boundary {
    /// New ends of history, to be told.
    pub(super) shallow: Vec<ObjectId>,
    /// Former ends whose parents the client gets now, to be told.
    pub(super) unshallow: Vec<ObjectId>,
    /// Parents of the latter: wanted, too.
    pub(super) wants: Vec<ObjectId>,
    /// All ends, those the client had and keeps among them: commits without parents while the
    /// pack is built.
    pub(super) grafts: Vec<ObjectId>,
}

impl Boundary {
    /// Appends what the client is told. These lines end without a newline, as git writes them:
    /// libgit2 (1.9) does not read them otherwise.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        for id in &self.shallow {
            wire::put_data(out, format!("shallow {id}").as_bytes());
        }
        for id in &self.unshallow {
            wire::put_data(out, format!("unshallow {id}").as_bytes());
        }
    }
}

/// Which commits are inside, and which of those are ends.
#[derive(Default)]
struct Inside {
    /// Have their parents inside, too.
    whole: HashSet<ObjectId>,
    /// Do not.
    ends: Vec<ObjectId>,
}

/// Works out the boundary. A client that asks for no depth keeps the one it has.
pub(super) fn find_boundary(
    history: &History<'_>,
    view: &View<'_>,
    wants: &[ObjectId],
    deepen: &Deepen,
) -> Result<Boundary> {
    let inside = if !deepen.is_asked() {
        Inside::default()
    } else if deepen.is_unshallow() {
        Inside { whole: ends_in_view(history, view, deepen)?, ends: Vec::new() }
    } else if let Some(depth) = deepen.depth {
        if deepen.relative {
            // The ends themselves are the first, so one more.
            by_depth(history, ends_in_view(history, view, deepen)?, depth.saturating_add(1))?
        } else {
            by_depth(history, commits_of(history, wants)?, depth)?
        }
    } else {
        by_exclusion(history, view, wants, deepen)?
    };
    compare(history, &inside, &deepen.shallow)
}

/// What the client has against what it shall have.
fn compare(history: &History<'_>, inside: &Inside, had: &[ObjectId]) -> Result<Boundary> {
    let had: HashSet<ObjectId> = had.iter().copied().collect();
    let mut boundary = Boundary::default();
    let new_ends = inside.ends.iter().filter(|it| !inside.whole.contains(it) && !had.contains(it));
    boundary.shallow.extend(new_ends);
    for id in &had {
        // An end that we do not have ends nothing here.
        if history.peel_to_commit(id)? != Some(*id) {
            continue;
        }
        if inside.whole.contains(id) {
            boundary.unshallow.push(*id);
            boundary.wants.extend(history.commit(id)?.parents);
        }
        boundary.grafts.push(*id);
    }
    boundary.unshallow.sort_unstable();
    boundary.grafts.extend(&boundary.shallow);
    Ok(boundary)
}

fn commits_of(history: &History<'_>, wants: &[ObjectId]) -> Result<HashSet<ObjectId>> {
    let mut commits = HashSet::new();
    for want in wants {
        commits.extend(history.peel_to_commit(want)?);
    }
    Ok(commits)
}

/// The ends the client named that it may know of: who names an end gets its parents, and must not
/// get hidden history by naming a commit of it.
fn ends_in_view(
    history: &History<'_>,
    view: &View<'_>,
    deepen: &Deepen,
) -> Result<HashSet<ObjectId>> {
    let mut ends = HashSet::new();
    for id in &deepen.shallow {
        ends.extend(history.peel_to_commit(id)?.filter(|it| it == id));
    }
    for hidden in reachable::find_unreachable(history, view, &ends)? {
        ends.remove(&hidden);
    }
    Ok(ends)
}

/// Everything at most `depth` commits from one of `from`, which are the first. Level by level, so
/// that each commit is met at its smallest distance.
fn by_depth(history: &History<'_>, from: HashSet<ObjectId>, depth: u32) -> Result<Inside> {
    let mut inside = Inside::default();
    let mut level: Vec<ObjectId> = from.iter().copied().collect();
    let mut seen = from;
    for _ in 1..depth {
        let mut next = Vec::new();
        for id in level {
            next.extend(history.commit(&id)?.parents.into_iter().filter(|it| seen.insert(*it)));
            inside.whole.insert(id);
        }
        if next.is_empty() {
            return Ok(inside);
        }
        level = next;
    }
    inside.ends = level;
    Ok(inside)
}

/// Everything since a moment, or not in the history of certain refs.
fn by_exclusion(
    history: &History<'_>,
    view: &View<'_>,
    wants: &[ObjectId],
    deepen: &Deepen,
) -> Result<Inside> {
    let excluded = excluded(history, view, deepen)?;
    let since = deepen.since.unwrap_or(i64::MIN);
    let is_kept = |id: &ObjectId, commit: &Commit| commit.time >= since && !excluded.contains(id);
    let (mut frontier, mut inside) = (Frontier::default(), Inside::default());
    for id in commits_of(history, wants)? {
        if is_kept(&id, &history.commit(&id)?) {
            frontier.push(history, id)?;
        }
    }
    while let Some((id, commit)) = frontier.pop() {
        let mut is_whole = true;
        for parent in &commit.parents {
            is_whole &= is_kept(parent, &history.commit(parent)?);
        }
        if !is_whole {
            // An end has no parents at all, so it does not lead on to the one that was kept.
            inside.ends.push(id);
            continue;
        }
        inside.whole.insert(id);
        for parent in commit.parents {
            frontier.push(history, parent)?;
        }
    }
    if inside.whole.is_empty() && inside.ends.is_empty() {
        return Err(Error::BadFetch("no commits selected for shallow requests"));
    }
    Ok(inside)
}

/// The history of the refs named by `deepen-not`.
fn excluded(history: &History<'_>, view: &View<'_>, deepen: &Deepen) -> Result<HashSet<ObjectId>> {
    let mut frontier = Frontier::default();
    for name in &deepen.not {
        let id = std::str::from_utf8(name).ok().and_then(|it| view.find_short(it));
        let id = id.ok_or(Error::BadFetch("ambiguous deepen-not: name a ref as ls-remote does"))?;
        if let Some(commit) = history.peel_to_commit(&id)? {
            frontier.push(history, commit)?;
        }
    }
    while let Some((_, commit)) = frontier.pop() {
        for parent in commit.parents {
            frontier.push(history, parent)?;
        }
    }
    Ok(frontier.into_seen())
}
