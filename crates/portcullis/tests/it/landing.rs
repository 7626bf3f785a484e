//! Merges that happen later: requests that merge themselves, and the queue of a branch. Nobody waits
//! for the background but by asking.

use crate::session::{SITE, programs, until};
use serde_json::{Value, json};
use testkit::{Rest, Server, WorkTree};

const REQUESTS: &str = "/2.0/repositories/acme/site/pullrequests";
const OWN: &str = "/api/v1/repositories/acme/site/pull-requests";
const QUEUE: &str = "/api/v1/repositories/acme/site/merge-queue/main";

/// `ann`, `bea` and `cas` write. Into `main` goes what has the checks of these kinds, which are
/// enforced; requests into it may merge themselves.
fn world(checks: &[(&str, i64)]) -> (Server, WorkTree) {
    let server = Server::with(
        "user ann
         user bea
         user cas
         user ray
         grant ann write
         grant bea write
         grant cas write
         grant ray read",
    );
    let rule = |kind: &str, value: Option<i64>| {
        let matcher = json!({ "type": "glob", "pattern": "main" });
        server.restrict(SITE, &json!({ "kind": kind, "matcher": matcher, "value": value }));
    };
    rule("enforce_merge_checks", None);
    rule("allow_auto_merge_when_builds_pass", None);
    checks.iter().for_each(|(kind, value)| rule(kind, Some(*value)));
    let tree = server.clone_as("ann", SITE);
    (server, tree)
}

/// A branch with one file of its own, pushed, and a request to take it into `main`; its number.
fn request(rest: &Rest, tree: &WorkTree, name: &str) -> i64 {
    tree.git(&["checkout", "-q", "-B", name, "origin/main"]);
    tree.commit_file(name, name.as_bytes(), name);
    tree.push(name).accepted();
    let body = json!({ "title": name, "source": { "branch": { "name": name } } });
    rest.post(REQUESTS, &body).expect(201)["id"].as_i64().unwrap()
}

fn build(rest: &Rest, commit: &str, state: &str) {
    let body = json!({ "key": "ci", "state": state, "url": "https://ci.example.org/1" });
    let path = format!("/2.0/repositories/acme/site/commit/{commit}/statuses/build");
    rest.post(&path, &body).expect(201);
}

fn approve(rest: &Rest, number: i64) {
    rest.post(&format!("{REQUESTS}/{number}/approve"), &json!({})).expect(200);
}

fn state(rest: &Rest, number: i64) -> Value {
    rest.get(&format!("{REQUESTS}/{number}")).expect(200)["state"].clone()
}

fn merged(rest: &Rest, number: i64) {
    until("the merge", || (state(rest, number) == "MERGED").then_some(()));
}

/// The newest reason that the history gives for anything.
fn reason(rest: &Rest, number: i64) -> String {
    let activity = rest.get(&format!("{REQUESTS}/{number}/activity")).expect(200);
    let lines = activity["values"].as_array().unwrap().iter();
    let mut reasons = lines.filter_map(|it| it["update"]["reason"].as_str());
    reasons.find(|it| !it.is_empty()).unwrap_or_default().to_owned()
}

/// Waits until the request waits no longer; why, as its history says.
#[track_caller]
fn ended(rest: &Rest, number: i64, way: &str) -> String {
    let path = format!("{OWN}/{number}/{way}");
    until("its end", || (rest.get(&path).status == 404).then_some(()));
    assert_eq!(state(rest, number), "OPEN");
    reason(rest, number)
}

