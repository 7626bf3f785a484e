//! The ninth layer: restrictions, each kind as a person with real git meets it, those it does not
//! apply to, and what comes of following the advice.

use crate::session::{SITE, Session, ahead, in_words, programs, through_both_doors};
use serde_json::Value;
use testkit::{Door, Server};

through_both_doors!(
    what_is_closed_to_pushes_says_so,
    what_may_not_be_deleted_or_rewritten_says_so,
    of_a_mixed_push_the_allowed_refs_land_unless_it_is_atomic,
    a_rule_that_is_only_evaluated_is_noted_and_refuses_nothing,
    advice_that_is_pasted_works,
);

/// One branch for each kind of rule; only the lists differ between the tests.
fn rules(listed: &str) -> String {
    let (only, except) = match listed {
        "" => (String::new(), String::new()),
        listed => (format!("only {listed}"), format!("except {listed}")),
    };
    format!(
        "user ann
         user bob ops
         user eve
         grant ann write
         grant ops write
         grant eve write
         token ci-bot read:repository:bitbucket write:repository:bitbucket
         restrict 1 main push {only}
         restrict 2 topic force {except}
         restrict 3 keep delete {except}
         restrict 4 docs pull-request-only {except}"
    )
}

fn what_is_closed_to_pushes_says_so(door: Door) {
    let server = Server::with(&rules(""));
    let tree = ahead(&server, door, "ann");
    let session = Session { server: &server, tree: &tree, reader: "ann", door };
    session.refused(
        &["main"],
        r#"
        remote: PC-REF-PUSH  main is closed to direct pushes.
        remote:   rule    push on "main", repository acme/site, rule 1 (admin, just now)
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    open a pull request instead:
        remote:             git push origin 5a61090ce4ea:refs/for/main
        remote:   next    ask a repository admin: let ann through rule 1 until DAY:
        remote:             portcullis restriction update 1 --add-subject user:ann,until=DAY --repository acme/site
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        To http://server/acme/site.git
         ! [remote rejected] HEAD -> main (PC-REF-PUSH: pull request required, R-XXXXXX)
        error: failed to push some refs to 'http://server/acme/site.git'
        (exit 1)
        GET 401, GET 200, POST 200
        "#,
        r#"
        PC-REF-PUSH, layer restriction, rule 1 (push)
          you: open a pull request instead
          repository admin: let ann through rule 1 until DAY
        "#,
    );
    // It is not there yet, and nothing can be proposed into it.
    session.refused(
        &["docs"],
        r#"
        remote: PC-REF-PR-ONLY  docs changes by pull request only.
        remote:   rule    pull-request-only on "docs", repository acme/site, rule 4 (admin, just
        remote:           now)
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    ask a repository admin: let ann through rule 4 until DAY:
        remote:             portcullis restriction update 4 --add-subject user:ann,until=DAY --repository acme/site
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        To http://server/acme/site.git
         ! [remote rejected] HEAD -> docs (PC-REF-PR-ONLY: pull request required, R-XXXXXX)
        error: failed to push some refs to 'http://server/acme/site.git'
        (exit 1)
        GET 401, GET 200, POST 200
        "#,
        r#"
        PC-REF-PR-ONLY, layer restriction, rule 4 (pull-request-only)
          repository admin: let ann through rule 4 until DAY
        "#,
    );
}

fn what_may_not_be_deleted_or_rewritten_says_so(door: Door) {
    let server = Server::with(&rules(""));
    let tree = ahead(&server, door, "ann");
    tree.push_with(&[], &["topic", "keep"]).accepted();
    let session = Session { server: &server, tree: &tree, reader: "ann", door };
    session.refused(
        &[":keep"],
        r#"
        remote: PC-REF-DELETE  keep may not be deleted.
        remote:   rule    delete on "keep", repository acme/site, rule 3 (admin, just now)
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    ask a repository admin: let ann through rule 3 until DAY:
        remote:             portcullis restriction update 3 --add-subject user:ann,until=DAY --repository acme/site
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        To http://server/acme/site.git
         ! [remote rejected] keep (PC-REF-DELETE: deletion not allowed, R-XXXXXX)
        error: failed to push some refs to 'http://server/acme/site.git'
        (exit 1)
        GET 401, GET 200, POST 200
        "#,
        r#"
        PC-REF-DELETE, layer restriction, rule 3 (delete)
          repository admin: let ann through rule 3 until DAY
        "#,
    );
    tree.amend("other three");
    session.refused(
        &["+topic"],
        r#"
        remote: PC-REF-FORCE  The history of topic may not be rewritten.
        remote:   rule    force on "topic", repository acme/site, rule 2 (admin, just now)
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    keep what is there, and put your commits on top of it:
        remote:             git pull --rebase origin topic
        remote:             git push origin HEAD:refs/heads/topic
        remote:   next    open a pull request instead:
        remote:             git push origin dd13071a91a2:refs/for/topic
        remote:   next    ask a repository admin: let ann through rule 2 until DAY:
        remote:             portcullis restriction update 2 --add-subject user:ann,until=DAY --repository acme/site
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        To http://server/acme/site.git
         ! [remote rejected] HEAD -> topic (PC-REF-FORCE: rewriting history not allowed, R-XXXXXX)
        error: failed to push some refs to 'http://server/acme/site.git'
        (exit 1)
        GET 401, GET 200, POST 200
        "#,
        r#"
        PC-REF-FORCE, layer restriction, rule 2 (force)
          you: keep what is there, and put your commits on top of it
          you: open a pull request instead
          repository admin: let ann through rule 2 until DAY
        "#,
    );
}

