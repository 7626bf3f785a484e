//! Histories listed, and where they part, as git has them.

use crate::support::{World, ZERO, git};
use model::ObjectId;
use repo::{LogQuery, Visible};

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
