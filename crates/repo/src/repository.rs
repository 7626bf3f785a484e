//! One bare repository on disk: its refs, its objects, where pushes land.

use crate::fetch::PackCache;
use crate::journal::Journal;
use crate::objects::Objects;
use crate::recent::Recent;
use crate::refs::{Head, RefSnapshot, RefStore};
use crate::{Error, Result};
use model::{ObjectId, RefName, RepositoryId};
use parking_lot::RwLock;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many packs the object database can know at a time, unless there are more already.
/// Maintenance keeps their number far below; each slot costs about 200 bytes, and every reader of
/// objects looks at all of them.
const PACK_SLOTS: u16 = 256;
/// More the object database can not have.
const MAX_SLOTS: u16 = u16::MAX / 2 - 1;

/// A bare repository that stock git can read, too.
pub struct Repository {
    git_dir: PathBuf,
    id: Option<RepositoryId>,
    store: RwLock<Arc<gix_odb::Store>>,
    refs: RefStore,
    journal: Option<Arc<Journal>>,
    packs: Arc<PackCache>,
    /// Packs that have landed since the object database was opened.
    new_packs: AtomicUsize,
    recent: Arc<Recent>,
}

impl Repository {
    /// Opens a repository of the data folder, whose landings are journaled.
    pub(crate) fn open(git_dir: &Path, id: RepositoryId, journal: Arc<Journal>) -> Result<Self> {
        Self::new(git_dir, Some(id), Some(journal))
    }

    /// Opens any bare repository. Without a journal, refs are synced one by one as they land.
    pub fn open_plain(git_dir: &Path) -> Result<Self> {
        Self::new(git_dir, None, None)
    }

    fn new(
        git_dir: &Path,
        id: Option<RepositoryId>,
        journal: Option<Arc<Journal>>,
    ) -> Result<Self> {
        let has = |name: &str| git_dir.join(name).exists();
        if !(has("HEAD") && has("objects") && has("refs")) {
            return Err(Error::NotARepository(git_dir.to_owned()));
        }
        Ok(Self {
            store: RwLock::new(Arc::new(open_store(git_dir)?)),
            refs: RefStore::new(git_dir.to_owned(), journal.is_none()),
            git_dir: git_dir.to_owned(),
            id,
            journal,
            packs: Arc::default(),
            new_packs: AtomicUsize::new(0),
            recent: Arc::default(),
        })
    }

    /// The same repository, keeping the packs of its fetches together with those of others.
    pub(crate) fn with_pack_cache(self, packs: Arc<PackCache>) -> Self {
        Self { packs, ..self }
    }

    pub(crate) fn pack_cache(&self) -> &PackCache {
        &self.packs
    }

    /// Where it is.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// Its id; `None` for a plain one.
    pub fn id(&self) -> Option<RepositoryId> {
        self.id
    }

    pub(crate) fn journal(&self) -> Option<&Arc<Journal>> {
        self.journal.as_ref()
    }

    pub(crate) fn ref_store(&self) -> &RefStore {
        &self.refs
    }

    /// A reader of its objects, for this thread.
    pub fn objects(&self) -> Objects {
        Objects::new(&self.store.read(), Arc::clone(&self.recent))
    }

    /// Opens the object database anew: after maintenance, and when packs outgrow its slots.
    pub(crate) fn reopen_objects(&self) -> Result<()> {
        *self.store.write() = Arc::new(open_store(&self.git_dir)?);
        Ok(())
    }

    /// The objects of the last pushes.
    pub(crate) fn recent(&self) -> &Recent {
        &self.recent
    }

    /// Counts a pack, and makes room in time for as many more.
    pub(crate) fn note_new_pack(&self) {
        if self.new_packs.fetch_add(1, Ordering::Relaxed) < usize::from(PACK_SLOTS) / 3 {
            return;
        }
        self.new_packs.store(0, Ordering::Relaxed);
        if let Err(error) = self.reopen_objects() {
            // The landing is done; the next one tries again.
            self.new_packs.store(usize::from(PACK_SLOTS), Ordering::Relaxed);
            tracing::warn!(%error, "the object database could not be opened anew");
        }
    }

    /// All refs as they are now. Cheap: nothing is read unless somebody else changed them.
    pub fn refs(&self) -> Result<Arc<RefSnapshot>> {
        self.refs.snapshot(&|id| self.peel(id))
    }

    /// What `HEAD` says.
    pub fn head(&self) -> Result<Head> {
        Ok(self.refs()?.head().clone())
    }

    /// Points `HEAD` at a branch, which need not exist yet.
    pub fn set_head(&self, branch: &RefName) -> Result<()> {
        self.refs.set_head(branch)
    }

    /// What an annotated tag leads to in the end; `None` for anything else.
    pub(crate) fn peel(&self, id: &ObjectId) -> Result<Option<ObjectId>> {
        crate::tag::peel(id, &self.objects())
    }
}

fn open_store(git_dir: &Path) -> Result<gix_odb::Store> {
    let objects = git_dir.join("objects");
    let packs = count_packs(git_dir)?;
    let slots = u16::try_from(packs.saturating_mul(2)).unwrap_or(MAX_SLOTS);
    let options = gix_odb::store::init::Options {
        slots: gix_odb::store::init::Slots::Given(slots.clamp(PACK_SLOTS, MAX_SLOTS)),
        ..Default::default()
    };
    gix_odb::Store::at_opts(objects.clone(), gix_hash::Kind::Sha1, &mut std::iter::empty(), options)
        .map_err(Error::io("open", &objects))
}

/// How many packs there are.
pub(crate) fn count_packs(git_dir: &Path) -> Result<usize> {
    let folder = git_dir.join("objects/pack");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(Error::io("list", &folder)(error)),
    };
    let mut count = 0;
    for entry in entries {
        let entry = entry.map_err(Error::io("list", &folder))?;
        count += usize::from(entry.path().extension().is_some_and(|it| it == "idx"));
    }
    Ok(count)
}
