//! The objects of a push before they are let in: seen by the judge and the checks, invisible to
//! everybody else, gone without a trace unless the push lands.

use crate::check::{Links, check_tips};
use crate::crash::crash_point;
use crate::failure::Failure;
use crate::ingest::{Ingest, NewObjects, ReadyPack};
use crate::objects::{Lookup, Object, ObjectKind, Objects};
use crate::push::{Command, PushId};
use crate::receive::Limits;
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What a quarantine's folder below `objects` starts with; the rest is the push's id.
pub(crate) const FOLDER_PREFIX: &str = "incoming-";

/// A push's new objects on top of the repository's own.
pub struct Quarantine<'a> {
    repository: &'a Repository,
    old: Objects,
    new: NewObjects,
    folder: PathBuf,
    pack: Option<ReadyPack>,
    count: u64,
    pack_bytes: u64,
}

impl<'a> Quarantine<'a> {
    /// An empty one. Nothing is written before a large pack comes.
    pub(crate) fn new(repository: &'a Repository, push: PushId) -> Self {
        let folder = repository.git_dir().join("objects").join(format!("{FOLDER_PREFIX}{push}"));
        Self {
            old: repository.objects(),
            repository,
            new: NewObjects::default(),
            folder,
            pack: None,
            count: 0,
            pack_bytes: 0,
        }
    }

    /// Reads a pack into it and checks every object and every link.
    pub(crate) fn ingest(
        &mut self,
        input: &mut dyn Read,
        limits: &Limits,
        input_ends: bool,
    ) -> Result<()> {
        let store = self.repository.git_dir().join("objects");
        let ingest =
            Ingest { objects: &self.old, store: &store, folder: &self.folder, limits, input_ends };
        let done = ingest.run(input)?;
        (self.new, self.pack, self.count) = (done.objects, done.pack, done.count);
        self.pack_bytes = done.pack_bytes;
        self.verify(done.links.as_ref())?;
        crash_point("pack-checked");
        Ok(())
    }

    fn verify(&self, links: Option<&Links>) -> Result<()> {
        links.map_or(Ok(()), |it| it.verify(&self.new, &self.old))
    }

    /// Are the new values of these commands there, and what they must be?
    pub(crate) fn check_tips(&self, commands: &[Command]) -> Result<Vec<Option<Failure>>> {
        check_tips(commands, &|id| Ok(self.find_header(id)?.map(|it| it.0)))
    }

    /// The repository that is pushed to.
    pub fn repository(&self) -> &'a Repository {
        self.repository
    }

    /// How many new objects there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How long the pack was, in bytes.
    pub fn pack_bytes(&self) -> u64 {
        self.pack_bytes
    }

    pub(crate) fn lookups(&self) -> u64 {
        self.old.lookups()
    }

    pub(crate) fn take_pack(&mut self) -> Option<ReadyPack> {
        self.pack.take()
    }

    /// Has landed: the next push will build on these objects.
    pub(crate) fn remember(&mut self) {
        self.repository.recent().remember(std::mem::take(&mut self.new.known));
    }

    /// Did the object come with this push?
    pub fn is_new(&self, id: &ObjectId) -> bool {
        self.new.known.contains_key(id)
            || (self.new.known.is_empty()
                && self.new.packed.as_ref().is_some_and(|it| it.contains(id)))
    }

    /// Has the repository had it before this push?
    pub(crate) fn is_old(&self, id: &ObjectId) -> bool {
        self.old.contains(id)
    }

    /// Puts what is only in memory so far where programs can read it. It goes with the rest.
    pub fn stage(&self) -> Result<Staged> {
        let packs = self.folder.join("pack");
        std::fs::create_dir_all(&packs).map_err(Error::io("create", &packs))?;
        if let Some(ReadyPack::Small(small)) = &self.pack {
            for (extension, content) in [("pack", &small.pack), ("idx", &small.index)] {
                let path = packs.join(&small.name).with_extension(extension);
                std::fs::write(&path, content).map_err(Error::io("write", &path))?;
            }
        }
        let git_dir = self.repository.git_dir().to_owned();
        Ok(Staged { git_dir, quarantine: self.folder.clone() })
    }

    /// Reads an object, new or old; `None` when there is none.
    pub fn find(&self, id: &ObjectId) -> Result<Option<Object>> {
        if let Some(object) = self.new.known.get(id) {
            if let Some(content) = &object.content {
                return Ok(Some(Object { kind: object.kind, data: content.clone() }));
            }
            if self.new.packed.is_none() {
                let why = "it was too large to keep for checking".into();
                return Err(Error::Object { id: *id, why });
            }
        }
        match self.new.packed.as_ref().map(|it| it.find(id)).transpose()? {
            Some(Some(object)) => Ok(Some(object)),
            Some(None) | None => self.old.find(id),
        }
    }

    /// Is one commit the other or an ancestor of it, new or old?
    pub fn leads_to(&self, old: &ObjectId, new: &ObjectId) -> Result<bool> {
        crate::ancestry::is_ancestor(self.repository.git_dir(), self, old, new)
    }

    /// Kind and size of an object, new or old, without reading all of it.
    pub fn find_header(&self, id: &ObjectId) -> Result<Option<(ObjectKind, u64)>> {
        if let Some(object) = self.new.known.get(id) {
            return Ok(Some((object.kind, object.size)));
        }
        match self.new.packed.as_ref().map(|it| it.find_header(id)).transpose()? {
            Some(Some(header)) => Ok(Some(header)),
            Some(None) | None => self.old.find_header(id),
        }
    }
}

/// The objects of a push, where programs can read them while the push waits.
#[derive(Clone, Debug)]
pub struct Staged {
    git_dir: PathBuf,
    quarantine: PathBuf,
}

impl Staged {
    /// The repository that is pushed to.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The new objects, as an object database whose alternate is the repository's own.
    pub fn quarantine(&self) -> &Path {
        &self.quarantine
    }
}

impl Lookup for Quarantine<'_> {
    fn find(&self, id: &ObjectId) -> Result<Option<Object>> {
        self.find(id)
    }

    fn find_header(&self, id: &ObjectId) -> Result<Option<(ObjectKind, u64)>> {
        self.find_header(id)
    }
}

impl Drop for Quarantine<'_> {
    fn drop(&mut self) {
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::error!(%error, "a quarantine stays behind until the next start");
            }
            Ok(()) | Err(_) => {}
        }
    }
}
