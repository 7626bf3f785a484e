//! The form of a tree: `mode SP name NUL id`, sorted the way git sorts, with names that are safe
//! on every file system that somebody may check them out on.

use super::dot_git;
use model::ObjectId;

type Why = &'static str;

/// What a tree leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TreeLink {
    Tree,
    Blob,
    /// A blob that git reads as `.gitmodules`.
    Modules,
}

/// Checks a tree and hands on its links. Submodules lead elsewhere and are not links.
pub(super) fn check(
    content: &[u8],
    link: &mut dyn FnMut(ObjectId, TreeLink) -> Result<(), Why>,
) -> Result<(), Why> {
    let mut rest = content;
    let mut previous: Option<(&[u8], bool)> = None;
    let mut files = Vec::new();
    while !rest.is_empty() {
        let entry = next(&mut rest)?;
        check_name(entry.name)?;
        let is_folder = entry.mode == 0o040_000;
        if let Some(previous) = previous
            && !is_before(previous, (entry.name, is_folder))
        {
            return Err("its entries are not sorted, or one is there twice");
        }
        previous = Some((entry.name, is_folder));
        check_twin(&mut files, entry.name, is_folder)?;
        match entry.mode {
            0o040_000 => link(entry.id, TreeLink::Tree)?,
            // 664 was written by very old gits.
            0o100_644 | 0o100_755 | 0o100_664 => {
                let is_modules = dot_git::is_dot_gitmodules(entry.name);
                link(entry.id, if is_modules { TreeLink::Modules } else { TreeLink::Blob })?;
            }
            0o120_000 => {
                if dot_git::is_dot_gitmodules(entry.name) {
                    return Err(".gitmodules is a symbolic link");
                }
                link(entry.id, TreeLink::Blob)?;
            }
            0o160_000 => {}
            _ => return Err("an entry has an unknown mode"),
        }
    }
    Ok(())
}

struct TreeEntry<'a> {
    mode: u32,
    name: &'a [u8],
    id: ObjectId,
}

fn next<'a>(rest: &mut &'a [u8]) -> Result<TreeEntry<'a>, Why> {
    let cut = "it ends in the middle of an entry";
    let space = rest.iter().position(|&b| b == b' ').ok_or(cut)?;
    let (digits, after) = rest.split_at(space);
    let mode = parse_mode(digits)?;
    let after = after.get(1..).ok_or(cut)?;
    let nul = after.iter().position(|&b| b == 0).ok_or(cut)?;
    let (name, after) = after.split_at(nul);
    let (id, after) = after.get(1..).and_then(|it| it.split_first_chunk::<20>()).ok_or(cut)?;
    *rest = after;
    let id = ObjectId::from_bytes(*id);
    if id.is_zero() {
        return Err("an entry has the id zero");
    }
    Ok(TreeEntry { mode, name, id })
}

fn parse_mode(digits: &[u8]) -> Result<u32, Why> {
    // Old tools wrote `040000`; git reads it and so do we. Seven digits are nobody's.
    if digits.is_empty() || digits.len() > 6 {
        return Err("an entry has a bad mode");
    }
    digits.iter().try_fold(0, |mode, digit| match digit {
        b'0'..=b'7' => Ok(mode * 8 + u32::from(digit - b'0')),
        _ => Err("an entry has a bad mode"),
    })
}

fn check_name(name: &[u8]) -> Result<(), Why> {
    match name {
        b"" => Err("an entry has no name"),
        b"." | b".." => Err("an entry is named `.` or `..`"),
        _ if name.contains(&b'/') => Err("an entry's name contains `/`"),
        _ if dot_git::is_dot_git(name) => {
            Err("an entry is named `.git`, or what some file system takes for it")
        }
        _ => Ok(()),
    }
}

