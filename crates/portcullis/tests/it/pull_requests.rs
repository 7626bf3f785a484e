//! Pull requests through REST, as their authors and reviewers meet them, with branches that real
//! git pushes.

use crate::session::{SITE, Session, ahead, programs, through_both_doors};
use serde_json::{Value, json};
use std::process::Command;
use testkit::{Door, Rest, Server, WorkTree, hermetic, provided};

through_both_doors!(
    a_refused_push_becomes_a_request_by_its_own_advice,
    a_push_opens_what_its_options_ask_for,
);

pub const REQUESTS: &str = "/2.0/repositories/acme/site/pullrequests";

/// `ann` writes, `bea` writes, `ray` reads, `eve` is a stranger; `topic` is two commits ahead.
pub fn world() -> (Server, WorkTree) {
    let server = Server::with(
        "user ann
         user bea
         user ray
         user eve
         grant ann write
         grant bea write
         grant ray read",
    );
    let tree = server.clone_as("ann", "acme/site");
    tree.git(&["checkout", "-q", "-b", "topic"]);
    tree.commit("three");
    tree.commit("four");
    tree.push("topic").accepted();
    (server, tree)
}

pub fn open(rest: &Rest, source: &str) -> Value {
    let body =
        json!({ "title": format!("Take {source}"), "source": { "branch": { "name": source } } });
    rest.post(REQUESTS, &body).expect(201)
}

pub fn shown(rest: &Rest, number: i64) -> Value {
    rest.get(&format!("{REQUESTS}/{number}")).expect(200)
}

#[test]
fn a_request_is_opened_changed_followed_and_declined() {
    let (server, tree) = world();
    let (ann, bea, ray) = (server.rest_as("ann"), server.rest_as("bea"), server.rest_as("ray"));
    let uuid = bea.get("/2.0/user").expect(200)["uuid"].clone();
    let made = ann.post(
        REQUESTS,
        &json!({
            "title": " Log in ", "description": "At <last>", "draft": true,
            "source": { "branch": { "name": "topic" } }, "close_source_branch": "true",
            "reviewers": [{ "uuid": uuid }],
        }),
    );
    assert!(made.header("location").unwrap().ends_with("/pullrequests/1"));
    let made = made.expect(201);
    assert_eq!((&made["title"], &made["state"]), (&json!("Log in"), &json!("OPEN")));
    assert_eq!((&made["draft"], &made["close_source_branch"]), (&json!(true), &json!(true)));
    assert_eq!(made["destination"]["branch"]["name"], "main");
    assert_eq!(made["source"]["commit"]["hash"], tree.id("topic")[..12]);
    assert_eq!(made["reviewers"][0]["nickname"], "bea");
    assert_eq!(made["participants"][0]["role"], "REVIEWER");
    assert_eq!(made["summary"]["html"], "<p>At &lt;last&gt;</p>");
    assert_eq!(made["author"]["nickname"], "ann");
    let link = made["links"]["self"]["href"].as_str().unwrap();
    let path = link.strip_prefix(server.url()).unwrap();
    assert_eq!(ray.get(path).expect(200), made);

    // Clients that keep the reviewers send them back; those that leave them out remove them.
    let change = json!({ "title": "Log in again", "draft": false });
    let changed = ann.put(path, &change).expect(200);
    assert_eq!((&changed["title"], &changed["reviewers"]), (&json!("Log in again"), &json!([])));
    assert_eq!((&changed["draft"], &changed["description"]), (&json!(false), &json!("At <last>")));

    // A push to the source is seen at once.
    let tip = tree.commit("five");
    tree.push("topic").accepted();
    assert_eq!(shown(&ray, 1)["source"]["commit"]["hash"], tip[..12]);

    let declined = bea.post(&format!("{path}/decline"), &json!({ "reason": "no" })).expect(200);
    assert_eq!((&declined["state"], &declined["reason"]), (&json!("DECLINED"), &json!("no")));
    assert_eq!(declined["closed_by"]["nickname"], "bea");
    for (method, path) in [("PUT", path.to_owned()), ("POST", format!("{path}/decline"))] {
        let again = ann.call(method, &path, Some(&json!({ "title": "x" })));
        let message = again.expect(400)["error"]["fields"]["state"][0].clone();
        assert_eq!(message, "pull request #1 is declined: only an open one changes");
    }
    assert_eq!(ann.get(REQUESTS).expect(200)["size"], 0, "the open ones are listed");
    assert_eq!(ann.get(&format!("{REQUESTS}?state=all")).expect(200)["size"], 1);
    assert_eq!(ann.get(&format!("{REQUESTS}?state=declined&state=MERGED")).expect(200)["size"], 1);
}

