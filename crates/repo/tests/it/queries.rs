//! Questions to a repository, answered as git answers them; landings without a push; maintenance.

use crate::support::{ID, World, ZERO, git};
use model::{ObjectId, RefName};
use repo::{Error, FailureCode, Head, Move, PushId, Visible};

#[test]
fn ancestry_agrees_with_git_with_and_without_a_commit_graph() {
    let world = World::new();
    let dir = world.clone.dir.clone();
    let mut ids = vec![world.clone.commit("a", "0\n")];
    for n in 1..40_usize {
        let from = ids[(n * 7) % ids.len()];
        git(&dir, &["checkout", "-q", &from.to_string()]);
        ids.push(world.clone.commit("a", &format!("{n}\n")));
        if n % 5 == 0 {
            let other = ids[(n * 3) % (n - 1)];
            git(&dir, &["merge", "-q", "-s", "ours", "-m", "merge", &other.to_string()]);
            ids.push(world.clone.id("HEAD"));
        }
    }
    let names: Vec<String> = (0..ids.len()).map(|n| format!("refs/heads/b{n}")).collect();
    let commands: Vec<_> =
        names.iter().zip(&ids).map(|(name, id)| (ZERO, *id, name.as_str())).collect();
    let lines: String = ids.iter().map(|it| format!("{it}\n")).collect();
    world.push(&commands, &world.clone.pack(&lines, false)).landed();
    let agree = |world: &World| {
        for (nth, new) in ids.iter().enumerate().step_by(3) {
            let ancestors = git(&dir, &["rev-list", &new.to_string()]);
            for old in ids.iter().skip(nth % 2).step_by(2) {
                let expected = ancestors.contains(&old.to_string());
                assert_eq!(world.repository.is_ancestor(old, new).unwrap(), expected);
                assert_eq!(bases(world, old, &[new]), git_bases(&dir, old, &[new]));
                let others = [new, &ids[(nth * 5) % ids.len()]];
                assert_eq!(bases(world, old, &others), git_bases(&dir, old, &others));
            }
        }
    };
    agree(&world);
    world.repository.maintain().unwrap();
    assert!(world.repository.git_dir().join("objects/info/commit-graph").exists());
    agree(&world);
    world.check();
}

fn bases(world: &World, one: &ObjectId, others: &[&ObjectId]) -> Vec<String> {
    let others: Vec<ObjectId> = others.iter().map(|it| **it).collect();
    let found = world.repository.merge_bases(one, &others).unwrap();
    let mut found: Vec<String> = found.iter().map(ObjectId::to_string).collect();
    found.sort();
    found
}

/// What git calls the best common ancestors; it exits with 1 when there are none.
fn git_bases(dir: &std::path::Path, one: &ObjectId, others: &[&ObjectId]) -> Vec<String> {
    let mut command = crate::support::git_in(dir);
    command.args(["merge-base", "--all", &one.to_string()]);
    let output = command.args(others.iter().map(|it| it.to_string())).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found: Vec<String> = text.lines().map(str::to_owned).collect();
    found.sort();
    found
}

/// A commit whose date lies sits above one that is newer, and a history stands beside this one.
#[test]
fn merge_bases_do_not_trust_dates_and_need_a_common_history() {
    let world = World::new();
    let dir = world.clone.dir.clone();
    let base = world.clone.commit("a", "0\n");
    let dated = |parents: &[&ObjectId], date: &str| {
        let mut command = crate::support::git_in(&dir);
        command.env("GIT_COMMITTER_DATE", date).args(["commit-tree", "-m", date]);
        for parent in parents {
            command.args(["-p", &parent.to_string()]);
        }
        let output = command.arg("HEAD^{tree}").output().unwrap();
        ObjectId::parse(output.stdout.trim_ascii_end()).unwrap()
    };
    let old = dated(&[&base], "1000000000 +0000");
    let (left, right) =
        (dated(&[&old, &base], "1800000000 +0000"), dated(&[&old], "200000000 +0000"));
    let right = dated(&[&right, &base], "1900000000 +0000");
    let alone = dated(&[], "1950000000 +0000");
    let commands: Vec<_> = [left, right, alone].iter().map(|it| (ZERO, *it)).collect();
    let names = ["refs/heads/l", "refs/heads/r", "refs/heads/alone"];
    let commands: Vec<_> =
        commands.iter().zip(names).map(|(it, name)| (it.0, it.1, name)).collect();
    let lines = format!("{left}\n{right}\n{alone}\n");
    world.push(&commands, &world.clone.pack(&lines, false)).landed();
    assert_eq!(bases(&world, &left, &[&right]), [old.to_string()]);
    assert_eq!(bases(&world, &left, &[&alone]), [""; 0]);
    assert_eq!(bases(&world, &left, &[&alone, &right]), [old.to_string()]);
    assert_eq!(bases(&world, &left, &[&left]), [left.to_string()]);
}

