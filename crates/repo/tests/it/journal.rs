//! What the journal brings about after the process, or the power, is gone.

use crate::support::{ID, World, ZERO, check, listing};
use model::RefName;
use repo::{Error, Limits, Move, PushId, Repositories};
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

fn journal_file(world: &World) -> std::path::PathBuf {
    world.data().join("journal")
}

/// Puts the folder back to what it was, but for the journal: as if no later write had reached the
/// disk.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn lost_writes_are_made_again() {
    let (mut world, one) = World::with_main();
    world.journal().checkpoint().unwrap();
    let repositories = world.data().join("repositories");
    let saved = world.temp.path().join("saved");
    copy(&repositories, &saved);
    let two = world.clone.commit("a", "two\n");
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    world.push(&[(one, two, "refs/heads/main"), (ZERO, one, "refs/heads/x")], &pack).landed();
    crate::support::git(&world.clone.dir, &["tag", "-a", "v1", "-m", "one"]);
    let tag = world.clone.id("v1");
    let pack = world.clone.pack(&format!("{tag}\n^{two}\n"), true);
    world.push(&[(ZERO, tag, "refs/tags/v1"), (one, ZERO, "refs/heads/x")], &pack).landed();
    let refs = world.refs();
    world.repositories = None;
    fs::remove_dir_all(&repositories).unwrap();
    copy(&saved, &repositories);
    world.restart();
    assert_eq!(world.refs(), refs);
    check(&world.repository);
}

#[test]
fn torn_files_are_made_whole() {
    let (mut world, one) = World::with_main();
    world.repositories = None;
    let dir = world.repository.git_dir().to_owned();
    // What a power loss makes of files that were not synced.
    fs::write(dir.join("refs/heads/main"), [0; 41]).unwrap();
    for entry in fs::read_dir(dir.join("objects/pack")).unwrap() {
        fs::write(entry.unwrap().path(), b"").unwrap();
    }
    world.restart();
    assert_eq!(world.refs(), format!("{one} refs/heads/main"));
    check(&world.repository);
}

#[test]
fn a_torn_tail_is_cut_and_nothing_of_it_happens() {
    let (mut world, one) = World::with_main();
    let two = world.clone.commit("a", "two\n");
    let whole = fs::read(journal_file(&world)).unwrap();
    let end = usize::try_from(world.journal().len()).unwrap();
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    world.push(&[(one, two, "refs/heads/main")], &pack).landed();
    let full = fs::read(journal_file(&world)).unwrap();
    let length = usize::try_from(world.journal().len()).unwrap();
    let dir = world.repository.git_dir().to_owned();
    for cut in [end + 1, end + 7, end + 30, (end + length) / 2] {
        world.repositories = None;
        fs::write(dir.join("refs/heads/main"), format!("{one}\n")).unwrap();
        let mut torn = full[..cut].to_vec();
        torn.resize(full.len(), 0);
        fs::write(journal_file(&world), torn).unwrap();
        world.restart();
        assert_eq!(world.refs(), format!("{one} refs/heads/main"), "cut at {cut} of {length}");
    }
    // A flipped byte in the middle of an entry is a torn tail, too.
    world.repositories = None;
    let mut flipped = full;
    flipped[end + 60] ^= 1;
    fs::write(journal_file(&world), flipped).unwrap();
    world.restart();
    assert_eq!(world.refs(), format!("{one} refs/heads/main"));
    assert!(whole.starts_with(b"PCJRNL1\n"));
    // And the next push follows where the whole entries end.
    world.push(&[(one, two, "refs/heads/main")], &pack).landed();
    world.restart();
    assert_eq!(world.refs(), format!("{two} refs/heads/main"));
    check(&world.repository);
}

#[test]
fn what_somebody_else_changed_since_is_left_alone() {
    let (mut world, _) = World::with_main();
    let two = world.clone.commit("a", "two\n");
    let pack = world.clone.pack(&two.to_string(), false);
    world.push(&[(ZERO, two, "refs/heads/x")], &pack).landed();
    let dir = world.repository.git_dir().to_owned();
    crate::support::git(&world.clone.dir, &["push", "-q", &dir.to_string_lossy(), "HEAD:seen"]);
    let three = world.clone.commit("a", "three\n");
    let path = dir.to_string_lossy().into_owned();
    crate::support::git(&world.clone.dir, &["push", "-q", &path, "+HEAD:refs/heads/x"]);
    // The snapshot notices.
    let refs = world.repository.refs().unwrap();
    assert_eq!(refs.find("refs/heads/x").unwrap().id, three);
    world.repositories = None;
    // So would a replay of the journal as it was before the checkpoint.
    world.restart();
    assert_eq!(world.repository.refs().unwrap().find("refs/heads/x").unwrap().id, three);
    check(&world.repository);
}

