//! A process that is killed at every point of a push: what was acknowledged is there, nothing is
//! half there.

use crate::support::{ID, World, ZERO, check, git_in};
use repo::{CRASH_POINTS, Repositories, Visible};

/// Pushes `refspecs` into the data folder by real git, killing the server at `point`. Gives
/// whether git was told that all is well.
fn push(world: &World, point: Option<&str>, refspecs: &[&str]) -> bool {
    let wrapper = world.temp.path().join("wrapper");
    let (program, data) = (env!("CARGO_BIN_EXE_repo-test-receive-pack"), world.data());
    let line = format!("#!/bin/sh\nexec {} {} {}\n", program, data.display(), ID);
    std::fs::write(&wrapper, line).unwrap();
    let mut command = git_in(&world.clone.dir);
    if let Some(point) = point {
        command.env("PORTCULLIS_CRASH_AT", point);
    }
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = command
        .arg("push")
        .arg(format!("--receive-pack={}", wrapper.display()))
        .arg(world.repository.git_dir())
        .args(refspecs)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if point.is_none() {
        assert!(output.status.success(), "{said}");
    }
    output.status.success()
}

#[test]
fn a_push_that_is_killed_anywhere_happened_or_did_not() {
    let (mut world, one) = World::with_main();
    world.repositories = None;
    for (nth, point) in CRASH_POINTS.iter().enumerate() {
        // Large packs take another way than small ones.
        for (size, large) in [("small", false), ("large", true)] {
            let before = world.refs();
            let file = format!("{nth}-{size}");
            let content = if large { noise(200_000, nth) } else { "text\n".to_owned() };
            let tip = world.clone.commit(&file, &content);
            let told = push(&world, Some(point), &["HEAD:main", &format!("HEAD:new/{file}")]);
            let restarted = Repositories::open(&world.data()).unwrap();
            let repository = restarted.repository(ID).unwrap();
            check(&repository);
            let after = world.refs();
            let happened = after.contains(&tip.to_string());
            if happened {
                assert_eq!(
                    repository.resolve("main", Visible::Everything).unwrap(),
                    tip,
                    "{point}"
                );
                assert_eq!(
                    repository.resolve(&format!("new/{file}"), Visible::Everything).unwrap(),
                    tip,
                    "{point}"
                );
            } else {
                assert_eq!(after, before, "{point}: half a push");
            }
            assert!(!told || happened, "{point}: acknowledged and lost");
            let recorded = restarted.journal().unrecorded();
            let journaled = recorded.iter().any(|it| it.updates.iter().any(|it| it.new == tip));
            let is_after =
                |name: &str| nth > CRASH_POINTS.iter().position(|it| *it == name).unwrap();
            if told || is_after("after-record") {
                assert!(happened && !journaled || !is_after("after-record"), "{point}");
            }
            // What waits for its record is what happened without one.
            assert!(!journaled || happened, "{point}: a record for what did not happen");
            for it in recorded {
                restarted.journal().mark_recorded(it.push).unwrap();
            }
            drop((repository, restarted));
            push(&world, None, &["HEAD:main", &format!("HEAD:new/{file}")]);
        }
    }
    assert!(!world.refs().contains(&format!("{one} refs/heads/main")));
    world.restart();
    world.check();
    let delete = world.repository.resolve("new/0-small", Visible::Everything).unwrap();
    world.push(&[(delete, ZERO, "refs/heads/new/0-small")], &[]).landed();
}

/// Text that does not compress below the size of a small pack.
fn noise(length: usize, seed: usize) -> String {
    let mut state = seed as u64 + 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(b' ' + (state % 95) as u8)
        })
        .collect()
}
