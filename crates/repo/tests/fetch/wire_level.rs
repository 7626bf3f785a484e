//! Requests no git client sends, and clients that go away: sentences and typed errors, no panics,
//! nothing left running.

use crate::world::World;
use repo::{Error, Repository, Served, UploadOptions, Visible, upload_pack};
use std::io::{self, Write};
use wire::{FetchLimits, Version};

fn request(world: &World, version: Version, body: &[u8]) -> (Result<Served, Error>, String) {
    let repository = Repository::open_plain(&world.git_dir).unwrap();
    let options = UploadOptions {
        version,
        stateless: true,
        limits: FetchLimits { wants: 2, haves: 2, shallow: 2, prefixes: 2 },
    };
    let mut output = Vec::new();
    let result =
        upload_pack(&repository, Visible::Everything, &mut &body[..], &mut output, &options);
    (result, String::from_utf8_lossy(&output).into_owned())
}

/// `|` separates packets, `F` is a flush, `D` a delimiter.
pub fn packets(script: &str) -> Vec<u8> {
    let mut body = Vec::new();
    for word in script.split('|') {
        match word {
            "F" => wire::put_flush(&mut body),
            "D" => wire::put_delim(&mut body),
            _ => wire::put_text(&mut body, word),
        }
    }
    body
}

#[test]
fn malformed_requests_are_answered_with_a_sentence() {
    let world = World::with_history();
    let main = world.id("main");
    let nothing = "1".repeat(40);
    for (version, script, sentence) in [
        (Version::V2, "command=push|F".to_owned(), "command `push` is unknown"),
        (Version::V2, "command=fetch|D|frobnicate|F".into(), "`frobnicate` is not expected here"),
        (Version::V2, format!("command=fetch|D|want {nothing}|done|F"), "not our ref 1111"),
        (
            Version::V2,
            format!("command=fetch|D|want {main}|filter sparse:oid=x|F"),
            "object filter",
        ),
        (
            Version::V2,
            format!("command=fetch|D|want {main}|deepen 1|deepen-not v0|F"),
            "deepen cannot",
        ),
        (
            Version::V2,
            format!("command=fetch|D|want {main}|deepen-not none|done|F"),
            "ambiguous deepen-not",
        ),
        (
            Version::V2,
            format!("command=fetch|D|want {main}|deepen-since 1900000000|done|F"),
            "no commits selected",
        ),
        (Version::V2, "command=ls-refs".into(), "the stream ends in the middle"),
        (Version::V0, "hello|F".into(), "`hello` is not expected here"),
        (Version::V0, format!("want {nothing}|F|done"), "not our ref 1111"),
        (Version::V0, format!("want {main}|F|want {main}"), "`have ID`, `done` or a flush"),
        (Version::V0, format!("want {main}"), "the stream ends in the middle"),
        (Version::V1, format!("want {main}|want {main}|want {main}|F"), "more than 2 wants"),
    ] {
        let (result, output) = request(&world, version, &packets(&script));
        assert!(result.is_err(), "{script:?}");
        let error = output.split_once("ERR ").expect(&script).1;
        assert!(error.contains(sentence), "{script:?}: {output:?}");
    }
    let (result, output) = request(&world, Version::V2, b"GET / HTTP/1.1\r\n\r\n");
    assert!(matches!(result, Err(Error::Wire(_))));
    assert!(output.contains("ERR the length of a pkt-line"), "{output:?}");
}

#[test]
fn who_wants_nothing_gets_nothing() {
    let world = World::with_history();
    for (version, script) in
        [(Version::V0, "F"), (Version::V2, "F"), (Version::V2, "command=fetch|D|done|F")]
    {
        let (result, output) = request(&world, version, &packets(script));
        assert_eq!((result.unwrap().processes, output.as_str()), (0, ""), "{script}");
    }
    assert_eq!(request(&world, Version::V0, b"").0.unwrap(), Served::default());
}

