//! Refs held for a change. First their names, against other pushes of this process; then, for each,
//! git's own `.lock` file with the new content, against other programs. Everything that can fail
//! is done while staging; publishing only renames.

use super::files::{Loose, read_loose};
use super::packed::{StagedPacked, create_file};
use super::snapshot::{Edit, Edits, RefSnapshot};
use super::store::RefStore;
use crate::crash::crash_point;
use crate::failure::{Failure, FailureCode};
use crate::repositories::sync_folder;
use crate::{Error, Result};
use model::{ObjectId, RefName};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a push waits for another one that changes the same ref. A landing takes milliseconds
/// unless the disk hangs.
const WAIT: Duration = Duration::from_secs(20);

/// From this many new refs on, they go into `packed-refs` in one rewrite instead of one file each.
const BULK: usize = 50;

/// Names that are being changed by some push of this process.
#[derive(Debug, Default)]
pub(super) struct HeldNames {
    held: Mutex<BTreeSet<String>>,
    freed: Condvar,
}

impl HeldNames {
    /// Waits until none of the names, and no name that would be a folder of one of them, is held.
    fn acquire(&self, names: &[&RefName]) -> Result<(), Failure> {
        let deadline = Instant::now() + WAIT;
        let mut held = self.held.lock();
        while names.iter().any(|it| is_in_the_way(&held, it.as_str())) {
            if self.freed.wait_until(&mut held, deadline).timed_out() {
                return Err(FailureCode::RefBusy.because("another push holds it"));
            }
        }
        held.extend(names.iter().map(|it| it.as_str().to_owned()));
        Ok(())
    }

    fn release(&self, names: &[String]) {
        let mut held = self.held.lock();
        for name in names {
            held.remove(name);
        }
        self.freed.notify_all();
    }
}

fn is_in_the_way(held: &BTreeSet<String>, name: &str) -> bool {
    let folder = format!("{name}/");
    held.contains(name)
        || held.range(folder.clone()..).next().is_some_and(|it| it.starts_with(&folder))
        || name.match_indices('/').any(|(at, _)| held.contains(name.split_at(at).0))
}

/// Refs that nobody else changes until this is dropped. Dropped unpublished, it leaves no trace.
pub(crate) struct LockedRefs<'a> {
    store: &'a RefStore,
    names: Vec<String>,
    /// New content in `.lock` files; the ref's path comes first.
    updates: Vec<(PathBuf, PathBuf)>,
    /// Ref files that go, with their `.lock` files.
    deletes: Vec<(PathBuf, PathBuf)>,
    packed: Option<(StagedPacked, MutexGuard<'a, ()>)>,
    touched: HashSet<PathBuf>,
    /// Whether the new `packed-refs` must be durable before any ref file goes.
    sync_packed: bool,
}

impl<'a> LockedRefs<'a> {
    pub(super) fn acquire(
        store: &'a RefStore,
        held: &HeldNames,
        names: &[&RefName],
    ) -> Result<Self, Failure> {
        held.acquire(names)?;
        store.begin();
        Ok(Self {
            store,
            names: names.iter().map(|it| it.as_str().to_owned()).collect(),
            updates: Vec::new(),
            deletes: Vec::new(),
            packed: None,
            touched: HashSet::new(),
            sync_packed: store.sync_files(),
        })
    }

    /// The ref's value as it is on disk now; zero when it does not exist.
    pub(crate) fn current(&self, name: &RefName, snapshot: &RefSnapshot) -> Result<ObjectId> {
        let path = self.store.git_dir().join(name.as_str());
        match read_loose(&path)? {
            Some(Loose::Id(id)) => Ok(id),
            Some(Loose::Symbolic(_)) => {
                Err(FailureCode::RefConflict.because("it is a symbolic ref").into())
            }
            Some(Loose::Garbage) => {
                Err(Error::DamagedRefs { path, why: "neither an id nor `ref:`" })
            }
            None => {
                let packed = snapshot.find(name.as_str()).filter(|it| it.packed);
                Ok(packed.map_or(ObjectId::ZERO, |it| it.id))
            }
        }
    }

    /// Writes lock files, or a new `packed-refs`, for all of `edits`. Those that somebody else
    /// holds are taken out of `edits` and given back with the reason.
    pub(crate) fn stage(
        &mut self,
        edits: &mut Edits,
        snapshot: &RefSnapshot,
    ) -> Result<Vec<(String, Failure)>> {
        let is_new = |name: &str| snapshot.find(name).is_none();
        let bulk =
            edits.iter().filter(|(name, edit)| edit.is_some() && is_new(name)).count() > BULK;
        let deleted: BTreeSet<String> =
            edits.iter().filter(|it| it.1.is_none()).map(|it| it.0.clone()).collect();
        let mut packed = Edits::new();
        let mut failed = Vec::new();
        for (name, edit) in edits.iter_mut() {
            let in_packed = snapshot.find(name).is_some_and(|it| it.packed);
            let staged = match edit {
                // Also where its file would have to be a folder until a deletion beside it is done.
                Some(edit) if is_new(name) && (bulk || is_in_the_way(&deleted, name)) => {
                    edit.packed = true;
                    packed.insert(name.clone(), Some(*edit));
                    Ok(())
                }
                Some(edit) => {
                    edit.packed = in_packed;
                    self.stage_update(name, edit)
                }
                None => self.stage_delete(name),
            };
            match staged {
                Ok(()) if edit.is_none() && in_packed => {
                    packed.insert(name.clone(), None);
                }
                Ok(()) => {}
                Err(Error::Failed(failure)) => failed.push((name.clone(), failure)),
                Err(error) => return Err(error),
            }
        }
        failed.iter().for_each(|(name, _)| {
            edits.remove(name);
        });
        if !packed.is_empty() {
            let guard = self.store.lock_packed();
            self.packed = Some((StagedPacked::write(self.store.git_dir(), &packed)?, guard));
        }
        Ok(failed)
    }

