//! Deltas become objects: depth first from each base, so that only one chain is in memory at a
//! time. Bases that the client left out, because the repository has them, are added to the end of
//! the pack, as `git index-pack --fix-thin` does.

use super::index::Indexed;
use super::parse::{Base, Entry, Sizes, check_kind_size};
use super::spool::Spool;
use super::{delta, hash_object};
use crate::Result;
use crate::failure::FailureCode;
use crate::objects::{Object, ObjectKind, Objects};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use model::ObjectId;
use std::collections::HashMap;
use std::io::Write as _;

/// How many bytes of bases may be in memory at once, over the length of a chain. A pack that
/// needs more was not made by any git.
const CHAIN_BYTES: u64 = 2 << 30;

/// How many bytes all objects of one push may have, unpacked: a small pack can describe an
/// enormous one, by deltas that copy the same bytes over and over.
const TOTAL_BYTES: u64 = 64 << 30;

/// Is told about each object, once; may keep the content.
pub(super) trait Sink {
    fn object(
        &mut self,
        id: ObjectId,
        kind: ObjectKind,
        size: u64,
        content: Content<'_>,
    ) -> Result<()>;
}

/// An object's content on its way to the [`Sink`].
pub(super) enum Content<'a> {
    /// Here it is.
    Here(&'a [u8]),
    /// A large blob that streamed by; nobody needs to look into it.
    Gone,
}

pub(super) struct Resolver<'a> {
    pub entries: Vec<Entry>,
    pub spool: Spool,
    pub objects: &'a Objects,
    pub sizes: Sizes,
    pub sink: &'a mut dyn Sink,
    pub index: Vec<Indexed>,
    by_offset: HashMap<u64, Vec<usize>>,
    by_id: HashMap<ObjectId, Vec<usize>>,
    chain_bytes: u64,
    total_bytes: u64,
    unresolved: usize,
}

