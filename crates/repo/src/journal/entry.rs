//! One journal entry as bytes: `length u32, crc32 u32, body`, little-endian. A length of zero is
//! the end; a length or checksum that does not fit is a torn tail, and so is all after it.

use crate::push::PushId;
use model::{ObjectId, RefName, RepositoryId};
use std::sync::Arc;

/// Bytes before the body.
const HEADER: usize = 8;
const LANDING: u8 = 1;
const RECORDED: u8 = 2;
const OWN_LANDING: u8 = 3;

/// One ref's move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournaledUpdate {
    /// Which ref.
    pub name: RefName,
    /// From; zero when it did not exist.
    pub old: ObjectId,
    /// To; zero when it is gone.
    pub new: ObjectId,
}

/// A pack that is small enough to be journaled itself, which saves the syncs of its files.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SmallPack {
    /// `pack-…` without an extension.
    pub name: String,
    /// The content of the `.pack` file.
    pub pack: Vec<u8>,
    /// The content of the `.idx` file.
    pub index: Vec<u8>,
}

/// Refs of one repository that moved together.
#[derive(Clone)]
pub struct Landing {
    /// The push, or another operation with an id of its own.
    pub push: PushId,
    /// Which repository.
    pub repository: RepositoryId,
    /// The moves.
    pub updates: Vec<JournaledUpdate>,
    /// What the caller needs to make the record ([`crate::Judge::meta`]).
    pub meta: Vec<u8>,
    /// Does somebody's record depend on it? Refs of the server itself need none.
    pub(crate) needs_record: bool,
    pub(crate) pack: Option<Arc<SmallPack>>,
}

impl Landing {
    /// The same without the pack, which is only needed for replay.
    pub(super) fn without_pack(&self) -> Self {
        Self { pack: None, ..self.clone() }
    }
}

pub(super) enum Entry {
    Landing(Landing),
    Recorded(PushId),
}

impl Entry {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        match self {
            Self::Recorded(push) => {
                body.push(RECORDED);
                body.extend_from_slice(push.as_bytes());
            }
            Self::Landing(landing) => encode_landing(&mut body, landing),
        }
        let mut out = Vec::with_capacity(HEADER + body.len());
        out.extend_from_slice(&length(body.len()));
        out.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        out.extend_from_slice(&body);
        out
    }

    /// The first entry of `bytes` and how many bytes it takes; `None` at the end or a torn tail.
    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut input = Input(bytes);
        let len = input.length()?;
        let crc = u32::from_le_bytes(input.array()?);
        let body = input.take(len)?;
        if len == 0 || crc32fast::hash(body) != crc {
            return None;
        }
        let mut input = Input(body);
        let entry = match input.array::<1>()? {
            [RECORDED] => Self::Recorded(PushId::from_bytes(input.array()?)),
            [kind @ (LANDING | OWN_LANDING)] => {
                Self::Landing(decode_landing(&mut input, kind == LANDING)?)
            }
            _ => return None,
        };
        Some((entry, HEADER + len))
    }
}

fn encode_landing(out: &mut Vec<u8>, landing: &Landing) {
    out.push(if landing.needs_record { LANDING } else { OWN_LANDING });
    out.extend_from_slice(landing.push.as_bytes());
    out.extend_from_slice(&landing.repository.0.to_le_bytes());
    put_bytes(out, &landing.meta);
    out.extend_from_slice(&length(landing.updates.len()));
    for update in &landing.updates {
        put_bytes(out, update.name.as_str().as_bytes());
        out.extend_from_slice(update.old.as_bytes());
        out.extend_from_slice(update.new.as_bytes());
    }
    match landing.pack.as_deref() {
        None => out.push(0),
        Some(pack) => {
            out.push(1);
            put_bytes(out, pack.name.as_bytes());
            put_bytes(out, &pack.pack);
            put_bytes(out, &pack.index);
        }
    }
}

fn decode_landing(input: &mut Input<'_>, needs_record: bool) -> Option<Landing> {
    let push = PushId::from_bytes(input.array()?);
    let repository = RepositoryId(i64::from_le_bytes(input.array()?));
    let meta = input.bytes()?.to_vec();
    let count = input.length()?;
    let mut updates = Vec::new();
    for _ in 0..count {
        let name = RefName::parse(input.bytes()?).ok()?;
        let old = ObjectId::from_bytes(input.array()?);
        let new = ObjectId::from_bytes(input.array()?);
        updates.push(JournaledUpdate { name, old, new });
    }
    let pack = match input.array::<1>()? {
        [0] => None,
        _ => Some(Arc::new(SmallPack {
            name: String::from_utf8(input.bytes()?.to_vec()).ok()?,
            pack: input.bytes()?.to_vec(),
            index: input.bytes()?.to_vec(),
        })),
    };
    Some(Landing { push, repository, updates, meta, needs_record, pack })
}

/// Lengths are far below 4 GB: limits on commands, meta and small packs see to it. Should one not
/// be, the entry does not decode and the append is refused.
fn length(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&length(bytes.len()));
    out.extend_from_slice(bytes);
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.array()?)).ok()
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = self.length()?;
        self.take(count)
    }
}
