//! After a crash: bringing repositories to what the journal says, and sweeping away what pushes
//! that did not get that far have left behind.

use crate::journal::{Landing, SmallPack};
use crate::quarantine::FOLDER_PREFIX;
use crate::refs::{Edit, Edits};
use crate::repositories::sync_folder;
use crate::repository::Repository;
use crate::staged_pack::DRAFT_PREFIX;
use crate::{Error, Result};
use model::{ObjectId, RefName, RepositoryId};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// Removes quarantines, drafts of packs and lock files. Only for a repository in which nobody
/// works.
pub(crate) fn sweep(git_dir: &Path) -> Result<()> {
    let objects = git_dir.join("objects");
    for path in list(&objects)?.iter().filter(|it| starts_with(it, FOLDER_PREFIX)) {
        std::fs::remove_dir_all(path).map_err(Error::io("remove", path))?;
    }
    for path in list(&objects.join("pack"))?.iter().filter(|it| starts_with(it, DRAFT_PREFIX)) {
        remove(path)?;
    }
    for name in ["packed-refs.lock", "HEAD.lock"] {
        let path = git_dir.join(name);
        if path.exists() {
            remove(&path)?;
        }
    }
    sweep_locks(&git_dir.join("refs"))
}

fn sweep_locks(folder: &Path) -> Result<()> {
    for path in list(folder)? {
        if path.is_dir() {
            sweep_locks(&path)?;
        } else if path.extension().is_some_and(|it| it == "lock") {
            remove(&path)?;
        }
    }
    Ok(())
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io("list", folder)(error)),
    };
    entries.map(|it| it.map(|it| it.path()).map_err(Error::io("list", folder))).collect()
}

fn starts_with(path: &Path, prefix: &str) -> bool {
    path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(prefix))
}

fn remove(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(Error::io("remove", path))
}

/// Brings about every landing. `false` when a repository could not be brought there: it is logged,
/// the others are served, and the journal must be kept. Repositories that are gone need nothing.
pub(crate) fn replay(landings: &[Landing], git_dir: &dyn Fn(RepositoryId) -> PathBuf) -> bool {
    let mut by_repository: BTreeMap<RepositoryId, Vec<&Landing>> = BTreeMap::new();
    for landing in landings {
        by_repository.entry(landing.repository).or_default().push(landing);
    }
    let mut complete = true;
    for (id, landings) in by_repository {
        let git_dir = git_dir(id);
        if !git_dir.exists() {
            continue;
        }
        if let Err(error) = sweep(&git_dir).and_then(|()| replay_one(&git_dir, &landings)) {
            tracing::error!(repository = id.0, %error, "the journal could not be replayed");
            complete = false;
        }
    }
    complete
}

fn replay_one(git_dir: &Path, landings: &[&Landing]) -> Result<()> {
    for pack in landings.iter().filter_map(|it| it.pack.as_deref()) {
        restore_pack(&git_dir.join("objects/pack"), pack)?;
    }
    let mut chains: BTreeMap<&RefName, Chain> = BTreeMap::new();
    for update in landings.iter().flat_map(|it| &it.updates) {
        chains.entry(&update.name).or_default().add(update.old, update.new);
    }
    // Refs are synced one by one here, as in a repository without a journal.
    let repository = Repository::open_plain(git_dir)?;
    let names: Vec<&RefName> = chains.keys().copied().collect();
    let mut locks = repository.ref_store().lock(&names)?;
    let snapshot = repository.refs()?;
    let mut edits = Edits::new();
    for (name, chain) in &chains {
        let current = match locks.current(name, &snapshot) {
            Ok(current) => Some(current),
            // Torn by a power loss: this is what the journal is for.
            Err(Error::DamagedRefs { .. }) => None,
            Err(error) => return Err(error),
        };
        if let Some(edit) = chain.edit(name, current, &repository)? {
            edits.insert(name.as_str().to_owned(), edit);
        }
    }
    if edits.is_empty() {
        return Ok(());
    }
    if let Some((_, failure)) = locks.stage(&mut edits, &snapshot)?.into_iter().next() {
        return Err(failure.into());
    }
    locks.publish(&edits)?;
    Ok(())
}

/// All values a ref has had since the last checkpoint.
#[derive(Default)]
struct Chain {
    seen: Vec<ObjectId>,
    last: Option<ObjectId>,
}

impl Chain {
    fn add(&mut self, old: ObjectId, new: ObjectId) {
        self.seen.push(old);
        self.seen.push(new);
        self.last = Some(new);
    }

    /// What must change on disk: the outer `None` is nothing. A value that no landing has given
    /// the ref was given by somebody else since, and stays.
    fn edit(
        &self,
        name: &RefName,
        current: Option<ObjectId>,
        repository: &Repository,
    ) -> Result<Option<Option<Edit>>> {
        let Some(last) = self.last.filter(|last| current != Some(*last)) else { return Ok(None) };
        let is_ours = current.is_none_or(|it| it.is_zero() || self.seen.contains(&it));
        if !is_ours {
            tracing::warn!(r#ref = name.as_str(), "not replayed: somebody else has changed it");
            return Ok(None);
        }
        if last.is_zero() {
            return Ok(Some(None));
        }
        if repository.objects().find_header(&last)?.is_none() {
            let why = "the journal says that a ref points to it, and it is not there".into();
            return Err(Error::Object { id: last, why });
        }
        let peeled = repository.peel(&last)?;
        Ok(Some(Some(Edit { id: last, peeled, packed: false })))
    }
}

/// Writes a journaled pack, unless it is there as it should be.
fn restore_pack(folder: &Path, pack: &SmallPack) -> Result<()> {
    let parts = [("pack", &pack.pack), ("idx", &pack.index)];
    let is_there = |(extension, content): (&str, &Vec<u8>)| {
        let path = folder.join(&pack.name).with_extension(extension);
        std::fs::read(path).is_ok_and(|it| it == *content)
    };
    if parts.into_iter().all(is_there) {
        return Ok(());
    }
    for (extension, content) in parts {
        let draft = folder.join(format!("{DRAFT_PREFIX}replay_{extension}"));
        let target = folder.join(&pack.name).with_extension(extension);
        std::fs::write(&draft, content).map_err(Error::io("write", &draft))?;
        std::fs::File::open(&draft)
            .and_then(|it| it.sync_all())
            .map_err(Error::io("sync", &draft))?;
        std::fs::rename(&draft, &target).map_err(Error::io("replace", &target))?;
    }
    sync_folder(folder)
}
