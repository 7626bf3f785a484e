//! Objects out of another repository, such as a fork: copied, so that neither needs the other
//! afterwards. They come in as those of a push do, past no check.

use crate::commit_graph::CommitGraph;
use crate::git::{Git, Running};
use crate::objects::{ObjectKind, Objects};
use crate::quarantine::Quarantine;
use crate::receive::Limits;
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::collections::HashSet;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

/// Copies these commits, and all they lead to, as far as the quarantine's repository lacks them.
pub(crate) fn bring(
    quarantine: &mut Quarantine<'_>,
    from: &Repository,
    tips: Vec<ObjectId>,
    limits: &Limits,
) -> Result<()> {
    let missing = Missing::find(quarantine, from, tips)?;
    if missing.wanted.is_empty() {
        return Ok(());
    }
    let mut command = Git::command(from.git_dir(), "pack-objects");
    command
        .args(["--revs", "--stdout", "-q", "--thin", "--delta-base-offset"])
        .stdin(Stdio::piped());
    let mut git = Running::start("pack-objects", command)?;
    if let Some(mut stdin) = git.child().stdin.take() {
        let lines = missing.lines();
        let pipe = Path::new("the pipe to git pack-objects");
        stdin.write_all(lines.as_bytes()).map_err(Error::io("write to", pipe))?;
    }
    if let Some(mut pack) = git.child().stdout.take() {
        quarantine.ingest(&mut pack, limits, true)?;
    }
    git.finish()
}

/// What there is to copy.
struct Missing {
    wanted: Vec<ObjectId>,
    /// Where it ends: commits that are on both sides.
    common: HashSet<ObjectId>,
}

impl Missing {
    /// Follows history down from the tips until commits are met that are here already: those are
    /// here with all they lead to.
    fn find(here: &Quarantine<'_>, from: &Repository, tips: Vec<ObjectId>) -> Result<Self> {
        let (objects, graph) = (from.objects(), CommitGraph::new(from.git_dir()));
        let mut missing = Self { wanted: Vec::new(), common: HashSet::new() };
        let mut seen: HashSet<ObjectId> = tips.iter().copied().collect();
        for tip in &tips {
            if here.find_header(tip)?.is_none() {
                missing.wanted.push(*tip);
            }
        }
        let mut waiting = missing.wanted.clone();
        while let Some(id) = waiting.pop() {
            for parent in parents(&objects, &graph, &id)? {
                if !seen.insert(parent) {
                    continue;
                }
                match here.find_header(&parent)? {
                    Some(_) => drop(missing.common.insert(parent)),
                    None => waiting.push(parent),
                }
            }
        }
        Ok(missing)
    }

    /// As `git pack-objects --revs` reads them.
    fn lines(&self) -> String {
        let wanted = self.wanted.iter().map(|it| format!("{it}\n"));
        let common = self.common.iter().map(|it| format!("^{it}\n"));
        wanted.chain(common).collect()
    }
}

fn parents(objects: &Objects, graph: &CommitGraph, id: &ObjectId) -> Result<Vec<ObjectId>> {
    if let Some(commit) = graph.find(id) {
        return Ok(commit.parents);
    }
    let missing = || Error::Object { id: *id, why: "it is missing".into() };
    let object = objects.find(id)?.ok_or_else(missing)?;
    Ok(match object.kind {
        ObjectKind::Commit => crate::commit::parents(&object.data).collect(),
        ObjectKind::Tree | ObjectKind::Blob | ObjectKind::Tag => Vec::new(),
    })
}
