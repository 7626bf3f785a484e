//! Where the snapshot lives between pushes, and who may change it.

use super::load::{Peel, load, loose_names};
use super::lock::{HeldNames, LockedRefs};
use super::packed::create_file;
use super::snapshot::{Edit, Edits, Head, RefSnapshot};
use super::stamp::Stamps;
use crate::failure::Failure;
use crate::{Error, Result};
use model::RefName;
use parking_lot::{Mutex, MutexGuard};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The refs of one repository.
pub(crate) struct RefStore {
    git_dir: PathBuf,
    /// Whether ref files are synced one by one, because no journal stands in for them.
    sync_files: bool,
    state: Mutex<State>,
    held: HeldNames,
    packed: Mutex<()>,
}

#[derive(Default)]
struct State {
    cached: Option<(Arc<RefSnapshot>, Stamps)>,
    /// Landings that are under way: their lock files change the folders' stamps, so stamps mean
    /// nothing until they have ended.
    in_flight: usize,
}

impl RefStore {
    pub(crate) fn new(git_dir: PathBuf, sync_files: bool) -> Self {
        Self {
            git_dir,
            sync_files,
            state: Mutex::default(),
            held: HeldNames::default(),
            packed: Mutex::default(),
        }
    }

    pub(super) fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    pub(super) fn sync_files(&self) -> bool {
        self.sync_files
    }

    pub(super) fn held(&self) -> &HeldNames {
        &self.held
    }

    /// The one who holds this may rewrite `packed-refs`.
    pub(super) fn lock_packed(&self) -> MutexGuard<'_, ()> {
        self.packed.lock()
    }

    /// The refs as they are now. Reads them only the first time and after a foreign change.
    pub(crate) fn snapshot(&self, peel: Peel<'_>) -> Result<Arc<RefSnapshot>> {
        let mut state = self.state.lock();
        if let Some((snapshot, stamps)) = &state.cached
            && (state.in_flight > 0 || stamps.still_hold())
        {
            return Ok(Arc::clone(snapshot));
        }
        let (snapshot, stamps) = load(&self.git_dir, peel)?;
        let snapshot = Arc::new(snapshot);
        state.cached = Some((Arc::clone(&snapshot), stamps));
        Ok(snapshot)
    }

    /// Holds these refs for a change; waits for others who hold one of them.
    pub(crate) fn lock(&self, names: &[&RefName]) -> Result<LockedRefs<'_>, Failure> {
        LockedRefs::acquire(self, &self.held, names)
    }

    /// Points `HEAD` at a branch, which need not exist.
    pub(crate) fn set_head(&self, branch: &RefName) -> Result<()> {
        let lock = self.git_dir.join("HEAD.lock");
        let head = self.git_dir.join("HEAD");
        let mut state = self.state.lock();
        create_file(&lock, format!("ref: {branch}\n").as_bytes(), true)
            .map_err(Error::io("write", &lock))?;
        std::fs::rename(&lock, &head).map_err(Error::io("replace", &head))?;
        if let Some((snapshot, stamps)) = &mut state.cached {
            *snapshot = Arc::new(snapshot.with_head(Head::Branch(branch.clone())));
            stamps.note(&head);
        }
        Ok(())
    }

    /// Moves refs from files of their own into `packed-refs`, if there are at least `many`.
    pub(crate) fn pack(&self, many: usize, peel: Peel<'_>) -> Result<()> {
        let names = loose_names(&self.git_dir)?;
        if names.len() < many {
            return Ok(());
        }
        let mut locks = self.lock(&names.iter().collect::<Vec<_>>())?;
        let snapshot = self.snapshot(peel)?;
        let mut edits = Edits::new();
        for name in &names {
            // Under the lock: it may have moved, or gone, since it was listed.
            let id = locks.current(name, &snapshot)?;
            if !id.is_zero() {
                let peeled = if name.branch_name().is_some() { None } else { peel(&id)? };
                edits.insert(name.as_str().to_owned(), Some(Edit { id, peeled, packed: true }));
            }
        }
        locks.stage_packing(&edits)?;
        locks.publish(&edits)?;
        Ok(())
    }

    /// Forgets the snapshot, so that the next use reads the disk.
    pub(crate) fn forget(&self) {
        self.state.lock().cached = None;
    }

    pub(super) fn begin(&self) {
        self.state.lock().in_flight += 1;
    }

    pub(super) fn end(&self, touched: &HashSet<PathBuf>) {
        let mut state = self.state.lock();
        state.in_flight = state.in_flight.saturating_sub(1);
        if let Some((_, stamps)) = &mut state.cached {
            touched.iter().for_each(|it| stamps.note(it));
        }
    }

    /// Applies a landing to the snapshot; returns how many refs' lines were written anew.
    pub(super) fn advance(&self, edits: &Edits) -> u64 {
        let mut state = self.state.lock();
        let Some((snapshot, _)) = &mut state.cached else { return 0 };
        let (next, rewritten) = snapshot.after(edits);
        *snapshot = Arc::new(next);
        rewritten
    }
}
