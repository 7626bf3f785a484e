//! Protocol 2 requests, good and bad. `F` is a flush, `D` a delimiter, `ONE` an id.

use super::*;
use proptest::prelude::*;

const LIMITS: FetchLimits = FetchLimits { wants: 2, haves: 2, shallow: 2, prefixes: 2 };

fn read(script: &[&str]) -> Result<Option<V2Request>, Error> {
    let mut reader = V2Reader::new(LIMITS);
    for word in script {
        let line = word.replace("ONE", &"1".repeat(40));
        reader.accept(match *word {
            "F" => Pkt::Flush,
            "D" => Pkt::Delim,
            "E" => Pkt::ResponseEnd,
            _ => Pkt::Data(line.as_bytes()),
        })?;
    }
    reader.finish()
}

#[test]
fn requests_read_as_they_are_meant() {
    assert_eq!(read(&["F"]), Ok(None));
    let bare = Some(V2Request::LsRefs(LsRefsArguments::default()));
    assert_eq!(read(&["command=ls-refs\n", "F"]), Ok(bare));
    let ls_refs = read(&[
        "command=ls-refs\n",
        "agent=git/2.39.5",
        "object-format=sha1",
        "server-option=x",
        "D",
        "peel\n",
        "symrefs",
        "unborn",
        "ref-prefix refs/heads/\n",
        "ref-prefix HEAD",
        "F",
    ]);
    let Ok(Some(V2Request::LsRefs(arguments))) = ls_refs else { panic!("{ls_refs:?}") };
    assert!(arguments.peel && arguments.symrefs && arguments.unborn);
    assert!(arguments.asks_for("refs/heads/x") && arguments.asks_for("HEAD"));
    assert!(!arguments.asks_for("refs/tags/x"));
    let fetch = read(&[
        "command=fetch",
        "D",
        "thin-pack",
        "no-progress",
        "include-tag",
        "ofs-delta",
        "wait-for-done",
        "deepen 1",
        "filter tree:0",
        "want ONE\n",
        "have ONE\n",
        "done",
        "F",
    ]);
    let Ok(Some(V2Request::Fetch(it))) = fetch else { panic!("{fetch:?}") };
    assert!(it.thin_pack && it.no_progress && it.include_tag && it.ofs_delta);
    assert!(it.wait_for_done && it.done);
    assert_eq!((it.wants.len(), it.haves.len()), (1, 1));
    assert_eq!((it.filter, it.deepen.depth), (Some(Filter::Tree(0)), Some(1)));
}

#[test]
fn too_many_prefixes_list_everything() {
    let script = [
        "command=ls-refs",
        "D",
        "ref-prefix a",
        "ref-prefix b",
        "ref-prefix c",
        "ref-prefix d",
        "F",
    ];
    let Ok(Some(V2Request::LsRefs(arguments))) = read(&script) else { panic!() };
    assert!(arguments.asks_for("anything"));
}

#[test]
fn malformed_requests_are_errors() {
    for (script, expected) in [
        (&["D"][..], "`a delimiter packet` is not expected here"),
        (&["E"], "`a response-end packet` is not expected here"),
        (&["F", "F"], "a request is a command, arguments and a flush"),
        (&["command=fetch", "D", "D"], "a request is a command, arguments and a flush"),
        (&["command=fetch"], "the stream ends in the middle"),
        (&["command=push", "F"], "command `push` is unknown: this server has ls-refs and fetch"),
        (&["command=object-info", "F"], "command `object-info` is unknown"),
        (&["command=fetch", "command=fetch"], "a request has one command"),
        (&["session-id=1"], "it is no capability this server has"),
        (&["command=fetch", "object-format=sha256"], "object format `sha256` is not supported"),
        (&["command=ls-refs", "D", "pel"], "ls-refs has no such argument"),
        (&["command=fetch", "D", "want-ref refs/heads/x"], "it is no line of a fetch request"),
        (&["command=fetch", "D", "sideband-all"], "it is no line of a fetch request"),
        (&["command=fetch", "D", "want 1"], "`1` does not hold an object id"),
        (&["command=fetch", "D", "have ONE", "have ONE", "have ONE"], "more than 2 haves"),
        (&["command=fetch", "D", "want ONE", "want ONE", "want ONE"], "more than 2 wants"),
        (&["command=fetch", "D", "filter x"], "object filter `x` is not supported"),
        (&["command=fetch", "D", "deepen 1", "deepen-not x"], "deepen cannot be combined"),
    ] {
        let error = read(script).unwrap_err().to_string();
        assert!(error.contains(expected), "{script:?}: {error}");
    }
}

#[test]
fn ls_refs_lines_are_gits() {
    let id = ObjectId::from_bytes([0x22; 20]);
    let mut out = Vec::new();
    put_ls_refs_line(&mut out, None, "HEAD", Some("refs/heads/main"), None);
    put_ls_refs_line(&mut out, Some(&id), "refs/tags/v1", None, Some(&id));
    assert_eq!(
        String::from_utf8(out).unwrap(),
        format!(
            "002eunborn HEAD symref-target:refs/heads/main\n006a{id} refs/tags/v1 peeled:{id}\n"
        )
    );
}

proptest! {
    #[test]
    fn no_packets_make_the_reader_panic(
        lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 0..6)
    ) {
        for command in ["command=ls-refs", "command=fetch"] {
            let mut reader = V2Reader::new(LIMITS);
            reader.accept(Pkt::Data(command.as_bytes())).unwrap();
            reader.accept(Pkt::Delim).unwrap();
            for line in &lines {
                if reader.accept(Pkt::Data(line)).is_err() { break }
            }
        }
    }
}
