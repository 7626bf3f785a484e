//! Refs of the server itself: durable like a push, recorded by nobody, told to nobody who pushes;
//! and objects that come from another repository.

use crate::support::{World, ZERO, check, git, listing, new_clone, push_into};
use model::{RefName, RepositoryId};
use repo::{AllowAll, Error, FailureCode, Limits, ObjectsFrom, Visible, advertise_receive};
use wire::Version;

fn name(text: &str) -> RefName {
    RefName::parse(text.as_bytes()).unwrap()
}

#[test]
fn own_refs_are_durable_and_wait_for_no_record() {
    let (mut world, one) = World::with_main();
    let two = world.clone.commit("a", "two\n");
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    let (from, merge) = (name("refs/pull-requests/1/from"), name("refs/pull-requests/1/merge"));
    let limits = Limits::default();
    let wait = world.journal().unrecorded().len();
    let set = |world: &World, wanted: &[_], objects: ObjectsFrom<'_>| {
        world.repository.set_own_refs(wanted, objects, &limits)
    };
    set(&world, &[(from.clone(), one)], ObjectsFrom::Here).unwrap();
    let both = [(from.clone(), one), (merge.clone(), two)];
    let missing = set(&world, &both, ObjectsFrom::Here);
    assert!(matches!(missing, Err(Error::Failed(it)) if it.code == FailureCode::PackMissingObject));
    assert!(!world.refs().contains("merge"));
    set(&world, &both, ObjectsFrom::Pack(&pack)).unwrap();
    assert_eq!(world.journal().unrecorded().len(), wait);
    let refs = world.refs();
    assert!(refs.contains(&format!("{two} refs/pull-requests/1/merge")), "{refs}");
    let before = listing(&world.data());
    set(&world, &both, ObjectsFrom::Here).unwrap();
    assert_eq!(listing(&world.data()), before, "nothing had to be written");
    world.restart();
    assert_eq!((world.refs(), world.journal().unrecorded().len()), (refs, wait));
    let mut told = Vec::new();
    let visible = Visible::Except(&["refs/pull-requests/"]);
    advertise_receive(&world.repository, visible, Version::V0, &mut told).unwrap();
    let told = String::from_utf8_lossy(&told).into_owned();
    assert!(told.contains("refs/heads/main") && !told.contains("pull-requests"), "{told}");
    set(&world, &[(from, ZERO), (merge, ZERO)], ObjectsFrom::Here).unwrap();
    assert!(!world.refs().contains("pull-requests"));
    world.check();
}

#[test]
fn objects_of_a_fork_are_copied_as_far_as_they_are_missing() {
    let (world, one) = World::with_main();
    let repositories = world.repositories.as_ref().unwrap();
    let fork = repositories.create(RepositoryId(2), &name("refs/heads/main")).unwrap();
    let clone = new_clone(&world.temp.path().join("fork"));
    git(&clone.dir, &["fetch", "-q", &world.clone.dir.display().to_string(), "main"]);
    git(&clone.dir, &["reset", "-q", "--hard", "FETCH_HEAD"]);
    git(&clone.dir, &["checkout", "-q", "-b", "side"]);
    clone.commit("b", "b\n");
    git(&clone.dir, &["checkout", "-q", "main"]);
    clone.commit("c", "c\n");
    git(&clone.dir, &["merge", "-q", "-m", "both", "side"]);
    let tip = clone.id("main");
    let commands = [(ZERO, tip, "refs/heads/main")];
    let pack = clone.pack("HEAD", false);
    push_into(&fork, &commands, "", &pack, &mut AllowAll, &Limits::default()).landed();
    let from = name("refs/pull-requests/7/from");
    let wanted = [(from, tip)];
    for limits in [Limits { in_process_objects: 0, ..Limits::default() }, Limits::default()] {
        world.repository.set_own_refs(&wanted, ObjectsFrom::Other(&fork), &limits).unwrap();
        let gone = [(wanted[0].0.clone(), ZERO)];
        world.repository.set_own_refs(&gone, ObjectsFrom::Here, &limits).unwrap();
    }
    world.repository.set_own_refs(&wanted, ObjectsFrom::Other(&fork), &Limits::default()).unwrap();
    repositories.remove(RepositoryId(2)).unwrap();
    let log = git(world.repository.git_dir(), &["rev-list", "--count", &format!("{one}..{tip}")]);
    assert_eq!(log, "3");
    // A commit that the other side does not have cannot be had from there.
    let lost = world.clone.commit("d", "d\n");
    let missing = [(name("refs/pull-requests/8/from"), lost)];
    let empty = repositories.create(RepositoryId(3), &name("refs/heads/main")).unwrap();
    let limits = Limits::default();
    world.repository.set_own_refs(&missing, ObjectsFrom::Other(&empty), &limits).unwrap_err();
    assert!(!world.refs().contains("pull-requests/8"));
    check(&world.repository);
}
