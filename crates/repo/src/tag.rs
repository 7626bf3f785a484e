//! Annotated tags: what they lead to, and what they say.

use crate::commit::Signature;
use crate::objects::{Lookup, ObjectKind};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;

/// What an annotated tag says. Texts are decoded as UTF-8, lossily.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagInfo {
    /// Who made it, and when; `None` in some very old ones.
    pub tagger: Option<Signature>,
    /// The whole message, with a signature if there is one.
    pub message: String,
}

impl Repository {
    /// Reads an annotated tag; `None` when the object is something else.
    pub fn tag_info(&self, id: &ObjectId) -> Result<Option<TagInfo>> {
        let object = self.objects().find(id)?.filter(|it| it.kind == ObjectKind::Tag);
        Ok(object.map(|it| TagInfo::parse(&it.data)))
    }
}

impl TagInfo {
    fn parse(content: &[u8]) -> Self {
        let end = content.windows(2).position(|it| it == b"\n\n").unwrap_or(content.len());
        let (head, message) = content.split_at(end);
        let tagger = head.split(|&b| b == b'\n').find_map(|it| it.strip_prefix(b"tagger "));
        Self {
            tagger: tagger.map(Signature::parse),
            message: String::from_utf8_lossy(message.get(2..).unwrap_or_default()).into_owned(),
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_with_or_without_who_made_it() {
        let head = "object 0123\ntype commit\ntag v1\n";
        let text = format!("{head}tagger Ann <ann@example.com> 1700000000 +0100\n\nfirst\n");
        let tag = TagInfo::parse(text.as_bytes());
        assert_eq!(tag.tagger.map(|it| it.seconds), Some(1_700_000_000));
        assert_eq!(tag.message, "first\n");
        let old = TagInfo::parse(format!("{head}\ntagger of old\n").as_bytes());
        assert_eq!((old.tagger, old.message.as_str()), (None, "tagger of old\n"));
        assert_eq!(TagInfo::parse(b"").message, "");
    }
}
