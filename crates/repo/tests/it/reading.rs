//! Histories listed, and where they part, as git has them.

use crate::support::{World, ZERO, git};
use model::ObjectId;
use repo::{DiffOptions, FileSide, FileStat, LogQuery, Visible};

/// A history with a side branch that changes `docs/a` and is merged, and a tag.
fn world() -> (World, ObjectId) {
    let (world, first) = World::with_main();
    let dir = world.clone.dir.clone();
    git(&dir, &["checkout", "-q", "-b", "side"]);
    std::fs::create_dir(dir.join("docs")).unwrap();
    world.clone.commit("docs/a", "1\n");
    world.clone.commit("docs/a", "2\n");
    git(&dir, &["checkout", "-q", "main"]);
    world.clone.commit("b", "1\n");
    git(&dir, &["merge", "-q", "--no-ff", "-m", "merge", "side"]);
    world.clone.commit("c", "1\n");
    git(&dir, &["checkout", "-q", "side"]);
    world.clone.commit("docs/b", "1\n");
    let (main, side) = (world.clone.id("main"), world.clone.id("side"));
    let pack = world.clone.pack(&format!("{main}\n{side}\n^{first}\n"), true);
    let commands = [(first, main, "refs/heads/main"), (ZERO, side, "refs/heads/side")];
    world.push(&commands, &pack).landed();
    (world, first)
}

#[test]
fn commits_are_listed_as_git_lists_them() {
    let (world, first) = world();
    let (main, side) = (world.clone.id("main"), world.clone.id("side"));
    let paths = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    for (include, exclude, among, arguments) in [
        (vec![main, side], vec![], vec![], "main side"),
        (vec![main], vec![side], vec![], "main ^side"),
        (vec![side], vec![main], vec![], "side ^main"),
        (vec![main], vec![first], vec!["docs"], "main ^first -- docs"),
        (vec![main], vec![], vec!["/docs/a", "c"], "main -- docs/a c"),
        (vec![main], vec![], vec!["*"], "main -- :(literal)*"),
        (vec![main], vec![main], vec![], "main ^main"),
    ] {
        let paths = paths(&among);
        let query = LogQuery { include: &include, exclude: &exclude, paths: &paths };
        let found = world.repository.log(&query).unwrap();
        let arguments = arguments.replace("first", &first.to_string());
        let mut command = vec!["rev-list", "--date-order"];
        command.extend(arguments.split(' '));
        let expected = git(&world.clone.dir, &command);
        let found: Vec<_> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.join("\n"), expected, "{arguments}");
    }
    for impossible in ["../a", "a/../c", "docs//a"] {
        let paths = paths(&[impossible]);
        let query = LogQuery { include: &[main], exclude: &[], paths: &paths };
        assert_eq!(world.repository.log(&query).unwrap(), [], "{impossible}");
    }
    assert_eq!(world.repository.log(&LogQuery::default()).unwrap(), []);
}

#[test]
fn where_histories_part_is_found_or_there_is_no_such_place() {
    let (world, first) = world();
    let (main, side) = (world.clone.id("main"), world.clone.id("side"));
    let base = |one, other| world.repository.merge_base(&one, &other).unwrap();
    let expected = world.clone.id("side~1");
    assert_eq!((base(main, side), base(side, main)), (Some(expected), Some(expected)));
    assert_eq!((base(main, main), base(first, main)), (Some(main), Some(first)));
    git(&world.clone.dir, &["checkout", "-q", "--orphan", "other"]);
    let other = world.clone.commit("a", "other\n");
    let pack = world.clone.pack("other", false);
    world.push(&[(ZERO, other, "refs/heads/other")], &pack).landed();
    assert_eq!(base(main, other), None);
    assert!(world.repository.merge_base(&main, &ObjectId::from_bytes([9; 20])).is_err());
}

