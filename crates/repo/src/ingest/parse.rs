//! The entries of a pack, in the order in which they come: objects that stand for themselves are
//! hashed at once, deltas are kept for [`super::resolve`].

use super::stream::Stream;
use super::{delta, hash_object};
use crate::Result;
use crate::crash::crash_point;
use crate::failure::FailureCode;
use crate::objects::ObjectKind;
use model::ObjectId;

/// Files up to this size are kept in memory between parsing and checking; larger ones are hashed
/// as they stream by and read back in the rare case that a delta builds on them.
const KEEP: u64 = 256 << 10;

/// How many bytes are kept in memory in one push, over all objects.
const KEEP_TOTAL: u64 = 64 << 20;

/// What an entry is built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// Nothing: the entry is the object.
    None(ObjectKind),
    /// The entry at this offset.
    Offset(u64),
    /// The object with this id, here or in the repository.
    Id(ObjectId),
}

/// One entry.
#[derive(Debug)]
pub(super) struct Entry {
    /// Where it starts in the pack.
    pub offset: u64,
    /// Where its compressed bytes start.
    pub body: u64,
    pub crc: u32,
    /// Length of what is compressed: the object, or the delta.
    pub size: u64,
    pub base: Base,
    /// Known at once for entries without a base.
    pub id: ObjectId,
    /// What was compressed, if it was kept.
    pub content: Option<Vec<u8>>,
}

/// How large things may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    pub object: u64,
}

/// How large a commit, tree or tag may be: unlike a blob it is looked into, which takes it into
/// memory whole, and a small pack can describe an enormous one.
const STRUCTURE: u64 = 64 << 20;

/// Bytes kept in memory so far.
#[derive(Default)]
pub(super) struct Kept(u64);

impl Kept {
    /// Is there room for another object of this kind and size? Room is taken if so.
    pub(super) fn take(&mut self, size: u64) -> bool {
        let fits = self.0 + size <= KEEP_TOTAL;
        if fits {
            self.0 += size;
        }
        fits
    }
}

/// Reads `count` entries. The pack's header has been read.
pub(super) fn read_entries(
    stream: &mut Stream<'_>,
    count: u32,
    sizes: Sizes,
    kept: &mut Kept,
) -> Result<Vec<Entry>> {
    // The count is a claim: room is made as entries come.
    let mut entries = Vec::with_capacity(count.min(4096) as usize);
    for nth in 0..count {
        if nth == count / 2 {
            crash_point("pack-half-read");
        }
        entries.push(read_entry(stream, sizes, kept)?);
    }
    Ok(entries)
}

fn read_entry(stream: &mut Stream<'_>, sizes: Sizes, kept: &mut Kept) -> Result<Entry> {
    let offset = stream.offset();
    stream.begin_entry();
    let (tag, size) = read_header(stream)?;
    let base = match tag {
        1 => Base::None(ObjectKind::Commit),
        2 => Base::None(ObjectKind::Tree),
        3 => Base::None(ObjectKind::Blob),
        4 => Base::None(ObjectKind::Tag),
        6 => Base::Offset(read_base_offset(stream, offset)?),
        7 => Base::Id(ObjectId::from_bytes(stream.array()?)),
        _ => return Err(FailureCode::PackCorrupt.because("an entry of unknown type").into()),
    };
    match base {
        Base::None(kind) => check_kind_size(kind, size, sizes)?,
        Base::Offset(_) | Base::Id(_) => check_size(size, sizes)?,
    }
    let body = stream.offset();
    let mut entry = Entry { offset, body, crc: 0, size, base, id: ObjectId::ZERO, content: None };
    match base {
        Base::None(ObjectKind::Blob) if size > KEEP => {
            let mut hasher = super::object_hasher(ObjectKind::Blob, size);
            stream.inflate_with(size, |bytes| hasher.update(bytes))?;
            entry.id = super::finish_hash(hasher)?;
        }
        Base::None(kind) => {
            let content = stream.inflate(size)?;
            entry.id = hash_object(kind, &content)?;
            entry.content = Some(content).filter(|_| kept.take(size));
        }
        Base::Offset(_) | Base::Id(_) => {
            let content = stream.inflate(size)?;
            check_size(delta::sizes(&content)?.1, sizes)?;
            entry.content = Some(content).filter(|_| kept.take(size));
        }
    }
    entry.crc = stream.entry_crc();
    Ok(entry)
}

pub(super) fn check_size(size: u64, sizes: Sizes) -> Result<()> {
    if size > sizes.object {
        let detail = format!("{size} bytes, limit {}", sizes.object);
        return Err(FailureCode::ObjectTooLarge.because(detail).into());
    }
    Ok(())
}

/// What [`check_size`] does, once the kind of the object is known.
pub(super) fn check_kind_size(kind: ObjectKind, size: u64, sizes: Sizes) -> Result<()> {
    let name = match kind {
        ObjectKind::Blob => return check_size(size, sizes),
        ObjectKind::Commit => "commit",
        ObjectKind::Tree => "tree",
        ObjectKind::Tag => "tag",
    };
    let limit = sizes.object.min(STRUCTURE);
    if size > limit {
        let detail = format!("a {name} of {size} bytes, limit {limit}");
        return Err(FailureCode::ObjectTooLarge.because(detail).into());
    }
    Ok(())
}

/// Type and length: three bits of type and four of length, then seven bits of length a byte.
fn read_header(stream: &mut Stream<'_>) -> Result<(u8, u64)> {
    let mut byte = stream.byte()?;
    let tag = (byte >> 4) & 7;
    let mut size = u64::from(byte & 15);
    let mut shift = 4;
    while byte & 0x80 != 0 {
        if shift > 56 {
            return Err(FailureCode::PackCorrupt.because("a length is out of range").into());
        }
        byte = stream.byte()?;
        size |= u64::from(byte & 0x7f) << shift;
        shift += 7;
    }
    Ok((tag, size))
}

/// The distance back to the base: seven bits a byte, each step adding one to what came before.
fn read_base_offset(stream: &mut Stream<'_>, offset: u64) -> Result<u64> {
    let bad = || FailureCode::PackCorrupt.because("a delta's base lies outside the pack");
    let mut byte = stream.byte()?;
    let mut distance = u64::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        byte = stream.byte()?;
        let next = distance.checked_add(1).and_then(|it| it.checked_mul(128)).ok_or_else(bad)?;
        distance = next + u64::from(byte & 0x7f);
    }
    Ok(offset.checked_sub(distance).filter(|_| distance > 0).ok_or_else(bad)?)
}
