//! What `.gitattributes` say of the files that a merge puts together: `binary`, `-merge`,
//! `merge=union`. Git reads them where they are checked out. Here nothing is, so those that can
//! matter are laid out for it in a folder that goes away. Drivers of anybody's own are in
//! configurations, and nobody's is read.

use super::workshop::Workshop;
use crate::objects::Lookup as _;
use crate::tree::{self, Names};
use crate::{Error, Result};
use model::ObjectId;
use std::ffi::OsStr;
use std::fmt;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

const NAME: &[u8] = b".gitattributes";

/// Git does not read longer ones.
const LONGEST: u64 = 100 << 20;

/// So many are laid out for one merge at most. The same small file in many folders is no more to
/// push than in one.
const MOST_FILES: usize = 10_000;
/// So many bytes of them.
const MOST_BYTES: u64 = 16 << 20;
/// So many folders that differ are looked into for one merge at most.
const MOST_FOLDERS: usize = 100_000;

/// Attribute files: the folder of each, from the root, with a `/` at its end, and its content.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes(Vec<(Vec<u8>, ObjectId)>);

impl Attributes {
    /// Those of a tree, as if it were checked out, in folders that are not the same in all of the
    /// others: elsewhere no file has to be put together. Costs what the trees do not share.
    pub(super) fn of(
        objects: &Workshop<'_>,
        checked_out: ObjectId,
        others: &[ObjectId],
    ) -> Result<Self> {
        let mut found = Vec::new();
        // A list and not a recursion: trees may be as deep as somebody likes.
        let others: Vec<_> = others.iter().map(|it| Some(*it)).collect();
        let mut waiting = vec![(Vec::new(), checked_out, others)];
        let mut changed = 0;
        while let Some((folder, tree, others)) = waiting.pop() {
            objects.time_left()?;
            let names = tree::read(objects, &tree)?;
            // A link is not followed, by git neither.
            if let Some(file) = names.get(NAME).filter(|it| it.is_file()) {
                found.push((folder.clone(), file.id));
                check("`.gitattributes` in changed folders", found.len(), MOST_FILES)?;
            }
            let read = |it: &Option<ObjectId>| match it {
                Some(id) => tree::read(objects, id),
                None => Ok(Names::new()),
            };
            let others: Vec<Names> = others.iter().map(read).collect::<Result<_>>()?;
            for (name, entry) in names.iter().filter(|it| it.1.is_tree() && is_plain(it.0)) {
                let same = |it: &Names| it.get(name).filter(|it| it.is_tree()).map(|it| it.id);
                let others: Vec<_> = others.iter().map(same).collect();
                if others.iter().any(|it| *it != Some(entry.id)) {
                    changed += 1;
                    check("changed folders", changed, MOST_FOLDERS)?;
                    let inside = [folder.as_slice(), name.as_slice(), b"/"].concat();
                    waiting.push((inside, entry.id, others));
                }
            }
        }
        found.sort_unstable();
        Ok(Self(found))
    }

    /// Writes them where they would be if `root` were the top of what is checked out.
    pub(super) fn lay_out(&self, objects: &Workshop<'_>, root: &Path) -> Result<()> {
        let mut bytes = 0;
        for (folder, id) in &self.0 {
            objects.time_left()?;
            let length = objects.find_header(id)?.map(|it| it.1);
            let Some(length) = length.filter(|it| *it <= LONGEST) else { continue };
            bytes += length;
            check("bytes of `.gitattributes` in changed folders", bytes, MOST_BYTES)?;
            let Some(file) = objects.find(id)? else { continue };
            let folder = root.join(OsStr::from_bytes(folder));
            let path = folder.join(OsStr::from_bytes(NAME));
            let written =
                std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &file.data));
            match written {
                // Nobody could check it out, and so nobody's git could read it.
                Err(error) if error.kind() == ErrorKind::InvalidFilename => {}
                written => written.map_err(Error::io("write", &path))?,
            }
        }
        Ok(())
    }
}

fn check<N: PartialOrd + fmt::Display>(what: &'static str, found: N, limit: N) -> Result<()> {
    let too_many = || Error::MergeTooLarge { what, limit: limit.to_string() };
    if found > limit { Err(too_many()) } else { Ok(()) }
}

/// A name that leads nowhere else. Trees with others are not let in; here they would be followed.
fn is_plain(name: &[u8]) -> bool {
    !name.is_empty() && name != b"." && name != b".." && !name.contains(&b'/')
}
