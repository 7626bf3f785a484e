//! Rewriting `packed-refs`: one pass, then `packed-refs.lock` is renamed over it. Synced before the
//! rename, always: this file may hold the only copy of refs that no journal remembers.

use super::load::read_packed;
use super::snapshot::{Edit, Edits};
use crate::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// What git writes since 1.8.4: every annotated tag is followed by what it leads to.
const HEADER: &[u8] = b"# pack-refs with: peeled fully-peeled sorted \n";

/// A new `packed-refs`, written and synced beside the old one. Removed when dropped unpublished.
#[derive(Debug)]
pub(super) struct StagedPacked {
    lock: PathBuf,
    target: PathBuf,
    published: bool,
}

impl StagedPacked {
    /// Writes what `packed-refs` will be after `edits`. The caller holds the store's mutex for it.
    pub(super) fn write(git_dir: &Path, edits: &Edits) -> Result<Self> {
        let target = git_dir.join("packed-refs");
        let lock = git_dir.join("packed-refs.lock");
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&lock)
            .map_err(Error::io("lock", &lock))?;
        let staged = Self { lock, target, published: false };
        let bytes = rewritten(&read_packed(git_dir)?, edits);
        file.write_all(&bytes).map_err(Error::io("write", &staged.lock))?;
        file.sync_data().map_err(Error::io("sync", &staged.lock))?;
        Ok(staged)
    }

    /// Puts it in place.
    pub(super) fn publish(mut self) -> Result<()> {
        std::fs::rename(&self.lock, &self.target).map_err(Error::io("replace", &self.target))?;
        self.published = true;
        Ok(())
    }
}

impl Drop for StagedPacked {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = std::fs::remove_file(&self.lock)
        {
            tracing::error!(%error, path = %self.lock.display(), "a lock file stays behind");
        }
    }
}

/// The lines of `old` with `edits` merged in; an edit of `None` drops the line and its peeled one.
fn rewritten(old: &[u8], edits: &Edits) -> Vec<u8> {
    let mut out = Vec::with_capacity(old.len() + edits.len() * 80 + HEADER.len());
    out.extend_from_slice(HEADER);
    let mut edits = edits.iter().peekable();
    let mut dropped = false;
    for line in old.split_inclusive(|&b| b == b'\n') {
        match line.first() {
            Some(b'#') => continue,
            Some(b'^') => {
                if !dropped {
                    out.extend_from_slice(line);
                }
                continue;
            }
            Some(_) | None => {}
        }
        let name = line.get(41..).unwrap_or_default().trim_ascii_end();
        while let Some((new, edit)) = edits.next_if(|(new, _)| new.as_bytes() < name) {
            push_ref(&mut out, new, edit.as_ref());
        }
        dropped = match edits.next_if(|(new, _)| new.as_bytes() == name) {
            Some((new, edit)) => {
                push_ref(&mut out, new, edit.as_ref());
                true
            }
            None => {
                out.extend_from_slice(line);
                false
            }
        };
    }
    for (new, edit) in edits {
        push_ref(&mut out, new, edit.as_ref());
    }
    out
}

fn push_ref(out: &mut Vec<u8>, name: &str, edit: Option<&Edit>) {
    let Some(edit) = edit else { return };
    out.extend_from_slice(format!("{} {name}\n", edit.id).as_bytes());
    if let Some(peeled) = edit.peeled {
        out.extend_from_slice(format!("^{peeled}\n").as_bytes());
    }
}

/// Creates a file that must not exist, with this content; synced if asked.
pub(super) fn create_file(path: &Path, content: &[u8], sync: bool) -> std::io::Result<()> {
    let mut file: File = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(content)?;
    if sync { file.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ObjectId;

    #[test]
    fn lines_are_merged_in_order_and_peeled_lines_follow_their_ref() {
        let hex = |byte: u8| ObjectId::from_bytes([byte; 20]);
        let edit = |id, peeled| Some(Edit { id, peeled, packed: true });
        let old = format!(
            "# pack-refs with: peeled fully-peeled sorted \n{} refs/heads/b\n{} refs/tags/v1\n^{}\n{} refs/tags/v2\n^{}\n",
            hex(1),
            hex(2),
            hex(3),
            hex(4),
            hex(5)
        );
        let edits = Edits::from([
            ("refs/heads/a".to_owned(), edit(hex(6), None)),
            ("refs/heads/b".to_owned(), edit(hex(7), None)),
            ("refs/heads/gone".to_owned(), None),
            ("refs/tags/v1".to_owned(), None),
            ("refs/tags/v3".to_owned(), edit(hex(8), Some(hex(9)))),
        ]);
        let expected = format!(
            "# pack-refs with: peeled fully-peeled sorted \n{} refs/heads/a\n{} refs/heads/b\n{} refs/tags/v2\n^{}\n{} refs/tags/v3\n^{}\n",
            hex(6),
            hex(7),
            hex(4),
            hex(5),
            hex(8),
            hex(9)
        );
        assert_eq!(String::from_utf8(rewritten(old.as_bytes(), &edits)).unwrap(), expected);
    }
}
