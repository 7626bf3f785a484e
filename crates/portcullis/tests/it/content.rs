//! Content rules: what is said about commits and files that are not as a rule wants them, at both
//! doors, and that each remedy helps.

use crate::session::{SITE, ahead};
use serde_json::{Value, json};
use std::path::Path;
use testkit::{Door, KeyPair, Pushed, Server, WorkTree};

const PEOPLE: &str = "user ann\n user bob\n grant ann write\n grant bob write";

/// Rule 1 of a new world, on `main` unless it says otherwise.
pub fn with_rule(rule: Value) -> Server {
    let server = Server::with(PEOPLE);
    add(&server, rule);
    server
}

fn add(server: &Server, rule: Value) -> Value {
    let mut body = json!({ "matcher": { "type": "glob", "pattern": "main" } });
    for (key, value) in rule.as_object().unwrap() {
        body[key] = value.clone();
    }
    server.restrict(SITE, &body)
}

/// What the person saw, from the code to the remedies; the rule and who they are is in the first
/// test and the same everywhere.
pub fn told(pushed: &Pushed) -> String {
    let told = pushed.told();
    let shown = |it: &&str| {
        ["  rule ", "  you ", "  more "].iter().all(|label| !it.starts_with(label))
            && !["          now)", "          just now)"].contains(it)
    };
    told.lines().filter(shown).collect::<Vec<_>>().join("\n")
}

/// Refused with exactly these lines, and nothing on the server has moved.
#[track_caller]
fn refused(server: &Server, tree: &WorkTree, push: &[&str], lines: &[&str]) {
    let before = server.holdings(SITE);
    let pushed = tree.push_with(&[], push);
    assert!(!pushed.success(), "{}", pushed.stderr());
    assert_eq!(told(&pushed), lines.join("\n"), "{}", pushed.stderr());
    assert_eq!(server.holdings(SITE), before);
}

/// The commands below the first `next` that is for the pusher, run one by one as they stand.
#[track_caller]
pub fn follow(pushed: &Pushed, tree: &WorkTree) {
    let mut commands = Vec::new();
    let lines: Vec<&str> = pushed.stderr().lines().map(|it| it.trim_end()).collect();
    let from = lines.iter().position(|it| it.starts_with("remote:   next ")).expect("a remedy");
    for line in lines.iter().skip(from + 1) {
        match line.strip_prefix("remote:             ") {
            Some(command) => commands.push(command.to_owned()),
            None => break,
        }
    }
    assert!(!commands.is_empty(), "{}", pushed.stderr());
    for command in commands {
        if let Some(refspec) = command.strip_prefix("git push origin ") {
            tree.push(refspec).accepted();
            continue;
        }
        let ended = tree.pasted(&command, Path::new("/nonexistent"));
        assert!(ended.success(), "{command}: {}", ended.stderr());
    }
}

/// From now on, this clone can sign with this key.
fn signs_with(tree: &WorkTree, key: &KeyPair) {
    tree.git(&["config", "gpg.format", "ssh"]);
    tree.git(&["config", "user.signingkey", &key.path().display().to_string()]);
}

