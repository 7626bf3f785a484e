//! Commits as bytes.

use model::ObjectId;

/// A commit to be written.
pub(super) struct NewCommitText<'a> {
    pub tree: ObjectId,
    pub parents: &'a [ObjectId],
    /// The line after `author `.
    pub author: &'a [u8],
    /// The line after `committer `.
    pub committer: &'a [u8],
    /// What the message is written in, where it is not UTF-8.
    pub encoding: Option<&'a [u8]>,
    pub message: &'a [u8],
}

impl NewCommitText<'_> {
    /// As git writes it.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut content = format!("tree {}\n", self.tree).into_bytes();
        for parent in self.parents {
            content.extend_from_slice(format!("parent {parent}\n").as_bytes());
        }
        let headers = [
            ("author", Some(self.author)),
            ("committer", Some(self.committer)),
            ("encoding", self.encoding),
        ];
        for (name, value) in headers {
            if let Some(value) = value {
                content.extend_from_slice(name.as_bytes());
                content.push(b' ');
                content.extend_from_slice(value);
                content.push(b'\n');
            }
        }
        content.push(b'\n');
        content.extend_from_slice(self.message);
        content
    }
}

/// A message that ends with a line feed, as every message that git makes; without NUL, which git
/// cannot read past.
pub(super) fn message(text: &str) -> Vec<u8> {
    let mut message: Vec<u8> = text.trim_end().bytes().filter(|&b| b != 0).collect();
    message.push(b'\n');
    message
}

/// A header of a commit's content.
pub(super) fn header<'c>(content: &'c [u8], name: &str) -> Option<&'c [u8]> {
    let head = content.split(|&b| b == b'\n').take_while(|it| !it.is_empty());
    let mut found = head.filter_map(|it| it.strip_prefix(name.as_bytes())?.strip_prefix(b" "));
    found.next()
}

/// The message of a commit's content, byte for byte.
pub(super) fn message_of(content: &[u8]) -> &[u8] {
    let end = content.windows(2).position(|it| it == b"\n\n").map(|it| it + 2);
    content.get(end.unwrap_or(content.len())..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_ends_with_one_line_feed() {
        assert_eq!(message("a\0b\n\n"), b"ab\n");
        assert_eq!(message(""), b"\n");
    }

    #[test]
    fn a_commit_is_taken_apart_as_it_was_put_together() {
        let tree = ObjectId::from_bytes([1; 20]);
        let commit = NewCommitText {
            tree,
            parents: &[tree, tree],
            author: b"A <a> 1 +0000",
            committer: b"C <c> 2 +0000",
            encoding: Some(b"latin-1"),
            message: b"\xe4\n\nauthor x\n",
        };
        let content = commit.write();
        assert_eq!(header(&content, "author"), Some(commit.author));
        assert_eq!(header(&content, "encoding"), commit.encoding);
        assert_eq!(header(&content, "gpgsig"), None);
        assert_eq!(message_of(&content), commit.message);
        assert_eq!(crate::commit::parents(&content).count(), 2);
    }
}
