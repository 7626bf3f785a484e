//! Annotated tags: what they lead to.

use crate::objects::{Lookup, ObjectKind};
use crate::{Error, Result};
use model::ObjectId;

/// Tags of tags deeper than this lead nowhere; git has no limit, and nobody a use for it.
const MAX_DEPTH: usize = 32;

/// Follows an annotated tag to what is no tag; `None` when `id` is no tag in the first place (or
/// is not there, which is for somebody else to report).
pub(crate) fn peel(id: &ObjectId, objects: &dyn Lookup) -> Result<Option<ObjectId>> {
    let mut at = *id;
    for _ in 0..MAX_DEPTH {
        match objects.find_header(&at)? {
            Some((ObjectKind::Tag, _)) => {}
            Some(_) => return Ok((at != *id).then_some(at)),
            None => return Ok(None),
        }
        let Some(object) = objects.find(&at)? else { return Ok(None) };
        at = target(&object.data).ok_or_else(|| Error::Object {
            id: at,
            why: "it is a tag that does not start with `object`".into(),
        })?;
    }
    Ok(None)
}

/// The id in the first line of a tag, `object 0123…`.
pub(crate) fn target(data: &[u8]) -> Option<ObjectId> {
    let hex = data.strip_prefix(b"object ")?.get(..40)?;
    ObjectId::parse(hex).ok()
}