#[test]
fn rule_096_every_new_commit_is_signed_by_its_committer() {
    for door in Door::all() {
        let server = with_rule(json!({ "kind": "require-signed-commits" }));
        let tree = ahead(&server, door, "ann");
        tree.commit("four");
        let unsigned = tree.push("main");
        let (rule, you) = match door {
            Door::Http => (
                "  rule    require-signed-commits on \"main\", repository acme/site, rule 1 (admin,",
                "  you     ann, by API token \"laptop\" (…XXXX)",
            ),
            Door::Ssh => (
                "  rule    require-signed-commits on \"main\", repository acme/site, rule 1 (admin,",
                "  you     ann, by SSH key \"laptop\"\n          (SHA256:XXXXXX)",
            ),
        };
        let before = server.holdings(SITE);
        let lines = [
            "PC-CONTENT-SIGNATURE  main takes commits signed by their committer; 2 are not.",
            rule,
            "          just now)",
            "  found   ID \"four\": not signed",
            "          5a61090ce4ea \"three\": not signed",
            you,
            "  next    sign the commits with a key that is on record for you:",
            "            git rebase --rebase-merges --exec 'git commit --amend --no-edit -S' BASE",
            "            git push origin HEAD:refs/heads/main",
            "  next    ask a repository admin: let ann through rule 1 until DAY:",
            "            portcullis restriction update 1 --add-subject user:ann,until=DAY --repository acme/site",
            "  more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX",
            " ! [remote rejected] HEAD -> main (PC-CONTENT-SIGNATURE: signed commits required, R-XXXXXX)",
        ];
        let short = |name: &str| tree.id(name).get(..12).unwrap().to_owned();
        let said = unsigned.told().replace(&short("HEAD"), "ID").replace(&short("HEAD~2"), "BASE");
        assert_eq!(said, lines.join("\n"));
        assert_eq!(server.holdings(SITE), before);
        // By keys that nobody has, and by somebody else's.
        let strange = KeyPair::make(server.home(), "strange", "ed25519");
        signs_with(&tree, &strange);
        tree.git(&["commit", "--quiet", "--amend", "--no-edit", "-S"]);
        let fails = |part: &str| {
            let pushed = tree.push("main");
            assert!(pushed.stderr().contains(part), "{part}: {}", pushed.stderr());
            assert_eq!(server.holdings(SITE), before);
        };
        fails("\": signed by a key that is nobody's here,");
        signs_with(&tree, &server.create_key("bob", "ecdsa"));
        tree.git(&["commit", "--quiet", "--amend", "--no-edit", "-S"]);
        fails("\": signed by a key of bob, committed by");
        // A signature belongs to one commit.
        let raw = tree.git(&["cat-file", "commit", "HEAD"]).replace("four\n", "five\n");
        let other = format!("{}\n", raw.replace("\nfour", "\nfive"));
        let mut command = tree.command(&["hash-object", "-w", "-t", "commit", "--stdin"]);
        let out = command.stdout(std::process::Stdio::piped());
        let id = made(out, &other);
        tree.git(&["reset", "--quiet", "--hard", &id]);
        fails("\"five\": the signature does not fit");
        // The way out, as it stands there.
        tree.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
        tree.commit("four");
        signs_with(&tree, &server.create_key("ann", "rsa"));
        follow(&tree.push("main"), &tree);
        assert_eq!(server.tip(SITE, "main").as_deref(), Some("four"));
        server.is_sound(SITE);
        // What is there already is not judged again, wherever it goes.
        tree.git(&["push", "--quiet", "origin", "HEAD~2:refs/heads/old"]);
        tree.push_with(&["--force"], &["HEAD~2:refs/heads/main"]).accepted();
    }
}

/// Runs it with this input, and gives what it printed.
fn made(command: &mut std::process::Command, input: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success());
    text.trim().to_owned()
}

#[test]
fn rule_095_a_new_file_over_the_limit_is_refused_and_an_old_one_is_not() {
    let server = Server::with(PEOPLE);
    let tree = server.clone_as("ann", SITE);
    let old = vec![b'o'; 5000];
    tree.commit_file("old.bin", &old, "old");
    tree.push("main").accepted();
    add(&server, json!({ "kind": "max-file-size", "value": 4096 }));
    // The same content under another name is not new.
    tree.git(&["mv", "old.bin", "moved.bin"]);
    tree.git(&["commit", "--quiet", "-m", "moved"]);
    tree.push("main").accepted();
    tree.commit_file("fits.bin", &vec![b'f'; 4096], "fits");
    tree.push("main").accepted();
    tree.commit_file("it's big.bin", &vec![b'b'; 4097], "big");
    let pushed = tree.push("main");
    let id = tree.id("HEAD").get(..12).unwrap().to_owned();
    refused(
        &server,
        &tree,
        &["main"],
        &[
            "PC-CONTENT-FILE-SIZE  main takes files of up to 4 KiB; 1 has more.",
            &format!("  found   it's big.bin: 4.1 KiB, in {id} \"big\""),
            "  next    take the files out of your commits:",
            "            git reset --quiet HEAD^ -- 'it'\\''s big.bin'",
            "            git commit --amend --no-edit --allow-empty",
            "            git push origin HEAD:refs/heads/main",
            "  next    ask a repository admin: let ann through rule 1 until DAY:",
            "            portcullis restriction update 1 --add-subject user:ann,until=DAY --repository acme/site",
            " ! [remote rejected] HEAD -> main (PC-CONTENT-FILE-SIZE: file too large, R-XXXXXX)",
        ],
    );
    // Other branches are not meant.
    tree.push("side").accepted();
    follow(&pushed, &tree);
    assert_eq!(server.tip(SITE, "main").as_deref(), Some("big"));
    assert!(tree.path().join("it's big.bin").exists(), "the file itself stays");
    server.is_sound(SITE);
}

