//! Where the objects of a merge are made: in memory, and in a folder of its own where git needs
//! them. Nobody else sees them, and nothing stays behind; what shall stay leaves as a pack.

use super::attributes::Attributes;
use crate::git::{Git, Running};
use crate::ingest::hash_object;
use crate::new_pack::NewPack;
use crate::objects::{Lookup, Object, ObjectKind, Objects};
use crate::push::PushId;
use crate::quarantine::FOLDER_PREFIX;
use crate::repository::Repository;
use crate::{Error, Result, tree};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use model::ObjectId;
use std::collections::{HashMap, HashSet};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long one merge may take, with whatever git is asked for it: the trees of a small pack can
/// lead to more paths than anybody can visit.
pub(super) const TIME: Duration = Duration::from_secs(60);

/// What git said.
pub(super) struct Answer {
    pub code: i32,
    pub said: Vec<u8>,
}

/// New objects on top of a repository's own.
pub(super) struct Workshop<'a> {
    repository: &'a Repository,
    old: Objects,
    /// Like a quarantine's, so that a crash leaves nothing, either.
    folder: PathBuf,
    /// What git has made, once it was asked.
    by_git: Option<Objects>,
    made: HashMap<ObjectId, Made>,
    /// The attributes that were laid out last, and where.
    laid_out: Option<(Attributes, PathBuf)>,
    /// How many times any were.
    layouts: usize,
    began: Instant,
}

struct Made {
    object: Object,
    /// Is it where git finds it?
    is_shared: bool,
}

impl<'a> Workshop<'a> {
    pub(super) fn new(repository: &'a Repository) -> Result<Self> {
        let name = format!("{FOLDER_PREFIX}{}", PushId::random()?);
        // Absolute, because git is started elsewhere.
        let objects = repository.git_dir().join("objects");
        let objects = std::path::absolute(&objects).map_err(Error::io("find", &objects))?;
        let folder = objects.join(name);
        let old = repository.objects();
        let made = HashMap::new();
        let began = Instant::now();
        Ok(Self { repository, old, folder, by_git: None, made, laid_out: None, layouts: 0, began })
    }

    /// How much of the time for it is left.
    pub(super) fn time_left(&self) -> Result<Duration> {
        let left = TIME.checked_sub(self.began.elapsed());
        left.ok_or(Error::TookTooLong { verb: "merge-tree" })
    }

    /// Makes an object of this content; its id.
    pub(super) fn add(&mut self, kind: ObjectKind, data: Vec<u8>) -> Result<ObjectId> {
        let id = hash_object(kind, &data)?;
        let made = || Made { object: Object { kind, data }, is_shared: false };
        self.made.entry(id).or_insert_with(made);
        Ok(id)
    }

    /// Runs a git command that finds everything made so far, and whose own objects are found here
    /// afterwards. It goes by these attributes and no others.
    pub(super) fn ask_git(
        &mut self,
        subcommand: &'static str,
        arguments: &[&str],
        answers: &[i32],
        attributes: Attributes,
    ) -> Result<Answer> {
        self.share()?;
        let git_dir = self.repository.git_dir();
        let git_dir = std::path::absolute(git_dir).map_err(Error::io("find", git_dir))?;
        let checked_out = self.lay_out(attributes)?;
        let mut command = Git::command(&git_dir, subcommand);
        command
            .args(arguments)
            // Attributes are read from where git stands, and only if that is a work tree. Without
            // one, versions differ in what they read instead.
            .env("GIT_WORK_TREE", &checked_out)
            .current_dir(&checked_out)
            .env("GIT_OBJECT_DIRECTORY", &self.folder)
            .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", git_dir.join("objects"));
        let mut running = Running::start(subcommand, command)?.bounded(self.time_left()?)?;
        let mut said = Vec::new();
        if let Some(stdout) = &mut running.child().stdout {
            stdout.read_to_end(&mut said).map_err(Error::io("read from", &self.folder))?;
        }
        let code = running.finish_with(answers)?;
        if self.by_git.is_none() {
            self.by_git = Some(Objects::over(&self.folder)?);
        }
        Ok(Answer { code, said })
    }

