//! What is in a repository, read over Bitbucket's REST API: commits, differences, tags.

use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::Command;
use testkit::{Git, Rest, Server, WorkTree, hermetic, provided};

const SITE: &str = "/2.0/repositories/acme/site";

/// `ann` may write to `acme/site`. `main` has two commits and a merge of `topic`'s first one;
/// `topic` has one more.
pub fn world() -> (Server, WorkTree) {
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

#[test]
fn files_are_sent_as_they_are_and_folders_listed() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    tree.git(&["checkout", "-q", "main"]);
    let large = vec![b'x'; 5 << 20];
    tree.commit_file("large.html", &large, "large");
    tree.git(&["update-index", "--add", "--chmod=+x", "src/a.rs"]);
    tree.git(&["commit", "-q", "-m", "run it"]);
    tree.push("main").accepted();
    let get = |path: &str| ann.get(&format!("{SITE}/src/{path}"));
    let file = get("main/README");
    assert_eq!((file.status, file.text.as_str()), (200, "two\n"));
    for (name, value) in [
        ("content-type", "text/plain"),
        ("content-disposition", "attachment"),
        ("content-length", "4"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(file.header(name), Some(value), "{name}");
    }
    let same = get(&format!("{}/README", tree.id("main~1")));
    assert_eq!(same.header("etag"), file.header("etag"));
    let long = get("main/large.html");
    assert_eq!((long.text.len(), long.header("content-type")), (large.len(), Some("text/plain")));
    let probe = ann.call("HEAD", &format!("{SITE}/src/main/README"), None);
    assert_eq!((probe.status, probe.text.as_str()), (200, ""));
    assert_eq!(ann.call("HEAD", &format!("{SITE}/src/main/nothing"), None).status, 404);

    let paths = |list: &Value| -> Vec<String> {
        let values = list["values"].as_array().unwrap();
        values.iter().map(|it| it["path"].as_str().unwrap().to_owned()).collect()
    };
    let root = get("main/").expect(200);
    assert_eq!(paths(&root), ["README", "large.html", "src"]);
    assert_eq!(root["values"][2]["type"], "commit_directory");
    let link = root["values"][2]["links"]["self"]["href"].as_str().unwrap();
    let inside = ann.get(&link.replace(server.url(), "")).expect(200);
    assert_eq!(paths(&inside), ["src/a.rs"]);
    assert_eq!(inside["values"][0]["attributes"], json!(["executable"]));
    assert_eq!(paths(&get("main/?max_depth=2").expect(200)).len(), 4);
    assert_eq!(paths(&get("HEAD?q=size%3E100").expect(200)), ["large.html"]);
    assert_eq!(get("main/src?format=meta").expect(200)["type"], "commit_directory");
    assert_eq!(get("v1/src/a.rs?format=meta").expect(200)["size"], 10);
    for path in ["main/nothing", "nothing/README", "main/README/x", "main/../../HEAD"] {
        assert_eq!(get(path).status, 404, "{path}");
    }
    for query in ["format=rendered", "format=moon", "max_depth=deep"] {
        get(&format!("main/README?{query}")).expect(400);
    }
}

const STATUSES: &str = "/2.0/repositories/acme/site/commit/main/statuses";

#[test]
fn builds_speak_of_commits_each_under_its_key() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    let build = json!({
        "key": "bot/stability-days", "state": "INPROGRESS", "url": "https://ci.example.com/1",
        "refname": "main",
    });
    ann.get(&format!("{STATUSES}/build/bot/stability-days")).expect(404);
    let short = &tree.id("main")[..12];
    let path = format!("{SITE}/commit/{short}/statuses/build");
    let made = ann.post(&path, &build).expect(201);
    assert_eq!(
        (&made["type"], &made["commit"]["hash"]),
        (&json!("build"), &json!(tree.id("main")))
    );
    let mut again = build.clone();
    again["state"] = json!("FAILED");
    let again = ann.post(&path, &again).expect(201);
    assert_eq!((&again["uuid"], &again["state"]), (&made["uuid"], &json!("FAILED")));
    let one = format!("{STATUSES}/build/bot/stability-days");
    let changed = ann.put(&one, &json!({ "state": "SUCCESSFUL", "key": "other" })).expect(200);
    assert_eq!((&changed["state"], &changed["url"]), (&json!("SUCCESSFUL"), &build["url"]));
    assert_eq!(ann.get(&one).expect(200)["key"], "bot/stability-days");
    ann.put(&format!("{STATUSES}/build/none"), &json!({ "state": "FAILED" })).expect(404);
    for (query, size) in
        [("", 1), ("?refname=main", 1), ("?refname=topic/x", 0), ("?q=state%3D%22FAILED%22", 0)]
    {
        assert_eq!(ann.get(&format!("{STATUSES}{query}")).expect(200)["size"], size, "{query}");
    }
    for (field, value) in [
        ("key", json!("")),
        ("key", json!("k".repeat(256))),
        ("state", json!("PERHAPS")),
        ("url", json!("javascript:alert(1)")),
        ("name", json!("n".repeat(256))),
    ] {
        let mut bad = build.clone();
        bad[field] = value;
        let error = ann.post(&path, &bad).expect(400);
        assert!(error["error"]["fields"][field].is_array(), "{field}: {error}");
    }
    ann.post(&format!("{SITE}/commit/123456789abc/statuses/build"), &build).expect(404);
    server.create_user("ray");
    server.grant("acme/site", &json!({ "type": "user", "name": "ray" }), "read");
    server.rest_as("ray").post(&path, &build).expect(403);
    assert_eq!(server.rest_as("ray").get(STATUSES).expect(200)["size"], 1);
}

