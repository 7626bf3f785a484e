//! The history of the demo repository: a small web site, its commits and its first release, as
//! one push. Dates and people are fixed, so that every demo has the same commit ids.

use crate::Error;
use model::ObjectId;
use repo::{NewPack, ObjectKind};
use std::collections::BTreeMap;

const ANN: &str = "Ann Lee <ann@example.org>";
const BEA: &str = "Bea Ortiz <bea@example.org>";

/// Monday morning, 2 November 2026, in seconds since 1970.
const BEGIN: i64 = 1_793_606_400;

/// What one commit changes: files with their new content.
struct Step {
    who: &'static str,
    /// Hours after [`BEGIN`].
    hours: i64,
    message: &'static str,
    files: &'static [(&'static str, &'static str)],
}

const README: &str = "# The site of Acme\n\nOpen `public/index.html` in a browser.\n";
const INDEX_1: &str = "<!doctype html>\n<title>Acme</title>\n<h1>Acme</h1>\n";
const INDEX_2: &str = "<!doctype html>\n<title>Acme</title>\n\
    <link rel=\"stylesheet\" href=\"style.css\">\n<h1>Acme</h1>\n<p>Anvils since 1949.</p>\n";
const INDEX_3: &str = "<!doctype html>\n<html lang=\"en\">\n<title>Acme</title>\n\
    <link rel=\"stylesheet\" href=\"style.css\">\n<h1>Acme</h1>\n<p>Anvils since 1949.</p>\n";
const STYLE: &str = "body { font-family: sans-serif; margin: 4rem auto; max-width: 40rem; }\n";
const CONTACT: &str = "<!doctype html>\n<html lang=\"en\">\n<title>Acme: contact</title>\n\
    <h1>Contact</h1>\n<p>Write to <a href=\"mailto:hello@example.org\">hello@example.org</a>.</p>\n";

const MAIN: &[Step] = &[
    Step {
        who: BEA,
        hours: 0,
        message: "Start the site\n",
        files: &[("README.md", README), ("public/index.html", INDEX_1)],
    },
    Step {
        who: ANN,
        hours: 3,
        message: "Give the page a style\n\nAnd a sentence about what we make.\n",
        files: &[("public/index.html", INDEX_2), ("public/style.css", STYLE)],
    },
    Step {
        who: BEA,
        hours: 26,
        message: "Say which language the page is in\n\nScreen readers ask for it.\n",
        files: &[("public/index.html", INDEX_3)],
    },
];

/// What is on `ann/contact` beyond the first release.
const CONTACT_PAGE: &[Step] = &[Step {
    who: ANN,
    hours: 49,
    message: "Add a contact page\n",
    files: &[("public/contact.html", CONTACT)],
}];

/// What is on `main` beyond the first release.
const AFTER_RELEASE: &[Step] = &[Step {
    who: BEA,
    hours: 50,
    message: "Explain how to look at the site\n",
    files: &[(
        "README.md",
        "# The site of Acme\n\nOpen `public/index.html` in a browser, or serve the folder:\n\n    \
         python3 -m http.server --directory public\n",
    )],
}];

/// The body of the push that brings it all in: commands, then the pack.
pub fn push_body() -> Result<Vec<u8>, Error> {
    let failed = |e: repo::Error| Error::Start(format!("the demo history: {e}"));
    let mut pack = NewPack::default();
    let mut files = BTreeMap::new();
    let release = commits(&mut pack, &mut files, None, MAIN).map_err(failed)?;
    let tag = tag(&mut pack, release).map_err(failed)?;
    let contact =
        commits(&mut pack, &mut files.clone(), Some(release), CONTACT_PAGE).map_err(failed)?;
    let main = commits(&mut pack, &mut files, Some(release), AFTER_RELEASE).map_err(failed)?;

    let mut body = Vec::new();
    let refs =
        [("refs/heads/main", main), ("refs/heads/ann/contact", contact), ("refs/tags/v1.0", tag)];
    let mut capabilities = "\0report-status";
    for (name, id) in refs {
        let line = format!("{} {id} {name}{capabilities}", ObjectId::ZERO);
        wire::put_data(&mut body, line.as_bytes());
        capabilities = "";
    }
    wire::put_flush(&mut body);
    body.extend(pack.finish().map_err(failed)?);
    Ok(body)
}

/// Adds one commit for each step, on top of each other; the last one's id.
fn commits(
    pack: &mut NewPack,
    files: &mut BTreeMap<&'static str, ObjectId>,
    parent: Option<ObjectId>,
    steps: &[Step],
) -> repo::Result<ObjectId> {
    let mut tip = parent;
    for step in steps {
        for (path, text) in step.files {
            files.insert(path, pack.add(ObjectKind::Blob, text.as_bytes())?);
        }
        let parent = tip.map(|it| format!("parent {it}\n")).unwrap_or_default();
        let tree = tree(pack, files)?;
        let (who, date) = (step.who, BEGIN + step.hours * 3600);
        let text = format!(
            "tree {tree}\n{parent}author {who} {date} +0000\ncommitter {who} {date} +0000\n\n{}",
            step.message
        );
        tip = Some(pack.add(ObjectKind::Commit, text.as_bytes())?);
    }
    Ok(tip.unwrap_or(ObjectId::ZERO))
}

/// The tree of these files: folders within folders, in git's order, in which a folder's name
/// counts as if it ended with a slash.
fn tree(pack: &mut NewPack, files: &BTreeMap<&str, ObjectId>) -> repo::Result<ObjectId> {
    let mut entries = BTreeMap::new();
    let mut folders: BTreeMap<&str, BTreeMap<&str, ObjectId>> = BTreeMap::new();
    for (path, id) in files {
        match path.split_once('/') {
            None => {
                entries.insert((*path).to_owned(), ("100644", *path, *id));
            }
            Some((folder, rest)) => {
                folders.entry(folder).or_default().insert(rest, *id);
            }
        }
    }
    for (name, inside) in &folders {
        entries.insert(format!("{name}/"), ("40000", *name, tree(pack, inside)?));
    }
    let mut content = Vec::new();
    for (mode, name, id) in entries.values() {
        content.extend(format!("{mode} {name}\0").into_bytes());
        content.extend(id.as_bytes());
    }
    pack.add(ObjectKind::Tree, &content)
}

fn tag(pack: &mut NewPack, commit: ObjectId) -> repo::Result<ObjectId> {
    let date = BEGIN + 27 * 3600;
    let text = format!(
        "object {commit}\ntype commit\ntag v1.0\ntagger {BEA} {date} +0000\n\nThe first release\n"
    );
    pack.add(ObjectKind::Tag, text.as_bytes())
}
