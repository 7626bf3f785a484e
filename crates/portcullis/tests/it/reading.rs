//! What is in a repository, read over Bitbucket's REST API: commits, differences, tags.

use serde_json::{Value, json};
use testkit::{Rest, Server, WorkTree};

const SITE: &str = "/2.0/repositories/acme/site";

/// `ann` may write to `acme/site`. `main` has two commits and a merge of `topic`'s first one;
/// `topic` has one more.
fn world() -> (Server, WorkTree) {
    let server = Server::start();
    server.create_user("ann");
    server.create_repository("acme/site");
    server.grant("acme/site", &json!({ "type": "user", "name": "ann" }), "write");
    let tree = server.clone_as("ann", "acme/site");
    tree.commit_file("README", b"one\n", "one");
    tree.git(&["checkout", "-q", "-b", "topic/x"]);
    tree.commit_file("src/a.rs", b"fn a() {}\n", "add a <b>");
    tree.git(&["checkout", "-q", "main"]);
    tree.commit_file("README", b"two\n", "two");
    tree.git(&["merge", "-q", "--no-ff", "-m", "merge", "topic/x"]);
    tree.git(&["checkout", "-q", "topic/x"]);
    tree.commit_file("src/a.rs", b"fn b() {}\n", "change a");
    tree.git(&["tag", "-a", "v1", "-m", "first"]);
    tree.push_with(&[], &["main:main", "topic/x:topic/x", "refs/tags/v1:refs/tags/v1"]).accepted();
    (server, tree)
}

fn messages(list: &Value) -> Vec<&str> {
    let values = list["values"].as_array().unwrap();
    values.iter().map(|it| it["message"].as_str().unwrap().trim()).collect()
}

fn commits(rest: &Rest, path: &str) -> Vec<String> {
    let list = rest.get(&format!("{SITE}/{path}")).expect(200);
    messages(&list).into_iter().map(str::to_owned).collect()
}

#[test]
fn commits_are_listed_shown_and_hung_together() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    assert_eq!(commits(&ann, "commits/").len(), 5);
    assert_eq!(commits(&ann, "commits/main"), ["merge", "two", "add a <b>", "one"]);
    assert_eq!(commits(&ann, "commits/topic/x?exclude=main"), ["change a"]);
    assert_eq!(commits(&ann, "commits?include=main&path=src"), ["add a <b>"]);
    let page = ann.get(&format!("{SITE}/commits/main?pagelen=3&exclude=nothing")).expect(404);
    assert_eq!(page["error"]["message"], "no such commit");
    let page = ann.get(&format!("{SITE}/commits/main?pagelen=3")).expect(200);
    assert_eq!((page["size"].as_u64(), messages(&page).len()), (Some(4), 3));
    let next = page["next"].as_str().unwrap().replace(server.url(), "");
    assert_eq!(messages(&ann.get(&next).expect(200)), ["one"]);

    let id = tree.id("topic/x~1");
    let commit = ann.get(&format!("{SITE}/commit/{}", &id[..12])).expect(200);
    assert_eq!(commit["hash"], id);
    assert_eq!(commit["author"]["user"]["nickname"], "ann", "{commit:#}");
    assert_eq!(commit["summary"]["html"], "<p>add a &lt;b&gt;</p>");
    assert_eq!(commit["repository"]["full_name"], "acme/site");
    assert_eq!(commit["parents"][0]["hash"], tree.id("main~2"));
    let base = ann.get(&format!("{SITE}/merge-base/main..topic/x")).expect(200);
    assert_eq!(base["hash"], id);
    for path in ["commit/123456789abc", "commits/nothing", "merge-base/main..nothing"] {
        ann.get(&format!("{SITE}/{path}")).expect(404);
    }
}

/// What was pushed and taken back is not there for whoever knows its name.
#[test]
fn nothing_is_read_that_no_branch_leads_to() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    let secret = tree.commit_file("password", b"hunter2\n", "oops");
    tree.push("oops").accepted();
    ann.get(&format!("{SITE}/commit/{secret}")).expect(200);
    tree.push(":oops").accepted();
    for path in ["commit", "commits", "diff", "diffstat", "patch"] {
        for name in [&secret, &secret[..12]] {
            let answer = ann.get(&format!("{SITE}/{path}/{name}"));
            assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        }
    }
    ann.get(&format!("{SITE}/diff/{secret}..main")).expect(404);
    server.create_user("eve");
    for path in ["commits", "diff/main", "patch/main", "diffstat/main", "refs/tags/v1"] {
        server.rest_as("eve").get(&format!("{SITE}/{path}")).expect(404);
    }
}