#[test]
fn rule_104_a_key_that_is_kept_for_the_build_server_is_nobody_elses() {
    let (server, _) = world();
    server.create_access_token("acme/site", "ci", &["repository:write"]);
    let keys = "/api/v1/repositories/acme/site/build-keys";
    let (ann, ci) = (server.rest_as("ann"), server.rest_as("ci"));
    let status = |key: &str| json!({ "key": key, "state": "SUCCESSFUL" });
    let path = format!("{STATUSES}/build");
    ann.post(&path, &status("ci/unit")).expect(201);
    ann.get(keys).expect(403);
    let subject = json!({ "type": "access_token", "name": "ci" });
    let kept = json!({ "values": [{ "pattern": "ci/*", "subjects": [subject] }] });
    let shown = server.admin().put(keys, &kept).expect(200);
    assert_eq!(shown["values"][0]["subjects"][0]["name"], "ci", "{shown}");
    let refused = ann.post(&path, &status("ci/unit")).expect(403);
    let refusal = &refused["error"]["data"]["refusal"];
    assert_eq!(refusal["code"], "PC-PERM-BUILD-KEY", "{refused}");
    let message = "The build key `ci/unit` is kept for others, by the pattern `ci/*`.";
    assert_eq!(refusal["message"], message);
    assert_eq!(
        refusal["remedies"][0]["summary"],
        "keep the build keys `ci/*` for ann, too, in /api/v1/repositories/acme/site/build-keys"
    );
    ann.put(&format!("{path}/ci/unit"), &json!({ "state": "FAILED" })).expect(403);
    ann.post(&path, &status("lint")).expect(201);
    ci.post(&path, &status("ci/unit")).expect(201);
    server.admin().post(&path, &status("ci/unit")).expect(201);
    for bad in [
        json!({ "values": [{ "pattern": "", "subjects": [subject] }] }),
        json!({ "values": [{ "pattern": "*", "subjects": [] }] }),
        json!({ "values": [{ "pattern": "*", "subjects": [{ "type": "user", "name": "no" }] }] }),
    ] {
        server.admin().put(keys, &bad).expect(400);
    }
    assert_eq!(server.admin().get(keys).expect(200)["size"], 1, "a bad list changes nothing");
}

/// All repositories on the server's disk.
fn folders(server: &Server) -> Vec<PathBuf> {
    let inside = |it: PathBuf| std::fs::read_dir(it).unwrap().map(|it| it.unwrap().path());
    inside(server.data().join("repositories")).flat_map(inside).collect()
}

/// Rule 62: what is kept private of a repository is kept private of its forks' forks, whichever of
/// those between are still there.
#[test]
fn rule_062_a_fork_of_a_fork_that_is_gone_is_kept_as_private() {
    let (server, _tree) = world();
    let admin = server.admin();
    admin.put(SITE, &json!({ "fork_policy": "no_public_forks" })).expect(200);
    let project = json!({ "key": "OPEN", "name": "Open", "is_private": false });
    admin.post("/2.0/workspaces/acme/projects", &project).expect(201);
    let fork = |of: &str, name: &str| {
        let body = json!({ "name": name, "workspace": { "slug": "acme" },
            "project": { "key": "OPEN" } });
        admin.post(&format!("{of}/forks"), &body).expect(201);
        format!("/2.0/repositories/acme/{name}")
    };
    let middle = fork(SITE, "middle");
    let last = fork(&middle, "last");
    admin.delete(&middle).expect(204);
    let public = admin.put(&last, &json!({ "is_private": false, "fork_policy": "allow_forks" }));
    assert_eq!(public.status, 400, "{}", public.text);
    let shown = admin.get(&last).expect(200);
    assert_eq!(
        (&shown["is_private"], &shown["parent"]["full_name"]),
        (&json!(true), &json!("acme/site"))
    );
}

