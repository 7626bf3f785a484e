//! Command lists, good and bad. `|` separates packets, `F` is a flush, `D` a delimiter; `1`, `2`
//! and `0` stand for ids.

use super::*;
use proptest::prelude::*;

const LIMITS: PushLimits =
    PushLimits { commands: 3, line: 300, names: 100, options: 2, option: 10 };

fn read(script: &str) -> Result<PushRequest, Error> {
    let mut reader = PushRequestReader::new(LIMITS);
    for word in script.split('|') {
        let line = expand(word);
        reader.accept(match word {
            "F" => Pkt::Flush,
            "D" => Pkt::Delim,
            _ => Pkt::Data(&line),
        })?;
    }
    reader.finish()
}

/// `1 2 refs/heads/x` to the real line.
fn expand(word: &str) -> Vec<u8> {
    let ids = |part: &str| match part {
        "0" | "1" | "2" => part.repeat(40),
        other => other.to_owned(),
    };
    word.split(' ').map(ids).collect::<Vec<_>>().join(" ").into_bytes()
}

fn answer(script: &str) -> String {
    let request = match read(script) {
        Ok(request) => request,
        Err(error) => return format!("error: {error}"),
    };
    let mut words: Vec<String> = Vec::new();
    for command in &request.commands {
        words.push(match &command.name {
            Ok(name) => name.to_string(),
            Err(problem) => format!("{}: {problem}", command.sent),
        });
    }
    words.extend(request.shallow.iter().map(|it| format!("shallow {:.4}", it.to_string())));
    match &request.options {
        Ok(options) => words.extend(options.iter().map(|it| format!("option {it}"))),
        Err(error) => words.push(format!("options: {error}")),
    }
    if request.expects_pack() {
        words.push("pack".into());
    }
    words.join(", ")
}

#[test]
fn pushes_read_as_they_are_meant() {
    for (script, expected) in [
        ("F", ""),
        ("0 1 refs/heads/a\0 report-status|F", "refs/heads/a, pack"),
        ("0 1 refs/heads/a\n|F", "refs/heads/a, pack"),
        ("1 0 refs/heads/a|1 0 refs/tags/b|F", "refs/heads/a, refs/tags/b"),
        ("shallow 1|0 1 refs/heads/a\0atomic|F", "refs/heads/a, shallow 1111, pack"),
        (
            "0 1 refs/heads/a\0push-options|F|ci.skip|é|F",
            "refs/heads/a, option ci.skip, option é, pack",
        ),
        ("0 1 refs/heads/a\0push-options|F|a\x1bb|F", "refs/heads/a, option a\\x1bb, pack"),
        ("0 1 refs/heads/a\0push-options|F|F", "refs/heads/a, pack"),
        // These are read to their end, so that the report can say why the push fails.
        (
            "0 1 refs/heads/a\0push-options|F|a|b|c|d|F",
            "refs/heads/a, options: more than 2 push options in one request, pack",
        ),
        (
            "0 1 refs/heads/a\0push-options|F|12345678901|b|F",
            "refs/heads/a, options: a line of 11 bytes is longer than the 10 allowed for a push \
             option, pack",
        ),
    ] {
        assert_eq!(answer(script), expected, "{script:?}");
    }
}

#[test]
fn a_bad_name_is_a_problem_of_its_command_only() {
    let bad = "not a valid ref name";
    for (script, expected) in [
        (
            "0 1 HEAD|0 2 refs/heads/a|F",
            format!("HEAD: {bad}: it does not start with `refs/`, refs/heads/a, pack"),
        ),
        (
            "0 1 refs/heads/a b|F",
            format!("refs/heads/a b: {bad}: it contains a space or one of ~ ^ : ? * [ \\, pack"),
        ),
        (
            "0 1 refs/heads/../x|F",
            format!("refs/heads/../x: {bad}: it contains `..` or `@{{`, pack"),
        ),
        (
            "0 1 refs/heads/a\x1b[2J|F",
            format!("refs/heads/a\\x1b[2J: {bad}: it contains control characters, pack"),
        ),
        ("0 1 |F", format!(": {bad}: it does not start with `refs/`, pack")),
        (
            "0 1 refs/heads/a|1 2 refs/heads/a|0 1 refs/heads/b|F",
            "refs/heads/a: the push has several commands for this ref, \
             refs/heads/a: the push has several commands for this ref, refs/heads/b, pack"
                .into(),
        ),
    ] {
        assert_eq!(answer(script), expected, "{script:?}");
    }
}