#[test]
fn several_revisions_are_resolved_at_once_and_one_that_is_none_is_named() {
    let (world, first) = world();
    let (main, side) = (world.clone.id("main"), world.clone.id("side"));
    let short = first.to_string()[..12].to_owned();
    let all = |revisions: &[&str], visible| world.repository.resolve_all(revisions, visible);
    let found = all(&["side", &short, "HEAD", "refs/heads/main"], Visible::Everything).unwrap();
    assert_eq!(found, [side, first, main, main]);
    let error = all(&["main", "nothing", "side"], Visible::Everything).unwrap_err();
    assert_eq!(error.to_string(), "`nothing` names no branch, tag or commit here");
    let hidden = Visible::Except(&["refs/heads/side"]);
    let tip = side.to_string();
    assert!(all(&["main", &tip], hidden).unwrap_err().to_string().contains(&tip));
    assert_eq!(all(&[] as &[&str], hidden).unwrap(), []);
}

/// A repository whose last commit does everything that can be done to a file.
fn changed() -> (World, ObjectId, ObjectId) {
    let world = World::new();
    let dir = world.clone.dir.clone();
    let lines = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";
    for (name, content) in [
        ("edited", lines.as_bytes()),
        ("moved", &b"it stays\nas it is\nhere\n"[..]),
        ("gone", b"x\n"),
        ("picture", b"\0\x01\x02"),
        ("grün \"x\"", b"y\n"),
        ("mode", b"z\n"),
        ("space", b"a b\n"),
    ] {
        std::fs::write(dir.join(name), content).unwrap();
    }
    git(&dir, &["add", "-A"]);
    git(&dir, &["commit", "-q", "-m", "before"]);
    let before = world.clone.id("HEAD");
    std::fs::write(dir.join("edited"), lines.replace("four", "4\n4a")).unwrap();
    git(&dir, &["mv", "moved", "there"]);
    git(&dir, &["rm", "-q", "gone"]);
    std::fs::write(dir.join("picture"), b"\0\x03").unwrap();
    std::fs::write(dir.join("grün \"x\""), b"yy\n").unwrap();
    git(&dir, &["update-index", "--chmod=+x", "mode"]);
    std::fs::write(dir.join("space"), b"a  b\n").unwrap();
    std::fs::write(dir.join("new"), b"n\n").unwrap();
    git(&dir, &["add", "edited", "picture", "grün \"x\"", "space", "new"]);
    git(&dir, &["commit", "-q", "-m", "after"]);
    let after = world.clone.id("HEAD");
    world.push(&[(ZERO, after, "refs/heads/main")], &world.clone.pack("HEAD", false)).landed();
    (world, before, after)
}

fn diff(world: &World, old: Option<&ObjectId>, new: &ObjectId, options: &DiffOptions) -> String {
    let mut output = Vec::new();
    world.repository.diff(old, new, options, &mut output).unwrap();
    String::from_utf8(output).unwrap().trim_end().to_owned()
}

#[test]
fn a_diff_is_what_git_says() {
    let (world, before, after) = changed();
    let (old, new) = (before.to_string(), after.to_string());
    let plain = DiffOptions::default;
    for (options, arguments) in [
        (plain(), vec![]),
        (DiffOptions { context: Some(1), ..plain() }, vec!["-U1"]),
        (DiffOptions { ignore_whitespace: true, ..plain() }, vec!["-w"]),
        (DiffOptions { renames: false, ..plain() }, vec!["--no-renames"]),
    ] {
        let mut command = vec!["diff", "-M"];
        command.extend(arguments);
        command.extend([old.as_str(), new.as_str()]);
        let expected = git(&world.clone.dir, &command);
        assert_eq!(diff(&world, Some(&before), &after, &options), expected, "{command:?}");
    }
    let only = |path: &str| DiffOptions { paths: vec![path.into()], ..plain() };
    let expected = git(&world.clone.dir, &["diff", &old, &new, "--", "edited"]);
    assert_eq!(diff(&world, Some(&before), &after, &only("/edited")), expected);
    assert_eq!(diff(&world, Some(&before), &after, &only("*")), "");
    assert_eq!(diff(&world, Some(&before), &after, &only("../edited")), "");
    let everything = git(&world.clone.dir, &["show", "--format=", "--root", "-M", &old]);
    assert_eq!(diff(&world, None, &before, &plain()), everything);

    let without = DiffOptions { binary: false, ..plain() };
    let text = diff(&world, Some(&before), &after, &without);
    assert!(!text.contains("picture") && text.contains("+4a"), "{text}");
    let with = diff(&world, Some(&before), &after, &plain());
    let sections = |text: &str| text.matches("diff --git ").count();
    assert_eq!((sections(&with), sections(&text)), (8, 7), "{text}");
    assert!(text.contains("new mode 100755"), "a part without a body is kept: {text}");
}

