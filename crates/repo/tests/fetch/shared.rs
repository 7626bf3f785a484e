//! A clone that many ask for is built once, and is refused to who may not have it all the same.

use crate::wire_level::{GoesAway, packets};
use crate::world::{World, git, succeed};
use repo::{Error, Repository, Served, UploadOptions, Visible, upload_pack};
use std::io::Write;
use std::sync::Barrier;
use wire::Version;

fn clone(repository: &Repository, want: &str, output: &mut dyn Write) -> Result<Served, Error> {
    let body =
        packets(&format!("command=fetch|D|ofs-delta|no-progress|want {want}|deepen 1|done|F"));
    let options = UploadOptions { version: Version::V2, ..UploadOptions::default() };
    upload_pack(repository, Visible::Everything, &mut &body[..], output, &options)
}

#[test]
fn many_who_want_the_same_start_git_once() {
    let mut world = World::with_history();
    let repository = Repository::open_plain(&world.git_dir).unwrap();
    let (main, together) = (world.id("main"), Barrier::new(16));
    let one = || {
        let mut output = Vec::new();
        together.wait();
        let served = clone(&repository, &main, &mut output).unwrap();
        (served.processes, output)
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..16).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().map(|it| it.0).sum::<u64>(), 1);
    assert!(answers.iter().all(|it| it.1 == answers[0].1), "all get the same bytes");
    assert!(answers[0].1.ends_with(b"0000"));

    world.grow("main", 1);
    let next = clone(&repository, &world.id("main"), &mut Vec::new()).unwrap();
    assert_eq!(next.processes, 1, "another commit is another pack");
    assert_eq!(clone(&repository, &world.id("main"), &mut Vec::new()).unwrap().processes, 0);
}

#[test]
fn what_is_kept_is_refused_once_nothing_leads_to_it() {
    let mut world = World::with_history();
    world.grow("mistake", 1);
    let repository = Repository::open_plain(&world.git_dir).unwrap();
    let mistake = world.id("mistake");
    assert!(clone(&repository, &mistake, &mut Vec::new()).is_ok());
    succeed(git(&world.git_dir).args(["update-ref", "-d", "refs/heads/mistake"]));
    let (mut output, result) = (Vec::new(), clone(&repository, &mistake, &mut Vec::new()));
    assert!(matches!(result, Err(Error::NotOurRef(_))), "{result:?}");
    assert!(clone(&repository, &mistake, &mut output).is_err());
    assert!(!output.windows(4).any(|it| it == b"PACK"));
}

#[test]
fn a_client_that_goes_away_spoils_nothing_for_the_others() {
    let world = World::with_history();
    let repository = Repository::open_plain(&world.git_dir).unwrap();
    let (main, together) = (world.id("main"), Barrier::new(8));
    std::thread::scope(|scope| {
        for nth in 0..8 {
            let (repository, main, together) = (&repository, &main, &together);
            scope.spawn(move || {
                together.wait();
                if nth % 2 == 0 {
                    let result = clone(repository, main, &mut GoesAway(nth * 10));
                    assert!(matches!(result, Err(Error::Peer(_))), "{result:?}");
                } else {
                    assert!(clone(repository, main, &mut Vec::new()).is_ok());
                }
            });
        }
    });
}

#[test]
fn a_pack_that_failed_is_tried_again() {
    let world = World::with_history();
    let repository = Repository::open_plain(&world.git_dir).unwrap();
    let main = world.id("main");
    let tree = world.id("main^{tree}");
    let (folder, file) = tree.split_at(2);
    let tree = world.git_dir.join("objects").join(folder).join(file);
    let away = tree.with_extension("away");
    std::fs::rename(&tree, &away).unwrap();
    let mut output = Vec::new();
    assert!(clone(&repository, &main, &mut output).is_err());
    assert!(String::from_utf8_lossy(&output).contains("\x03the pack could not be built"));
    std::fs::rename(&away, &tree).unwrap();
    assert_eq!(clone(&repository, &main, &mut Vec::new()).unwrap().processes, 1);
}
