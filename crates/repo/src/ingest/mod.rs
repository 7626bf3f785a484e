//! A pack comes in: parsed, hashed, completed, indexed. Nothing is recompressed, and nothing is
//! visible to anybody until it is moved out of the quarantine.

mod bulk;
mod delta;
mod index;
mod parse;
mod resolve;
mod spool;
mod stream;

use crate::check::Links;
use crate::crash::crash_point;
use crate::failure::FailureCode;
use crate::journal::SmallPack;
use crate::objects::{ObjectKind, Objects};
use crate::receive::Limits;
use crate::{Error, Result};
use gix_hash::Hasher;
use model::ObjectId;
use parse::{Kept, Sizes, read_entries};
use resolve::{Content, Resolver, Sink};
use spool::{Spool, Spooled};
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::io::Read;
use std::path::{Path, PathBuf};
use stream::Stream;

/// A new object, as far as it is known without reading the pack again.
#[derive(Debug)]
pub(crate) struct NewObject {
    pub kind: ObjectKind,
    pub size: u64,
    /// Kept while there is room, large files never.
    pub content: Option<Vec<u8>>,
}

/// The new objects of a push.
#[derive(Default)]
pub(crate) struct NewObjects {
    /// Those that we parsed. Empty when stock git indexed the pack.
    pub known: HashMap<ObjectId, NewObject>,
    /// The quarantine's folder as an object database, when the pack is in a file.
    pub packed: Option<Objects>,
}

/// The pack, ready to be moved into place.
pub(crate) enum ReadyPack {
    /// Small: not on disk yet.
    Small(SmallPack),
    /// A `.pack` and an `.idx` beside it in the quarantine's folder; the path has no extension.
    Files(PathBuf),
}

/// What came of reading a pack.
pub(crate) struct Ingested {
    pub objects: NewObjects,
    /// `None` when the pack was empty.
    pub pack: Option<ReadyPack>,
    /// Where links of the new objects lead; `None` when stock git has checked them.
    pub links: Option<Links>,
    pub pack_bytes: u64,
    pub count: u64,
}

/// What surrounds an ingest.
pub(crate) struct Ingest<'a> {
    /// The repository's own objects.
    pub objects: &'a Objects,
    /// The repository's `objects` folder.
    pub store: &'a Path,
    /// The quarantine's folder; made when it is needed.
    pub folder: &'a Path,
    pub limits: &'a Limits,
    /// Whether the input ends with the pack.
    pub input_ends: bool,
}

impl Ingest<'_> {
    /// Reads a whole pack from `input`.
    pub(crate) fn run(&self, input: &mut dyn Read) -> Result<Ingested> {
        let mut header = [0; 12];
        read_header(input, &mut header)?;
        let count = parse_header(&header)?;
        // Where the input goes on after the pack, only parsing finds the pack's end.
        if count > self.limits.in_process_objects && self.input_ends {
            return bulk::index(self, &header, input);
        }
        let mut input = (&header[..]).chain(input);
        self.read(&mut input, count)
    }

    fn read(&self, input: &mut dyn Read, count: u32) -> Result<Ingested> {
        let spool = Spool::new(&self.folder.join("pack"));
        let mut stream = Stream::new(input, self.limits.pack_bytes, spool);
        stream.array::<12>()?;
        let sizes = Sizes { object: self.limits.object_bytes };
        let mut kept = Kept::default();
        let entries = read_entries(&mut stream, count, sizes, &mut kept)?;
        let (spool, pack_bytes) = stream.finish(self.input_ends)?;
        let mut sink = Collector::default();
        let mut resolver = Resolver::new(entries, spool, self.objects, sizes, &mut sink);
        let added = resolver.run()?;
        let (mut index, mut spool) = (resolver.index, resolver.spool);
        let checksum = match added {
            0 => spool.checksum()?,
            _ => spool.amend(count + added)?,
        };
        let index = index::write_index(&mut index, checksum.as_slice())?;
        crash_point("pack-indexed");
        let pack = if count == 0 { None } else { Some(ready(spool, checksum, index)?) };
        Ok(Ingested {
            count: sink.objects.len() as u64,
            objects: NewObjects { known: sink.objects, packed: self.open_files(pack.as_ref())? },
            pack,
            links: Some(sink.links),
            pack_bytes,
        })
    }
}

impl Ingest<'_> {
    /// The quarantine's folder as an object database, if there are files in it.
    fn open_files(&self, pack: Option<&ReadyPack>) -> Result<Option<Objects>> {
        match pack {
            Some(ReadyPack::Files(_)) => Objects::over(self.folder).map(Some),
            Some(ReadyPack::Small(_)) | None => Ok(None),
        }
    }
}

/// Names pack and index, and writes the index beside a pack that is in a file.
fn ready(spool: Spool, checksum: gix_hash::ObjectId, index: Vec<u8>) -> Result<ReadyPack> {
    let name = format!("pack-{checksum}");
    match spool.into_spooled()? {
        Spooled::Memory(pack) => Ok(ReadyPack::Small(SmallPack { name, pack, index })),
        Spooled::File(path) => {
            let stem = path.with_file_name(name);
            let target = stem.with_extension("pack");
            std::fs::rename(&path, &target).map_err(Error::io("rename", &path))?;
            let target = stem.with_extension("idx");
            std::fs::write(&target, index).map_err(Error::io("write", &target))?;
            Ok(ReadyPack::Files(stem))
        }
    }
}

fn read_header(input: &mut dyn Read, header: &mut [u8; 12]) -> Result<()> {
    input.read_exact(header).map_err(Error::Peer)
}

fn parse_header(header: &[u8; 12]) -> Result<u32> {
    let [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, a, b, c, d] = *header else {
        return Err(FailureCode::PackCorrupt.because("it does not start like a pack").into());
    };
    Ok(u32::from_be_bytes([a, b, c, d]))
}

/// Gathers the objects of a pack and checks each.
#[derive(Default)]
struct Collector {
    objects: HashMap<ObjectId, NewObject>,
    links: Links,
    kept: Kept,
}

impl Sink for Collector {
    fn object(
        &mut self,
        id: ObjectId,
        kind: ObjectKind,
        size: u64,
        content: Content<'_>,
    ) -> Result<()> {
        let mut keep = None;
        if let Content::Here(content) = content {
            self.links.check(&id, kind, content)?;
            if self.kept.take(size) {
                keep = Some(content.to_vec());
            }
        }
        match self.objects.entry(id) {
            Slot::Occupied(_) => {
                Err(FailureCode::PackCorrupt.because(format!("it holds {id} twice")).into())
            }
            Slot::Vacant(slot) => {
                slot.insert(NewObject { kind, size, content: keep });
                Ok(())
            }
        }
    }
}

/// A hasher that has seen git's header of an object.
fn object_hasher(kind: ObjectKind, size: u64) -> Hasher {
    let mut hasher = gix_hash::hasher(gix_hash::Kind::Sha1);
    hasher.update(kind.as_bytes());
    hasher.update(format!(" {size}\0").as_bytes());
    hasher
}

/// The id. Collision detection is part of hashing, and finding one is fatal to the push.
fn finish_hash(hasher: Hasher) -> Result<ObjectId> {
    let id = hasher.try_finalize().map_err(|_| FailureCode::ObjectCollision.because(""))?;
    Ok(crate::objects::from_gix(&id))
}

/// The id of an object by its content.
pub(crate) fn hash_object(kind: ObjectKind, content: &[u8]) -> Result<ObjectId> {
    let mut hasher = object_hasher(kind, content.len() as u64);
    hasher.update(content);
    finish_hash(hasher)
}
