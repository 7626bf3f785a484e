//! What the commands of a push do to their refs, now that the objects are here.

use crate::ancestry::is_ancestor;
use crate::push::{Change, Command, RefUpdate};
use crate::quarantine::Quarantine;
use crate::{ObjectKind, Result, tag};
use model::ObjectId;

/// Understands these commands (places in the push, and the commands themselves).
pub(crate) fn understand<'c>(
    commands: impl Iterator<Item = (usize, &'c Command)>,
    objects: &Quarantine<'_>,
) -> Result<Vec<RefUpdate>> {
    commands
        .map(|(place, command)| {
            let Command { old, new, name } = command.clone();
            let change = match (old.is_zero(), new.is_zero()) {
                (_, true) => Change::Delete,
                (true, false) => Change::Create,
                (false, false) => compare(&old, &new, objects)?,
            };
            Ok(RefUpdate { command: place, name, old, new, change })
        })
        .collect()
}

/// Fast-forward means that nothing is lost: both lead to commits, and the new contains the old.
fn compare(old: &ObjectId, new: &ObjectId, objects: &Quarantine<'_>) -> Result<Change> {
    let (Some(old), Some(new)) = (commit_of(old, objects)?, commit_of(new, objects)?) else {
        return Ok(Change::Rewrite);
    };
    let git_dir = objects.repository().git_dir();
    let contains = is_ancestor(git_dir, objects, &old, &new)?;
    Ok(if contains { Change::FastForward } else { Change::Rewrite })
}

fn commit_of(id: &ObjectId, objects: &Quarantine<'_>) -> Result<Option<ObjectId>> {
    let id = tag::peel(id, objects)?.unwrap_or(*id);
    let kind = objects.find_header(&id)?.map(|it| it.0);
    Ok((kind == Some(ObjectKind::Commit)).then_some(id))
}