#[test]
fn what_does_not_fit_is_named_and_opens_nothing() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    tree.push("main:refs/heads/old").accepted();
    open(&ann, "topic");
    let source = |name: &str| json!({ "branch": { "name": name } });
    let long = "x".repeat(256);
    let bulky = "x".repeat(32_769);
    let cases = [
        (json!({ "source": source("old") }), "title", "say in a few words"),
        (json!({ "title": long, "source": source("old") }), "title", "256 characters"),
        (
            json!({ "title": "x", "description": bulky, "source": source("old") }),
            "description",
            "32769 characters",
        ),
        (json!({ "title": "x" }), "source.branch.name", "name a branch"),
        (
            json!({ "title": "x", "source": source("gone") }),
            "source.branch.name",
            "no branch `gone`",
        ),
        (json!({ "title": "x", "source": source("a..b") }), "source.branch.name", ""),
        (
            json!({ "title": "x", "source": source("old"), "destination": source("gone") }),
            "destination.branch.name",
            "no branch `gone`",
        ),
        (
            json!({ "title": "x", "source": source("main"), "destination": source("main") }),
            "destination.branch.name",
            "as the source is",
        ),
        (json!({ "title": "x", "source": source("old") }), "source.branch.name", "every commit"),
        (
            json!({ "title": "x", "source": source("topic"), "reviewers": [{ "username": "eve" }] }),
            "reviewers",
            "is not a member of this workspace",
        ),
        (
            json!({ "title": "x", "source": source("topic"), "reviewers": [{ "username": "ann" }] }),
            "reviewers",
            "is the author and cannot be included as a reviewer.",
        ),
        (
            json!({ "title": "x", "source": source("topic"), "reviewers": [{ "uuid": "moon" }] }),
            "reviewers",
            "Malformed reviewers list",
        ),
        (
            json!({ "title": "x", "source": {
                "branch": { "name": "topic" }, "repository": { "full_name": "acme/moon" },
            } }),
            "source.repository.full_name",
            "no repository `acme/moon`",
        ),
    ];
    for (body, field, part) in cases {
        let answer = ann.post(REQUESTS, &body);
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        let error = answer.json();
        let message = error["error"]["fields"][field][0].as_str();
        assert!(message.is_some_and(|it| it.contains(part)), "{field} {part}: {error}");
    }
    assert_eq!(ann.get(&format!("{REQUESTS}?state=ALL")).expect(200)["size"], 1);
    // What is open between the same branches is what is meant.
    let again = json!({ "title": "Again", "source": source("topic") });
    let again = ann.post(REQUESTS, &again).expect(201);
    assert_eq!((&again["id"], &again["title"]), (&json!(1), &json!("Again")));
    // What is meant is not guessed where it decides what happens.
    let before = shown(&ann, 1);
    let unread = json!({ "title": "Once more", "source": source("topic") });
    let unread = ann.post(&format!("{REQUESTS}?only_new=maybe"), &unread).expect(400);
    assert!(unread["error"]["fields"]["only_new"].is_array(), "{unread}");
    let unread = ann.post(&format!("{REQUESTS}/1/merge?async=yes"), &json!({})).expect(400);
    assert!(unread["error"]["fields"]["async"].is_array(), "{unread}");
    assert_eq!(shown(&ann, 1), before);
    for query in ["?state=moon", "?q=moon%3D1", "?q=title%3D"] {
        ann.get(&format!("{REQUESTS}{query}")).expect(400);
    }
    ann.get(&format!("{REQUESTS}/9")).expect(404);
    ann.get(&format!("{REQUESTS}/moon")).expect(404);
}