    /// The folder that has these attributes and nothing else.
    fn lay_out(&mut self, attributes: Attributes) -> Result<PathBuf> {
        if let Some((there, folder)) = &self.laid_out
            && *there == attributes
        {
            return Ok(folder.clone());
        }
        self.layouts += 1;
        let folder = self.folder.join(format!("checked-out-{}", self.layouts));
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        attributes.lay_out(self, &folder)?;
        self.laid_out = Some((attributes, folder.clone()));
        Ok(folder)
    }

    /// Writes what only we know of where git looks.
    fn share(&mut self) -> Result<()> {
        let pack = self.folder.join("pack");
        std::fs::create_dir_all(&pack).map_err(Error::io("create", &pack))?;
        for (id, made) in self.made.iter_mut().filter(|it| !it.1.is_shared) {
            write_loose(&self.folder, id, &made.object)?;
            made.is_shared = true;
        }
        Ok(())
    }

    /// A pack of these commits, newest first, with whatever new they lead to; `None` when there is
    /// nothing new.
    pub(super) fn pack(&self, commits: &[ObjectId]) -> Result<Option<Vec<u8>>> {
        let mut pack = NewPack::default();
        let mut seen = HashSet::new();
        let mut waiting: Vec<ObjectId> = commits.iter().rev().copied().collect();
        while let Some(id) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            // What is not new leads to nothing new.
            let Some(object) = self.find_new(&id)? else { continue };
            match object.kind {
                ObjectKind::Commit => waiting.extend(crate::commit::tree(&object.data)),
                ObjectKind::Tree => {
                    let names = tree::read(self, &id)?;
                    let inside = names.values().filter(|it| !it.is_submodule());
                    waiting.extend(inside.map(|it| it.id));
                }
                ObjectKind::Blob | ObjectKind::Tag => {}
            }
            pack.add(object.kind, &object.data)?;
        }
        if pack.is_empty() { Ok(None) } else { pack.finish().map(Some) }
    }

    /// An object that was made here.
    fn find_new(&self, id: &ObjectId) -> Result<Option<Object>> {
        match (self.made.get(id), &self.by_git) {
            (Some(made), _) => Ok(Some(made.object.clone())),
            (None, Some(by_git)) => by_git.find(id),
            (None, None) => Ok(None),
        }
    }
}

impl Lookup for Workshop<'_> {
    fn find(&self, id: &ObjectId) -> Result<Option<Object>> {
        match self.find_new(id)? {
            Some(object) => Ok(Some(object)),
            None => self.old.find(id),
        }
    }

    fn find_header(&self, id: &ObjectId) -> Result<Option<(ObjectKind, u64)>> {
        match self.find_new(id)? {
            Some(object) => Ok(Some((object.kind, object.data.len() as u64))),
            None => self.old.find_header(id),
        }
    }
}

impl Drop for Workshop<'_> {
    fn drop(&mut self) {
        match std::fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::error!(%error, "the folder of a merge stays behind until the next start");
            }
            Ok(()) | Err(_) => {}
        }
    }
}

/// Writes an object as git writes one that is in no pack.
fn write_loose(folder: &Path, id: &ObjectId, object: &Object) -> Result<()> {
    let hex = id.to_string();
    let (shard, rest) = hex.split_at(2);
    let shard = folder.join(shard);
    std::fs::create_dir_all(&shard).map_err(Error::io("create", &shard))?;
    let path = shard.join(rest);
    let write = || {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(format!("{} {}\0", object.kind, object.data.len()).as_bytes())?;
        packer.write_all(&object.data)?;
        std::fs::write(&path, packer.finish()?)
    };
    write().map_err(Error::io("write", &path))
}
