//! Reading all refs from disk: one pass over the bytes of `packed-refs`, then the ref files, which
//! win. This is the only walk over all refs there is; it happens when a repository is first used
//! and after another process has changed it.

use super::files::{Loose, is_absent, read_head, read_loose};
use super::snapshot::{Edit, RefSnapshot};
use super::stamp::Stamps;
use crate::{Error, Result};
use model::{ObjectId, RefName};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

/// Finds what an annotated tag leads to; `None` for other objects.
pub(super) type Peel<'a> = &'a dyn Fn(&ObjectId) -> Result<Option<ObjectId>>;

/// Symbolic refs that lead to symbolic refs: git follows five.
const MAX_SYMBOLIC: usize = 5;

/// Reads everything, and the stamps under which it was read.
pub(super) fn load(git_dir: &Path, peel: Peel<'_>) -> Result<(RefSnapshot, Stamps)> {
    // Stamps first: a change while we read must look like a change afterwards.
    let mut stamps = Stamps::default();
    stamps.note(&git_dir.join("packed-refs"));
    stamps.note(&git_dir.join("HEAD"));
    let head = read_head(git_dir)?;
    let mut found = BTreeMap::new();
    walk(git_dir, "refs", &mut stamps, &mut found)?;
    // After the ref files, so that a ref packed meanwhile is seen in one of the two.
    let packed_bytes = read_packed(git_dir)?;
    let packed = parse_packed(&packed_bytes, &git_dir.join("packed-refs"), peel)?;
    let loose = resolve(found, &packed, peel)?;
    Ok((RefSnapshot::from_sorted(merge(&packed, &loose), head), stamps))
}

/// The bytes of `packed-refs`; empty when there is none.
pub(super) fn read_packed(git_dir: &Path) -> Result<Vec<u8>> {
    let path = git_dir.join("packed-refs");
    match std::fs::read(&path) {
        Ok(bytes) => Ok(bytes),
        Err(error) if is_absent(&error) => Ok(Vec::new()),
        Err(error) => Err(Error::io("read", &path)(error)),
    }
}

type Packed<'a> = Vec<(&'a str, Edit)>;

/// Reads lines like `0123…4567 refs/tags/v1` and `^89ab…cdef`, after an optional
/// `# pack-refs with: peeled fully-peeled sorted`.
fn parse_packed<'a>(bytes: &'a [u8], path: &Path, peel: Peel<'_>) -> Result<Packed<'a>> {
    let damaged = |why| Error::DamagedRefs { path: path.to_owned(), why };
    let mut refs: Packed<'a> = Vec::with_capacity(bytes.len() / 64);
    let mut all_peeled = false;
    let mut skipped = false;
    for line in bytes.split(|&b| b == b'\n').filter(|it| !it.is_empty()) {
        match line.split_first() {
            Some((b'#', traits)) => {
                all_peeled = traits.split(|&b| b == b' ').any(|it| it == b"fully-peeled");
            }
            Some((b'^', hex)) => {
                let id = ObjectId::parse(hex).map_err(|_| damaged("a bad peeled id"))?;
                match refs.last_mut() {
                    Some((_, edit)) if !skipped => edit.peeled = Some(id),
                    Some(_) => {}
                    None => return Err(damaged("a peeled id without a ref")),
                }
            }
            Some(_) | None => {
                let (hex, name) =
                    line.split_at_checked(40).ok_or_else(|| damaged("a line is too short"))?;
                let id = ObjectId::parse(hex).map_err(|_| damaged("a bad id"))?;
                let name = name.strip_prefix(b" ").ok_or_else(|| damaged("no space after id"))?;
                skipped = match std::str::from_utf8(name) {
                    Ok(name) => {
                        refs.push((name, Edit { id, peeled: None, packed: true }));
                        false
                    }
                    Err(_) => true,
                };
            }
        }
    }
    if !refs.is_sorted_by(|a, b| a.0 < b.0) {
        refs.sort_by(|a, b| a.0.cmp(b.0));
        refs.dedup_by(|a, b| a.0 == b.0);
    }
    if !all_peeled {
        for (name, edit) in &mut refs {
            if edit.peeled.is_none() && !name.starts_with("refs/heads/") {
                edit.peeled = peel(&edit.id)?;
            }
        }
    }
    Ok(refs)
}