#[test]
fn a_request_merges_itself_once_nothing_is_missing() {
    let (server, tree) =
        world(&[("require_approvals_to_merge", 1), ("require_passing_builds_to_merge", 1)]);
    let (ann, bea, ray) = (server.rest_as("ann"), server.rest_as("bea"), server.rest_as("ray"));
    let number = request(&ann, &tree, "topic");
    let path = format!("{OWN}/{number}/auto-merge");
    ann.get(&path).expect(404);
    let asked = ann.post(&path, &json!({ "merge_strategy": "squash" })).expect(200);
    assert_eq!((&asked["merged"], &asked["waiting"]["way"]), (&json!(false), &json!("auto")));
    let waiting = |rest: &Rest| rest.get(&path).expect(200);
    let missing = |size: usize| {
        until("what is missing", || {
            let missing = waiting(&ray)["missing"].as_array().unwrap().clone();
            (missing.len() == size).then_some(missing)
        })
    };
    missing(2);
    let shown = waiting(&ray);
    assert_eq!((&shown["state"], &shown["asked_by"]["name"]), (&json!("checks"), &json!("ann")));
    assert_eq!(shown["source"], tree.id("topic"));
    let told = ann.get(&format!("{OWN}/{number}/mergeable")).expect(200);
    assert_eq!((&told["auto_merge_allowed"], &told["waiting"]), (&json!(true), &shown));
    // Asked again, by whomever: it waits as it did.
    assert_eq!(bea.post(&path, &json!({})).expect(200)["waiting"], shown);

    approve(&bea, number);
    let left = missing(1);
    assert!(left[0].as_str().unwrap().contains("build"), "{left:?}");
    build(&bea, &tree.id("topic"), "FAILED");
    missing(1);
    assert_eq!(server.tip(SITE, "main").as_deref(), Some("two"));
    build(&bea, &tree.id("topic"), "SUCCESSFUL");
    merged(&ray, number);
    let shown = ray.get(&format!("{REQUESTS}/{number}")).expect(200);
    assert_eq!(shown["closed_by"]["nickname"], "ann", "it is merged as who asked");
    ray.get(&path).expect(404);
    tree.fetch();
    assert_eq!(tree.git(&["rev-list", "--count", "origin/main"]).trim(), "3", "squashed");
    let committer = tree.git(&["log", "-1", "--format=%cn", "origin/main"]);
    assert_eq!(committer.trim(), "ann");

    // Where nothing is missing, asking merges.
    let next = request(&ann, &tree, "next");
    approve(&bea, next);
    build(&bea, &tree.id("next"), "SUCCESSFUL");
    let asked = ann.post(&format!("{OWN}/{next}/auto-merge"), &json!({})).expect(200);
    assert_eq!((&asked["merged"], &asked["waiting"]), (&json!(true), &Value::Null));
    assert_eq!(state(&ann, next), "MERGED");
}

#[test]
fn a_request_does_not_merge_itself_any_more_and_says_why() {
    let (server, tree) = world(&[("require_approvals_to_merge", 1)]);
    let (ann, bea, cas) = (server.rest_as("ann"), server.rest_as("bea"), server.rest_as("cas"));
    let number = request(&ann, &tree, "topic");
    let path = format!("{OWN}/{number}/auto-merge");
    let ask = |rest: &Rest| {
        assert_eq!(rest.post(&path, &json!({})).expect(200)["merged"], false);
    };
    ask(&ann);
    tree.commit("more");
    tree.push("topic").accepted();
    let why = ended(&bea, number, "auto-merge");
    assert!(why.contains("its commits have changed"), "{why}");

    ask(&ann);
    let draft = json!({ "title": "topic", "draft": true });
    ann.put(&format!("{REQUESTS}/{number}"), &draft).expect(200);
    let why = ended(&bea, number, "auto-merge");
    assert!(why.contains("it is a draft again"), "{why}");
    let ready = json!({ "title": "topic", "draft": false });
    ann.put(&format!("{REQUESTS}/{number}"), &ready).expect(200);

    ask(&ann);
    bea.delete(&path).expect(204);
    assert_eq!(reason(&bea, number), "bea has taken it back");
    bea.delete(&path).expect(404);

    // Whoever asked may not merge any more when the time comes.
    ask(&cas);
    server.grant(SITE, &json!({ "type": "user", "name": "cas" }), "read");
    approve(&bea, number);
    let why = ended(&bea, number, "auto-merge");
    assert!(why.starts_with("PC-PERM-WRITE") && why.contains("R-"), "{why}");
    bea.delete(&format!("{REQUESTS}/{number}/approve")).expect(204);

    let scopes = [
        "read:pullrequest:bitbucket",
        "write:pullrequest:bitbucket",
        "read:repository:bitbucket",
        "write:repository:bitbucket",
    ];
    let made = server.create_token("ann", "passing", &scopes);
    ask(&server.rest_as("ann"));
    let token = format!("/api/v1/users/ann/tokens/{}", made["id"]);
    server.admin().delete(&token).expect(204);
    approve(&bea, number);
    let why = ended(&bea, number, "auto-merge");
    assert!(why.starts_with("PC-CRED-REVOKED"), "{why}");
    assert_eq!(server.tip(SITE, "main").as_deref(), Some("two"));
}

