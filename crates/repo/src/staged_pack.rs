//! A pack on its way into `objects/pack`: a small one is written beside its place and made durable
//! by the journal, a large one is synced in the quarantine and moved.

use crate::ingest::ReadyPack;
use crate::journal::SmallPack;
use crate::push::PushId;
use crate::repositories::sync_folder;
use crate::repository::Repository;
use crate::{Error, Result};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Drafts in `objects/pack` start like git's own, which `git gc` removes, too.
pub(crate) const DRAFT_PREFIX: &str = "tmp_landing_";

/// The two files of a pack, the index last: a reader who sees it finds the pack.
const PARTS: [&str; 2] = ["pack", "idx"];

/// Dropped unpublished, it leaves nothing behind.
pub(crate) struct StagedPack {
    state: State,
}

enum State {
    None,
    /// Written beside its place, not synced unless there is no journal to hold its content.
    Small {
        pack: Arc<SmallPack>,
        draft: PathBuf,
    },
    /// Synced in the quarantine.
    Files(PathBuf),
}

impl StagedPack {
    /// Writes or syncs the pack, whatever it takes so that publishing only renames.
    pub(crate) fn stage(
        repository: &Repository,
        push: PushId,
        pack: Option<ReadyPack>,
    ) -> Result<Self> {
        let state = match pack {
            None => State::None,
            Some(ReadyPack::Files(stem)) => {
                for part in PARTS {
                    sync_file(&stem.with_extension(part))?;
                }
                State::Files(stem)
            }
            Some(ReadyPack::Small(pack)) => {
                let draft = folder(repository).join(format!("{DRAFT_PREFIX}{push}"));
                // From here on dropping cleans up, also half a draft.
                let staged = Self { state: State::Small { pack: Arc::new(pack), draft } };
                staged.write_draft(repository.journal().is_none())?;
                return Ok(staged);
            }
        };
        Ok(Self { state })
    }

    fn write_draft(&self, sync: bool) -> Result<()> {
        let State::Small { pack, draft } = &self.state else { return Ok(()) };
        for (part, content) in PARTS.iter().zip([&pack.pack, &pack.index]) {
            let path = draft_path(draft, part);
            std::fs::write(&path, content).map_err(Error::io("write", &path))?;
            if sync {
                sync_file(&path)?;
            }
        }
        Ok(())
    }

    /// Is there a pack at all?
    pub(crate) fn is_some(&self) -> bool {
        !matches!(self.state, State::None)
    }

    /// What the journal must hold.
    pub(crate) fn small(&self) -> Option<Arc<SmallPack>> {
        match &self.state {
            State::Small { pack, .. } => Some(Arc::clone(pack)),
            State::None | State::Files(_) => None,
        }
    }

    /// Moves what is synced already: it may be there before the commit point, where nothing leads
    /// to it yet.
    pub(crate) fn publish_synced(&mut self, repository: &Repository) -> Result<()> {
        match &self.state {
            State::Files(_) => self.publish(repository, true),
            State::None | State::Small { .. } => Ok(()),
        }
    }

    /// Moves it into place, and makes the move durable if asked.
    pub(crate) fn publish(&mut self, repository: &Repository, sync: bool) -> Result<()> {
        let name = match &self.state {
            State::None => return Ok(()),
            State::Small { pack, .. } => pack.name.clone(),
            State::Files(stem) => {
                let name = stem.file_name().unwrap_or_default();
                name.to_string_lossy().into_owned()
            }
        };
        let folder = folder(repository);
        for part in PARTS {
            let source = match &self.state {
                State::Small { draft, .. } => draft_path(draft, part),
                State::Files(stem) => stem.with_extension(part),
                State::None => return Ok(()),
            };
            let target = folder.join(&name).with_extension(part);
            std::fs::rename(&source, &target).map_err(Error::io("move", &source))?;
        }
        self.state = State::None;
        if sync { sync_folder(&folder) } else { Ok(()) }
    }
}

impl Drop for StagedPack {
    fn drop(&mut self) {
        let State::Small { draft, .. } = &self.state else { return };
        for part in PARTS {
            if let Err(error) = std::fs::remove_file(draft_path(draft, part)) {
                tracing::debug!(%error, "no draft of a pack to remove");
            }
        }
    }
}

/// Without an extension: what ends with `.idx` is a pack to git.
fn draft_path(draft: &Path, part: &str) -> PathBuf {
    let name = draft.file_name().unwrap_or_default().to_string_lossy();
    draft.with_file_name(format!("{name}_{part}"))
}

fn folder(repository: &Repository) -> PathBuf {
    repository.git_dir().join("objects/pack")
}

fn sync_file(path: &Path) -> Result<()> {
    std::fs::File::open(path).and_then(|it| it.sync_all()).map_err(Error::io("sync", path))
}
