//! Does a pattern fit a name? The two pattern languages of Bitbucket, and nothing about rules.
//!
//! Comparing is by bytes and case counts, as it does in ref names; only Ant's `?` looks at
//! characters. Nothing here allocates or backtracks more than one step, so a hostile pattern
//! costs no more than its length times the name's.

/// Bitbucket Cloud's glob: `*` stands for any number of any characters, `/` among them;
/// everything else for itself; both ends are anchored.
pub(crate) fn glob(pattern: &str, name: &str) -> bool {
    // Nearly every pattern is of one of these two forms.
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, "")) => name.starts_with(start),
        Some(_) => stars(pattern, name, |_| false),
    }
}

/// Bitbucket Data Center's pattern: `?` is one character and `*` any number of them, both within
/// a segment; `**` is any number of segments, also none; a slash at the end means `/**`. It is
/// compared with the end of the full name, from a segment's start.
pub(crate) fn ant(pattern: &str, name: &str) -> bool {
    if pattern.is_empty() {
        return false;
    }
    let (mut pattern, mut name) = (Some(pattern), Some(name));
    // Where to go on when the present try fails: behind the last `**`, one segment further on.
    // Before the first segment of the pattern there is one, too: it is only about the end.
    let mut retry = (pattern, name);
    loop {
        match (pattern.map(segment), name.map(segment)) {
            (Some(("**" | "", rest)), _) => {
                pattern = rest;
                retry = (pattern, name);
            }
            (Some((p, rest)), Some((n, left))) if stars(p, n, |it| it == b'?') => {
                (pattern, name) = (rest, left);
            }
            (None, None) => return true,
            (Some(_) | None, _) => match retry.1.map(segment) {
                Some((_, further)) => {
                    retry.1 = further;
                    (pattern, name) = retry;
                }
                None => return false,
            },
        }
    }
}

/// Does a glob fit a text?
pub fn text_fits(pattern: &str, text: &str) -> bool {
    glob(pattern, text)
}

/// Does an Ant pattern fit a whole path, from its first segment on? `infra/**` is everything in
/// the folder `infra` at the root, `**/infra/**` in any folder of that name.
pub fn path_fits(pattern: &str, path: &str) -> bool {
    // No path holds a NUL, so that the end that fits can only be all of it.
    ant(&format!("\0/{pattern}"), &format!("\0/{path}"))
}

/// The first segment, and what comes behind its slash.
pub(crate) fn segment(path: &str) -> (&str, Option<&str>) {
    path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)))
}

/// Does a pattern with `*` for any number of bytes, and certain bytes for any one character, fit
/// the whole text?
fn stars(pattern: &str, text: &str, is_any_one: impl Fn(u8) -> bool) -> bool {
    let (mut pattern, mut text) = (pattern.as_bytes(), text.as_bytes());
    // Where to go on when the present try fails: behind the last `*`, one byte further on.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), text.split_first()) {
            (Some((b'*', rest)), _) => {
                pattern = rest;
                retry = Some((rest, text));
            }
            (Some((p, rest)), Some((t, left))) if p == t => (pattern, text) = (rest, left),
            (Some((p, rest)), Some((t, left))) if is_any_one(*p) && starts_character(*t) => {
                let further = left.iter().take_while(|it| !starts_character(**it)).count();
                (pattern, text) = (rest, left.get(further..).unwrap_or_default());
            }
            (None, None) => return true,
            (Some(_) | None, _) => match retry.and_then(|(p, t)| Some((p, t.get(1..)?))) {
                Some(next) => {
                    (pattern, text) = next;
                    retry = Some(next);
                }
                None => return false,
            },
        }
    }
}

/// Is it the first byte of a character in UTF-8?
const fn starts_character(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Appendix C of the fact sheet (`cloud_glob`), and the corners they leave.
    #[test]
    fn cloud_globs_read_as_bitbucket_reads_them() {
        let cases = [
            ("foo*", "foo", true),
            ("foo*", "foobar", true),
            ("foo*", "barfoo", false),
            ("*", "anything/at/all", true),
            ("11.?", "11.4", false),
            ("11.*", "11.4", true),
            ("release/*", "release/1.0", true),
            ("release/*", "release/1.0/fix", true),
            ("release/*", "release", false),
            ("release/*", "hot/release/1.0", false),
            ("**/feature-1", "feature-1", false),
            ("**/feature-1", "x/feature-1", true),
            ("a**b", "a/x/b", true),
            ("rel[12]", "rel1", false),
            ("PROJECT-*", "stable/PROJECT-1", false),
            ("main", "main", true),
            ("main", "Main", false),
            ("main", "main2", false),
            ("", "main", false),
            ("*a*b*c*", "xxaxxbxxcxx", true),
            ("*a*b*c*", "xxaxxcxxbxx", false),
            ("*ab", "aab", true),
            ("*ö*", "größe", true),
        ];
        for (pattern, name, matched) in cases {
            assert_eq!(glob(pattern, name), matched, "{pattern} {name}");
        }
    }

    /// The corners that the vectors leave; those are in `tests/it/rules_matching.rs`.
    #[test]
    fn ant_patterns_keep_to_segments_and_characters() {
        let cases = [
            ("", "refs/heads/main", false),
            ("**", "refs/heads/main", true),
            ("/", "refs/heads/main", true),
            ("main/", "refs/heads/main/x/y", true),
            ("ma*n", "refs/heads/main", true),
            ("ma*n", "refs/heads/ma/in", false),
            ("m**n", "refs/heads/main", true),
            ("m**n", "refs/heads/m/n", false),
            ("?", "refs/heads/ö", true),
            ("?", "refs/heads/öö", false),
            ("*ö?", "refs/heads/größe", false),
            ("*ö??", "refs/heads/größe", true),
            ("?", "refs/heads/a?", false),
            ("a/**/b/**/c", "refs/heads/a/b/x/b/y/c", true),
            ("a/**/b/**/c", "refs/heads/a/x/c", false),
            ("a/b", "refs/heads/a/a/b", true),
            ("a/b", "refs/heads/a/b/c", false),
            ("heads/a", "refs/heads/a", true),
            ("eads/a", "refs/heads/a", false),
            ("Main", "refs/heads/main", false),
            ("refs/heads/", "refs/heads/main", true),
            ("refs/heads/", "refs/tags/main", false),
        ];
        for (pattern, name, matched) in cases {
            assert_eq!(ant(pattern, name), matched, "{pattern} {name}");
        }
    }
}