#[test]
fn a_fork_has_what_can_be_seen_and_nothing_that_was_taken_back() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    let secret = tree.commit_file("password", b"hunter2\n", "oops");
    tree.push("oops").accepted();
    tree.push(":oops").accepted();
    server.create_workspace("home");
    let project = json!({ "key": "OWN", "name": "Own", "is_private": false });
    server.admin().post("/2.0/workspaces/home/projects", &project).expect(201);
    server.create_user("dan");
    let dan = json!({ "type": "user", "name": "dan" });
    server.grant("acme/site", &dan, "read");
    let forks = format!("{SITE}/forks");
    let fork = json!({ "name": "My Site", "workspace": { "slug": "home" } });
    let dans = server.rest_as("dan");
    assert!(matches!(dans.post(&forks, &fork).status, 403 | 404), "dan may not create there");
    let grant = json!({ "subject": dan, "permission": "create-repository" });
    server.admin().put("/api/v1/workspaces/home/grants", &grant).expect(200);
    let made = dans.post(&forks, &fork).expect(201);
    let again = fork;
    assert_eq!(
        (&made["full_name"], &made["parent"]["full_name"]),
        (&json!("home/my-site"), &json!("acme/site"))
    );
    let copy = server.clone_as("dan", "home/my-site");
    let refs = |tree: &WorkTree| tree.git(&["ls-remote", "origin"]);
    assert_eq!(refs(&copy), refs(&tree));
    let fork = folders(&server).into_iter().find(|it| *it != server.folder("acme/site")).unwrap();
    Git::system().ok(&fork, &["fsck", "--full", "--strict"]);
    let all = ["cat-file", "--batch-all-objects", "--batch-check"];
    let objects = Git::system().ok(&fork, &all);
    assert!(objects.contains(&tree.id("main")) && !objects.contains(&secret), "{objects}");
    copy.commit("more");
    copy.push("more").accepted();

    assert_eq!(dans.get(&forks).expect(200)["size"], 1);
    assert_eq!(ann.get(&forks).expect(200)["size"], 0, "ann may not see home/my-site");
    dans.post(&forks, &again).expect(400);
    let public = json!({ "name": "open", "workspace": { "slug": "home" }, "is_private": false });
    let error = dans.post(&forks, &public);
    assert_eq!(error.status, 201, "{}", error.text);
    for (policy, body, field) in [
        ("no_public_forks", &public, "is_private"),
        ("no_forks", &json!({ "name": "x", "workspace": { "slug": "home" } }), "fork_policy"),
    ] {
        server.admin().put(SITE, &json!({ "fork_policy": policy })).expect(200);
        let error = dans.post(&forks, body).expect(400);
        assert!(error["error"]["fields"][field].is_array(), "{policy}: {error}");
    }
    // What the original says holds for every fork of it, however it came to be one.
    server.admin().put(SITE, &json!({ "fork_policy": "no_public_forks" })).expect(200);
    let mine = "/2.0/repositories/home/my-site";
    for (body, field) in [
        (json!({ "is_private": false, "fork_policy": "allow_forks" }), "is_private"),
        (json!({ "fork_policy": "allow_forks" }), "fork_policy"),
    ] {
        let error = dans.put(mine, &body).expect(400);
        let said = error["error"]["fields"][field][0].as_str().unwrap();
        assert!(said.starts_with("what this is a fork of says no_public_forks"), "{error}");
    }
    let second = json!({ "name": "second", "workspace": { "slug": "home" },
        "fork_policy": "allow_forks" });
    let error = dans.post(&format!("{mine}/forks"), &second).expect(400);
    assert!(error["error"]["fields"]["fork_policy"].is_array(), "{error}");
    server.admin().delete(SITE).expect(204);
    let orphan = dans.get("/2.0/repositories/home/my-site").expect(200);
    assert!(orphan.get("parent").is_none(), "{orphan}");
}

/// A client that bots are made of, unpatched.
#[test]
fn a_bot_reads_and_builds_with_atlassian_python_api() {
    let (server, _) = world();
    let login = server.login("ann");
    let mut python = Command::new(provided("PORTCULLIS_TEST_PYTHON", "peers-venv/bin/python"));
    hermetic(&mut python);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/atlassian_peer.py");
    let out = python.args([script, server.url(), &login.user, &login.secret]).output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "it worked as far as:\n{said}\n{complaint}");
    assert_eq!(said.lines().last(), Some("a new branch"));
}
