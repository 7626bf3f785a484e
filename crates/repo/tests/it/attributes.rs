//! Merges go by `.gitattributes` as stock git does where it has checked out the destination.

use crate::merge::{made, make, not_made, push_branches, write_commit};
use crate::support::{World, git, git_in, git_with, leftovers};
use model::{MergeStrategy, ObjectId};
use repo::{MergeAnswer, MergePreview, NotMergeable};
use std::collections::BTreeMap;
use std::path::Path;

type Files = BTreeMap<String, (bool, String)>;

fn lines() -> String {
    (0..20).map(|it| format!("line {it}\n")).collect()
}

/// Changes the first line.
fn first(name: &str) -> (String, String) {
    (name.into(), lines().replacen("line 0", "another", 1))
}

/// Adds a line at the end.
fn last(name: &str, line: &str) -> (String, String) {
    (name.into(), format!("{}{line}\n", lines()))
}

fn attributes(folder: &str, text: &str) -> (String, String) {
    (format!("{folder}.gitattributes"), text.into())
}

/// What is there, what one side makes of it, and the other in one or more commits.
struct Case {
    name: &'static str,
    base: Vec<(String, String)>,
    ours: Vec<(String, String)>,
    theirs: Vec<Vec<(String, String)>>,
}

fn cases() -> Vec<Case> {
    let file = |name: &str| (name.to_owned(), lines());
    let one = |name, text: &str, path: &str| Case {
        name,
        base: vec![attributes("", text), file(path)],
        ours: vec![first(path)],
        theirs: vec![vec![last(path, "theirs")]],
    };
    let both_append = |name, base: &[(String, String)], ours: &[(String, String)], theirs| Case {
        name,
        base: [&[file("x.u")][..], base].concat(),
        ours: [&[last("x.u", "ours")][..], ours].concat(),
        theirs,
    };
    let union = || attributes("", "*.u merge=union\n");
    let theirs = || last("x.u", "theirs");
    let mut cases = vec![
        one("plain", "# nothing\n", "x.l"),
        one("binary", "*.l binary\n", "x.l"),
        one("not merged", "*.l -merge\n", "x.l"),
        one("of a driver that nobody has", "*.l merge=mine\n", "x.l"),
        one("by a macro", "[attr]lock -merge -diff\n*.l lock\n", "a/b/x.l"),
        one("by path", "/a/*/x.l -merge\n", "a/b/x.l"),
        one("of another path", "/b/*.l -merge\n", "a/b/x.l"),
        both_append("union", &[union()], &[], vec![vec![theirs()]]),
        both_append("union that ours has", &[], &[union()], vec![vec![theirs()]]),
        both_append("union that theirs has", &[], &[], vec![vec![union(), theirs()]]),
        both_append("union before", &[], &[], vec![vec![union()], vec![theirs()]]),
        both_append("no union any more", &[union()], &[attributes("", "")], vec![vec![theirs()]]),
    ];
    let mut nested = one("lifted further in", "*.l binary\n", "a/b/x.l");
    nested.base.push(attributes("a/", "*.l merge\n"));
    cases.push(nested);
    let mut nested = one("said further in", "# nothing\n", "a/b/x.l");
    nested.base.extend([attributes("a/b/", "*.l -merge\n"), attributes("c/", "*.l merge\n")]);
    cases.push(nested);
    let mut moved = one("where it moves to", "# nothing\n", "x.l");
    moved.base.extend([attributes("locked/", "*.l -merge\n"), file("locked/y.l")]);
    moved.theirs = vec![vec![("x.l".into(), String::new()), last("locked/x.l", "theirs")]];
    cases.push(moved);
    cases
}

/// The files with these changed; an empty text removes one, unless it is of attributes.
fn with(files: &Files, changed: &[(String, String)]) -> Files {
    let mut files = files.clone();
    for (name, text) in changed {
        if text.is_empty() && !name.ends_with(".gitattributes") {
            files.remove(name);
        } else {
            files.insert(name.clone(), (false, text.clone()));
        }
    }
    files
}

fn import(world: &World, case: &Case) -> (ObjectId, ObjectId) {
    let mut stream = String::new();
    let name = |side: &str| format!("{side}-{}", case.name.replace(' ', "-"));
    let (base, ours, theirs) = (name("base"), name("ours"), name("theirs"));
    let files = with(&Files::new(), &case.base);
    write_commit(&mut stream, &base, None, &files);
    write_commit(&mut stream, &ours, Some(&base), &with(&files, &case.ours));
    let (mut from, mut files) = (Some(base.as_str()), files);
    for changed in &case.theirs {
        files = with(&files, changed);
        // A branch that is there goes on from where it is.
        write_commit(&mut stream, &theirs, from.take(), &files);
    }
    git_with(&world.clone.dir, &["fast-import", "--quiet"], stream.as_bytes());
    (world.clone.id(&ours), world.clone.id(&theirs))
}

