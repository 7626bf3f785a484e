//! Reading commits.

use crate::Result;
use crate::objects::ObjectKind;
use crate::repository::Repository;
use model::ObjectId;

/// A commit as people want to see it. Texts are decoded as UTF-8, lossily.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its id.
    pub id: ObjectId,
    /// The id of its tree.
    pub tree: ObjectId,
    /// Its parents, in order.
    pub parents: Vec<ObjectId>,
    /// Who wrote the change.
    pub author: Signature,
    /// Who made the commit.
    pub committer: Signature,
    /// The whole message.
    pub message: String,
}

/// A person and a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// The name; may be empty.
    pub name: String,
    /// The e-mail address, as written.
    pub email: String,
    /// Seconds since 1970.
    pub seconds: i64,
    /// The zone, in minutes east of Greenwich.
    pub offset_minutes: i32,
}

impl Repository {
    /// Reads a commit; a tag is followed to its commit. `None` when there is no such commit.
    pub fn commit_info(&self, id: &ObjectId) -> Result<Option<CommitInfo>> {
        let id = self.peel(id)?.unwrap_or(*id);
        let object = self.objects().find(&id)?;
        Ok(object
            .filter(|it| it.kind == ObjectKind::Commit)
            .and_then(|it| CommitInfo::parse(id, &it.data)))
    }

    /// The commit itself, or the one that a tag leads to; `None` when there is none.
    pub fn commit_id(&self, id: &ObjectId) -> Result<Option<ObjectId>> {
        let id = self.peel(id)?.unwrap_or(*id);
        let kind = self.objects().find_header(&id)?.map(|it| it.0);
        Ok(Some(id).filter(|_| kind == Some(ObjectKind::Commit)))
    }
}

impl CommitInfo {
    /// Reads a commit's content; `None` when it is none.
    pub fn parse(id: ObjectId, content: &[u8]) -> Option<Self> {
        let end = content.windows(2).position(|it| it == b"\n\n");
        let (head, message) = content.split_at(end.unwrap_or(content.len()));
        let header = |name: &[u8]| head.split(|&b| b == b'\n').find_map(|it| it.strip_prefix(name));
        Some(Self {
            id,
            tree: ObjectId::parse(header(b"tree ")?).ok()?,
            parents: parents(content).collect(),
            author: Signature::parse(header(b"author ")?),
            committer: Signature::parse(header(b"committer ")?),
            message: text(message.get(2..).unwrap_or_default()),
        })
    }
}

impl Signature {
    /// As git writes it: `Ann <ann@example.com> 1700000000 +0100`. What git could not read back
    /// is left out.
    pub fn to_line(&self) -> String {
        let clean = |text: &str| {
            let fits = |c: &char| !c.is_control() && !matches!(c, '<' | '>');
            text.chars().filter(fits).collect::<String>().trim().to_owned()
        };
        let (sign, zone) = match self.offset_minutes {
            zone if zone < 0 => ('-', -zone),
            zone => ('+', zone),
        };
        let zone = format!("{sign}{:02}{:02}", zone / 60, zone % 60);
        format!("{} <{}> {} {zone}", clean(&self.name), clean(&self.email), self.seconds)
    }

    /// Reads `Ann <ann@example.com> 1700000000 +0100`; what is not there stays empty or zero.
    pub(crate) fn parse(line: &[u8]) -> Self {
        let mut signature = Self::default();
        let mut parts = line.splitn(2, |&b| b == b'<');
        signature.name = text(parts.next().unwrap_or_default().trim_ascii());
        let mut parts = parts.next().unwrap_or_default().splitn(2, |&b| b == b'>');
        signature.email = text(parts.next().unwrap_or_default());
        let date = text(parts.next().unwrap_or_default().trim_ascii());
        let mut date = date.split(' ');
        signature.seconds = date.next().and_then(|it| it.parse().ok()).unwrap_or(0);
        let zone: i32 = date.next().and_then(|it| it.parse().ok()).unwrap_or(0);
        signature.offset_minutes = zone / 100 * 60 + zone % 100;
        signature
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The tree named in a commit's content.
pub(crate) fn tree(content: &[u8]) -> Option<ObjectId> {
    let line = content.split(|&b| b == b'\n').next()?;
    ObjectId::parse(line.strip_prefix(b"tree ")?).ok()
}

/// The parents named in a commit's content.
pub(crate) fn parents(content: &[u8]) -> impl Iterator<Item = ObjectId> {
    content
        .split(|&b| b == b'\n')
        .skip(1)
        .map_while(|it| it.strip_prefix(b"parent "))
        .filter_map(|it| ObjectId::parse(it).ok())
}

/// The committer's date, in seconds since 1970; zero when there is none.
pub(crate) fn date(content: &[u8]) -> i64 {
    let mut lines = content.split(|&b| b == b'\n').take_while(|it| !it.is_empty());
    let line = lines.find_map(|it| it.strip_prefix(b"committer "));
    line.map_or(0, |it| Signature::parse(it).seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_as_git_shows_it() {
        let id = ObjectId::from_bytes([1; 20]);
        let hex = "0123456789abcdef0123456789abcdef01234567";
        let content = format!(
            "tree {hex}\nparent {hex}\nparent {hex}\nauthor Ann B <ann@example.com> 1700000000 -0130\n\
             committer  <> 5 +0000\ngpgsig -----\n parent x\n\nOne\n\nTwo\n"
        );
        let commit = CommitInfo::parse(id, content.as_bytes()).unwrap();
        assert_eq!(commit.parents.len(), 2);
        assert_eq!((commit.author.name.as_str(), commit.author.seconds), ("Ann B", 1_700_000_000));
        assert_eq!((commit.author.offset_minutes, commit.committer.seconds), (-90, 5));
        assert_eq!(commit.message, "One\n\nTwo\n");
        assert_eq!(commit.author.to_line(), "Ann B <ann@example.com> 1700000000 -0130");
        let hostile = Signature { name: "A\n<b> ".into(), ..commit.committer };
        assert_eq!(hostile.to_line(), "Ab <> 5 +0000");
        assert_eq!(date(content.as_bytes()), 5);
        assert_eq!(CommitInfo::parse(id, b"object x\n"), None);
    }
}
