//! Links between objects: each must lead to an object of the right kind, here or in the
//! repository. An object of the repository is trusted to be complete, because nothing gets in
//! before its own links were checked; so nothing is walked, and the cost does not depend on how
//! many refs or commits there are.

use super::tree::TreeLink;
use super::{commit, modules, tree};
use crate::failure::{Failure, FailureCode};
use crate::ingest::NewObjects;
use crate::objects::{ObjectKind, Objects};
use crate::push::Command;
use crate::{Error, Result};
use model::ObjectId;
use std::collections::{HashMap, HashSet};

/// Where the objects of one push lead, gathered while each is checked.
#[derive(Default)]
pub(crate) struct Links {
    /// What each object that is led to must be.
    wanted: HashMap<ObjectId, ObjectKind>,
    /// Blobs that are a `.gitmodules` somewhere.
    modules: HashSet<ObjectId>,
}

impl Links {
    /// Checks one object's form and notes its links.
    pub(crate) fn check(
        &mut self,
        id: &ObjectId,
        kind: ObjectKind,
        content: &[u8],
    ) -> Result<(), Failure> {
        let Self { wanted, modules } = self;
        let mut link = |to: ObjectId, kind: ObjectKind| match wanted.insert(to, kind) {
            Some(other) if other != kind => Err("an object is linked as two different kinds"),
            Some(_) | None => Ok(()),
        };
        let mut tree_link = |to: ObjectId, kind: TreeLink| {
            if kind == TreeLink::Modules {
                modules.insert(to);
            }
            link(to, if kind == TreeLink::Tree { ObjectKind::Tree } else { ObjectKind::Blob })
        };
        let checked = match kind {
            ObjectKind::Blob => Ok(()),
            ObjectKind::Tree => tree::check(content, &mut tree_link),
            ObjectKind::Commit => commit::check_commit(content, &mut link),
            ObjectKind::Tag => commit::check_tag(content, &mut link),
        };
        checked.map_err(|why| FailureCode::ObjectBad.because(format!("{kind} {id}: {why}")))
    }

    /// Follows every link one step.
    pub(crate) fn verify(&self, new: &NewObjects, old: &Objects) -> Result<()> {
        for (id, kind) in &self.wanted {
            let found = match new.known.get(id) {
                Some(object) => Some(object.kind),
                // Files are by far the most links, and of all kinds the one whose being another
                // kind breaks nobody.
                None if *kind == ObjectKind::Blob => old.contains(id).then_some(*kind),
                None => old.find_header(id)?.map(|it| it.0),
            };
            match found {
                Some(found) if found == *kind => {}
                Some(found) => {
                    let detail = format!("{id} is linked as a {kind} and is a {found}");
                    return Err(FailureCode::ObjectBad.because(detail).into());
                }
                None => return Err(missing(*kind, id)),
            }
        }
        self.modules.iter().try_for_each(|id| verify_modules(id, new, old))
    }
}

/// Also when it is not new: it may have come as an ordinary file.
fn verify_modules(id: &ObjectId, new: &NewObjects, old: &Objects) -> Result<()> {
    let read;
    let content = match new.known.get(id) {
        Some(object) => object.content.as_deref(),
        None => {
            read = old.find(id)?.map(|it| it.data);
            read.as_deref()
        }
    };
    let checked = content.map_or(Err(".gitmodules is too large to be read"), modules::check);
    Ok(checked.map_err(|why| FailureCode::ObjectBad.because(format!("blob {id}: {why}")))?)
}

fn missing(kind: ObjectKind, id: &ObjectId) -> Error {
    FailureCode::PackMissingObject.because(format!("{kind} {id}")).into()
}

/// The new values must be there, and a branch's must be a commit. One failure for each command
/// that has one.
///
/// That a visible ref leads there is not asked, as git does not ask it: a client may push, or build
/// on, whatever the repository has, also what only a hidden ref or none reaches any more. Asking
/// would make each push cost a walk through history, and for every link of it. Nothing can be
/// found out by it: an id is 160 bits, and whoever has one whole has it from somebody who saw the
/// object. Short ids and names are another matter, and so is a fetch: both look for the way there.
pub(crate) fn check_tips(
    commands: &[Command],
    find_kind: &dyn Fn(&ObjectId) -> Result<Option<ObjectKind>>,
) -> Result<Vec<Option<Failure>>> {
    commands
        .iter()
        .map(|command| {
            if command.is_delete() {
                return Ok(None);
            }
            let kind = find_kind(&command.new)?;
            Ok(match kind {
                None => Some(FailureCode::PackMissingObject.because(command.new.to_string())),
                Some(kind)
                    if command.name.branch_name().is_some() && kind != ObjectKind::Commit =>
                {
                    Some(FailureCode::RefTarget.because(format!("it is a {kind}")))
                }
                Some(_) => None,
            })
        })
        .collect()
}