#[test]
fn differences_are_of_the_first_against_the_second() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    let get = |path: &str| ann.get(&format!("{SITE}/{path}"));
    let diff = get("diff/topic/x..main");
    assert_eq!((diff.status, diff.header("content-type")), (200, Some("text/plain")));
    assert_eq!(diff.text.trim_end(), tree.git(&["diff", "main...topic/x"]));
    let simple = get("diff/topic/x..main?topic=false").text;
    assert_eq!(simple.trim_end(), tree.git(&["diff", "main", "topic/x"]));
    assert_eq!(get("diff/topic/x..main?merge=false").text, simple);
    let alone = get("diff/main?path=src/a.rs").text;
    assert_eq!(alone.trim_end(), tree.git(&["diff", "main~1", "main", "--", "src/a.rs"]));
    assert_eq!(get("diff/main..main").text, "");

    let stat = get("diffstat/topic/x..main").expect(200);
    assert_eq!((stat["size"].as_u64(), stat["pagelen"].as_u64()), (Some(1), Some(500)));
    let file = &stat["values"][0];
    assert_eq!(
        (file["status"].as_str(), file["lines_added"].as_u64()),
        (Some("modified"), Some(1))
    );
    assert_eq!(
        (&file["old"]["path"], &file["new"]["path"]),
        (&json!("src/a.rs"), &json!("src/a.rs"))
    );
    let first = get(&format!("diffstat/{}", tree.id("main~2"))).expect(200);
    assert_eq!(
        (&first["values"][0]["status"], &first["values"][0]["old"]),
        (&json!("added"), &json!(null))
    );
    let patch = get("patch/topic/x..main").text;
    assert!(patch.contains("Subject: [PATCH] change a") && patch.contains("+fn b() {}"), "{patch}");

    for (query, field) in [
        ("context=many", "context"),
        ("topic=perhaps", "topic"),
        ("topic=true&merge=true", "merge"),
        ("renames=2", "renames"),
    ] {
        let error = get(&format!("diff/main?{query}")).expect(400);
        assert!(error["error"]["fields"][field].is_array(), "{query}: {error}");
    }
}

#[test]
fn tags_are_made_on_the_way_a_push_takes() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    let tags = format!("{SITE}/refs/tags");
    let refs = ann.get(&format!("{SITE}/refs?sort=-name")).expect(200);
    let kinds: Vec<_> = refs["values"].as_array().unwrap().iter().map(|it| &it["type"]).collect();
    assert_eq!(kinds, ["tag", "branch", "branch"]);
    let tag = ann.get(&format!("{tags}/v1")).expect(200);
    assert_eq!(
        (tag["message"].as_str(), &tag["target"]["hash"]),
        (Some("first\n"), &json!(tree.id("topic/x")))
    );

    let made = ann.post(&tags, &json!({ "name": "v2", "target": { "hash": "main" } })).expect(201);
    assert_eq!(made["target"]["hash"], tree.id("main"));
    assert_eq!(made["tagger"]["raw"], "ann <ann@example.org>");
    tree.git(&["fetch", "-q", "--tags"]);
    assert_eq!(tree.git(&["cat-file", "-t", "v2"]), "tag");
    for (body, field) in [
        (json!({ "name": "v2", "target": { "hash": "main" } }), "name"),
        (json!({ "name": "a..b", "target": { "hash": "main" } }), "name"),
        (json!({ "name": "v3", "target": { "hash": "nothing" } }), "target"),
        (json!({ "name": "v3" }), "target"),
    ] {
        let error = ann.post(&tags, &body).expect(400);
        assert!(error["error"]["fields"][field].is_array(), "{body}: {error}");
    }
    server.restrict(
        "acme/site",
        &json!({
            "kind": "push", "on": "tags", "matcher": { "type": "glob", "pattern": "release-*" },
        }),
    );
    let new = json!({ "name": "release-1", "target": { "hash": "main" } });
    let refused = ann.post(&tags, &new).expect(403);
    assert_eq!(refused["error"]["data"]["code"], "PC-REF-PUSH", "{refused}");
    ann.delete(&format!("{tags}/v2")).expect(204);
    ann.delete(&format!("{tags}/v2")).expect(404);
    assert_eq!(ann.get(&tags).expect(200)["size"], 1);
}