#[test]
fn what_cannot_be_awaited_is_refused_at_once() {
    let (server, tree) = world(&[("require_approvals_to_merge", 1), ("require_commits_behind", 0)]);
    let (ann, ray, eve) = (server.rest_as("ann"), server.rest_as("ray"), server.rest());
    let number = request(&ann, &tree, "topic");
    let ways = ["auto-merge", "queue"].map(|it| format!("{OWN}/{number}/{it}"));
    for path in &ways {
        assert_eq!(ray.post(path, &json!({})).expect(403)["error"]["code"], "PC-PERM-WRITE");
        assert_eq!(eve.post(path, &json!({})).status, 401);
        for (body, field) in [
            (json!({ "merge_strategy": "octopus" }), "merge_strategy"),
            (json!({ "message": "x".repeat((128 << 10) + 1) }), "message"),
            (json!({ "close_source_branch": "perhaps" }), "close_source_branch"),
        ] {
            let answer = ann.post(path, &body).expect(400);
            assert!(answer["error"]["fields"][field].is_array(), "{answer}");
        }
        ann.delete(path).expect(404);
        ann.get(path).expect(404);
        ann.post(&path.replace(&format!("/{number}/"), "/99/"), &json!({})).expect(404);
    }
    // The queue waits for builds, and not for people.
    let refused = ann.post(&ways[1], &json!({})).expect(403);
    assert_eq!(refused["error"]["code"], "PC-MERGE-APPROVALS", "{refused}");
    let draft = |it: bool| {
        let body = json!({ "title": "topic", "draft": it });
        ann.put(&format!("{REQUESTS}/{number}"), &body).expect(200);
    };
    draft(true);
    for path in &ways {
        ann.post(path, &json!({})).expect(409);
    }
    draft(false);
    // Other commits are needed, which nobody has asked for.
    let other = request(&ann, &tree, "other");
    let into = json!({ "title": "other", "destination": { "branch": { "name": "topic" } } });
    ann.put(&format!("{REQUESTS}/{other}"), &into).expect(200);
    let answer = ann.post(&format!("{OWN}/{other}/auto-merge"), &json!({})).expect(400);
    let why = answer["error"]["fields"]["destination"][0].as_str().unwrap();
    assert!(why.contains("`allow_auto_merge_when_builds_pass`"), "{why}");
    tree.git(&["checkout", "-q", "main"]);
    tree.commit("three");
    tree.push("main").accepted();
    approve(&server.rest_as("cas"), number);
    let refused = ann.post(&ways[0], &json!({})).expect(403);
    assert_eq!(refused["error"]["code"], "PC-MERGE-BEHIND", "{refused}");
    ann.post(&format!("{REQUESTS}/{number}/decline"), &json!({})).expect(200);
    for path in &ways {
        assert!(ann.post(path, &json!({})).expect(400)["error"]["fields"]["state"].is_array());
    }
    ann.get(&format!("{QUEUE}/gone")).expect(404);
    assert_eq!(ann.get(QUEUE).expect(200)["size"], 0);
}

