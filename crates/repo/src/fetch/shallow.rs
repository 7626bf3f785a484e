//! Depth: where the history that a client gets shall end.

use super::history::{Frontier, History};
use super::view::View;
use crate::{Error, Result};
use model::ObjectId;
use std::collections::{HashMap, HashSet};
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
    /// Appends what the client is told.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        for id in &self.shallow {
            wire::put_text(out, &format!("shallow {id}"));
        }
        for id in &self.unshallow {
            wire::put_text(out, &format!("unshallow {id}"));
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
        Inside { whole: deepen.shallow.iter().copied().collect(), ends: Vec::new() }
    } else if let Some(depth) = deepen.depth {
        if deepen.relative {
            let from = reachable_ends(history, wants, &deepen.shallow)?;
            by_depth(history, &from, depth.saturating_add(1))?
        } else {
            by_depth(history, &commits_of(history, wants)?, depth)?
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
        // An end that we do not have is one the client made up; it ends nothing here.
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

fn commits_of(history: &History<'_>, wants: &[ObjectId]) -> Result<Vec<ObjectId>> {
    let mut commits = Vec::new();
    for want in wants {
        commits.extend(history.peel_to_commit(want)?);
    }
    Ok(commits)
}

/// The client's ends that lie in the history of what it wants: those are deepened from.
fn reachable_ends(
    history: &History<'_>,
    wants: &[ObjectId],
    had: &[ObjectId],
) -> Result<Vec<ObjectId>> {
    let mut missing: HashSet<ObjectId> = had.iter().copied().collect();
    let (mut frontier, mut found) = (Frontier::default(), Vec::new());
    for commit in commits_of(history, wants)? {
        frontier.push(history, commit)?;
    }
    while !missing.is_empty()
        && let Some((id, commit)) = frontier.pop()
    {
        if missing.remove(&id) {
            found.push(id);
        }
        for parent in commit.parents {
            frontier.push(history, parent)?;
        }
    }
    Ok(found)
}

/// Everything at most `depth` commits from one of `from`, which are the first. Level by level, so
/// that each commit is met at its smallest distance.
fn by_depth(history: &History<'_>, from: &[ObjectId], depth: u32) -> Result<Inside> {
    let mut inside = Inside::default();
    let mut seen = HashSet::new();
    let mut level: Vec<ObjectId> = from.iter().copied().filter(|it| seen.insert(*it)).collect();
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
    let mut frontier = Frontier::default();
    for commit in commits_of(history, wants)? {
        frontier.push(history, commit)?;
    }
    let mut kept: HashMap<ObjectId, Vec<ObjectId>> = HashMap::new();
    while let Some((id, commit)) = frontier.pop() {
        if commit.time < since || excluded.contains(&id) {
            continue;
        }
        for parent in &commit.parents {
            frontier.push(history, *parent)?;
        }
        kept.insert(id, commit.parents);
    }
    if kept.is_empty() {
        return Err(Error::BadFetch("no commits selected for shallow requests"));
    }
    let mut inside = Inside::default();
    for (id, parents) in &kept {
        if parents.iter().all(|it| kept.contains_key(it)) {
            inside.whole.insert(*id);
        } else {
            inside.ends.push(*id);
        }
    }
    inside.ends.sort_unstable();
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