#[test]
fn malformed_pushes_are_errors() {
    for (script, expected) in [
        (
            "D",
            "error: `a delimiter packet` is not expected here: a push is commands, a flush and a pack",
        ),
        (
            "F|F",
            "error: `a flush packet` is not expected here: a push is commands, a flush and a pack",
        ),
        ("0 1 refs/heads/a", "error: the stream ends in the middle of a pkt-line"),
        ("hello|F", "error: `hello` is not expected here: a push command is `OLD NEW REF`"),
        ("0 1|F", "a push command is `OLD NEW REF`"),
        ("0 zzzz refs/heads/a|F", "a push command is `OLD NEW REF`"),
        ("shallow 12|F", "error: `12` does not hold an object id of 40 hexadecimal digits"),
        (
            "push-cert\0 x|F",
            "error: signed pushes are not supported: push again without `--signed`",
        ),
        (
            "0 1 refs/heads/a\0object-format=sha256|F",
            "error: object format `sha256` is not supported, only sha1 is",
        ),
        ("0 1 refs/heads/a|0 1 refs/heads/b\0atomic|F", "only the first command has capabilities"),
        (
            "0 1 refs/a/1|0 1 refs/a/2|0 1 refs/a/3|0 1 refs/a/4|F",
            "error: more than 3 commands in one request",
        ),
        (
            "shallow 1|shallow 1|shallow 1|shallow 1|F",
            "error: more than 3 shallow lines in one request",
        ),
    ] {
        assert!(answer(script).contains(expected), "{script:?}: {}", answer(script));
    }
    let long = format!("0 1 refs/heads/{}|F", "x".repeat(300));
    assert!(answer(&long).contains("longer than the 300 allowed for a push command"));
    let much = format!("0 1 refs/heads/{0}|0 1 refs/tags/{0}|F", "x".repeat(50));
    assert_eq!(answer(&much), "error: more than 100 bytes of ref names in one request");
}

#[test]
fn options_that_are_too_many_are_not_read_for_ever() {
    let mut reader = PushRequestReader::new(LIMITS);
    reader.accept(Pkt::Data(&expand("0 1 refs/heads/a\0push-options"))).unwrap();
    reader.accept(Pkt::Flush).unwrap();
    // Four bytes each, of which none is text; those that fit and the first that does not are free.
    let ended = (0..FORGOTTEN).take_while(|_| reader.accept(Pkt::Data(b"")).is_ok()).count();
    assert_eq!(ended, LIMITS.options + 1 + FORGOTTEN / 4);
}

proptest! {
    #[test]
    fn no_packets_make_the_reader_panic(
        lines in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..120), 0..6)
    ) {
        let mut reader = PushRequestReader::new(LIMITS);
        for line in &lines {
            if reader.accept(Pkt::Data(line)).is_err() { return Ok(()) }
        }
        prop_assert!(reader.accept(Pkt::Flush).is_ok());
    }

    #[test]
    fn any_name_survives_to_the_report(name in proptest::collection::vec(1_u8..=255, 0..60)) {
        let line = [&expand("0 1")[..], b" ", &name].concat();
        let mut reader = PushRequestReader::new(PushLimits::default());
        reader.accept(Pkt::Data(&line)).unwrap();
        reader.accept(Pkt::Flush).unwrap();
        let request = reader.finish().unwrap();
        let name = name.strip_suffix(b"\n").unwrap_or(&name);
        prop_assert_eq!(request.commands[0].sent.as_bytes(), name);
        let mut out = Vec::new();
        request.commands[0].sent.put_on_wire(&mut out);
        prop_assert!(out.iter().all(|byte| *byte > b' '));
    }
}
