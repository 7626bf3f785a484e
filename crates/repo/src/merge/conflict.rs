//! Where two histories do not fit together, as git tells it.

/// The most that is listed. Whoever merges histories with more conflicts needs no list.
const MOST: usize = 1000;

/// The paths that cannot be merged without somebody looking at them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conflicts {
    /// By path, the first 1,000.
    pub listed: Vec<Conflict>,
    /// How many there are in all.
    pub total: usize,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// From the root, as git writes it.
    pub path: Vec<u8>,
    /// What kind of conflict, in git's words: `contents`, `modify/delete`, `rename/delete`. Several
    /// kinds are joined by a comma.
    pub reason: String,
}

/// Reads what `git merge-tree -z --name-only` says of a merge that is not clean: the tree, the
/// paths, nothing, and then messages: how many paths, the paths, the kind, the text.
pub(super) fn parse(said: &[u8]) -> Conflicts {
    let mut fields = said.split(|&b| b == 0).skip(1);
    let mut paths: Vec<&[u8]> = fields.by_ref().take_while(|it| !it.is_empty()).collect();
    paths.sort_unstable();
    paths.dedup();
    let total = paths.len();
    paths.truncate(MOST);
    let mut listed: Vec<Conflict> =
        paths.iter().map(|it| Conflict { path: it.to_vec(), reason: String::new() }).collect();
    while let Some(count) = fields.next().and_then(|it| std::str::from_utf8(it).ok()?.parse().ok())
    {
        let about: Vec<&[u8]> = fields.by_ref().take(count).collect();
        let kind = fields.next().unwrap_or_default();
        // The text says the same in a sentence.
        let _text = fields.next();
        let Some(kind) = conflict(kind) else { continue };
        for path in about {
            if let Ok(at) = paths.binary_search(&path)
                && let Some(conflict) = listed.get_mut(at)
            {
                add(&mut conflict.reason, &kind);
            }
        }
    }
    for conflict in listed.iter_mut().filter(|it| it.reason.is_empty()) {
        conflict.reason.push_str("unmerged");
    }
    Conflicts { listed, total }
}

/// `contents` of `CONFLICT (contents)`; `None` of other messages.
fn conflict(kind: &[u8]) -> Option<String> {
    let kind = kind.strip_prefix(b"CONFLICT")?.trim_ascii();
    let kind = kind.strip_prefix(b"(")?.strip_suffix(b")")?;
    Some(String::from_utf8_lossy(kind).into_owned())
}

fn add(reason: &mut String, kind: &str) {
    if reason.split(", ").any(|it| it == kind) {
        return;
    }
    if !reason.is_empty() {
        reason.push_str(", ");
    }
    reason.push_str(kind);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_is_read() {
        let said = b"0123\0b\0a\0b\0\x001\0a\0Auto-merging\0Auto-merging a\n\0\
                     1\0a\0CONFLICT (contents)\0CONFLICT (content): in a\n\0\
                     2\0b\0c\0CONFLICT (rename/delete)\0...\n\0\
                     1\0b\0CONFLICT (modify/delete)\0...\n\0";
        let found = parse(said);
        let reasons: Vec<_> = found.listed.iter().map(|it| it.reason.as_str()).collect();
        assert_eq!(reasons, ["contents", "rename/delete, modify/delete"]);
        assert_eq!((found.total, found.listed[1].path.as_slice()), (2, &b"b"[..]));
        assert_eq!(parse(b"0123\0a\0\0").listed[0].reason, "unmerged");
        assert_eq!(parse(b""), Conflicts::default());
        let many: String = (0..MOST + 5).map(|it| format!("{it}\0")).collect();
        let found = parse(format!("0123\0{many}\0").as_bytes());
        assert_eq!((found.listed.len(), found.total), (MOST, MOST + 5));
    }
}
