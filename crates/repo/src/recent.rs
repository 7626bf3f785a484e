//! The objects of the last pushes, in memory: the next push builds on them, and finding them here
//! spares the object database from looking for new packs on disk, whose cost grows with their
//! number. Holds only what has landed, and little of it.

use crate::ingest::NewObject;
use crate::objects::{Object, ObjectKind};
use model::ObjectId;
use parking_lot::RwLock;
use std::collections::HashMap;

/// More objects than this are not worth remembering; then everything is forgotten.
const MAX_OBJECTS: usize = 2_000;

/// Bytes of content that are remembered, over all objects. Beyond it, only kinds and sizes are.
const MAX_BYTES: usize = 256 << 10;

/// What a single object may have to be remembered with its content: commits and trees have less.
const MAX_OBJECT: usize = 32 << 10;

/// Objects that landed lately.
#[derive(Default)]
pub(crate) struct Recent(RwLock<Objects>);

#[derive(Default)]
struct Objects {
    known: HashMap<ObjectId, NewObject>,
    bytes: usize,
}

impl Recent {
    /// Remembers objects that have landed.
    pub(crate) fn remember(&self, landed: HashMap<ObjectId, NewObject>) {
        if landed.len() > MAX_OBJECTS / 4 {
            return;
        }
        let mut recent = self.0.write();
        if recent.known.len() + landed.len() > MAX_OBJECTS || recent.bytes > MAX_BYTES {
            *recent = Objects::default();
        }
        for (id, mut object) in landed {
            let wanted = matches!(object.kind, ObjectKind::Commit | ObjectKind::Tree);
            object.content = object.content.filter(|it| wanted && it.len() <= MAX_OBJECT);
            recent.bytes += object.content.as_ref().map_or(0, Vec::len);
            recent.known.insert(id, object);
        }
    }

    /// The object, if its content is remembered.
    pub(crate) fn find(&self, id: &ObjectId) -> Option<Object> {
        let recent = self.0.read();
        let object = recent.known.get(id)?;
        Some(Object { kind: object.kind, data: object.content.clone()? })
    }

    /// Kind and size, if it is remembered at all.
    pub(crate) fn find_header(&self, id: &ObjectId) -> Option<(ObjectKind, u64)> {
        self.0.read().known.get(id).map(|it| (it.kind, it.size))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(kind: ObjectKind, len: usize) -> NewObject {
        NewObject { kind, size: len as u64, content: Some(vec![7; len]) }
    }

    fn landed(first: usize, count: usize, len: usize) -> HashMap<ObjectId, NewObject> {
        (first..first + count).map(|nth| (id(nth), object(ObjectKind::Tree, len))).collect()
    }

    fn id(nth: usize) -> ObjectId {
        let mut bytes = [0; 20];
        bytes[..8].copy_from_slice(&nth.to_le_bytes());
        ObjectId::from_bytes(bytes)
    }

    #[test]
    fn what_is_remembered_stays_small() {
        let recent = Recent::default();
        recent.remember(landed(0, 3, 10));
        assert_eq!(recent.find(&id(1)).unwrap().data, [7; 10]);
        recent.remember([(id(9), object(ObjectKind::Blob, 10))].into());
        assert_eq!(recent.find(&id(9)), None);
        assert_eq!(recent.find_header(&id(9)), Some((ObjectKind::Blob, 10)));
        recent.remember([(id(8), object(ObjectKind::Tree, MAX_OBJECT + 1))].into());
        assert_eq!(recent.find(&id(8)), None);
        for round in 1..40 {
            recent.remember(landed(round * 400, 400, 100));
            let kept = recent.0.read();
            assert!(kept.known.len() <= MAX_OBJECTS && kept.bytes <= MAX_BYTES + 40_000);
        }
        assert_eq!(recent.find_header(&id(1)), None);
        recent.remember(landed(0, MAX_OBJECTS, 1));
        assert_eq!(recent.find_header(&id(1)), None);
        assert!(recent.find(&id(39 * 400)).is_some());
    }
}