#[test]
fn whoever_may_not_is_refused_and_told_why() {
    let (server, _tree) = world();
    let (ann, ray, eve) = (server.rest_as("ann"), server.rest_as("ray"), server.rest_as("eve"));
    // Reading is enough to propose; it is not enough to change what others proposed.
    open(&ray, "topic");
    let change = json!({ "title": "mine" });
    assert_eq!(ray.put(&format!("{REQUESTS}/1"), &change).status, 200);
    assert_eq!(ann.put(&format!("{REQUESTS}/1"), &change).status, 200);
    let decline = |rest: &Rest| rest.post(&format!("{REQUESTS}/1/decline"), &json!({})).status;
    assert_eq!(decline(&eve), 404);
    assert_eq!(decline(&server.rest()), 401);
    assert_eq!(decline(&ray), 200);
    let topic = json!({ "title": "x", "source": { "branch": { "name": "topic" } } });
    ann.post(REQUESTS, &topic).expect(201);
    let refused = ray.put(&format!("{REQUESTS}/2"), &change).expect(403);
    assert_eq!(refused["error"]["data"]["code"], "PC-PERM-WRITE", "{refused}");
    assert_eq!(decline(&ray), 400, "it has ended already");
    server.create_token("ann", "narrow", &["read:pullrequest:bitbucket"]);
    let narrow = server.rest_as("ann");
    assert_eq!(narrow.get(REQUESTS).status, 200);
    let refused = narrow.post(REQUESTS, &topic).expect(403);
    let required = &refused["error"]["detail"]["required"];
    assert!(required.to_string().contains("write:pullrequest:bitbucket"), "{refused}");
}

#[test]
fn a_request_whose_commits_are_pushed_into_its_destination_is_merged() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    open(&ann, "topic");
    tree.git(&["checkout", "-q", "main"]);
    tree.git(&["merge", "-q", "--no-ff", "-m", "take it", "topic"]);
    tree.push("main").accepted();
    let merged = shown(&ann, 1);
    assert_eq!(merged["state"], "MERGED");
    assert_eq!(merged["merge_commit"]["hash"], tree.id("main")[..12]);
}

fn a_refused_push_becomes_a_request_by_its_own_advice(door: Door) {
    let server = Server::with(
        "user ann
         user bea
         grant ann write
         grant bea write
         restrict 1 main push",
    );
    let rest = server.rest_as("ann");
    let tree = ahead(&server, door, "ann");
    let refused = tree.push("main").refusal_ids().remove(0);
    let session = Session { server: &server, tree: &tree, reader: "ann", door };
    let advice = session.record(&refused)["remedies"][0]["commands"][0].clone();
    let pasted = tree.pasted(advice.as_str().unwrap(), programs());
    assert!(pasted.success(), "{}", pasted.stderr());
    assert!(pasted.stderr().contains("Pull request #1 opened: three"), "{}", pasted.stderr());
    let request = shown(&rest, 1);
    let branch = format!("ann/main-{}", &tree.id("HEAD")[..7]);
    assert_eq!(request["source"]["branch"]["name"], branch);
    assert_eq!(
        (&request["title"], &request["close_source_branch"]),
        (&json!("three"), &json!(true))
    );

    // What goes on from there goes into the same request; what does not, does not.
    tree.commit("four");
    let updated = ["Pull request #1 updated: three", "  http://server/acme/site/pull-requests/1"];
    tree.push_with(&[], &["HEAD:refs/for/main"]).accepted_saying(&updated);
    assert_eq!(shown(&rest, 1)["source"]["commit"]["hash"], tree.id("HEAD")[..12]);
    tree.amend("other four");
    let options = ["-o", "pull-request.update=1"];
    tree.push_with(&options, &["HEAD:refs/for/main"]).accepted_saying(&updated);
    assert_eq!(shown(&rest, 1)["source"]["commit"]["hash"], tree.id("HEAD")[..12]);
    assert_eq!(rest.get(REQUESTS).expect(200)["size"], 1);
    let refs = tree.git(&["ls-remote", "origin"]);
    assert!(!refs.contains("refs/for/"), "{refs}");
    assert_eq!(server.tip(SITE, "main").as_deref(), Some("two"));

    // A branch that is gone is made again.
    tree.push(&format!(":{branch}")).accepted();
    tree.commit("five");
    tree.push_with(&[], &["HEAD:refs/for/main"]).accepted_saying(&updated);
    assert_eq!(server.tip(SITE, &branch).as_deref(), Some("five"));

    // A branch that others may work on takes nothing that is only asked for.
    tree.push("HEAD:refs/heads/develop").accepted();
    let release = open(&rest, "develop")["id"].clone();
    tree.commit("six");
    tree.push_with(&[], &["HEAD:refs/for/main"]).accepted_saying(&updated);
    assert_eq!(server.tip(SITE, "develop").as_deref(), Some("five"), "of request {release}");
}