#[test]
fn common_commits_are_acknowledged_in_every_dialect() {
    let world = World::with_history();
    let (main, old, nothing) = (world.id("main"), world.id("main~3"), "1".repeat(40));
    for (capabilities, expected) in [
        ("multi_ack_detailed", format!("0038ACK {old} common\n0037ACK {nothing} ready\n0008NAK\n")),
        ("multi_ack", format!("003aACK {old} continue\n003aACK {nothing} continue\n0008NAK\n")),
        ("", format!("0031ACK {old}\n")),
    ] {
        let script = format!("want {main} {capabilities}|F|have {old}|have {nothing}|F");
        let (result, output) = request(&world, Version::V0, &packets(&script));
        assert_eq!((result.unwrap().processes, output), (0, expected), "{capabilities}");
    }
    let (_, output) = request(&world, Version::V0, &packets(&format!("want {main}|F|F")));
    assert_eq!(output, "0008NAK\n");
    let script = format!("command=fetch|D|want {main}|have {nothing}|F");
    let (result, output) = request(&world, Version::V2, &packets(&script));
    assert_eq!((result.unwrap().processes, &*output), (0, "0014acknowledgments\n0008NAK\n0000"));
    let script = format!("command=fetch|D|wait-for-done|want {main}|have {old}|F");
    let (result, output) = request(&world, Version::V2, &packets(&script));
    let expected = format!("0014acknowledgments\n0031ACK {old}\n0000");
    assert_eq!((result.unwrap().processes, output), (0, expected));
}

#[test]
fn without_side_band_the_pack_comes_bare_and_without_done_after_ready() {
    let world = World::with_history();
    let (main, old) = (world.id("main"), world.id("main~3"));
    let (_, output) = request(&world, Version::V0, &packets(&format!("want {main}|F|done")));
    assert!(output.starts_with("0008NAK\nPACK"), "{:?}", output.get(..40));
    let script = format!("want {main} multi_ack_detailed no-done side-band|F|have {old}|F");
    let (result, output) = request(&world, Version::V0, &packets(&script));
    assert_eq!(result.unwrap().processes, 1);
    let acks = format!("0038ACK {old} common\n0037ACK {old} ready\n0008NAK\n0031ACK {old}\n");
    assert!(output.starts_with(&acks), "{output:?}");
}

/// libgit2 (1.9) takes a newline behind these for the start of the next packet.
#[test]
fn ends_of_history_are_told_without_newlines() {
    let world = World::with_history();
    let (main, old) = (world.id("main"), world.id("main~1"));
    let script = format!("want {main}|shallow {old}|deepen 1|F");
    let (_, output) = request(&world, Version::V0, &packets(&script));
    assert_eq!(output, format!("0034shallow {main}0000"));
    let script = format!("want {main}|shallow {main}|deepen 2|F");
    let (_, output) = request(&world, Version::V0, &packets(&script));
    assert_eq!(output, format!("0034shallow {old}0036unshallow {main}0000"));
}

/// A client that closes its end after so many bytes.
pub struct GoesAway(pub usize);

impl Write for GoesAway {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let count = bytes.len().min(self.0);
        self.0 -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_client_that_goes_away_is_an_error_of_the_peer() {
    let world = World::with_history();
    let repository = Repository::open_plain(&world.git_dir).unwrap();
    let body = packets(&format!("command=fetch|D|want {}|done|F", world.id("main")));
    for bytes in [0, 3, 100] {
        let options = UploadOptions { version: Version::V2, ..UploadOptions::default() };
        let mut output = GoesAway(bytes);
        let result =
            upload_pack(&repository, Visible::Everything, &mut &body[..], &mut output, &options);
        assert!(matches!(result, Err(Error::Peer(_))), "{result:?}");
    }
}

#[test]
fn a_pack_that_cannot_be_built_ends_the_stream_with_a_reason() {
    let world = World::with_history();
    let tree = world.id("main^{tree}");
    let (folder, file) = tree.split_at(2);
    std::fs::remove_file(world.git_dir.join("objects").join(folder).join(file)).unwrap();
    let script = format!("command=fetch|D|want {}|done|F", world.id("main"));
    let (result, output) = request(&world, Version::V2, &packets(&script));
    assert!(matches!(result, Err(Error::Git { verb: "pack-objects", .. })), "{result:?}");
    assert!(output.contains("\x03the pack could not be built"), "{output:?}");
    assert!(!output.ends_with("0000"), "{output:?}");
}
