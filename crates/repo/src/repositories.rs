//! The data folder: which repositories there are, the journal they share, and the lock that keeps
//! a second server out.

use crate::crash::crash_point;
use crate::fetch::PackCache;
use crate::fetch::Visible;
use crate::git::Git;
use crate::journal::Journal;
use crate::maintain::has_many_packs;
use crate::repository::Repository;
use crate::{Error, Result, replay};
use model::{RefName, RepositoryId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Open repositories kept in memory. What is pushed out is only opened again.
const CACHED: usize = 500;

/// All repositories of a data folder. One per data folder and machine: a lock file sees to it.
pub struct Repositories {
    root: PathBuf,
    journal: Arc<Journal>,
    packs: Arc<PackCache>,
    open: Mutex<HashMap<RepositoryId, Arc<Repository>>>,
    /// The last to go.
    _lock: Lock,
}

impl Repositories {
    /// Opens or creates `root/repositories` and `root/journal`, and brings every repository to what
    /// the journal says. What pushes that were cut off have left in a repository is removed when
    /// it is opened.
    pub fn open(root: &Path) -> Result<Self> {
        Git::check_version()?;
        let folder = root.join("repositories");
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let lock = lock(root)?;
        let (journal, landings) = Journal::open(&root.join("journal"))?;
        let this = Self {
            root: root.to_owned(),
            journal: Arc::new(journal),
            packs: Arc::default(),
            open: Mutex::default(),
            _lock: lock,
        };
        this.sweep()?;
        if replay::replay(&landings, &|id| this.git_dir(id)) {
            this.journal.checkpoint()?;
        }
        Ok(this)
    }

    /// The journal they share.
    pub fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// Creates an empty bare repository.
    pub fn create(&self, id: RepositoryId, default_branch: &RefName) -> Result<Arc<Repository>> {
        self.make(id, default_branch, |_empty| Ok(()))
    }

    /// Creates a repository with the branches and tags of another one, as far as they are visible,
    /// and everything they lead to.
    pub fn fork(
        &self,
        source: &Repository,
        visible: Visible<'_>,
        id: RepositoryId,
        default_branch: &RefName,
    ) -> Result<Arc<Repository>> {
        self.make(id, default_branch, |draft| crate::fork::fill(source, visible, draft))
    }

    fn make(
        &self,
        id: RepositoryId,
        default_branch: &RefName,
        fill_in: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Arc<Repository>> {
        let git_dir = self.git_dir(id);
        if git_dir.exists() {
            return Err(Error::Exists(id));
        }
        let parent = git_dir.parent().unwrap_or(&self.root);
        std::fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        // Beside its place first: a folder that is there is a repository that is whole.
        let draft = tempfile::Builder::new()
            .prefix("new-")
            .tempdir_in(parent)
            .map_err(Error::io("create in", parent))?;
        fill(draft.path(), default_branch)?;
        crash_point("repository-begun");
        fill_in(draft.path())?;
        crash_point("repository-filled");
        let draft = draft.keep();
        std::fs::rename(&draft, &git_dir).map_err(Error::io("create", &git_dir))?;
        sync_folder(parent)?;
        crash_point("repository-in-place");
        self.repository(id)
    }

    /// Is there a repository by this number? One that is there is whole.
    pub fn contains(&self, id: RepositoryId) -> bool {
        self.git_dir(id).exists()
    }

    /// Opens a repository, or gives the one that is open.
    pub fn repository(&self, id: RepositoryId) -> Result<Arc<Repository>> {
        let mut open = self.open.lock();
        if let Some(repository) = open.get(&id) {
            return Ok(Arc::clone(repository));
        }
        let git_dir = self.git_dir(id);
        if !git_dir.exists() {
            return Err(Error::NotFound(id));
        }
        if open.len() >= CACHED {
            // Only those nobody uses: two of one repository would not see each other's locks.
            open.retain(|_, it| Arc::strong_count(it) > 1);
        }
        // Nobody of this process works in it yet, and no other process may.
        replay::sweep(&git_dir)?;
        let repository = Repository::open(&git_dir, id, Arc::clone(&self.journal))?;
        let repository = Arc::new(repository.with_pack_cache(Arc::clone(&self.packs)));
        open.insert(id, Arc::clone(&repository));
        Ok(repository)
    }

    /// Removes a repository and everything in it. Removing what is not there is done already.
    pub fn remove(&self, id: RepositoryId) -> Result<()> {
        let git_dir = self.git_dir(id);
        self.open.lock().remove(&id);
        let doomed = git_dir.with_extension("removed");
        match std::fs::rename(&git_dir, &doomed) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(Error::io("remove", &git_dir)(error)),
        }
        std::fs::remove_dir_all(&doomed).map_err(Error::io("remove", &doomed))
    }

    /// Syncs the file system and starts the journal over: for a graceful stop.
    pub fn checkpoint(&self) -> Result<()> {
        self.journal.checkpoint()
    }

    /// `repositories/7f/127.git`: 256 folders by the lowest byte, so that none grows too long.
    fn git_dir(&self, id: RepositoryId) -> PathBuf {
        let shard = format!("{:02x}", id.0 & 0xff);
        self.root.join("repositories").join(shard).join(format!("{id}.git"))
    }

    /// Those that need [`Repository::maintain`], found without opening any: one listing for each. One
    /// that cannot be looked at is left out, and logged.
    pub fn neglected(&self) -> Result<Vec<RepositoryId>> {
        let mut found = Vec::new();
        for shard in list(&self.root.join("repositories"))? {
            for folder in list(&shard)? {
                let number = folder.file_stem().and_then(|it| it.to_str()?.parse().ok());
                match (number, has_many_packs(&folder)) {
                    (Some(number), Ok(true)) => found.push(RepositoryId(number)),
                    (_, Ok(_)) => {}
                    (_, Err(error)) => {
                        tracing::warn!(%error, ?folder, "nobody knows whether it needs maintenance");
                    }
                }
            }
        }
        Ok(found)
    }

    /// Removes drafts and removals of whole repositories that were cut off.
    fn sweep(&self) -> Result<()> {
        for shard in list(&self.root.join("repositories"))? {
            for folder in list(&shard)? {
                if folder.extension().is_none_or(|it| it != "git") {
                    std::fs::remove_dir_all(&folder).map_err(Error::io("remove", &folder))?;
                }
            }
        }
        Ok(())
    }
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(Error::io("list", folder))?;
    entries.map(|it| it.map(|it| it.path()).map_err(Error::io("list", folder))).collect()
}

/// The lock on a data folder, held as long as this lives; the system frees it however the process
/// ends.
struct Lock(File);

/// Unlocked, not only closed: a program that another thread starts at this moment has a copy of
/// the open file for an instant, and the lock would live as long.
impl Drop for Lock {
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the lock of the data folder goes with the process");
        }
    }
}

fn lock(root: &Path) -> Result<Lock> {
    let path = root.join("lock");
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(Error::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(Error::InUse(root.to_owned())),
        Err(std::fs::TryLockError::Error(error)) => Err(Error::io("lock", &path)(error)),
    }
}

/// What `git init --bare` makes, without hooks and templates.
fn fill(git_dir: &Path, default_branch: &RefName) -> Result<()> {
    for folder in ["objects/pack", "objects/info", "refs/heads", "refs/tags", "info"] {
        let folder = git_dir.join(folder);
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    }
    let config = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n";
    for (name, content) in [("HEAD", format!("ref: {default_branch}\n")), ("config", config.into())]
    {
        let path = git_dir.join(name);
        std::fs::write(&path, content).map_err(Error::io("write", &path))?;
        File::open(&path).and_then(|it| it.sync_all()).map_err(Error::io("sync", &path))?;
    }
    sync_folder(git_dir)
}

pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|it| it.sync_all()).map_err(Error::io("sync", folder))
}