fn a_push_opens_what_its_options_ask_for(door: Door) {
    let server = Server::with(
        "user ann
         user bea
         grant ann write
         grant bea write",
    );
    let rest = server.rest_as("ann");
    let tree = ahead(&server, door, "ann");
    let options = [
        "-o",
        "pull-request.title=Better",
        "-o",
        "pull-request.description=Much",
        "-o",
        "pull-request.reviewer=bea",
        "-o",
        "pull-request.draft",
    ];
    tree.push_with(&options, &["HEAD:refs/for/main"]).accepted_saying(&[
        "Pull request #1 opened: Better",
        "  http://server/acme/site/pull-requests/1",
    ]);
    let request = shown(&rest, 1);
    assert_eq!((&request["draft"], &request["description"]), (&json!(true), &json!("Much")));
    assert_eq!(request["reviewers"][0]["nickname"], "bea");

    let create = ["-o", "pull-request.create"];
    tree.push_with(&create, &["HEAD:refs/heads/topic"]).accepted_saying(&[
        "Pull request #2 opened: three",
        "  http://server/acme/site/pull-requests/2",
    ]);
    // The commits land; what is wrong with the request is said.
    tree.commit("four");
    let wrong = ["-o", "pull-request.create", "-o", "pull-request.reviewer=moon"];
    tree.push_with(&wrong, &["HEAD:refs/heads/other"]).accepted_saying(&[
        "No pull request was opened: reviewers: Malformed reviewers list; reviewers: there is no \
         user `moon`",
    ]);
    assert_eq!(server.tip(SITE, "other").as_deref(), Some("four"));
    let nowhere = tree.push_with(&[], &["HEAD:refs/for/moon"]);
    assert!(!nowhere.success() && nowhere.told().contains("There is no branch `moon`"));
    tree.push(":refs/for/main").fails_with("refs/for/main");

    // Whoever may not open requests is told so before a byte of the pack is read.
    server.create_token(
        "ann",
        "narrow",
        &["read:repository:bitbucket", "write:repository:bitbucket"],
    );
    if door == Door::Http {
        let narrow = ahead(&server, door, "ann");
        narrow.push_with(&[], &["HEAD:refs/for/main"]).fails_with("PC-SCOPE-MISSING");
    }
    assert_eq!(rest.get(REQUESTS).expect(200)["size"], 2);
}

#[test]
fn what_a_request_brings_is_listed_and_shown() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    open(&ann, "topic");
    // What the destination gets meanwhile is no change of the request.
    tree.git(&["checkout", "-q", "main"]);
    tree.commit_file("elsewhere", b"1\n", "five");
    tree.push("main").accepted();
    let commits = ann.get(&format!("{REQUESTS}/1/commits")).expect(200);
    let messages: Vec<_> =
        commits["values"].as_array().unwrap().iter().map(|it| it["message"].clone()).collect();
    assert_eq!(messages, ["four\n", "three\n"]);
    // The client follows where it is led.
    let diff = ann.get(&format!("{REQUESTS}/1/diff"));
    assert!(diff.text.contains("diff --git") && !diff.text.contains("elsewhere"), "{}", diff.text);
    let stat = ann.get(&format!("{REQUESTS}/1/diffstat")).expect(200);
    assert_eq!(stat["values"][0]["status"], "added", "{stat}");
    let patch = ann.get(&format!("{REQUESTS}/1/patch"));
    assert!(patch.text.contains("Subject: [PATCH"), "{}", patch.text);
    ann.get(&format!("{REQUESTS}/7/commits")).expect(404);
}

