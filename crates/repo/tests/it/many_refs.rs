//! A repository with 100,000 refs: what a push into it must not cost. Work is counted, not timed.

use crate::support::{World, ZERO, git};
use repo::{Limits, Visible, advertise_receive};
use std::fmt::Write as _;
use wire::Version;

fn packed(world: &World, count: usize) {
    let id = world.repository.resolve("main", Visible::Everything).unwrap();
    let mut lines = String::from("# pack-refs with: peeled fully-peeled sorted \n");
    for n in 0..count {
        writeln!(lines, "{id} refs/heads/many/branch-{n:06}").unwrap();
    }
    std::fs::write(world.repository.git_dir().join("packed-refs"), lines).unwrap();
}

#[test]
fn a_push_into_100_000_refs_rewrites_one_chunk_and_looks_up_a_few_objects() {
    let (world, one) = World::with_main();
    packed(&world, 100_000);
    assert_eq!(world.repository.refs().unwrap().len(), 100_001);
    let packed_file = world.repository.git_dir().join("packed-refs");
    let before = std::fs::metadata(&packed_file).unwrap().modified().unwrap();
    let mut old = one;
    for n in 0..3 {
        let tip = world.clone.commit("a", &format!("{n}\n"));
        let pack = world.clone.pack(&format!("{tip}\n^{old}\n"), true);
        let snapshot = world.repository.refs().unwrap();
        let name = "refs/heads/many/branch-050000";
        let was = snapshot.find(name).unwrap().id;
        let answer =
            world.push(&[(was, tip, name), (ZERO, tip, &format!("refs/heads/n{n}"))], &pack);
        let work = answer.landed().outcome.work;
        assert!(work.refs_rewritten <= 2_100, "{work:?}");
        assert!(work.lookups <= 20, "{work:?}");
        old = tip;
    }
    assert_eq!(std::fs::metadata(&packed_file).unwrap().modified().unwrap(), before);
    let mut advertised = Vec::new();
    advertise_receive(&world.repository, Visible::Everything, Version::V0, &mut advertised)
        .unwrap();
    let lines = advertised.iter().filter(|it| **it == b'\n').count();
    assert_eq!(lines, world.repository.refs().unwrap().len());
    assert!(advertised.ends_with(b"0000"));
    world.check();
}

#[test]
fn a_thousand_refs_are_one_transaction() {
    let (mut world, one) = World::with_main();
    let pack = world.clone.pack_of(&[]);
    let names: Vec<String> = (0..1000).map(|n| format!("refs/heads/n/{n}")).collect();
    let create: Vec<_> = names.iter().map(|it| (ZERO, one, it.as_str())).collect();
    let syncs = world.journal().syncs();
    let limits = Limits::default();
    let answer = world.push_with(&create, "atomic", &pack, &mut repo::AllowAll, &limits);
    answer.landed();
    assert_eq!(world.journal().syncs() - syncs, 1);
    // In one file, not a thousand.
    assert!(!world.repository.git_dir().join("refs/heads/n").exists());
    world.check();
    // Moving some and deleting others of them, packed as they are.
    let two = world.clone.commit("a", "two\n");
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    let mut commands: Vec<_> = names.iter().take(300).map(|it| (one, ZERO, it.as_str())).collect();
    commands.extend(names.iter().skip(300).take(100).map(|it| (one, two, it.as_str())));
    world.push(&commands, &pack).landed();
    assert_eq!(world.repository.refs().unwrap().len(), 701);
    world.check();
    let refs = world.refs();
    world.restart();
    assert_eq!(world.refs(), refs);
    world.check();
}

#[test]
fn what_git_packs_or_changes_beside_us_is_seen() {
    let (world, one) = World::with_main();
    let dir = world.repository.git_dir().to_owned();
    let two = world.clone.commit("a", "two\n");
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    world.push(&[(ZERO, two, "refs/heads/x/y")], &pack).landed();
    git(&dir, &["pack-refs", "--all"]);
    world.check();
    git(&dir, &["update-ref", "refs/heads/x/z", &one.to_string()]);
    world.check();
    git(&dir, &["update-ref", "-d", "refs/heads/x/y"]);
    world.check();
    git(&dir, &["symbolic-ref", "HEAD", "refs/heads/x/z"]);
    assert_eq!(world.repository.refs().unwrap().head_id(), Some(one));
    // And git sees ours, packed or not.
    world.push(&[(one, ZERO, "refs/heads/main")], &[]).landed();
    world.push(&[(one, two, "refs/heads/x/z")], &pack).landed();
    assert_eq!(world.refs(), format!("{two} refs/heads/x/z"));
    // A folder that lost its refs makes room for a ref of its name.
    world.push(&[(two, ZERO, "refs/heads/x/z")], &[]).landed();
    world.push(&[(ZERO, two, "refs/heads/x")], &pack).landed();
    world.check();
}

#[test]
fn maintenance_packs_refs_beside_pushes() {
    let (mut world, one) = World::with_main();
    git(&world.clone.dir, &["tag", "-a", "v1", "-m", "first"]);
    let tag = world.clone.id("v1");
    let pack = world.clone.pack(&format!("{tag}\n^{one}\n"), true);
    world.push(&[(ZERO, tag, "refs/tags/v1")], &pack).landed();
    for round in 0..3 {
        let names: Vec<_> = (0..40).map(|n| format!("refs/heads/r{round}/{n}")).collect();
        let create: Vec<_> = names.iter().map(|it| (ZERO, one, it.as_str())).collect();
        world.push(&create, &world.clone.pack_of(&[])).landed();
    }
    let refs = world.refs();
    std::thread::scope(|scope| {
        let maintaining = scope.spawn(|| world.repository.maintain());
        for n in 0..20 {
            let name = format!("refs/heads/r1/{n}");
            world.push(&[(one, ZERO, &name)], &[]).landed();
            world.push(&[(ZERO, one, &name)], &world.clone.pack_of(&[])).landed();
        }
        maintaining.join().unwrap().unwrap();
    });
    assert_eq!(world.refs(), refs);
    world.check();
    world.repository.maintain().unwrap();
    assert!(!world.repository.git_dir().join("refs/heads/r0").exists());
    let two = world.clone.commit("a", "two\n");
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    world.push(&[(one, two, "refs/heads/r0/1"), (one, ZERO, "refs/heads/r0/2")], &pack).landed();
    world.check();
    let refs = world.refs();
    world.restart();
    assert_eq!(world.refs(), refs);
}
