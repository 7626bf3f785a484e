//! A pack made here, of objects nobody has pushed: how the server itself brings in commits. It
//! only makes bytes; they go in as every push does, past no check.

use crate::ingest::hash_object;
use crate::objects::ObjectKind;
use crate::{Error, Result};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use model::ObjectId;
use std::collections::BTreeSet;
use std::io::Write as _;

fn unwritable(why: impl std::fmt::Display) -> Error {
    Error::Object { id: ObjectId::ZERO, why: why.to_string() }
}

/// Objects of a pack in the making. Each is stored whole: there are few of them.
#[derive(Default)]
pub struct NewPack {
    entries: Vec<u8>,
    ids: BTreeSet<ObjectId>,
}

impl NewPack {
    /// Adds an object by its content, without git's header; its id. One that is there already is
    /// not stored again.
    pub fn add(&mut self, kind: ObjectKind, content: &[u8]) -> Result<ObjectId> {
        let id = hash_object(kind, content)?;
        if self.ids.insert(id) {
            self.put_header(kind, content.len());
            let mut packer = ZlibEncoder::new(&mut self.entries, Compression::default());
            packer
                .write_all(content)
                .and_then(|()| packer.finish().map(drop))
                .map_err(unwritable)?;
        }
        Ok(id)
    }

    /// Type and size as gitformat-pack(5) has them: three bits, four bits, then seven at a time.
    fn put_header(&mut self, kind: ObjectKind, size: usize) {
        let kind = match kind {
            ObjectKind::Commit => 1,
            ObjectKind::Tree => 2,
            ObjectKind::Blob => 3,
            ObjectKind::Tag => 4,
        };
        let low = |bits: usize| u8::try_from(bits).unwrap_or_default();
        let mut byte = kind << 4 | low(size & 0x0f);
        let mut rest = size >> 4;
        while rest > 0 {
            self.entries.push(byte | 0x80);
            byte = low(rest & 0x7f);
            rest >>= 7;
        }
        self.entries.push(byte);
    }

    /// Is there no object in it?
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The whole pack, with its header and its checksum.
    pub fn finish(self) -> Result<Vec<u8>> {
        let count = u32::try_from(self.ids.len())
            .map_err(|_| unwritable("too many objects for one pack"))?;
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend(count.to_be_bytes());
        pack.extend(self.entries);
        let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
        hasher.update(&pack);
        let checksum = hasher.try_finalize().map_err(unwritable)?;
        pack.extend(checksum.as_slice());
        Ok(pack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn stock_git_takes_it() {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            let mut command = Command::new("git");
            command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
            command.arg("-C").arg(folder.path()).args(arguments);
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
            command
        };
        assert!(git(&["init", "-q", "--bare"]).status().unwrap().success());
        let mut pack = NewPack::default();
        let long = "a line that is said again and again\n".repeat(1000);
        let mut tree = Vec::new();
        for (name, text) in [("empty", ""), ("long", long.as_str()), ("long2", long.as_str())] {
            let id = pack.add(ObjectKind::Blob, text.as_bytes()).unwrap();
            tree.extend(format!("100644 {name}\0").into_bytes());
            tree.extend(id.as_bytes());
        }
        let tree = pack.add(ObjectKind::Tree, &tree).unwrap();
        let mut unpack = git(&["unpack-objects", "-q", "--strict"]).spawn().unwrap();
        unpack.stdin.take().unwrap().write_all(&pack.finish().unwrap()).unwrap();
        assert!(unpack.wait().unwrap().success());
        let shown = git(&["cat-file", "-p", &format!("{tree}")]).output().unwrap().stdout;
        assert_eq!(String::from_utf8(shown).unwrap().lines().count(), 3);
        let size = git(&["cat-file", "-s", &format!("{tree}")]).output().unwrap().stdout;
        assert!(!size.is_empty());
    }
}