/// A base and those of its deltas that are still to do.
struct Frame {
    kind: ObjectKind,
    content: Vec<u8>,
    children: Vec<usize>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        entries: Vec<Entry>,
        spool: Spool,
        objects: &'a Objects,
        sizes: Sizes,
        sink: &'a mut dyn Sink,
    ) -> Self {
        let mut this = Self {
            index: Vec::with_capacity(entries.len()),
            entries,
            spool,
            objects,
            sizes,
            sink,
            by_offset: HashMap::new(),
            by_id: HashMap::new(),
            chain_bytes: 0,
            total_bytes: 0,
            unresolved: 0,
        };
        for (nth, entry) in this.entries.iter().enumerate() {
            match entry.base {
                Base::None(_) => continue,
                Base::Offset(offset) => this.by_offset.entry(offset).or_default().push(nth),
                Base::Id(id) => this.by_id.entry(id).or_default().push(nth),
            }
            this.unresolved += 1;
        }
        this
    }

    /// Resolves everything; returns how many bases were added to the pack.
    pub(super) fn run(&mut self) -> Result<u32> {
        for nth in 0..self.entries.len() {
            let Some(entry) = self.entries.get_mut(nth) else { break };
            let Base::None(kind) = entry.base else { continue };
            let (id, offset, size) = (entry.id, entry.offset, entry.size);
            let content = entry.content.take();
            self.report(nth, id, kind, size, content.as_deref())?;
            let children = self.children(offset, &id);
            if !children.is_empty() {
                let content = match content {
                    Some(content) => content,
                    None => self.read_back(nth)?,
                };
                self.descend(Frame { kind, content, children })?;
            }
        }
        let added = if self.unresolved > 0 { self.complete()? } else { 0 };
        if self.unresolved > 0 {
            return Err(FailureCode::PackMissingObject.because("the base of a delta").into());
        }
        Ok(added)
    }

    fn children(&mut self, offset: u64, id: &ObjectId) -> Vec<usize> {
        let mut children = self.by_offset.remove(&offset).unwrap_or_default();
        children.extend(self.by_id.remove(id).unwrap_or_default());
        children
    }

    fn report(
        &mut self,
        nth: usize,
        id: ObjectId,
        kind: ObjectKind,
        size: u64,
        content: Option<&[u8]>,
    ) -> Result<()> {
        self.total_bytes += size;
        if self.total_bytes > TOTAL_BYTES {
            return Err(FailureCode::PackTooLarge.because("unpacked").into());
        }
        let read_back;
        let content = match content {
            Some(content) => Content::Here(content),
            None if kind == ObjectKind::Blob => Content::Gone,
            None => {
                read_back = self.read_back(nth)?;
                Content::Here(&read_back)
            }
        };
        self.sink.object(id, kind, size, content)?;
        if let Some(entry) = self.entries.get(nth) {
            self.index.push(Indexed { id, crc: entry.crc, offset: entry.offset });
        }
        Ok(())
    }

    fn read_back(&mut self, nth: usize) -> Result<Vec<u8>> {
        self.spool.flush()?;
        match self.entries.get(nth) {
            Some(entry) => self.spool.inflate_at(entry.body, entry.size),
            None => Ok(Vec::new()),
        }
    }

    fn descend(&mut self, root: Frame) -> Result<()> {
        self.chain_bytes = root.content.len() as u64;
        let mut stack = vec![root];
        while let Some(frame) = stack.last_mut() {
            let Some(nth) = frame.children.pop() else {
                self.chain_bytes -= frame.content.len() as u64;
                stack.pop();
                continue;
            };
            let delta = match self.entries.get_mut(nth).and_then(|it| it.content.take()) {
                Some(delta) => delta,
                None => self.read_back(nth)?,
            };
            check_kind_size(frame.kind, delta::sizes(&delta)?.1, self.sizes)?;
            let content = delta::apply(&frame.content, &delta)?;
            let kind = frame.kind;
            let id = hash_object(kind, &content)?;
            self.unresolved -= 1;
            self.report(nth, id, kind, content.len() as u64, Some(&content))?;
            let offset = self.entries.get(nth).map_or(0, |it| it.offset);
            let children = self.children(offset, &id);
            if !children.is_empty() {
                self.chain_bytes += content.len() as u64;
                if self.chain_bytes > CHAIN_BYTES {
                    return Err(FailureCode::PackTooLarge.because("a chain of deltas").into());
                }
                stack.push(Frame { kind, content, children });
            }
        }
        Ok(())
    }

    /// Adds the bases that the pack lacks and the repository has.
    fn complete(&mut self) -> Result<u32> {
        // In the order of the pack, so that the same push makes the same pack.
        let mut wanted: Vec<(usize, ObjectId)> =
            self.by_id.iter().filter_map(|(id, waiting)| Some((*waiting.first()?, *id))).collect();
        wanted.sort_unstable();
        let mut added = 0;
        let mut trailer_dropped = false;
        for (_, id) in wanted {
            if !self.by_id.contains_key(&id) {
                continue;
            }
            let Some(base) = self.objects.find(&id)? else { continue };
            if !std::mem::replace(&mut trailer_dropped, true) {
                self.spool.shorten(20)?;
            }
            let offset = self.spool.len();
            let entry = encode(&base)?;
            self.spool.append(&entry)?;
            self.index.push(Indexed { id, crc: crc32fast::hash(&entry), offset });
            added += 1;
            let children = self.by_id.remove(&id).unwrap_or_default();
            self.descend(Frame { kind: base.kind, content: base.data, children })?;
        }
        Ok(added)
    }
}

/// An object as a pack entry.
fn encode(object: &Object) -> Result<Vec<u8>> {
    let tag = match object.kind {
        ObjectKind::Commit => 1_u8,
        ObjectKind::Tree => 2,
        ObjectKind::Blob => 3,
        ObjectKind::Tag => 4,
    };
    let mut out = Vec::with_capacity(object.data.len() / 2 + 32);
    let mut size = object.data.len() as u64;
    let mut byte = (tag << 4) | (size & 15) as u8;
    size >>= 4;
    while size > 0 {
        out.push(byte | 0x80);
        byte = (size & 0x7f) as u8;
        size >>= 7;
    }
    out.push(byte);
    // The fastest: maintenance packs it properly later.
    let mut encoder = ZlibEncoder::new(out, Compression::fast());
    encoder
        .write_all(&object.data)
        .and_then(|()| encoder.finish())
        .map_err(crate::Error::io("compress into", std::path::Path::new("memory")))
}