    /// Writes all of `edits`, which are the refs' present values, into a new `packed-refs`, to be
    /// published in place of their files.
    pub(crate) fn stage_packing(&mut self, edits: &Edits) -> Result<()> {
        for name in edits.keys() {
            self.stage_delete(name)?;
        }
        self.sync_packed = true;
        let guard = self.store.lock_packed();
        self.packed = Some((StagedPacked::write(self.store.git_dir(), edits)?, guard));
        Ok(())
    }

    fn stage_update(&mut self, name: &str, edit: &Edit) -> Result<()> {
        let path = self.store.git_dir().join(name);
        let lock = lock_path(&path);
        self.create_lock(name, &lock, format!("{}\n", edit.id).as_bytes())?;
        self.updates.push((path, lock));
        Ok(())
    }

    fn stage_delete(&mut self, name: &str) -> Result<()> {
        let path = self.store.git_dir().join(name);
        let lock = lock_path(&path);
        self.create_lock(name, &lock, b"")?;
        self.deletes.push((path, lock));
        Ok(())
    }

    fn create_lock(&mut self, name: &str, lock: &Path, content: &[u8]) -> Result<()> {
        self.touch_parents(name);
        // The folder can vanish again while another push cleans up after a deletion.
        for _ in 0..5 {
            match create_file(lock, content, self.store.sync_files()) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let parent = lock.parent().unwrap_or(lock);
                    std::fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(FailureCode::RefBusy.because("its lock file exists").into());
                }
                Err(error) => {
                    // A file cut short by a full disk must not stay as a lock.
                    if let Err(error) = std::fs::remove_file(lock) {
                        tracing::debug!(%error, "no lock file to remove");
                    }
                    return Err(Error::io("write", lock)(error));
                }
            }
        }
        Err(FailureCode::RefBusy.because("its folder keeps vanishing").into())
    }

    fn touch_parents(&mut self, name: &str) {
        for (at, _) in name.match_indices('/') {
            self.touched.insert(self.store.git_dir().join(name.split_at(at).0));
        }
    }

    /// Makes the staged changes visible. After the commit point: an error here leaves a change
    /// that is durable in the journal and not yet on disk. Returns how many refs' lines were
    /// written anew in the snapshot.
    pub(crate) fn publish(mut self, edits: &Edits) -> Result<u64> {
        if let Some((staged, guard)) = self.packed.take() {
            staged.publish()?;
            self.touched.insert(self.store.git_dir().join("packed-refs"));
            if self.sync_packed {
                sync_folder(self.store.git_dir())?;
            }
            drop(guard);
        }
        for (path, lock) in std::mem::take(&mut self.deletes) {
            remove_if_there(&path)?;
            remove_if_there(&lock)?;
            self.remove_empty_parents(&path);
        }
        let mut first = true;
        for (path, lock) in std::mem::take(&mut self.updates) {
            replace(&lock, &path)?;
            if std::mem::take(&mut first) {
                crash_point("ref-first-renamed");
            }
        }
        if self.store.sync_files() {
            self.touched.iter().filter(|it| it.is_dir()).try_for_each(|it| sync_folder(it))?;
        }
        Ok(self.store.advance(edits))
    }

    /// Leaves `refs/heads` and its siblings, as git does. A folder that is not empty stays.
    fn remove_empty_parents(&self, path: &Path) {
        let refs = self.store.git_dir().join("refs");
        for parent in path.ancestors().skip(1) {
            let is_deep = parent.parent().is_some_and(|it| it != refs && it.starts_with(&refs));
            if !is_deep || std::fs::remove_dir(parent).is_err() {
                return;
            }
        }
    }
}

impl Drop for LockedRefs<'_> {
    fn drop(&mut self) {
        for (_, lock) in self.updates.iter().chain(&self.deletes) {
            if let Err(error) = remove_if_there(lock) {
                tracing::error!(%error, "a lock file stays behind");
            }
        }
        self.packed = None;
        self.store.end(&self.touched);
        self.store.held().release(&self.names);
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Renames `lock` over `path`, which may be a folder that lost its last ref.
fn replace(lock: &Path, path: &Path) -> Result<()> {
    match std::fs::rename(lock, path) {
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            remove_empty_folders(path);
            std::fs::rename(lock, path).map_err(Error::io("replace", path))
        }
        other => other.map_err(Error::io("replace", path)),
    }
}

/// Removes a folder and the folders in it as far as they are empty.
fn remove_empty_folders(path: &Path) {
    if let Ok(entries) = std::fs::read_dir(path) {
        entries.flatten().for_each(|it| remove_empty_folders(&it.path()));
        if let Err(error) = std::fs::remove_dir(path) {
            tracing::debug!(%error, path = %path.display(), "a folder is not empty");
        }
    }
}

fn remove_if_there(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if !super::files::is_absent(&error) => Err(Error::io("remove", path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
