//! The list of files that are different, read from `git diff-tree --raw --numstat -z`.

use crate::{Error, Result};
use model::ObjectId;
use std::collections::HashMap;
use std::fmt::Write as _;

/// A file that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileStat {
    pub status: FileStatus,
    /// As it was; `None` of one that is new.
    pub old: Option<FileSide>,
    /// As it is; `None` of one that is gone.
    pub new: Option<FileSide>,
    pub lines_added: u64,
    pub lines_removed: u64,
    /// It is no text, and has no lines to count.
    pub binary: bool,
}

/// What has happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileStatus {
    Added,
    Removed,
    /// Its content or its kind.
    Modified,
    /// And perhaps changed as well.
    Renamed,
}

/// A file on one side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSide {
    /// From the root, as git keeps it.
    pub path: Vec<u8>,
    /// As git keeps it: `0o100644`.
    pub mode: u32,
    /// Its content.
    pub blob: ObjectId,
}

/// A path as git writes it in a diff: in quotes where it holds anything but printable ASCII.
pub fn escaped_path(path: &[u8]) -> String {
    let plain = |b: &u8| (0x20..0x7f).contains(b) && !matches!(b, b'"' | b'\\');
    if path.iter().all(plain) {
        return String::from_utf8_lossy(path).into_owned();
    }
    let mut quoted = String::from("\"");
    for &byte in path {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', char::from(byte)]),
            b'\t' => quoted.push_str("\\t"),
            b'\n' => quoted.push_str("\\n"),
            b'\r' => quoted.push_str("\\r"),
            0x20..0x7f => quoted.push(char::from(byte)),
            _ => {
                // Writing to a `String` cannot fail.
                let _infallible = write!(quoted, "\\{byte:03o}");
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Lines added and removed; `None` of what is no text.
type Counts = HashMap<Vec<u8>, Option<(u64, u64)>>;

/// Reads the whole output: all `--raw` entries come before the first of `--numstat`.
pub(super) fn parse(output: &[u8]) -> Result<Vec<FileStat>> {
    let mut words = output.split(|&b| b == 0).filter(|it| !it.is_empty()).peekable();
    let mut files = Vec::new();
    while let Some(head) = words.next_if(|it| it.starts_with(b":")) {
        let (from, to, letter) = raw(head).ok_or_else(unreadable)?;
        let path = words.next().ok_or_else(unreadable)?.to_vec();
        let renamed = matches!(letter, b'R' | b'C');
        let new_path =
            if renamed { words.next().ok_or_else(unreadable)?.to_vec() } else { path.clone() };
        let side = |path, (mode, blob)| FileSide { path, mode, blob };
        let (status, old, new) = match letter {
            b'A' => (FileStatus::Added, None, Some(side(new_path, to))),
            b'D' => (FileStatus::Removed, Some(side(path, from)), None),
            b'R' => (FileStatus::Renamed, Some(side(path, from)), Some(side(new_path, to))),
            _ => (FileStatus::Modified, Some(side(path, from)), Some(side(new_path, to))),
        };
        files.push(FileStat { status, old, new, lines_added: 0, lines_removed: 0, binary: false });
    }
    let counts = counts(words).ok_or_else(unreadable)?;
    for file in &mut files {
        let path = file.new.as_ref().or(file.old.as_ref()).map(|it| &it.path);
        match path.and_then(|it| counts.get(it)) {
            Some(Some((added, removed))) => {
                (file.lines_added, file.lines_removed) = (*added, *removed);
            }
            Some(None) => file.binary = true,
            // With white space ignored, a file of which nothing else is different has no count.
            None => {}
        }
    }
    Ok(files)
}

type Half = (u32, ObjectId);

/// `:100644 100755 OLD NEW M`, with a score behind the letter of renames.
fn raw(head: &[u8]) -> Option<(Half, Half, u8)> {
    let text = std::str::from_utf8(head.strip_prefix(b":")?).ok()?;
    let mut parts = text.split(' ');
    let mode = |it: Option<&str>| u32::from_str_radix(it?, 8).ok();
    let (from, to) = (mode(parts.next())?, mode(parts.next())?);
    let id = |it: Option<&str>| ObjectId::parse(it?.as_bytes()).ok();
    let (old, new) = (id(parts.next())?, id(parts.next())?);
    Some(((from, old), (to, new), *parts.next()?.as_bytes().first()?))
}

/// `ADDED TAB REMOVED TAB PATH`; of a rename the path is empty, and both follow.
fn counts<'w>(mut words: impl Iterator<Item = &'w [u8]>) -> Option<Counts> {
    let mut counts = Counts::new();
    while let Some(word) = words.next() {
        let mut parts = word.splitn(3, |&b| b == b'\t');
        let number = |it: &[u8]| std::str::from_utf8(it).ok()?.parse::<u64>().ok();
        let (added, removed) = (parts.next()?, parts.next()?);
        let lines = match (added, removed) {
            (b"-", b"-") => None,
            _ => Some((number(added)?, number(removed)?)),
        };
        let path = match parts.next()? {
            b"" => words.next().and_then(|_old| words.next())?,
            path => path,
        };
        counts.insert(path.to_vec(), lines);
    }
    Some(counts)
}

fn unreadable() -> Error {
    Error::Git {
        verb: "diff-tree",
        status: "done".into(),
        stderr: "its list cannot be read".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_escaped_as_git_escapes_them() {
        assert_eq!(escaped_path(b"a b/c.rs"), "a b/c.rs");
        assert_eq!(escaped_path("grün\t\"x\\".as_bytes()), r#""gr\303\274n\t\"x\\""#);
    }

    #[test]
    fn what_git_never_says_is_an_error() {
        for output in [&b":x"[..], b":1 2 3 4 M\0a\0", b"1\tx\ta\0", b"1\t2\0"] {
            assert!(parse(output).is_err(), "{}", output.escape_ascii());
        }
        assert_eq!(parse(b"").unwrap(), []);
    }
}