fn walk(
    git_dir: &Path,
    below: &str,
    stamps: &mut Stamps,
    found: &mut BTreeMap<String, Loose>,
) -> Result<()> {
    let folder = git_dir.join(below);
    stamps.note(&folder);
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        // Removed since its parent was read.
        Err(error) if is_absent(&error) => return Ok(()),
        Err(error) => return Err(Error::io("list", &folder)(error)),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(Error::io("list", &folder))?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.ends_with(".lock") {
            continue;
        }
        let full = format!("{below}/{name}");
        if entry.file_type().map_err(Error::io("look at", &entry.path()))?.is_dir() {
            folders.push(full);
        } else if let Some(loose) = read_loose(&entry.path())? {
            found.insert(full, loose);
        }
    }
    folders.iter().try_for_each(|it| walk(git_dir, it, stamps, found))
}

/// Follows symbolic refs and peels what may be a tag.
fn resolve(
    found: BTreeMap<String, Loose>,
    packed: &Packed<'_>,
    peel: Peel<'_>,
) -> Result<BTreeMap<String, Edit>> {
    let mut resolved = BTreeMap::new();
    for (name, loose) in &found {
        let mut at: Cow<'_, Loose> = Cow::Borrowed(loose);
        for _ in 0..MAX_SYMBOLIC {
            let Loose::Symbolic(target) = at.as_ref() else { break };
            at = match found.get(target) {
                Some(next) => Cow::Borrowed(next),
                None => Cow::Owned(find_packed(packed, target).map_or(Loose::Garbage, Loose::Id)),
            };
        }
        let Loose::Id(id) = *at.as_ref() else {
            tracing::warn!(r#ref = name.as_str(), "a broken ref is left out");
            continue;
        };
        let peeled = if name.starts_with("refs/heads/") { None } else { peel(&id)? };
        let in_packed = packed.binary_search_by(|it| it.0.cmp(name)).is_ok();
        resolved.insert(name.clone(), Edit { id, peeled, packed: in_packed });
    }
    Ok(resolved)
}

/// The names of the refs that have a file with an id in it.
pub(super) fn loose_names(git_dir: &Path) -> Result<Vec<RefName>> {
    let mut found = BTreeMap::new();
    walk(git_dir, "refs", &mut Stamps::default(), &mut found)?;
    let ids = found.iter().filter(|it| matches!(it.1, Loose::Id(_)));
    // A name that we would not accept is not ours to move.
    Ok(ids.filter_map(|(name, _)| RefName::parse(name.as_bytes()).ok()).collect())
}

fn find_packed(packed: &Packed<'_>, name: &str) -> Option<ObjectId> {
    let at = packed.binary_search_by(|it| it.0.cmp(name)).ok()?;
    packed.get(at).map(|it| it.1.id)
}

fn merge<'a>(
    packed: &'a Packed<'a>,
    loose: &'a BTreeMap<String, Edit>,
) -> impl Iterator<Item = (&'a str, Edit)> {
    let mut packed = packed.iter().copied().peekable();
    let mut loose = loose.iter().map(|(name, edit)| (name.as_str(), *edit)).peekable();
    std::iter::from_fn(move || match (packed.peek(), loose.peek()) {
        (Some(a), Some(b)) if a.0 < b.0 => packed.next(),
        (Some(a), Some(b)) => {
            if a.0 == b.0 {
                packed.next();
            }
            loose.next()
        }
        (Some(_), None) => packed.next(),
        (None, _) => loose.next(),
    })
}