/// The queue of `main`: numbers, and for each what would land, once that was made on `base` and one
/// on top of the other.
#[track_caller]
fn queued(rest: &Rest, numbers: &[i64], base: &str) -> Vec<String> {
    until("the queue", || {
        let listed = rest.get(QUEUE).expect(200)["values"].as_array().unwrap().clone();
        let mut base = json!(base);
        let mut commits = Vec::new();
        for (entry, number) in listed.iter().zip(numbers) {
            if entry["pull_request"] != *number || entry["base"] != base {
                return None;
            }
            base = entry["commit"].clone();
            commits.push(base.as_str()?.to_owned());
        }
        (listed.len() == numbers.len()).then_some(commits)
    })
}

fn enter(rest: &Rest, number: i64, body: &Value) {
    let asked = rest.post(&format!("{OWN}/{number}/queue"), body).expect(200);
    assert_eq!(asked["waiting"]["way"], "queue", "{asked}");
}

fn main_of(tree: &WorkTree) -> String {
    tree.fetch();
    tree.id("origin/main")
}

#[test]
fn a_queue_lands_what_was_built_and_in_order() {
    let (server, tree) = world(&[("require_passing_builds_to_merge", 1)]);
    let (ann, bea) = (server.rest_as("ann"), server.rest_as("bea"));
    let numbers = ["one", "two", "three"].map(|it| request(&ann, &tree, it));
    let [one, two, three] = numbers;
    // What the source's builds say does not count here.
    build(&bea, &tree.id("one"), "SUCCESSFUL");
    enter(&ann, one, &json!({ "close_source_branch": true }));
    enter(&bea, two, &json!({ "merge_strategy": "squash" }));
    enter(&ann, three, &json!({ "message": "The third" }));
    let base = main_of(&tree);
    let commits = queued(&bea, &numbers, &base);
    let shown = bea.get(&format!("{REQUESTS}/{one}")).expect(200);
    assert_eq!(shown["queued"], true);
    let states = || {
        let listed = bea.get(QUEUE).expect(200)["values"].as_array().unwrap().clone();
        listed.iter().map(|it| it["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(), ["checks", "turn", "turn"]);
    for (number, commit) in numbers.iter().zip(&commits) {
        let entry = bea.get(&format!("{OWN}/{number}/queue")).expect(200);
        assert_eq!(entry["commit"], **commit);
        tree.git(&["fetch", "-q", "origin", &format!("refs/pull-requests/{number}/queue")]);
        assert_eq!(tree.id("FETCH_HEAD"), *commit, "whoever reads may fetch it");
    }
    let pushed = tree.push(&format!("HEAD:refs/pull-requests/{one}/queue"));
    pushed.fails_with("PC-REF-RESERVED");

    // Builds do not end in order; what they build lands in order.
    build(&bea, &commits[2], "SUCCESSFUL");
    build(&bea, &commits[1], "FAILED");
    assert_eq!(main_of(&tree), base);
    build(&bea, &commits[0], "SUCCESSFUL");
    merged(&bea, one);
    let why = ended(&bea, two, "queue");
    assert!(why.starts_with("PC-MERGE-BUILDS"), "{why}");
    // The third was built with the second: that says nothing of it without.
    let anew = queued(&bea, &[three], &commits[0]);
    assert_ne!(anew[0], commits[2]);
    assert_eq!((main_of(&tree), state(&bea, three)), (commits[0].clone(), json!("OPEN")));
    build(&bea, &anew[0], "SUCCESSFUL");
    merged(&bea, three);
    assert_eq!(main_of(&tree), anew[0], "exactly what was built");
    let names = tree.git(&["ls-tree", "--name-only", "origin/main"]);
    let names: Vec<_> = names.lines().collect();
    assert!(names.contains(&"three") && !names.contains(&"two"), "{names:?}");
    assert_eq!(tree.git(&["log", "-1", "--format=%s", "origin/main"]).trim(), "The third");
    assert_eq!(server.tip(SITE, "one"), None, "the source branch was to go");
    until("no refs of the queue", || {
        (!server.refs(SITE).iter().any(|it| it.contains("/queue "))).then_some(())
    });
    server.is_sound(SITE);
}

#[test]
fn a_queue_is_made_anew_when_its_branch_moves() {
    let (server, tree) = world(&[("require_passing_builds_to_merge", 1)]);
    let (ann, bea) = (server.rest_as("ann"), server.rest_as("bea"));
    let numbers = ["one", "two", "three"].map(|it| request(&ann, &tree, it));
    numbers.iter().for_each(|it| enter(&ann, *it, &json!({})));
    let [one, two, three] = numbers;
    let commits = queued(&bea, &numbers, &main_of(&tree));
    tree.git(&["checkout", "-q", "-B", "main", "origin/main"]);
    // The second does not fit any more; it stays until it is its turn.
    tree.commit_file("two", b"other", "hot fix");
    tree.push("main").accepted();
    let base = main_of(&tree);
    let fix = until("the queue on top of the fix", || {
        let entry = bea.get(&format!("{OWN}/{one}/queue")).expect(200);
        (entry["base"] == *base).then(|| entry["commit"].as_str().unwrap().to_owned())
    });
    assert_ne!(fix, commits[0]);
    let path = format!("/2.0/repositories/acme/site/commit/{}/statuses/build", commits[0]);
    // The others are made anew one by one, and led to it until then.
    until("what is queued no more is gone", || {
        let built = bea.post(&path, &json!({ "key": "ci", "state": "SUCCESSFUL" }));
        (built.status == 404).then_some(())
    });
    build(&bea, &fix, "SUCCESSFUL");
    merged(&bea, one);
    assert_eq!(main_of(&tree), fix);
    let why = ended(&bea, two, "queue");
    assert!(why.contains("do not fit together: `two`"), "{why}");
    queued(&bea, &[three], &fix);
    // New commits are not what was queued.
    tree.git(&["checkout", "-q", "three"]);
    tree.commit("more");
    tree.push("three").accepted();
    let why = ended(&bea, three, "queue");
    assert!(why.contains("its commits have changed"), "{why}");
    // Without a check nothing is waited for.
    for rule in server.admin().get(&format!("/api/v1/repositories/{SITE}/restrictions")).expect(200)
        ["values"]
        .as_array()
        .unwrap()
    {
        let path = format!("/api/v1/repositories/{SITE}/restrictions/{}", rule["id"]);
        server.admin().delete(&path).expect(204);
    }
    assert_eq!(main_of(&tree), fix);
    enter(&bea, three, &json!({ "merge_strategy": "rebase_fast_forward" }));
    merged(&bea, three);
}

#[test]
fn what_waits_is_there_after_a_restart() {
    let (mut server, tree) = world(&[("require_passing_builds_to_merge", 1)]);
    let ann = server.rest_as("ann");
    let (one, two, auto) =
        (request(&ann, &tree, "one"), request(&ann, &tree, "two"), request(&ann, &tree, "auto"));
    enter(&ann, one, &json!({}));
    enter(&ann, two, &json!({}));
    ann.post(&format!("{OWN}/{auto}/auto-merge"), &json!({})).expect(200);
    let base = main_of(&tree);
    let commits = queued(&ann, &[one, two], &base);
    server.restart();
    let ann = server.rest_as("ann");
    tree.follow(&server.url_as("ann", SITE));
    assert_eq!(queued(&ann, &[one, two], &base), commits, "what was built counts");
    commits.iter().for_each(|it| build(&ann, it, "SUCCESSFUL"));
    merged(&ann, one);
    merged(&ann, two);
    assert_eq!(main_of(&tree), commits[1]);
    assert_eq!(state(&ann, auto), "OPEN");
    build(&ann, &tree.id("auto"), "SUCCESSFUL");
    merged(&ann, auto);
}

#[test]
fn the_preview_follows_the_destination() {
    let (server, tree) = world(&[]);
    let ann = server.rest_as("ann");
    let number = request(&ann, &tree, "topic");
    tree.git(&["checkout", "-q", "-B", "main", "origin/main"]);
    let tip = tree.commit_file("more", b"more", "more");
    tree.push("main").accepted();
    let name = format!("refs/pull-requests/{number}/merge");
    until("the preview", || {
        tree.git(&["fetch", "-q", "origin", &name]);
        (tree.id("FETCH_HEAD^1") == tip).then_some(())
    });
    assert_eq!(tree.id("FETCH_HEAD^2"), tree.id("topic"));
}

#[test]
fn the_command_line_asks_lists_and_takes_back() {
    let (server, tree) = world(&[("require_passing_builds_to_merge", 1)]);
    let ann = server.rest_as("ann");
    let number = request(&ann, &tree, "topic");
    let (url, secret) = (server.url().to_owned(), server.login("ann").secret);
    let run = |arguments: &str| {
        let line = format!(
            "PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={secret} portcullis pull-request {arguments}"
        );
        let ended = tree.pasted(&line, programs());
        assert!(ended.success(), "{line}\n{}", ended.stderr());
        ended.stdout()
    };
    assert!(run("queue").contains("nothing waits to be merged into main"));
    let asked = run(&format!("merge {number} --queue"));
    assert!(asked.contains(" waits: the merge queue"), "{asked}");
    until("the commit", || run("queue main").contains("checks").then_some(()));
    let listed = run("queue");
    assert!(listed.contains("ann"), "{listed}");
    assert!(run(&format!("merge {number} --cancel")).contains("any more"));
    let asked = run(&format!("merge {number} --auto --json"));
    assert_eq!(serde_json::from_str::<Value>(&asked).unwrap()["waiting"]["way"], "auto");
    run(&format!("merge {number} --cancel"));
    ann.get(&format!("{OWN}/{number}/auto-merge")).expect(404);
}

#[test]
fn builds_for_other_branches_say_nothing_of_what_is_queued() {
    let (server, tree) = world(&[("require_passing_builds_to_merge", 1)]);
    let (ann, bea) = (server.rest_as("ann"), server.rest_as("bea"));
    let number = request(&ann, &tree, "topic");
    let path = format!("/2.0/repositories/acme/site/commit/{}/statuses/build", tree.id("topic"));
    let said = |key: &str, refname: &str| {
        let body = json!({ "key": key, "state": "SUCCESSFUL", "refname": refname,
            "url": "https://ci.example.org/1" });
        bea.post(&path, &body).expect(201);
    };
    said("nightly", "nightly");
    let queue = format!("{OWN}/{number}/queue");
    let asked = ann.post(&queue, &json!({ "merge_strategy": "fast_forward" })).expect(200);
    assert_eq!(asked["merged"], false);
    let commit =
        until("its commit", || ann.get(&queue).expect(200)["commit"].as_str().map(str::to_owned));
    assert_eq!(commit, tree.id("topic"));
    until("what is missing", || {
        (!ann.get(&queue).expect(200)["missing"].as_array().unwrap().is_empty()).then_some(())
    });
    assert_eq!(state(&ann, number), "OPEN");
    said("of what is queued", &format!("refs/pull-requests/{number}/queue"));
    merged(&ann, number);
}

#[test]
fn the_source_branch_is_closed_only_if_that_was_so_when_it_was_asked_for() {
    let (server, tree) = world(&[("require_approvals_to_merge", 1)]);
    let (ann, bea) = (server.rest_as("ann"), server.rest_as("bea"));
    let number = request(&ann, &tree, "topic");
    bea.post(&format!("{OWN}/{number}/auto-merge"), &json!({})).expect(200);
    let closing = json!({ "title": "topic", "close_source_branch": true });
    ann.put(&format!("{REQUESTS}/{number}"), &closing).expect(200);
    approve(&bea, number);
    merged(&bea, number);
    // What lands next in the same repository comes after all of that.
    let next = request(&ann, &tree, "next");
    let closing = json!({ "close_source_branch": true });
    bea.post(&format!("{OWN}/{next}/auto-merge"), &closing).expect(200);
    approve(&bea, next);
    until("the next branch is closed", || server.tip(SITE, "next").is_none().then_some(()));
    assert!(server.tip(SITE, "topic").is_some(), "nobody has asked bea");
}