/// A branch that nobody watches is no way around a rule about another one; what the main branch
/// holds comes along freely.
#[test]
fn what_comes_in_by_an_unwatched_branch_is_looked_at_where_somebody_watches() {
    let server = with_rule(json!({ "kind": "restricted-paths", "argument": "infra/**" }));
    let releases = json!({ "type": "glob", "pattern": "release/*" });
    let message = json!({ "kind": "commit-message", "argument": "^OK", "matcher": releases });
    add(&server, message);
    let size = json!({ "kind": "max-file-size", "value": 1000, "matcher": releases });
    add(&server, size);
    let tree = server.clone_as("ann", SITE);
    let over = |reference: &str, code: &str| {
        let before = server.holdings(SITE);
        tree.push(&format!("HEAD:{reference}")).fails_with(code);
        assert_eq!(server.holdings(SITE), before, "{reference}");
    };
    // What main had before is not judged again: not where a branch is made of it, nor after.
    tree.push("HEAD:refs/heads/release/1").accepted();
    std::fs::create_dir(tree.path().join("infra")).unwrap();
    tree.commit_file("infra/x", b"x", "OK but mine");
    tree.push("HEAD:refs/heads/free").accepted();
    over("refs/heads/main", "PC-CONTENT-PATH");
    tree.push("HEAD:refs/heads/release/1").accepted();
    tree.commit_file("large", &[b'x'; 2000], "not so");
    tree.push("HEAD:refs/heads/free").accepted();
    tree.push("HEAD:refs/tags/v1").accepted();
    over("refs/heads/release/1", "PC-CONTENT-MESSAGE");
    over("refs/heads/release/2", "PC-CONTENT-FILE-SIZE");
    tree.git(&["reset", "-q", "--hard", "origin/main"]);
    tree.commit("not so, either");
    tree.push("HEAD:refs/heads/main").accepted();
    tree.push("HEAD:refs/heads/release/3").accepted();

    // `any` of a rule about content is every ref, tags and whatever else there is, too.
    let everywhere = json!({ "kind": "commit-message", "argument": "^OK",
        "matcher": { "type": "any" } });
    assert_eq!(server.restrict(SITE, &everywhere)["on"], "both");
    tree.commit("not so, again");
    over("refs/tags/v2", "PC-CONTENT-MESSAGE");
    over("refs/notes/x", "PC-CONTENT-MESSAGE");
}