#[test]
fn whoever_is_listed_passes_and_nobody_else() {
    let server = Server::with(&rules("ann, ops, token:ci-bot"));
    for (number, name) in ["ann", "bob", "token:ci-bot"].into_iter().enumerate() {
        let tree = server.clone_as(name, SITE);
        tree.commit(&format!("{number}"));
        tree.push_with(&[], &["main", "topic", "docs", "keep"]).accepted();
        tree.push(":keep").accepted();
        tree.amend(&format!("{number} again"));
        tree.push("+topic").accepted();
        let now = format!("{number} again");
        assert_eq!(server.tip(SITE, "topic"), Some(now), "{name}");
        tree.push_with(&[], &[":docs", ":topic"]).accepted();
    }
    let eve = server.clone_as("eve", SITE);
    eve.commit("eve");
    eve.push_with(&[], &["topic", "keep"]).accepted();
    eve.amend("eve again");
    let before = server.holdings(SITE);
    for (refspec, code) in [
        ("main", "PC-REF-PUSH"),
        ("docs", "PC-REF-PR-ONLY"),
        (":keep", "PC-REF-DELETE"),
        ("+topic", "PC-REF-FORCE"),
    ] {
        eve.push(refspec).fails_with(code);
    }
    assert_eq!(server.holdings(SITE), before);
}

fn a_rule_that_is_only_evaluated_is_noted_and_refuses_nothing(door: Door) {
    let server = Server::with("user ann\n grant ann write\n restrict 1 main push evaluate");
    let tree = ahead(&server, door, "ann");
    tree.push("main").accepted_saying(&[
        "PC-REF-PUSH  only noted: main is closed to direct pushes.",
        "  rule    push on \"main\", repository acme/site, rule 1 (admin, just now)",
        "  more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX",
    ]);
    assert_eq!(server.tip(SITE, "main").as_deref(), Some("three"));
}

fn of_a_mixed_push_the_allowed_refs_land_unless_it_is_atomic(door: Door) {
    let server = Server::with(&rules(""));
    let tree = ahead(&server, door, "ann");
    let session = Session { server: &server, tree: &tree, reader: "ann", door };
    session.refused(
        &["--atomic", "main", "side"],
        r#"
        remote: PC-REF-PUSH  main is closed to direct pushes.
        remote:   rule    push on "main", repository acme/site, rule 1 (admin, just now)
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    open a pull request instead:
        remote:             git push origin 5a61090ce4ea:refs/for/main
        remote:   next    ask a repository admin: let ann through rule 1 until DAY:
        remote:             portcullis restriction update 1 --add-subject user:ann,until=DAY --repository acme/site
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        remote:
        remote: PC-ATOMIC  another ref of this atomic push did not pass.
        remote:   ref     refs/heads/side
        remote:   next    see what is said about the other ref, or push without `--atomic`
        To http://server/acme/site.git
         ! [remote rejected] HEAD -> main (PC-REF-PUSH: pull request required, R-XXXXXX)
         ! [remote rejected] HEAD -> side (PC-ATOMIC: another ref of this atomic push did not pass)
        error: failed to push some refs to 'http://server/acme/site.git'
        (exit 1)
        GET 401, GET 200, POST 200
        "#,
        r#"
        PC-REF-PUSH, layer restriction, rule 1 (push)
          you: open a pull request instead
          repository admin: let ann through rule 1 until DAY
        "#,
    );
    session.pushed(
        &["main", "side"],
        r#"
        remote: PC-REF-PUSH  main is closed to direct pushes.
        remote:   rule    push on "main", repository acme/site, rule 1 (admin, just now)
        remote:   you     ann, by API token "laptop" (…XXXX)
        remote:   next    open a pull request instead:
        remote:             git push origin 5a61090ce4ea:refs/for/main
        remote:   next    ask a repository admin: let ann through rule 1 until DAY:
        remote:             portcullis restriction update 1 --add-subject user:ann,until=DAY --repository acme/site
        remote:   more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX
        To http://server/acme/site.git
         * [new branch]      HEAD -> side
         ! [remote rejected] HEAD -> main (PC-REF-PUSH: pull request required, R-XXXXXX)
        error: failed to push some refs to 'http://server/acme/site.git'
        (exit 1)
        GET 401, GET 200, POST 200
        "#,
        r#"
        PC-REF-PUSH, layer restriction, rule 1 (push)
          you: open a pull request instead
          repository admin: let ann through rule 1 until DAY
        "#,
    );
    assert_eq!(server.tip(SITE, "side").as_deref(), Some("three"));
    assert_eq!(server.tip(SITE, "main").as_deref(), Some("two"));
    server.is_sound(SITE);
}

