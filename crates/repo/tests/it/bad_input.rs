//! Everything a push must not be. Each case: a code, nothing changed, nothing left behind.

use crate::support::{World, ZERO, listing, raw_push, request};
use model::ObjectId;
use repo::{AllowAll, Limits};

/// Pushes a new branch `x` and expects it to fail with this code, without a trace.
fn fails(world: &World, tip: ObjectId, pack: &[u8], limits: &Limits, code: &str) {
    let before = (listing(&world.data()), world.refs());
    let commands = [(ZERO, tip, "refs/heads/x")];
    let answer = world.push_with(&commands, "", pack, &mut AllowAll, limits);
    let ng = format!("\nng refs/heads/x {code}: ");
    assert!(answer.report.contains(&ng), "wanted {code}: {}\n{}", answer.report, answer.text);
    assert!(answer.text.contains(&format!("{code}  ")), "{}", answer.text);
    assert!(answer.text.contains("  next    "), "{}", answer.text);
    assert_eq!((listing(&world.data()), world.refs()), before, "{code}");
    world.check();
}

/// The same in process and through `git index-pack`.
fn fails_both_ways(world: &World, tip: ObjectId, pack: &[u8], code: &str) {
    fails(world, tip, pack, &Limits::default(), code);
    fails(world, tip, pack, &Limits { in_process_objects: 0, ..Limits::default() }, code);
}