#[test]
fn a_push_has_a_size_of_its_own() {
    let server = with_rule(json!({ "kind": "max-push-size", "value": 2048 }));
    let tree = ahead(&server, Door::Http, "ann");
    tree.push("main").accepted();
    let noise: Vec<u8> =
        (0..200_000_u32).flat_map(|it| it.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    tree.commit_file("noise", &noise, "noise");
    let pushed = tree.push("main");
    let told = told(&pushed);
    let first = told.lines().next().unwrap();
    assert!(
        first.starts_with("PC-CONTENT-PUSH-SIZE  main takes pushes of up to 2 KiB; this one has "),
        "{told}"
    );
    assert!(told.contains("  next    push the history in several steps\n"), "{told}");
    assert_eq!(server.tip(SITE, "main").as_deref(), Some("three"));
}

/// Kind, argument; who commits with which message and file; what is said.
#[test]
fn people_messages_and_paths_are_looked_at_in_every_new_commit() {
    let ann = ("Ann", "ann@example.org");
    let stranger = ("Eve", "eve@elsewhere.org");
    for (kind, argument, author, committer, lines, mended) in [
        (
            "author-email",
            Some("*@example.org"),
            stranger,
            ann,
            &[
                "PC-CONTENT-AUTHOR  main takes authors like *@example.org; 1 has another address.",
                "  found   ID \"three\": <eve@elsewhere.org>",
                "  next    give the commits their author again, with an address that fits:",
                "            git config user.email ann@example.org",
                "            git commit --amend --no-edit --reset-author",
                "            git push origin HEAD:refs/heads/main",
            ][..],
            "PC-CONTENT-AUTHOR: author not allowed",
        ),
        (
            "committer-email",
            Some("*@Example.ORG"),
            ann,
            stranger,
            &[
                "PC-CONTENT-COMMITTER  main takes committers like *@Example.ORG; 1 has another",
                "                      address.",
                "  found   ID \"three\": <eve@elsewhere.org>",
                "  next    make the commits anew, with your address:",
                "            git config user.email ann@example.org",
                "            git commit --amend --no-edit",
                "            git push origin HEAD:refs/heads/main",
            ],
            "PC-CONTENT-COMMITTER: committer not allowed",
        ),
        (
            "committer-is-pusher",
            None,
            stranger,
            ("Bob", "bob@example.org"),
            &[
                "PC-CONTENT-COMMITTER  main takes your own commits only; 1 is not by who pushes",
                "                      it.",
                "  found   ID \"three\": committed by <bob@example.org>",
                "  next    make the commits anew, with your address:",
                "            git config user.email ann@example.org",
                "            git commit --amend --no-edit",
                "            git push origin HEAD:refs/heads/main",
            ],
            "PC-CONTENT-COMMITTER: committer is not the pusher",
        ),
        (
            "commit-message",
            Some("^ACME-[0-9]+ "),
            ann,
            ann,
            &[
                "PC-CONTENT-MESSAGE  main takes messages that fit ^ACME-[0-9]+ ; 1 does not.",
                "  found   ID \"three\": another message",
                "  next    give the commits a message that fits:",
                "            git commit --amend",
                "            git push origin HEAD:refs/heads/main",
            ],
            "PC-CONTENT-MESSAGE: message not allowed",
        ),
        (
            "restricted-paths",
            Some("infra/**, *.txt"),
            ann,
            ann,
            &[
                "PC-CONTENT-PATH  Only certain people change infra/**, *.txt on main.",
                "  found   three.txt, in ID \"three\"",
                "  next    take the files out of your commits:",
                "            git reset --quiet HEAD^ -- three.txt",
                "            git commit --amend --no-edit --allow-empty",
                "            git push origin HEAD:refs/heads/main",
            ],
            "PC-CONTENT-PATH: restricted path",
        ),
    ] {
        let mut rule = json!({ "kind": kind });
        if let Some(argument) = argument {
            rule["argument"] = argument.into();
        }
        let server = with_rule(rule);
        let tree = server.clone_as("ann", SITE);
        std::fs::write(tree.path().join("three.txt"), "three").unwrap();
        tree.git(&["add", "."]);
        let mut commit = tree.command(&["commit", "--quiet", "-m", "three"]);
        commit
            .envs([("GIT_AUTHOR_NAME", author.0), ("GIT_AUTHOR_EMAIL", author.1)])
            .envs([("GIT_COMMITTER_NAME", committer.0), ("GIT_COMMITTER_EMAIL", committer.1)]);
        assert!(commit.status().unwrap().success());
        let before = server.holdings(SITE);
        let pushed = tree.push("main");
        let id = tree.id("HEAD").get(..12).unwrap().to_owned();
        let told = told(&pushed).replace(&id, "ID");
        let admin = [
            "  next    ask a repository admin: let ann through rule 1 until DAY:",
            "            portcullis restriction update 1 --add-subject user:ann,until=DAY --repository acme/site",
        ];
        let last = format!(" ! [remote rejected] HEAD -> main ({mended}, R-XXXXXX)");
        let expected = [lines, &admin[..], &[last.as_str()][..]].concat();
        assert_eq!(told, expected.join("\n"), "{kind}");
        assert_eq!(server.holdings(SITE), before, "{kind}");
        if kind == "commit-message" {
            tree.amend("ACME-3 three");
            tree.push("main").accepted();
        } else {
            follow(&pushed, &tree);
        }
        assert_ne!(server.holdings(SITE), before, "{kind}");
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once_and_ends_with_twenty_lines() {
    let server = with_rule(json!({ "kind": "require-signed-commits" }));
    add(&server, json!({ "kind": "commit-message", "argument": "^ACME-" }));
    let tree = server.clone_as("ann", SITE);
    for nth in 0..23 {
        tree.commit(&format!("c{nth}"));
    }
    let told = told(&tree.push("main"));
    let starts = |start: &str| told.lines().filter(|it| it.starts_with(start)).count();
    assert_eq!(starts("PC-CONTENT-SIGNATURE"), 1, "{told}");
    assert_eq!(starts("PC-CONTENT-MESSAGE"), 1, "{told}");
    assert_eq!(told.matches(": not signed").count(), 20, "{told}");
    assert_eq!(told.matches("and 3 more").count(), 2, "{told}");
    let both = "sign the commits with a key that is on record for you, and give the\n          commits a message that fits";
    assert!(told.contains(both), "{told}");
}

#[test]
fn whoever_is_listed_passes_and_evaluated_rules_only_tell() {
    let server = Server::with(PEOPLE);
    let bob = json!([{ "type": "user", "name": "bob" }]);
    add(&server, json!({ "kind": "restricted-paths", "argument": "infra/**", "subjects": bob }));
    add(&server, json!({ "kind": "require-signed-commits", "mode": "evaluate" }));
    let tree = server.clone_as("bob", SITE);
    let id = tree.commit_file("infra/x", b"x", "three").get(..12).unwrap().to_owned();
    tree.push("main").accepted_saying(&[
        "PC-CONTENT-SIGNATURE  only noted: main takes commits signed by their committer;",
        "  1 is not.",
        "  rule    require-signed-commits on \"main\", repository acme/site, rule 2 (admin,",
        "          just now)",
        &format!("  found   {id} \"three\": not signed"),
        "  more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX",
    ]);
    let ann = server.clone_as("ann", SITE);
    ann.commit_file("docs/infra/x", b"x", "elsewhere");
    assert!(ann.push("main").success());
    ann.commit_file("infra/deep/y", b"y", "there");
    ann.push("main").fails_with("PC-CONTENT-PATH: restricted path");
    // A merge brings what is there: it changes no file by itself.
    ann.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    ann.commit_file("mine", b"m", "mine");
    ann.git(&["fetch", "--quiet", "origin"]);
    ann.git(&["merge", "--quiet", "--no-edit", "origin/main"]);
    assert!(ann.push("main").success());
    server.is_sound(SITE);
}

/// Of the rules that list whoever pushes, those that would have refused this leave a line; a rule
/// that only lets in whom it names, and one that is about something else, leave none.
#[test]
fn rule_110_the_use_of_an_exemption_is_audited() {
    let server = Server::with(PEOPLE);
    let bob = json!([{ "type": "user", "name": "bob" }]);
    add(&server, json!({ "kind": "force", "subjects": bob }));
    add(&server, json!({ "kind": "push", "subjects": bob }));
    add(&server, json!({ "kind": "restricted-paths", "argument": "infra/**", "subjects": bob }));
    add(&server, json!({ "kind": "delete", "subjects": bob, "mode": "evaluate" }));
    let audited = || -> Vec<(String, String)> {
        let list = server.admin().get("/api/v1/audit").expect(200);
        let lines = list["values"].as_array().unwrap().clone();
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        let line = |it: &Value| (text(&it["principal"]["name"]), text(&it["what"]));
        lines.iter().map(line).filter(|it| it.1.starts_with("was let through")).collect()
    };
    let tree = server.clone_as("bob", SITE);
    tree.commit("three");
    tree.push("main").accepted();
    let paths = "was let through rule 3 (restricted-paths) as bob: fast-forward refs/heads/main";
    assert_eq!(audited(), [("bob".to_owned(), paths.to_owned())]);
    tree.amend("four");
    tree.push("+main").accepted();
    let line = |kind: &str| {
        ("bob".to_owned(), format!("was let through rule {kind} as bob: rewrite refs/heads/main"))
    };
    let used = audited();
    assert_eq!(used.len(), 3, "{used:?}");
    assert!(used.contains(&line("1 (force)")) && used.contains(&line("3 (restricted-paths)")));
    // What is refused has used nothing.
    server.clone_as("ann", SITE).push("+HEAD~1:refs/heads/main").fails_with("PC-");
    assert_eq!(audited().len(), 3);
}

#[test]
fn of_a_mixed_push_what_is_as_it_should_be_lands_unless_it_is_atomic() {
    for door in Door::all() {
        let server = with_rule(json!({ "kind": "require-signed-commits" }));
        let tree = ahead(&server, door, "ann");
        let before = server.refs(SITE);
        let atomic = tree.push_with(&["--atomic"], &["main", "side"]);
        atomic.fails_with("PC-CONTENT-SIGNATURE: signed commits required");
        assert_eq!(server.refs(SITE), before);
        tree.push_with(&[], &["main", "side"]).fails_with("PC-CONTENT-SIGNATURE");
        assert_eq!(server.tip(SITE, "side").as_deref(), Some("three"));
        assert_eq!(server.tip(SITE, "main").as_deref(), Some("two"));
    }
}

/// So many objects are left to `git index-pack`; what is asked of them is the same.
#[test]
fn a_large_push_is_judged_like_a_small_one() {
    let server = with_rule(json!({ "kind": "max-file-size", "value": 1000 }));
    add(&server, json!({ "kind": "require-signed-commits" }));
    let tree = server.clone_as("ann", SITE);
    let mut import = String::from("feature done\n");
    for nth in 0..20_100 {
        import += &format!("blob\nmark :{}\ndata 6\n{nth:06}\n", nth + 1);
    }
    import += &format!("blob\nmark :30000\ndata 1001\n{}\n", "x".repeat(1001));
    import += "commit refs/heads/many\ncommitter Ann <ann@example.org> 1700000000 +0000\ndata 5\nmany\n\nfrom refs/heads/main^0\n";
    for nth in 0..20_100 {
        import += &format!("M 100644 :{} f/{}/{nth}\n", nth + 1, nth % 100);
    }
    import += "M 100644 :30000 big\n\ndone\n";
    testkit::feed(&mut tree.command(&["fast-import", "--quiet"]), &import);
    let before = server.holdings(SITE);
    let pushed = tree.push("many:refs/heads/main");
    let id = tree.id("many").get(..12).unwrap().to_owned();
    let told = told(&pushed).replace(&id, "ID");
    for line in [
        "PC-CONTENT-FILE-SIZE  main takes files of up to 1000 bytes; 1 has more.",
        "  found   big: 1001 bytes, in ID \"many\"",
        "PC-CONTENT-SIGNATURE  main takes commits signed by their committer; 1 is not.",
        "  found   ID \"many\": not signed",
    ] {
        assert!(told.lines().any(|it| it == line), "{line}\n{told}");
    }
    assert_eq!(server.holdings(SITE), before);
    tree.push("many:refs/heads/side").accepted();
}

/// No rule about content can be saved that could not mean anything.
#[test]
fn a_rule_that_can_mean_nothing_names_its_field() {
    let server = Server::with(PEOPLE);
    for (kind, argument, value, field, part) in [
        (
            "commit-message",
            Some("("),
            None,
            "argument",
            "`(` is no regular expression: unclosed group",
        ),
        ("commit-message", None, None, "argument", "write a regular expression"),
        ("max-file-size", None, None, "value", "takes a number from 1"),
        ("max-push-size", None, Some(0), "value", "takes a number from 1"),
        ("max-file-size", Some("x"), Some(1), "argument", "`max-file-size` takes none"),
        ("author-email", Some("example.org"), None, "argument", "fits no e-mail address"),
        ("restricted-paths", Some("/infra"), None, "argument", "leave the first slash out"),
        ("restricted-paths", Some("a,,b"), None, "argument", "between two commas is empty"),
        ("restricted-paths", Some("a/../b"), None, "argument", "fits no path"),
        ("custom-check", Some("license"), None, "argument", "no check `license`"),
        ("custom-check", None, None, "argument", "name a check"),
        ("push", Some("x"), None, "argument", "`push` takes none"),
        ("push", None, Some(7), "value", "push takes no number"),
        ("require-signed-commits", Some("x"), None, "argument", "takes none"),
    ] {
        let body = json!({
            "kind": kind, "argument": argument, "value": value, "matcher": { "type": "any" },
        });
        let path = format!("/api/v1/repositories/{SITE}/restrictions");
        let answer = server.admin().post(&path, &body).expect(400).to_string();
        assert!(
            answer.contains(&format!("\"{field}\"")) && answer.contains(part),
            "{kind}: {answer}"
        );
    }
    // Bitbucket has no such kinds.
    add(&server, json!({ "kind": "require-signed-commits" }));
    let list = server.admin().get(&format!("/2.0/repositories/{SITE}/branch-restrictions"));
    assert_eq!(list.expect(200)["values"], json!([]));
}
