//! Names that some file system takes for `.git` or `.gitmodules`: a checkout would write into the
//! repository itself.

/// Is this `.git` on Linux, macOS or Windows?
pub(super) fn is_dot_git(name: &[u8]) -> bool {
    if is_ordinary(name) {
        return false;
    }
    // Windows also takes a backslash for a separator.
    name.split(|&b| b == b'\\').any(|part| is_ntfs(part, b".git", &[b"git~1"]))
        || is_hfs(name, "git")
}

/// Is this `.gitmodules` on Linux, macOS or Windows?
pub(super) fn is_dot_gitmodules(name: &[u8]) -> bool {
    if is_ordinary(name) {
        return false;
    }
    // The short names that NTFS would give: by prefix, then by a checksum of the whole.
    let short: [&[u8]; 5] = [b"gitmod~1", b"gitmod~2", b"gitmod~3", b"gitmod~4", b"gi7eba~1"];
    is_ntfs(name, b".gitmodules", &short) || is_hfs(name, "gitmodules")
}

/// Nearly every name: it can be told by its first byte, and this is asked for each file.
fn is_ordinary(name: &[u8]) -> bool {
    let first = name.first().copied().unwrap_or_default();
    first.is_ascii() && !matches!(first, b'.' | b'g' | b'G') && !name.contains(&b'\\')
}

/// NTFS ignores case, and spaces and dots at the end, and what follows a colon is a stream.
fn is_ntfs(name: &[u8], wanted: &[u8], short: &[&[u8]]) -> bool {
    let stem = name.split(|&b| b == b':').next().unwrap_or_default();
    let end = stem.iter().rposition(|&b| b != b' ' && b != b'.').map_or(0, |it| it + 1);
    let stem = stem.get(..end).unwrap_or_default();
    stem.eq_ignore_ascii_case(wanted) || short.iter().any(|it| stem.eq_ignore_ascii_case(it))
}

/// HFS+ ignores case and some characters that are not seen.
fn is_hfs(name: &[u8], wanted: &str) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let mut seen = name.chars().filter(|it| !is_ignored(*it)).map(|it| it.to_ascii_lowercase());
    seen.next() == Some('.') && seen.eq(wanted.chars())
}

fn is_ignored(c: char) -> bool {
    matches!(c,
        '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}