#[test]
fn what_a_killed_push_left_is_swept() {
    let (mut world, one) = World::with_main();
    let dir = world.repository.git_dir().to_owned();
    for left in [
        "refs/heads/main.lock",
        "refs/heads/deep/x.lock",
        "packed-refs.lock",
        "objects/pack/tmp_landing_x.pack",
        "objects/incoming-x/pack/incoming.pack",
    ] {
        let path = dir.join(left);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"x").unwrap();
    }
    let shard = dir.parent().unwrap();
    fs::create_dir_all(shard.join("new-x/objects")).unwrap();
    fs::create_dir_all(shard.join("7.removed")).unwrap();
    world.restart();
    assert!(!shard.join("new-x").exists() && !shard.join("7.removed").exists());
    let two = world.clone.commit("a", "two\n");
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    world.push(&[(one, two, "refs/heads/main")], &pack).landed();
    world.check();
}

#[test]
fn the_data_folder_belongs_to_one_process() {
    let mut world = World::new();
    assert!(matches!(Repositories::open(&world.data()), Err(Error::InUse(_))));
    world.repositories = None;
    fs::write(journal_file(&world), b"something else").unwrap();
    assert!(matches!(Repositories::open(&world.data()), Err(Error::DamagedJournal(_))));
}

#[test]
fn repositories_come_and_go() {
    let (world, one) = World::with_main();
    let repositories = world.repositories.as_ref().unwrap();
    let main = RefName::branch("main").unwrap();
    assert!(matches!(repositories.create(ID, &main), Err(Error::Exists(_))));
    let other = model::RepositoryId(300);
    assert!(matches!(repositories.repository(other), Err(Error::NotFound(_))));
    let created = repositories.create(other, &main).unwrap();
    check(&created);
    assert!(created.refs().unwrap().is_empty());
    repositories.remove(other).unwrap();
    repositories.remove(other).unwrap();
    assert!(matches!(repositories.repository(other), Err(Error::NotFound(_))));
    // A landing in a repository that is gone does not keep a server from starting.
    let id = PushId::random().unwrap();
    let name = RefName::branch("x").unwrap();
    world.repository.update_refs(id, &[Move { name, old: ZERO, new: one }], vec![]).unwrap();
    repositories.remove(ID).unwrap();
    let data = world.data();
    let World { temp: _temp, repositories, .. } = world;
    drop(repositories);
    let again = Repositories::open(&data).unwrap();
    assert_eq!(again.journal().unrecorded().len(), 1);
}

#[test]
fn what_could_not_be_applied_stops_everything_until_a_restart_applies_it() {
    let (mut world, one) = World::with_main();
    let in_the_way = world.repository.git_dir().join("refs/heads/x");
    fs::create_dir_all(&in_the_way).unwrap();
    fs::write(in_the_way.join("y.lock"), b"").unwrap();
    let empty = world.clone.pack_of(&[]);
    let answer = world.push(&[(ZERO, one, "refs/heads/x")], &empty);
    assert!(answer.report.contains("it is stored, and will be applied"), "{}", answer.report);
    let answer = world.push(&[(ZERO, one, "refs/heads/z")], &empty);
    assert!(answer.report.starts_with("unpack PC-STORE-AWAY"), "{}", answer.report);
    assert_eq!(world.refs(), format!("{one} refs/heads/main"));
    world.restart();
    assert_eq!(world.refs(), format!("{one} refs/heads/main\n{one} refs/heads/x"));
    assert_eq!(world.journal().unrecorded().len(), 1);
    world.push(&[(ZERO, one, "refs/heads/z")], &empty).landed();
    world.check();
}

#[test]
fn refs_that_can_not_be_locked_fail_a_push_closed() {
    let (world, one) = World::with_main();
    let two = world.clone.commit("a", "two\n");
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    // No lock file can be made: the refs' folder is a file for a moment.
    let heads = world.repository.git_dir().join("refs/heads");
    let aside = world.repository.git_dir().join("aside");
    world.repository.refs().unwrap();
    fs::rename(&heads, &aside).unwrap();
    OpenOptions::new().create_new(true).write(true).open(&heads).unwrap().write_all(b"x").unwrap();
    let commands = [(ZERO, two, "refs/heads/y")];
    let answer = world.push(&commands, &pack);
    assert!(answer.report.starts_with("unpack PC-STORE-AWAY: "), "{}", answer.report);
    fs::remove_file(&heads).unwrap();
    fs::rename(&aside, &heads).unwrap();
    assert_eq!(world.refs(), format!("{one} refs/heads/main"));
    world.check();
    let before = listing(&world.data());
    let tiny = Limits { pack_bytes: 10, ..Limits::default() };
    world.push_with(&commands, "", &pack, &mut repo::AllowAll, &tiny);
    assert_eq!(listing(&world.data()), before);
    world.push(&commands, &pack).landed();
    world.check();
}