#[test]
fn a_diffstat_has_every_file_with_its_lines() {
    let (world, before, after) = changed();
    let show = |options: &DiffOptions| {
        let files = world.repository.diffstat(Some(&before), &after, options).unwrap();
        let name = |it: &Option<FileSide>| {
            it.as_ref().map_or("-".into(), |it| repo::escaped_path(&it.path))
        };
        let line = |it: &FileStat| {
            let (old, new) = (name(&it.old), name(&it.new));
            let mark = if it.binary { " binary" } else { "" };
            format!("{:?} {old} {new} +{} -{}{mark}", it.status, it.lines_added, it.lines_removed)
        };
        files.iter().map(line).collect::<Vec<_>>()
    };
    let expected = [
        "Modified edited edited +2 -1",
        "Removed gone - +0 -1",
        r#"Modified "gr\303\274n \"x\"" "gr\303\274n \"x\"" +1 -1"#,
        "Modified mode mode +0 -0",
        "Added - new +1 -0",
        "Modified picture picture +0 -0 binary",
        "Modified space space +1 -1",
        "Renamed moved there +0 -0",
    ];
    assert_eq!(show(&DiffOptions::default()), expected);
    let apart = show(&DiffOptions { renames: false, ..DiffOptions::default() });
    assert!(apart.contains(&"Removed moved - +0 -3".to_owned()), "{apart:?}");
    assert!(apart.contains(&"Added - there +3 -0".to_owned()), "{apart:?}");
    let text = show(&DiffOptions { binary: false, ..DiffOptions::default() });
    assert_eq!(text.len(), expected.len() - 1);
}

#[test]
fn patches_make_the_same_history_again() {
    let (world, first) = world();
    let (main, side) = (world.clone.id("main"), world.clone.id("side"));
    let patch = |since, new| {
        let mut output = Vec::new();
        world.repository.patch(since, new, &mut output).unwrap();
        output
    };
    let other = crate::support::new_clone(&world.temp.path().join("other"));
    let source = world.repository.git_dir().to_str().unwrap();
    git(&other.dir, &["fetch", "-q", source, &format!("{first}")]);
    git(&other.dir, &["reset", "-q", "--hard", &first.to_string()]);
    crate::support::git_with(&other.dir, &["am", "-q"], &patch(Some(&first), &side));
    assert_eq!(other.id("HEAD^{tree}"), world.clone.id("side^{tree}"));
    let merge = world.clone.id("main~1");
    let alone = String::from_utf8(patch(None, &merge)).unwrap();
    assert!(alone.contains("Subject: [PATCH] merge") && alone.contains("docs/a"), "{alone}");
    assert_eq!(patch(Some(&main), &main), b"");
}

#[test]
fn files_and_folders_are_found_at_a_commit() {
    let (world, _) = world();
    let main = world.clone.id("main");
    let repository = &world.repository;
    let at = |path: &str| repository.entry_at(&main, path).unwrap();
    let root = at("").unwrap();
    let names = |depth| {
        let found = repository.list_folder(&root, depth).unwrap();
        found.iter().map(|it| String::from_utf8_lossy(&it.path).into_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (names(1), names(2)),
        (
            ["a", "b", "c", "docs"].map(str::to_owned).to_vec(),
            ["a", "b", "c", "docs", "docs/a"].map(str::to_owned).to_vec(),
        )
    );
    let file = at("/docs/a").unwrap();
    let mut content = Vec::new();
    repository.write_file(&file, &mut content).unwrap();
    assert_eq!((content.as_slice(), repository.file_size(&file).unwrap()), (&b"2\n"[..], Some(2)));
    assert!(at("docs").unwrap().is_folder() && !file.is_folder());
    for path in ["docs/b", "docs/a/x", "../a", "docs/../a", "DOCS"] {
        assert_eq!(at(path), None, "{path}");
    }
}