#[test]
fn the_command_line_opens_lists_shows_and_declines() {
    let (server, tree) = world();
    let (url, secret) = (server.url().to_owned(), server.login("ann").secret);
    let run = |arguments: &str| {
        let line = format!(
            "PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={secret} portcullis pull-request {arguments}"
        );
        let ended = tree.pasted(&line, programs());
        assert!(ended.success(), "{line}\n{}", ended.stderr());
        ended.stdout()
    };
    let made = run("create --destination main --reviewer bea --description 'At last'");
    for part in ["four", "topic", "main", "/acme/site/pull-requests/1"] {
        assert!(made.contains(part), "no `{part}` in:\n{made}");
    }
    assert!(run("list").contains("four"));
    let shown: Value = serde_json::from_str(&run("show 1 --json")).unwrap();
    assert_eq!(shown["reviewers"][0]["nickname"], "bea");
    run("decline 1 --reason 'not now'");
    assert!(run("list").contains("no pull requests"));
    assert!(run("list --state all").contains("DECLINED"));
}

/// A client that bots are made of, unpatched, from the first request to the merge.
#[test]
fn a_bot_opens_talks_builds_and_merges_with_atlassian_python_api() {
    let (server, _) = world();
    server.grant(SITE, &json!({ "type": "user", "name": "ann" }), "admin");
    let login = server.login("ann");
    let mut python = Command::new(provided("PORTCULLIS_TEST_PYTHON", "peers-venv/bin/python"));
    hermetic(&mut python);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/atlassian_bot.py");
    let bea = server.rest_as("bea").get("/2.0/user").expect(200);
    let uuid = bea["uuid"].as_str().unwrap();
    let arguments = [script, server.url(), &login.user, &login.secret, "bea", uuid];
    let out = python.args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "it worked as far as:\n{said}\n{complaint}");
    assert_eq!(said.lines().last(), Some("merged"));
}

#[test]
fn a_fork_proposes_its_commits_and_they_are_merged() {
    let (server, _) = world();
    let rest = server.rest_as("ann");
    let into = json!({ "name": "fork", "workspace": { "slug": "acme" } });
    server.admin().post("/2.0/repositories/acme/site/forks", &into).expect(201);
    server.grant("acme/fork", &json!({ "type": "user", "name": "ann" }), "write");
    let tree = server.clone_as("ann", "acme/fork");
    tree.git(&["checkout", "-q", "-b", "better"]);
    let better = tree.commit("better");
    tree.push("better").accepted();
    let from = |full_name: &str| {
        json!({ "title": "Better", "source": {
            "branch": { "name": "better" }, "repository": { "full_name": full_name },
        } })
    };
    server.create_repository("acme/stranger");
    server.grant("acme/stranger", &json!({ "type": "user", "name": "ann" }), "write");
    let error = rest.post(REQUESTS, &from("acme/stranger")).expect(400);
    let why = error["error"]["fields"]["source.repository.full_name"][0].as_str().unwrap();
    assert!(why.contains("is not a fork"), "{why}");

    let made = rest.post(REQUESTS, &from("acme/fork")).expect(201);
    assert_eq!(made["source"]["repository"]["full_name"], "acme/fork");
    let commits = rest.get(&format!("{REQUESTS}/1/commits")).expect(200);
    assert_eq!(commits["values"][0]["hash"], better);
    let site = server.clone_as("bea", SITE);
    site.git(&["fetch", "-q", "origin", "refs/pull-requests/1/from"]);
    assert_eq!(site.id("FETCH_HEAD"), better);

    let again = tree.commit("even better");
    tree.push("better").accepted();
    assert_eq!(shown(&rest, 1)["source"]["commit"]["hash"], again[..12]);

    // Whoever may propose nothing here any more writes nothing here by pushing to the fork.
    let ann = json!({ "type": "user", "name": "ann" });
    let before = server.holdings(SITE);
    server.grant(SITE, &ann, "none");
    tree.commit("unasked");
    tree.push("better").accepted();
    assert_eq!(server.holdings(SITE), before);
    assert_eq!(shown(server.admin(), 1)["source"]["commit"]["hash"], again[..12]);
    server.grant(SITE, &ann, "write");
    tree.git(&["reset", "-q", "--hard", &again]);
    tree.push("+better").accepted();
    let merged = rest.post(&format!("{REQUESTS}/1/merge"), &json!({})).expect(200);
    assert_eq!(merged["state"], "MERGED");
    site.fetch();
    site.git(&["merge-base", "--is-ancestor", &again, "origin/main"]);
    server.is_sound(SITE);
}

