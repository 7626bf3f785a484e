//! The form of commits and annotated tags: the lines that git itself reads must be there, in
//! order. Dates and zones are read leniently, because old histories are full of odd ones.

use crate::objects::ObjectKind;
use model::ObjectId;

type Why = &'static str;
type Link<'a> = &'a mut dyn FnMut(ObjectId, ObjectKind) -> Result<(), Why>;

/// `tree`, any number of `parent`, `author`, `committer`; more headers; an empty line; the message.
pub(super) fn check_commit(content: &[u8], link: Link<'_>) -> Result<(), Why> {
    let mut lines = headers(content)?;
    let tree = lines.next().and_then(|it| it.strip_prefix(b"tree "));
    link(parse_id(tree.ok_or("it does not start with `tree`")?)?, ObjectKind::Tree)?;
    let mut line = lines.next();
    while let Some(parent) = line.and_then(|it| it.strip_prefix(b"parent ")) {
        link(parse_id(parent)?, ObjectKind::Commit)?;
        line = lines.next();
    }
    let author = line.and_then(|it| it.strip_prefix(b"author "));
    check_person(author.ok_or("it has no author where one must be")?)?;
    let committer = lines.next().and_then(|it| it.strip_prefix(b"committer "));
    check_person(committer.ok_or("it has no committer where one must be")?)?;
    match lines.find(|it| it.starts_with(b"author ") || it.starts_with(b"tree ")) {
        Some(_) => Err("it has an author or a tree twice"),
        None => Ok(()),
    }
}

/// `object`, `type`, `tag`, perhaps `tagger`; an empty line; the message.
pub(super) fn check_tag(content: &[u8], link: Link<'_>) -> Result<(), Why> {
    let mut lines = headers(content)?;
    let object = lines.next().and_then(|it| it.strip_prefix(b"object "));
    let object = parse_id(object.ok_or("it does not start with `object`")?)?;
    let kind = match lines.next().and_then(|it| it.strip_prefix(b"type ")) {
        Some(b"commit") => ObjectKind::Commit,
        Some(b"tree") => ObjectKind::Tree,
        Some(b"blob") => ObjectKind::Blob,
        Some(b"tag") => ObjectKind::Tag,
        Some(_) | None => return Err("it does not say the type of what it names"),
    };
    link(object, kind)?;
    let name = lines.next().and_then(|it| it.strip_prefix(b"tag "));
    if name.is_none_or(|it| it.is_empty()) {
        return Err("it has no name");
    }
    match lines.next() {
        // Tags of 2005 have none.
        None => Ok(()),
        Some(line) => {
            check_person(line.strip_prefix(b"tagger ").ok_or("it has no tagger where one must be")?)
        }
    }
}

/// The lines before the first empty line.
fn headers(content: &[u8]) -> Result<impl Iterator<Item = &[u8]>, Why> {
    let end = content.windows(2).position(|it| it == b"\n\n").map(|it| it + 1);
    let end = end.unwrap_or(content.len());
    let head = content.get(..end).unwrap_or_default();
    if head.contains(&0) {
        return Err("a header contains a NUL");
    }
    let head = head.strip_suffix(b"\n").ok_or("its headers do not end with a line feed")?;
    Ok(head.split(|&b| b == b'\n'))
}

fn parse_id(hex: &[u8]) -> Result<ObjectId, Why> {
    let id = ObjectId::parse(hex).map_err(|_| "a header holds no object id")?;
    // Upper case would read as the same object and is a second spelling of the same commit.
    if hex.iter().any(u8::is_ascii_uppercase) || id.is_zero() {
        return Err("a header holds a bad object id");
    }
    Ok(id)
}