/// The commands of a remedy, as they are printed.
fn commands(record: &Value, remedy: usize) -> String {
    let commands = record["remedies"][remedy]["commands"].as_array().expect("commands");
    commands.iter().map(|it| it.as_str().expect("text")).collect::<Vec<_>>().join(" && ")
}

fn advice_that_is_pasted_works(door: Door) {
    let server = Server::with(&rules(""));
    let tree = ahead(&server, door, "ann");
    let three = tree.id("HEAD");
    tree.push("topic").accepted();
    let paste = |line: &str| {
        let ended = tree.pasted(line, programs());
        assert!(ended.success(), "{line}\n{}", ended.stderr());
    };
    let session = Session { server: &server, tree: &tree, reader: "ann", door };

    let closed = tree.push("main").refusal_ids().remove(0);
    let record = session.record(&closed);
    paste(&commands(&record, 0));
    let landed = tree.git(&["ls-remote", "origin", "refs/heads/ann/*"]);
    assert!(landed.starts_with(&three), "{landed}");

    tree.amend("other three");
    let rewrite = tree.push("+topic").refusal_ids().remove(0);
    paste(&commands(&session.record(&rewrite), 0));

    // What an administrator is asked for, as they would paste it; then the push as it was.
    let admin = server.login("admin").secret;
    let url = server.url();
    let line = commands(&record, 1);
    paste(&format!("PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={admin} {line}"));
    tree.push_with(&[], &[&format!("{three}:refs/heads/main")]).accepted();
    assert_eq!(server.tip(SITE, "main").as_deref(), Some("three"));
}

#[test]
fn what_is_explained_is_what_was_refused() {
    let server = Server::with(&rules(""));
    let tree = ahead(&server, Door::Http, "ann");
    let session = Session { server: &server, tree: &tree, reader: "ann", door: Door::Http };
    let id = tree.push("main").refusal_ids().remove(0);
    let record = session.record(&id);

    let (url, secret) = (server.url(), server.login("ann").secret);
    let ask = |arguments: &str| {
        let line = format!(
            "PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={secret} portcullis explain {arguments}"
        );
        let ended = tree.pasted(&line, programs());
        assert!(ended.success(), "{line}\n{}", ended.stderr());
        ended.stdout()
    };
    assert_eq!(serde_json::from_str::<Value>(&ask(&format!("{id} --json"))).unwrap(), record);
    let shown = ask(&id);
    for part in ["PC-REF-PUSH", "main is closed to direct pushes.", &commands(&record, 0)] {
        assert!(shown.contains(part), "no `{part}` in:\n{shown}");
    }

    let question = "repository=acme/site&ref=refs/heads/main&operation=fast-forward";
    let rest = server.rest_as("ann");
    let explained = rest.get(&format!("/api/v1/explain?{question}")).expect(200);
    assert_eq!(explained["decision"], "refused");
    assert_eq!(explained["refusals"][0]["rule"], record["rule"]);
    assert_eq!(in_words(&explained["refusals"][0]), in_words(&record));
    let shown = ask("--repository acme/site --ref main --operation fast-forward");
    for part in ["refused", "rule 1 (push, repository): refuses"] {
        assert!(shown.contains(part), "no `{part}` in:\n{shown}");
    }

    let eve = server.rest_as("eve").get(&format!("/api/v1/refusals/{id}"));
    assert_eq!(eve.status, 404, "it is not hers: {}", eve.text);
}