#[test]
fn a_fork_that_outgrows_its_original_holds_up_nothing() {
    let (mut server, _) = world();
    let into = json!({ "name": "fork", "workspace": { "slug": "acme" } });
    server.admin().post("/2.0/repositories/acme/site/forks", &into).expect(201);
    server.grant("acme/fork", &json!({ "type": "user", "name": "ann" }), "write");
    let tree = server.clone_as("ann", "acme/fork");
    tree.git(&["checkout", "-q", "-b", "better"]);
    let small = tree.commit("better");
    tree.push("better").accepted();
    let from = json!({ "title": "Better", "source": {
        "branch": { "name": "better" }, "repository": { "full_name": "acme/fork" },
    } });
    server.rest_as("ann").post(REQUESTS, &from).expect(201);
    let limit = json!({ "size_limit": 200_000 });
    server.admin().put(&format!("/api/v1/repositories/{SITE}"), &limit).expect(200);
    let noise: Vec<u8> =
        (0..100_000_u32).flat_map(|it| it.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    tree.commit_file("noise", &noise, "noise");
    let before = server.holdings(SITE);
    tree.push("better").accepted();
    server.restart();
    assert_eq!(server.holdings(SITE), before);
    assert_eq!(shown(server.admin(), 1)["source"]["commit"]["hash"], small[..12]);
    assert_eq!(server.admin().post(&format!("{REQUESTS}/1/merge"), &json!({})).status, 409);
}

#[test]
fn a_forks_request_whose_commits_are_pushed_into_its_destination_is_merged() {
    let (server, _) = world();
    let rest = server.rest_as("ann");
    let into = json!({ "name": "fork", "workspace": { "slug": "acme" } });
    server.admin().post("/2.0/repositories/acme/site/forks", &into).expect(201);
    server.grant("acme/fork", &json!({ "type": "user", "name": "ann" }), "write");
    let fork = server.clone_as("ann", "acme/fork");
    fork.git(&["checkout", "-q", "-b", "better"]);
    fork.commit("better");
    fork.push("better").accepted();
    let body = json!({ "title": "Better", "source": {
        "branch": { "name": "better" }, "repository": { "full_name": "acme/fork" },
    } });
    rest.post(REQUESTS, &body).expect(201);
    // Whoever takes a part of it has not merged it, nor has whoever goes on elsewhere.
    let site = server.clone_as("bea", SITE);
    site.commit("elsewhere");
    site.push("main").accepted();
    assert_eq!(shown(&rest, 1)["state"], "OPEN");
    // The newest commits of the fork, which the server has not seen here before.
    let tip = fork.commit("better still");
    fork.push("better").accepted();
    site.git(&["fetch", "-q", "origin", "refs/pull-requests/1/from"]);
    assert_eq!(site.id("FETCH_HEAD"), tip);
    site.git(&["merge", "-q", "--no-ff", "-m", "take it", "FETCH_HEAD"]);
    site.push("main").accepted();
    let merged = shown(&rest, 1);
    assert_eq!(merged["state"], "MERGED");
    assert_eq!(merged["merge_commit"]["hash"], site.id("main")[..12]);
    // What is at home again brings nothing, and is merged by nobody.
    fork.git(&["checkout", "-q", "-b", "next", "main"]);
    fork.commit("next");
    fork.push("next").accepted();
    let body = json!({ "title": "Next", "source": {
        "branch": { "name": "next" }, "repository": { "full_name": "acme/fork" },
    } });
    assert_eq!(rest.post(REQUESTS, &body).expect(201)["id"], 2);
    fork.push("+main:next").accepted();
    assert_eq!(shown(&rest, 2)["state"], "OPEN");
}