/// `Name <mail> 1234567890 +0100`.
fn check_person(text: &[u8]) -> Result<(), Why> {
    let open = text.iter().position(|&b| b == b'<').ok_or("a person has no e-mail address")?;
    let (name, rest) = text.split_at(open);
    let rest = rest.get(1..).unwrap_or_default();
    let close = rest.iter().position(|&b| b == b'>').ok_or("an e-mail address does not end")?;
    let (mail, date) = rest.split_at(close);
    if name.contains(&b'>') || mail.contains(&b'<') {
        return Err("a person's name or e-mail address contains `<` or `>`");
    }
    let mut date = date.get(1..).unwrap_or_default().trim_ascii().split(|&b| b == b' ');
    let seconds = date.next().unwrap_or_default();
    let seconds = seconds.strip_prefix(b"-").unwrap_or(seconds);
    if seconds.is_empty() || !seconds.iter().all(u8::is_ascii_digit) || seconds.len() > 19 {
        return Err("a person has no date");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef01234567";
    const ANN: &str = "Ann <ann@example.com> 1700000000 +0100";

    fn answer(kind: ObjectKind, content: &str) -> String {
        let mut links = Vec::new();
        let mut link = |_: ObjectId, kind: ObjectKind| {
            links.push(kind.to_string());
            Ok(())
        };
        let checked = match kind {
            ObjectKind::Commit => check_commit(content.as_bytes(), &mut link),
            ObjectKind::Tag => check_tag(content.as_bytes(), &mut link),
            ObjectKind::Tree | ObjectKind::Blob => panic!("not read here"),
        };
        checked.map_or_else(str::to_owned, |()| links.join(" "))
    }

    #[test]
    fn commits() {
        let tail = format!("author {ANN}\ncommitter {ANN}\n");
        for (content, expected) in [
            (format!("tree {ID}\n{tail}\nhello\n"), "tree"),
            (format!("tree {ID}\nparent {ID}\nparent {ID}\n{tail}"), "tree commit commit"),
            (format!("tree {ID}\n{tail}gpgsig x\n y\n\n"), "tree"),
            (format!("tree {ID}\nauthor  <> 0 +0000\ncommitter A <b> -1 x\n\n"), "tree"),
            (String::new(), "its headers do not end with a line feed"),
            (format!("parent {ID}\n{tail}\n"), "it does not start with `tree`"),
            (format!("tree {ID}0\n{tail}\n"), "a header holds no object id"),
            (format!("tree {}\n{tail}\n", ID.to_uppercase()), "a header holds a bad object id"),
            (format!("tree {}\n{tail}\n", "0".repeat(40)), "a header holds a bad object id"),
            (format!("tree {ID}\ncommitter {ANN}\n\n"), "it has no author where one must be"),
            (format!("tree {ID}\nauthor {ANN}\n\nx"), "it has no committer where one must be"),
            (format!("tree {ID}\n{tail}author {ANN}\n\n"), "it has an author or a tree twice"),
            (format!("tree {ID}\nauthor Ann\n{tail}\n"), "a person has no e-mail address"),
            (format!("tree {ID}\nauthor Ann <a\n{tail}\n"), "an e-mail address does not end"),
            (format!("tree {ID}\nauthor A <a> x\n{tail}\n"), "a person has no date"),
            (
                format!("tree {ID}\nauthor A> <a> 1\n{tail}\n"),
                "a person's name or e-mail address contains `<` or `>`",
            ),
            (format!("tree {ID}\n{tail}x\0y\n\n"), "a header contains a NUL"),
        ] {
            assert_eq!(answer(ObjectKind::Commit, &content), expected, "{content:?}");
        }
    }

    #[test]
    fn tags() {
        let head = format!("object {ID}\ntype commit\ntag v1\n");
        for (content, expected) in [
            (format!("{head}tagger {ANN}\n\nhello\n"), "commit"),
            (head.clone(), "commit"),
            (format!("object {ID}\ntype tag\ntag v1\n"), "tag"),
            (format!("type commit\n{head}"), "it does not start with `object`"),
            (format!("object {ID}\ntag v1\n"), "it does not say the type of what it names"),
            (format!("object {ID}\ntype x\ntag v1\n"), "it does not say the type of what it names"),
            (format!("object {ID}\ntype commit\ntag \n"), "it has no name"),
            (format!("{head}author {ANN}\n\n"), "it has no tagger where one must be"),
        ] {
            assert_eq!(answer(ObjectKind::Tag, &content), expected, "{content:?}");
        }
    }
}