fn with_checksum(mut pack: Vec<u8>) -> Vec<u8> {
    let mut hash = gix_hash::hasher(gix_hash::Kind::Sha1);
    hash.update(&pack);
    pack.extend_from_slice(hash.try_finalize().unwrap().as_slice());
    pack
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn pack_header(count: u32) -> Vec<u8> {
    [b"PACK\0\0\0\x02", &count.to_be_bytes()[..]].concat()
}

/// Type and length of an entry.
fn entry_header(tag: u8, mut size: u64) -> Vec<u8> {
    let mut out = Vec::new();
    let mut byte = (tag << 4) | (size & 15) as u8;
    size >>= 4;
    while size > 0 {
        out.push(byte | 0x80);
        byte = (size & 127) as u8;
        size >>= 7;
    }
    out.push(byte);
    out
}

#[test]
fn damaged_packs() {
    let (world, _) = World::with_main();
    let tip = world.clone.commit("b", &"text\n".repeat(1000));
    let pack = world.clone.pack("HEAD", false);
    let mut flipped = pack.clone();
    flipped[40] ^= 0x10;
    let mut sum = pack.clone();
    *sum.last_mut().unwrap() ^= 1;
    let mut more = pack.clone();
    more[11] += 1;
    let mut fewer = pack.clone();
    fewer[11] -= 1;
    let garbage = [&pack[..], b"more"].concat();
    for bad in [&pack[..pack.len() - 1], &pack[..pack.len() / 2], &pack[..12], &pack[..5], b""] {
        fails_both_ways(&world, tip, bad, "PC-PACK-CORRUPT");
    }
    for bad in [&flipped, &sum, &more, &fewer] {
        fails_both_ways(&world, tip, bad, "PC-PACK-CORRUPT");
    }
    fails(&world, tip, &garbage, &Limits::default(), "PC-PACK-CORRUPT");
    fails_both_ways(&world, tip, b"hello, this is no pack at all", "PC-PACK-CORRUPT");
}

#[test]
fn hand_made_entries() {
    let (world, one) = World::with_main();
    let blob = deflate(b"hello");
    let entry = |tag, size, body: &[u8]| {
        with_checksum([&pack_header(1)[..], &entry_header(tag, size), body].concat())
    };
    let twice = [&entry_header(3, 5)[..], &blob, &entry_header(3, 5), &blob].concat();
    let small = Limits { object_bytes: 1_000_000, ..Limits::default() };
    let zeros = deflate(&vec![0; 200_000_000]);
    assert!(zeros.len() < 300_000);
    for (pack, code) in [
        (entry(3, 4, &blob), "PC-PACK-CORRUPT"),
        (entry(3, 6, &blob), "PC-PACK-CORRUPT"),
        (entry(5, 5, &blob), "PC-PACK-CORRUPT"),
        (entry(0, 5, &blob), "PC-PACK-CORRUPT"),
        (entry(6, 5, &[&[0x00][..], &blob].concat()), "PC-PACK-CORRUPT"),
        (entry(6, 5, &[&[0x7f][..], &blob].concat()), "PC-PACK-CORRUPT"),
        (entry(7, 5, &[&[9; 20][..], &blob].concat()), "PC-PACK-MISSING-OBJECT"),
        (with_checksum([&pack_header(2)[..], &twice].concat()), "PC-PACK-CORRUPT"),
        // A length that is out of range, and one that is a lie: an object that claims to be small
        // and inflates without end, and the other way round.
        (entry(3, u64::MAX, &blob), "PC-PACK-CORRUPT"),
        (entry(3, 500_000, &zeros), "PC-PACK-CORRUPT"),
        (entry(3, 200_000_000, &zeros), "PC-OBJECT-TOO-LARGE"),
    ] {
        fails(&world, one, &pack, &small, code);
    }
    // A tree or commit has a limit of its own: it is taken into memory whole.
    for tag in [1, 2, 4] {
        let pack = entry(tag, 200_000_000, &zeros);
        fails(&world, one, &pack, &Limits::default(), "PC-OBJECT-TOO-LARGE");
    }
    // A delta that makes an enormous object out of a small one.
    let base = entry_header(3, 5);
    let mut delta = vec![5, 0x80, 0x80, 0x80, 0x80, 0x10];
    delta.extend_from_slice(&[0x90, 5]);
    let body = [&base[..], &blob].concat();
    let distance = u8::try_from(body.len()).unwrap();
    let entry = [&entry_header(6, delta.len() as u64)[..], &[distance], &deflate(&delta)].concat();
    let pack = with_checksum([&pack_header(2)[..], &body, &entry].concat());
    fails(&world, one, &pack, &small, "PC-OBJECT-TOO-LARGE");
}

#[test]
fn too_large() {
    let (world, _) = World::with_main();
    let tip = world.clone.commit("big", &"0123456789abcdef".repeat(100_000));
    let pack = world.clone.pack("HEAD", false);
    for in_process_objects in [0, 20_000] {
        let bytes = Limits { in_process_objects, pack_bytes: 500, ..Limits::default() };
        fails(&world, tip, &pack, &bytes, "PC-PACK-TOO-LARGE");
        let object = Limits { in_process_objects, object_bytes: 1_000_000, ..Limits::default() };
        fails(&world, tip, &pack, &object, "PC-OBJECT-TOO-LARGE");
    }
}

#[test]
fn missing_objects() {
    let (world, _) = World::with_main();
    let tip = world.clone.commit("b", "two\n");
    let id = |revision: &str| world.clone.id(revision);
    let (tree, blob) = (id("HEAD^{tree}"), id("HEAD:b"));
    for present in [&[tip, tree][..], &[tip, blob], &[tip]] {
        fails_both_ways(&world, tip, &world.clone.pack_of(present), "PC-PACK-MISSING-OBJECT");
    }
    fails(&world, tip, &world.clone.pack_of(&[blob]), &Limits::default(), "PC-PACK-MISSING-OBJECT");
    let parentless = world.clone.commit("c", "three\n");
    let pack = world.clone.pack_of(&[parentless, id("HEAD^{tree}"), id("HEAD:c")]);
    fails_both_ways(&world, parentless, &pack, "PC-PACK-MISSING-OBJECT");
    let unknown = ObjectId::from_bytes([7; 20]);
    fails(&world, unknown, &world.clone.pack_of(&[]), &Limits::default(), "PC-PACK-MISSING-OBJECT");
}

#[test]
fn harmful_objects() {
    let (world, _) = World::with_main();
    let clone = &world.clone;
    let blob = clone.object("blob", b"x");
    let tree_of = |entries: &[(&str, ObjectId)]| {
        let mut content = Vec::new();
        for (name, id) in entries {
            content.extend_from_slice(format!("{name}\0").as_bytes());
            content.extend_from_slice(id.as_bytes());
        }
        clone.object("tree", &content)
    };
    let ann = "Ann <ann@example.com> 1700000000 +0000";
    let commit_of = |tree: ObjectId| {
        let text = format!("tree {tree}\nauthor {ann}\ncommitter {ann}\n\nx\n");
        clone.object("commit", text.as_bytes())
    };
    for entries in [
        &[("100644 .git", blob)][..],
        &[("100644 ..", blob)],
        &[("100644 a/b", blob)],
        &[("100644 b", blob), ("100644 a", blob)],
        &[("100644 a", blob), ("100644 a", blob)],
        &[("120000 .gitmodules", blob)],
        &[("100644 a", ZERO)],
    ] {
        let tree = tree_of(entries);
        let commit = commit_of(tree);
        let pack = clone.pack_of(&[commit, tree, blob]);
        fails_both_ways(&world, commit, &pack, "PC-OBJECT-BAD");
    }
    let modules = clone.object("blob", b"[submodule \"x\"]\n\turl = -u./payload\n");
    let tree = tree_of(&[("100644 .gitmodules", modules)]);
    let commit = commit_of(tree);
    let pack = clone.pack_of(&[commit, tree, modules]);
    fails_both_ways(&world, commit, &pack, "PC-OBJECT-BAD");
    // It does not help to bring the file in first, under another name.
    let harmless = tree_of(&[("100644 a", modules)]);
    let before = commit_of(harmless);
    let first = clone.pack_of(&[before, harmless, modules]);
    world.push(&[(ZERO, before, "refs/heads/first")], &first).landed();
    fails(&world, commit, &clone.pack_of(&[commit, tree]), &Limits::default(), "PC-OBJECT-BAD");
    let bad = clone.object("commit", b"tree x\n");
    fails_both_ways(&world, bad, &clone.pack_of(&[bad]), "PC-OBJECT-BAD");
    // A commit whose tree is no tree.
    let bad = commit_of(blob);
    fails(&world, bad, &clone.pack_of(&[bad, blob]), &Limits::default(), "PC-OBJECT-BAD");
    // A branch that is no commit.
    fails(&world, blob, &clone.pack_of(&[blob]), &Limits::default(), "PC-REF-TARGET");
}

#[test]
fn refs_that_can_not_move() {
    let (world, one) = World::with_main();
    let two = world.clone.commit("b", "two\n");
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    let before = (listing(&world.data()), world.refs());
    let cause =
        |code: &str| repo::FailureCode::ALL.iter().find(|it| it.code() == code).unwrap().cause();
    for (old, new, name, code, detail) in [
        (ZERO, two, "refs/heads/main", "PC-REF-STALE", format!("it is at {one}")),
        (two, one, "refs/heads/main", "PC-REF-STALE", format!("it is at {one}")),
        (one, two, "refs/heads/none", "PC-REF-STALE", "it does not exist".into()),
        (one, ZERO, "refs/heads/none", "PC-REF-MISSING", String::new()),
        (ZERO, ZERO, "refs/heads/none", "PC-REF-MISSING", String::new()),
        (ZERO, two, "refs/heads/main/x", "PC-REF-CONFLICT", "refs/heads/main".into()),
        (ZERO, two, "HEAD", "PC-REF-NAME", "it does not start with `refs/`".into()),
        (ZERO, two, "refs/heads/../x", "PC-REF-NAME", "it contains `..` or `@{`".into()),
        (
            ZERO,
            two,
            "refs/heads/a.lock",
            "PC-REF-NAME",
            "a component starts with `.` or ends with `.lock`".into(),
        ),
        (
            ZERO,
            two,
            "refs/heads/HEAD",
            "PC-REF-NAME",
            "its short name is taken for an option, the HEAD, a full name or a commit".into(),
        ),
        (
            ZERO,
            two,
            "refs/heads/-x",
            "PC-REF-NAME",
            "its short name is taken for an option, the HEAD, a full name or a commit".into(),
        ),
        (
            ZERO,
            two,
            "refs/tags/--delete",
            "PC-REF-NAME",
            "its short name is taken for an option, the HEAD, a full name or a commit".into(),
        ),
        (
            ZERO,
            two,
            "refs/heads/refs/heads/main",
            "PC-REF-NAME",
            "its short name is taken for an option, the HEAD, a full name or a commit".into(),
        ),
        (
            ZERO,
            two,
            "refs/tags/0123456789abcdef0123456789abcdef01234567",
            "PC-REF-NAME",
            "its short name is taken for an option, the HEAD, a full name or a commit".into(),
        ),
        (ZERO, two, "refs/heads/a\x1bb", "PC-REF-NAME", "it contains control characters".into()),
    ] {
        let pack = if new == ZERO { &[][..] } else { &pack };
        let answer = world.push(&[(old, new, name)], pack);
        let detail = if detail.is_empty() { detail } else { format!(" ({detail})") };
        let shown = name.replace('\x1b', "\\x1b");
        answer.reported(&format!("unpack ok\nng {shown} {code}: {}{detail}", cause(code)));
        assert_eq!((listing(&world.data()), world.refs()), before, "{name:?}");
    }
    // Beside bad ones the good ones land, unless the push is atomic.
    let commands = [
        (ZERO, two, "refs/heads/a"),
        (ZERO, two, "refs/heads/a/b"),
        (ZERO, two, "refs/heads/c"),
        (ZERO, two, "refs/heads/c"),
        (ZERO, two, "refs/heads/good"),
    ];
    let limits = Limits::default();
    let answer = world.push_with(&commands, "atomic", &pack, &mut AllowAll, &limits);
    assert!(answer.report.contains("ng refs/heads/good PC-ATOMIC"), "{}", answer.report);
    assert_eq!((listing(&world.data()), world.refs()), before);
    let answer = world.push(&commands, &pack);
    let conflict = cause("PC-REF-CONFLICT");
    let twice = format!("ng refs/heads/c PC-REF-TWICE: {}", cause("PC-REF-TWICE"));
    answer.reported(&format!(
        "unpack ok\nng refs/heads/a PC-REF-CONFLICT: {conflict} (refs/heads/a/b)\n\
         ng refs/heads/a/b PC-REF-CONFLICT: {conflict} (refs/heads/a)\n\
         {twice}\n{twice}\nok refs/heads/good"
    ));
    world.check();
}

#[test]
fn requests_that_are_no_pushes() {
    let (world, one) = World::with_main();
    let limits = Limits {
        commands: wire::PushLimits { commands: 2, options: 1, ..wire::PushLimits::default() },
        ..Limits::default()
    };
    let line = (ZERO, one, "refs/heads/x");
    let three = request(&[line, (ZERO, one, "refs/heads/y"), (ZERO, one, "refs/heads/z")], "");
    let mut options = request(&[line], "push-options");
    for option in ["a", "b"] {
        wire::put_text(&mut options, option);
    }
    wire::put_flush(&mut options);
    let before = (listing(&world.data()), world.refs());
    // A client that was understood so far is answered the way it listens.
    let answer = raw_push(&world.repository, &options, &mut AllowAll, &limits);
    assert_eq!(answer.outcome.failure.unwrap().code.code(), "PC-PUSH-OPTIONS");
    let why = "PC-PUSH-OPTIONS: the push carries more or longer push options than this server \
               allows (more than 1 push options in one request)";
    assert_eq!(answer.report, format!("unpack {why}\nng refs/heads/x {why}"));
    assert!(answer.text.starts_with("PC-PUSH-OPTIONS  "), "{}", answer.text);
    let answer = raw_push(&world.repository, &three, &mut AllowAll, &limits);
    assert_eq!(answer.outcome.failure.unwrap().code.code(), "PC-PUSH-TOO-MANY-REFS");
    let (told, fatal) = answer.text.split_once('\x03').unwrap();
    assert!(told.starts_with("PC-PUSH-TOO-MANY-REFS  "), "{told}");
    assert!(fatal.starts_with("PC-PUSH-TOO-MANY-REFS: "), "{fatal}");
    for (body, code) in [
        (&b"zzzz"[..], "PC-PROTOCOL"),
        (b"0005", "PC-PROTOCOL"),
        (b"000chello wo0000", "PC-PROTOCOL"),
        (b"fff1", "PC-PROTOCOL"),
        (&three[..40], "PC-PROTOCOL"),
    ] {
        let answer = raw_push(&world.repository, body, &mut AllowAll, &limits);
        let failure = answer.outcome.failure.unwrap();
        assert_eq!(failure.code.code(), code, "{failure}");
        assert!(answer.text.starts_with(&format!("ERR {code}: ")), "{}", answer.text);
    }
    for nothing in [&b""[..], b"0000"] {
        let answer = raw_push(&world.repository, nothing, &mut AllowAll, &limits);
        assert!(answer.outcome.refs.is_empty() && answer.outcome.failure.is_none());
        assert_eq!((answer.report, answer.text), (String::new(), String::new()));
    }
    assert_eq!((listing(&world.data()), world.refs()), before);
}
