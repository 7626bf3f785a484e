//! Many pushes at once.

use crate::support::{World, ZERO, push_into};
use repo::{AllowAll, Limits, RefStatus, Visible};
use std::sync::Barrier;

#[test]
fn of_many_pushes_to_one_ref_exactly_one_wins() {
    let (world, one) = World::with_main();
    for round in 0..5 {
        let old = if round == 0 {
            one
        } else {
            world.repository.resolve("main", Visible::Everything).unwrap()
        };
        let tips: Vec<_> = (0..6)
            .map(|nth| {
                crate::support::git(&world.clone.dir, &["checkout", "-q", &old.to_string()]);
                let tip = world.clone.commit("a", &format!("{round} {nth}\n"));
                (tip, world.clone.pack(&format!("{tip}\n^{old}\n"), true))
            })
            .collect();
        let barrier = Barrier::new(tips.len());
        let won: Vec<_> = std::thread::scope(|scope| {
            let pushes: Vec<_> = tips
                .iter()
                .map(|(tip, pack)| {
                    let (repository, barrier) = (&world.repository, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        let commands = [(old, *tip, "refs/heads/main")];
                        let limits = Limits::default();
                        push_into(repository, &commands, "", pack, &mut AllowAll, &limits)
                    })
                })
                .collect();
            pushes.into_iter().map(|it| it.join().unwrap()).collect()
        });
        let landed: Vec<_> =
            won.iter().filter(|it| it.outcome.refs[0].status == RefStatus::Landed).collect();
        assert_eq!(landed.len(), 1);
        for lost in won.iter().filter(|it| it.outcome.refs[0].status != RefStatus::Landed) {
            assert!(lost.report.contains("ng refs/heads/main PC-REF-STALE"), "{}", lost.report);
        }
        assert_eq!(
            world.repository.resolve("main", Visible::Everything).unwrap(),
            landed[0].outcome.refs[0].new
        );
    }
    world.check();
}

#[test]
fn pushes_to_different_refs_all_land_and_survive_a_restart() {
    let (mut world, one) = World::with_main();
    let two = world.clone.commit("a", "two\n");
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    let threads = 8;
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (repository, barrier, pack) = (&world.repository, &barrier, &pack);
            scope.spawn(move || {
                barrier.wait();
                for nth in 0..6 {
                    let name = format!("refs/heads/t{thread}/b{nth}");
                    let limits = Limits::default();
                    let create = [(ZERO, two, name.as_str())];
                    push_into(repository, &create, "", pack, &mut AllowAll, &limits).landed();
                    if nth % 2 == 0 {
                        let delete = [(two, ZERO, name.as_str())];
                        push_into(repository, &delete, "", &[], &mut AllowAll, &limits).landed();
                    }
                }
            });
        }
    });
    assert_eq!(world.repository.refs().unwrap().len(), 1 + threads * 3);
    world.check();
    let refs = world.refs();
    world.restart();
    assert_eq!(world.refs(), refs);
    world.check();
}

#[test]
fn concurrent_pushes_share_their_sync() {
    let (world, one) = World::with_main();
    let before = world.journal().syncs();
    let (threads, rounds) = (8, 20);
    let barrier = Barrier::new(threads);
    std::thread::scope(|scope| {
        for thread in 0..threads {
            let (repository, barrier) = (&world.repository, &barrier);
            let pack = world.clone.pack_of(&[]);
            scope.spawn(move || {
                barrier.wait();
                for nth in 0..rounds {
                    let name = format!("refs/heads/t{thread}-{nth}");
                    let commands = [(ZERO, one, name.as_str())];
                    let limits = Limits::default();
                    push_into(repository, &commands, "", &pack, &mut AllowAll, &limits).landed();
                }
            });
        }
    });
    let syncs = world.journal().syncs() - before;
    assert!(syncs < (threads * rounds) as u64, "{syncs} syncs");
    world.check();
}