/// Git sorts folders as if their names ended with `/`.
fn is_before(a: (&[u8], bool), b: (&[u8], bool)) -> bool {
    let end = |folder| if folder { Some(&b'/') } else { None };
    let (left, right) = (a.0.iter().chain(end(a.1)), b.0.iter().chain(end(b.1)));
    a.0 != b.0 && left.lt(right)
}

/// A file `x` and a folder `x` do not stand side by side when `x.y` sorts between them. `files`
/// holds the files that a coming folder could still collide with.
fn check_twin<'a>(files: &mut Vec<&'a [u8]>, name: &'a [u8], folder: bool) -> Result<(), Why> {
    while files.last().is_some_and(|it| !name.starts_with(it)) {
        files.pop();
    }
    if !folder {
        files.push(name);
    } else if files.contains(&name) {
        return Err("a file and a folder have the same name");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, &str)]) -> Vec<u8> {
        let mut out = Vec::new();
        for (mode, name) in entries {
            out.extend_from_slice(format!("{mode} {name}\0").as_bytes());
            out.extend_from_slice(&[7; 20]);
        }
        out
    }

    fn answer(content: &[u8]) -> String {
        let mut links = Vec::new();
        let mut link = |_: ObjectId, kind: TreeLink| {
            links.push(format!("{kind:?}").to_lowercase());
            Ok(())
        };
        match check(content, &mut link) {
            Ok(()) => links.join(" "),
            Err(why) => why.to_owned(),
        }
    }

    #[test]
    fn trees_are_accepted_as_git_writes_them_and_no_other_way() {
        let unsorted = "its entries are not sorted, or one is there twice";
        let dot_git = "an entry is named `.git`, or what some file system takes for it";
        let mode = "an entry has an unknown mode";
        for (entries, expected) in [
            (&[][..], ""),
            (
                &[("100644", "a"), ("40000", "b"), ("160000", "c"), ("120000", "d")][..],
                "blob tree blob",
            ),
            (&[("100644", "a.b"), ("40000", "a"), ("100644", "a0")], "blob tree blob"),
            (&[("40000", "a"), ("100644", "a.b")], unsorted),
            (&[("100644", "b"), ("100644", "a")], unsorted),
            (&[("100644", "a"), ("100644", "a")], unsorted),
            (&[("100644", "a"), ("40000", "a")], unsorted),
            (
                &[("100644", "a"), ("100644", "a.b"), ("40000", "a")],
                "a file and a folder have the same name",
            ),
            (&[("100644", ".git")], dot_git),
            (&[("40000", ".GIT")], dot_git),
            (&[("100644", "git~1")], dot_git),
            (&[("100644", ".git. ")], dot_git),
            (&[("100644", ".git::$INDEX_ALLOCATION")], dot_git),
            (&[("100644", ".g\u{200c}it")], dot_git),
            (&[("100644", "a\\.git\\b")], dot_git),
            (&[("100644", ".gitignore"), ("100644", ".gitmodules")], "blob modules"),
            (&[("120000", ".gitmodules")], ".gitmodules is a symbolic link"),
            (&[("120000", ".GitModules ")], ".gitmodules is a symbolic link"),
            (&[("120000", "gitmod~1")], ".gitmodules is a symbolic link"),
            (&[("100644", "..")], "an entry is named `.` or `..`"),
            (&[("100644", "")], "an entry has no name"),
            (&[("100644", "a/b")], "an entry's name contains `/`"),
            (&[("100600", "a")], mode),
            (&[("0", "a")], mode),
            (&[("1006448", "a")], "an entry has a bad mode"),
            (&[("10x644", "a")], "an entry has a bad mode"),
        ] {
            assert_eq!(answer(&tree(entries)), expected, "{entries:?}");
        }
        let whole = tree(&[("100644", "a")]);
        for cut in 1..whole.len() {
            assert_eq!(answer(&whole[..cut]), "it ends in the middle of an entry", "{cut}");
        }
        assert_eq!(answer(&[b"100644 a\0", &[0; 20][..]].concat()), "an entry has the id zero");
    }
}