/// The tree that stock git makes with a work tree, or that it makes none.
fn by_git(dir: &Path, at: &ObjectId, arguments: &[&str]) -> Option<String> {
    git(dir, &["checkout", "-q", "-f", "--detach", &at.to_string()]);
    let ended = git_in(dir).args(arguments).output().unwrap();
    let tree = ended.status.success().then(|| git(dir, &["rev-parse", "HEAD^{tree}"]));
    for under_way in ["merge", "rebase"] {
        let _nothing_under_way = git_in(dir).args([under_way, "--abort"]).output().unwrap();
    }
    git(dir, &["reset", "-q", "--hard"]);
    tree
}

#[test]
fn what_attributes_say_of_merging_is_done_as_git_does_it() {
    let world = World::new();
    let dir = &world.clone.dir;
    let cases = cases();
    let sides: Vec<_> = cases.iter().map(|it| import(&world, it)).collect();
    push_branches(&world);
    let (mut clean, mut conflicting) = (0, 0);
    for (case, (ours, theirs)) in cases.iter().zip(sides) {
        let (target, source) = (ours.to_string(), theirs.to_string());
        let merged = by_git(dir, &ours, &["merge", "-q", "--no-edit", &source]);
        let rebased = by_git(dir, &theirs, &["rebase", "-q", &target]);
        let preview = match world.repository.merge_preview(&ours, &theirs).unwrap() {
            MergePreview::Clean { tree } => Some(tree.to_string()),
            MergePreview::Conflicting(_) => None,
            other => panic!("{}: {other:?}", case.name),
        };
        assert_eq!(preview, merged, "{}", case.name);
        for strategy in MergeStrategy::ALL {
            let expected = match strategy {
                MergeStrategy::MergeCommit | MergeStrategy::Squash => &merged,
                MergeStrategy::RebaseFastForward | MergeStrategy::RebaseMerge => &rebased,
                // They take what is there or nothing.
                MergeStrategy::FastForward | MergeStrategy::SquashFastForward => &None,
            };
            let answer = make(&world.repository, *strategy, ours, theirs);
            let found = matches!(answer, MergeAnswer::Made(_)).then(|| {
                let made = made(answer);
                git_with(dir, &["unpack-objects", "-q", "--strict"], &made.pack.unwrap());
                git(dir, &["rev-parse", &format!("{}^{{tree}}", made.tip)])
            });
            assert_eq!(&found, expected, "{} by {strategy}", case.name);
            match found {
                Some(_) => clean += 1,
                None => conflicting += 1,
            }
        }
    }
    assert!(clean > 20 && conflicting > 20, "{clean} {conflicting}");
    world.check();
}

/// A file costs the same to push in one folder and in many, but not to lay out.
#[test]
fn more_attributes_than_anybody_has_are_not_laid_out() {
    let world = World::new();
    let large = format!("# {}\n", "x".repeat(1 << 20));
    let side = |line: &str| -> Files {
        let folders = (0..20).flat_map(|at| {
            let folder = format!("f{at}/");
            [attributes(&folder, &large), (format!("{folder}{line}"), line.to_owned())]
        });
        let plain = folders.chain([(String::from("x.l"), format!("{line}\n{}", lines()))]);
        plain.map(|(name, content)| (name, (false, content))).collect()
    };
    let mut stream = String::new();
    write_commit(&mut stream, "base", None, &side("base"));
    write_commit(&mut stream, "ours", Some("base"), &side("ours"));
    write_commit(&mut stream, "theirs", Some("base"), &side("theirs"));
    git_with(&world.clone.dir, &["fast-import", "--quiet"], stream.as_bytes());
    let ids = push_branches(&world);
    let why = "it goes through more than 16777216 bytes of `.gitattributes` in changed folders";
    let preview = world.repository.merge_preview(&ids["ours"], &ids["theirs"]).unwrap();
    assert_eq!(preview, MergePreview::TooMuch(why.into()));
    let answer = make(&world.repository, MergeStrategy::Squash, ids["ours"], ids["theirs"]);
    assert_eq!(not_made(answer), NotMergeable::TooMuch(why.into()));
    assert_eq!(leftovers(world.repository.git_dir()), Vec::<std::path::PathBuf>::new());
}
