//! Which packs are shared: what a pack is known by, and how many are kept.

use super::shared::SharedPack;
use super::{PackRequest, command, tell_git};
use crate::repository::Repository;
use crate::{Error, Result};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// How many bytes of finished packs are kept; the one least recently asked for goes first.
const KEPT_BYTES: u64 = 1 << 30;
/// How many packs are kept or built at a time: each holds a file open.
const KEPT_PACKS: usize = 128;

/// What a pack is built from: all that git is told.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    git_dir: PathBuf,
    arguments: Vec<std::ffi::OsString>,
    revisions: gix_hash::ObjectId,
}

/// The shared packs of all repositories that were opened together.
#[derive(Default)]
pub(crate) struct PackCache(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    packs: HashMap<Key, (Arc<SharedPack>, u64)>,
    /// Counts up with every use.
    clock: u64,
}

impl PackCache {
    /// The pack, with the caller counted as one who follows it, and whether git was started for
    /// it. `None` when no more can be kept now.
    pub(super) fn find_or_start(
        &self,
        repository: &Repository,
        pack: &PackRequest,
    ) -> Result<Option<(Arc<SharedPack>, bool)>> {
        let key = key(repository, pack)?;
        let mut kept = self.0.lock();
        kept.clock += 1;
        let now = kept.clock;
        if let Some((shared, used)) = kept.packs.get_mut(&key)
            && shared.join()
        {
            *used = now;
            return Ok(Some((Arc::clone(shared), false)));
        }
        if kept.packs.len() >= KEPT_PACKS && !kept.remove_oldest() {
            return Ok(None);
        }
        let Ok(file) = tempfile::tempfile_in(repository.git_dir()) else { return Ok(None) };
        let (shared, mut git) = SharedPack::start(repository, pack, file)?;
        kept.packs.insert(key, (Arc::clone(&shared), now));
        let stdin = git.child().stdin.take();
        shared.attend(git);
        drop(kept);
        // Outside the lock: there may be very many wants.
        let told = stdin.map_or(Ok(()), |stdin| tell_git(stdin, repository, pack));
        if let Err(error) = told {
            // Git would take what it was told for all it shall pack.
            shared.give_up();
            return Err(error);
        }
        Ok(Some((shared, true)))
    }

    /// Keeps to the limits. Packs that failed are not kept either: the next one may not.
    pub(super) fn trim(&self) {
        let mut kept = self.0.lock();
        kept.packs.retain(|_, (shared, _)| shared.is_whole() != Some(false));
        while kept.bytes() > KEPT_BYTES && kept.remove_oldest() {}
    }
}

impl Kept {
    fn bytes(&self) -> u64 {
        self.packs.values().map(|(shared, _)| shared.length()).sum()
    }

    /// Forgets the finished pack that was not asked for the longest. Who still follows it keeps
    /// it for as long.
    fn remove_oldest(&mut self) -> bool {
        let finished = self.packs.iter().filter(|(_, it)| it.0.is_whole().is_some());
        let oldest = finished.min_by_key(|(_, it)| it.1).map(|it| it.0.clone());
        oldest.is_some_and(|key| self.packs.remove(&key).is_some())
    }
}

/// Progress and side-band are between us and the client; git's work is the same.
fn key(repository: &Repository, pack: &PackRequest) -> Result<Key> {
    let mut revisions = gix_hash::hasher(gix_hash::Kind::Sha1);
    for (kind, ids) in [(b'w', &pack.wants), (b'g', &pack.grafts)] {
        let mut ids = ids.clone();
        ids.sort_unstable();
        for id in ids {
            revisions.update(&[kind]);
            revisions.update(id.as_bytes());
        }
    }
    if pack.include_tag {
        // Which tags come along depends on which there are.
        for entry in repository.refs()?.with_prefix("refs/tags/") {
            revisions.update(entry.line);
        }
    }
    let revisions = revisions
        .try_finalize()
        .map_err(|error| Error::Object { id: model::ObjectId::ZERO, why: error.to_string() })?;
    let arguments = command(repository, pack, true).get_args().map(ToOwned::to_owned).collect();
    Ok(Key { git_dir: repository.git_dir().to_owned(), arguments, revisions })
}
