//! Questions to a repository, answered as git answers them; landings without a push; maintenance.

use crate::support::{World, ZERO, git};
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
            }
        }
    };
    agree(&world);
    world.repository.maintain().unwrap();
    assert!(world.repository.git_dir().join("objects/info/commit-graph").exists());
    agree(&world);
    world.check();
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