#[test]
fn revisions_are_resolved_and_commits_read() {
    let (world, one) = World::with_main();
    git(&world.clone.dir, &["tag", "-a", "v1", "-m", "first"]);
    let tag = world.clone.id("v1");
    let pack = world.clone.pack(&format!("{tag}\n^{one}\n"), true);
    world.push(&[(ZERO, tag, "refs/tags/v1")], &pack).landed();
    let repository = &world.repository;
    let short = &one.to_string()[..7];
    for revision in ["main", "refs/heads/main", "HEAD", short, &one.to_string()] {
        assert_eq!(repository.resolve(revision, Visible::Everything).unwrap(), one, "{revision}");
    }
    assert_eq!(repository.resolve("v1", Visible::Everything).unwrap(), tag);
    for unknown in ["", "nothing", "abc", "../x", "0000000", &"f".repeat(40), "main~1"] {
        assert!(
            matches!(
                repository.resolve(unknown, Visible::Everything),
                Err(Error::UnknownRevision(_))
            ),
            "{unknown}"
        );
    }
    let commit = repository.commit_info(&tag).unwrap().unwrap();
    assert_eq!((commit.id, commit.author.name.as_str()), (one, "Ann"));
    assert_eq!((commit.message.as_str(), commit.author.seconds), ("change a\n", 1_700_000_000));
    assert_eq!(repository.commit_info(&commit.tree).unwrap(), None);
    let refs = repository.refs().unwrap();
    assert_eq!(refs.find("refs/tags/v1").unwrap().peeled, Some(one));
    assert_eq!(*refs.head(), Head::Branch(RefName::branch("main").unwrap()));
    repository.set_head(&RefName::branch("other").unwrap()).unwrap();
    assert_eq!(repository.refs().unwrap().head_id(), None);
    assert_eq!(git(repository.git_dir(), &["symbolic-ref", "HEAD"]), "refs/heads/other");
}

#[test]
fn branches_made_without_a_push_land_like_one() {
    let (mut world, one) = World::with_main();
    let push = PushId::random().unwrap();
    let at = |name: &str, old, new| Move { name: RefName::branch(name).unwrap(), old, new };
    let code = |result: Result<(), Error>| match result {
        Err(Error::Failed(failure)) => Some(failure.code),
        Err(other) => panic!("{other}"),
        Ok(()) => None,
    };
    let update = |moves: &[Move]| code(world.repository.update_refs(push, moves, b"x".to_vec()));
    let nowhere = ObjectId::from_bytes([9; 20]);
    let tree = world.clone.id("HEAD^{tree}");
    assert_eq!(update(&[at("a", ZERO, nowhere)]), Some(FailureCode::PackMissingObject));
    assert_eq!(update(&[at("a", ZERO, tree)]), Some(FailureCode::RefTarget));
    assert_eq!(update(&[at("main", ZERO, one)]), Some(FailureCode::RefStale));
    let half = [at("a", ZERO, one), at("main/x", ZERO, one)];
    assert_eq!(update(&half), Some(FailureCode::RefConflict));
    assert_eq!(world.refs(), format!("{one} refs/heads/main"));
    assert_eq!(update(&[at("a", ZERO, one), at("b", ZERO, one)]), None);
    assert_eq!(update(&[at("a", one, ZERO)]), None);
    assert_eq!(world.journal().unrecorded().len(), 2);
    assert_eq!(world.refs(), format!("{one} refs/heads/b\n{one} refs/heads/main"));
    world.check();
    world.restart();
    assert_eq!(world.journal().unrecorded().len(), 2);
    world.check();
}

/// Found by names alone; what cannot be looked at hides nothing else.
#[test]
fn repositories_with_many_packs_are_found_after_a_restart() {
    let (mut world, _) = World::with_main();
    let neglected = |world: &World| world.repositories.as_ref().unwrap().neglected().unwrap();
    assert_eq!(neglected(&world), []);
    let packs = world.repository.git_dir().join("objects/pack");
    for n in 0..repo::MANY_PACKS {
        std::fs::write(packs.join(format!("pack-{n}.idx")), b"").unwrap();
    }
    let beside = world.repository.git_dir().with_file_name("257.git");
    std::fs::create_dir_all(beside.join("objects")).unwrap();
    std::fs::write(beside.join("objects/pack"), b"not a folder").unwrap();
    assert_eq!(neglected(&world), [ID]);
    world.restart();
    assert_eq!(neglected(&world), [ID]);
}

#[test]
fn maintenance_runs_beside_pushes_and_loses_nothing() {
    let (world, one) = World::with_main();
    let mut old = one;
    for n in 0..repo::MANY_PACKS {
        assert!(!world.repository.needs_maintenance().unwrap());
        let tip = world.clone.commit("a", &format!("{n}\n"));
        let pack = world.clone.pack(&format!("{tip}\n^{old}\n"), true);
        std::thread::scope(|scope| {
            let maintaining = (n % 20 == 7).then(|| scope.spawn(|| world.repository.maintain()));
            world.push(&[(old, tip, "refs/heads/main")], &pack).landed();
            if let Some(maintaining) = maintaining {
                maintaining.join().unwrap().unwrap();
            }
        });
        old = tip;
        if n == 30 {
            break;
        }
    }
    world.repository.maintain().unwrap();
    assert!(!world.repository.needs_maintenance().unwrap());
    assert_eq!(world.repository.resolve("main", Visible::Everything).unwrap(), old);
    world.check();
}
