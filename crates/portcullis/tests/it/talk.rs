//! What is said about pull requests, through REST: reviews, comments, tasks, history, and whom a
//! request asks by itself.

use serde_json::{Value, json};
use testkit::{Rest, Server, WorkTree};

const REQUESTS: &str = "/2.0/repositories/acme/site/pullrequests";
const ONE: &str = "/2.0/repositories/acme/site/pullrequests/1";

/// `ann` has opened a request from `topic`, which changes `b` (four lines, three before) and adds
/// `new`; `main` keeps `old`.
fn world() -> (Server, WorkTree) {
    let server = Server::with(
        "user ann
         user bea
         user ray
         user eve
         grant ann write
         grant bea admin
         grant ray read",
    );
    let tree = server.clone_as("ann", "acme/site");
    tree.commit_file("b", b"1\n2\n3\n", "b");
    tree.commit_file("old", b"", "old");
    tree.push("main").accepted();
    tree.git(&["checkout", "-q", "-b", "topic"]);
    tree.commit_file("b", b"1\nzwei\n3\n4", "b again");
    tree.commit_file("new", b"x\n", "new");
    tree.push("topic").accepted();
    let body = json!({ "title": "Take it", "source": { "branch": { "name": "topic" } } });
    server.rest_as("ann").post(REQUESTS, &body).expect(201);
    (server, tree)
}

fn say(rest: &Rest, body: &Value) -> Value {
    rest.post(&format!("{ONE}/comments"), body).expect(201)
}

fn words(page: &Value) -> Vec<String> {
    let values = page["values"].as_array().unwrap();
    values.iter().map(|it| it["content"]["raw"].as_str().unwrap().to_owned()).collect()
}

fn refused(answer: testkit::Answer, status: u16, field: &str, part: &str) {
    assert_eq!(answer.status, status, "{field} {part}: {}", answer.text);
    let error = answer.json();
    let message = error["error"]["fields"][field][0].as_str();
    assert!(message.is_some_and(|it| it.contains(part)), "{field} {part}: {error}");
}

#[test]
fn reviews_are_given_and_taken_back() {
    let (server, _tree) = world();
    let (ann, bea, ray) = (server.rest_as("ann"), server.rest_as("bea"), server.rest_as("ray"));
    let (approve, object) = (format!("{ONE}/approve"), format!("{ONE}/request-changes"));
    let call = |rest: &Rest, method: &str, path: &str| rest.call(method, path, None);
    let given = call(&ray, "POST", &approve).expect(200);
    assert_eq!((&given["type"], &given["role"]), (&json!("participant"), &json!("PARTICIPANT")));
    assert_eq!((&given["approved"], &given["state"]), (&json!(true), &json!("approved")));
    assert_eq!(given["user"]["nickname"], "ray");
    // Saying it twice is saying it once; saying something else replaces it.
    assert_eq!(call(&ray, "POST", &approve).expect(200), given);
    let given = call(&ray, "POST", &object).expect(200);
    assert_eq!((&given["approved"], &given["state"]), (&json!(false), &json!("changes_requested")));
    call(&ray, "DELETE", &approve).expect(404);
    assert_eq!(call(&ray, "DELETE", &object).status, 204);
    call(&ray, "DELETE", &object).expect(404);
    call(&bea, "POST", &approve).expect(200);
    call(&ann, "POST", &approve).expect(200);
    let people = ann.get(ONE).expect(200)["participants"].clone();
    let people: Vec<_> = people.as_array().unwrap().iter().collect();
    let told: Vec<_> =
        people.iter().map(|it| format!("{} {}", it["user"]["nickname"], it["approved"])).collect();
    assert_eq!(told, ["\"ann\" true", "\"bea\" true", "\"ray\" false"]);

    call(&server.rest_as("eve"), "POST", &approve).expect(404);
    call(&server.rest(), "POST", &approve).expect(401);
    call(&ann, "POST", &format!("{REQUESTS}/7/approve")).expect(404);
    // An approval is a person's.
    let scopes = ["read:pullrequest:bitbucket", "write:pullrequest:bitbucket"];
    server.create_access_token("acme/site", "bot", &scopes);
    let bot = call(&server.rest_as("bot"), "POST", &approve);
    assert_eq!(bot.status, 403, "{}", bot.text);
}

#[test]
fn rule_101_what_has_ended_is_neither_changed_nor_reviewed() {
    let (server, _tree) = world();
    let ray = server.rest_as("ray");
    let ann = server.rest_as("ann");
    let review = |method: &str, path: &str| ray.call(method, &format!("{ONE}/{path}"), None);
    review("POST", "approve").expect(200);
    ann.post(&format!("{ONE}/decline"), &json!({})).expect(200);
    for path in ["approve", "request-changes"] {
        for method in ["POST", "DELETE"] {
            refused(review(method, path), 400, "state", "pull request #1 is declined");
        }
    }
    let late = json!({ "title": "Late" });
    refused(ann.put(ONE, &late), 400, "state", "pull request #1 is declined");
    let shown = ann.get(ONE).expect(200);
    assert_eq!(shown["title"], "Take it");
    assert_eq!(shown["participants"][0]["approved"], true, "{shown}");
}

#[test]
fn a_thread_is_written_answered_settled_and_taken_back() {
    let (server, _tree) = world();
    let (ann, bea, ray) = (server.rest_as("ann"), server.rest_as("bea"), server.rest_as("ray"));
    let general = say(&ray, &json!({ "content": { "raw": "Nice <b>work</b>" } }));
    assert_eq!(general["type"], "pullrequest_comment");
    assert!(!general["content"]["html"].as_str().unwrap().contains("<b>"), "{general}");
    let inline = json!({ "path": "b", "start_to": 2, "to": 4 });
    let thread = say(&ray, &json!({ "content": { "raw": "why?" }, "inline": inline }));
    assert_eq!(
        thread["inline"],
        json!({ "path": "b", "from": null, "to": 4, "start_from": null, "start_to": 2 })
    );
    let parent = json!({ "id": thread["id"] });
    let answer = say(&ann, &json!({ "content": { "raw": "because" }, "parent": parent }));
    assert_eq!((&answer["parent"]["id"], &answer["inline"]["to"]), (&thread["id"], &json!(4)));
    let path = |it: &Value| format!("{ONE}/comments/{}", it["id"]);
    let itself = thread["links"]["self"]["href"].as_str().unwrap();
    assert_eq!(itself, format!("{}{}", server.url(), path(&thread)));
    assert_eq!(ray.get(&path(&thread)).expect(200), thread);

    // A draft is there for its author alone, until it is published.
    let draft = say(&ann, &json!({ "content": { "raw": "hm" }, "pending": true }));
    let comments = format!("{ONE}/comments");
    assert_eq!(ann.get(&comments).expect(200)["size"], 4);
    assert_eq!(ray.get(&comments).expect(200)["size"], 3);
    ray.get(&path(&draft)).expect(404);
    ray.put(&path(&draft), &json!({ "content": { "raw": "x" } })).expect(404);
    let parent = json!({ "id": draft["id"] });
    let under = json!({ "content": { "raw": "x" }, "parent": parent });
    refused(ann.post(&comments, &under), 400, "parent.id", "it is a draft");
    refused(ray.post(&comments, &under), 400, "parent.id", "has no comment");
    let published = ann.put(&path(&draft), &json!({ "pending": false })).expect(200);
    assert_eq!(
        (&published["pending"], &published["content"]["raw"]),
        (&json!(false), &json!("hm"))
    );
    refused(ann.put(&path(&draft), &json!({ "pending": true })), 400, "pending", "others have");

    // Settling.
    let resolve = format!("{}/resolve", path(&thread));
    let settled = ann.call("POST", &resolve, None).expect(200);
    assert_eq!(
        (&settled["type"], &settled["user"]["nickname"]),
        (&json!("comment_resolution"), &json!("ann"))
    );
    ann.call("POST", &resolve, None).expect(409);
    assert_eq!(ray.get(&path(&thread)).expect(200)["resolution"]["user"]["nickname"], "ann");
    assert_eq!(ray.call("DELETE", &resolve, None).status, 204);
    ray.call("DELETE", &resolve, None).expect(404);
    let below = ann.call("POST", &format!("{}/resolve", path(&answer)), None);
    refused(below, 400, "comment", "settle the one that began the thread");

    // Everybody's words are their own.
    let change = json!({ "content": { "raw": "mine" } });
    refused(bea.put(&path(&thread), &change), 400, "user", "the words of ray");
    let changed = ray.put(&path(&thread), &json!({ "content": { "raw": "Why?" } })).expect(200);
    assert_eq!(changed["content"]["raw"], "Why?");
    let taken = ann.delete(&path(&thread)).expect(403);
    assert_eq!(taken["error"]["data"]["code"], "PC-PERM-ADMIN", "{taken}");
    assert_eq!(bea.delete(&path(&thread)).status, 204);
    assert_eq!(ray.delete(&path(&general)).status, 204);
    let left = ray.get(&comments).expect(200);
    assert_eq!(words(&left), ["", "because", "hm"], "it stays for its answer, without its text");
    assert_eq!(left["values"][0]["deleted"], true);
    ray.get(&path(&general)).expect(404);
    for again in [ray.put(&path(&thread), &change), ray.delete(&path(&thread))] {
        again.expect(404);
    }
    ray.call("POST", &resolve, None).expect(404);

    let live = ray.get(&format!("{comments}?q=deleted=false&sort=-id&pagelen=1")).expect(200);
    assert_eq!((words(&live), &live["size"]), (vec!["hm".to_owned()], &json!(2)));
    assert!(live["next"].as_str().unwrap().contains("q=deleted"), "{live}");
    assert_eq!(ann.get(ONE).expect(200)["comment_count"], 2);
    // Talk goes on when the request has ended.
    ann.post(&format!("{ONE}/decline"), &json!({})).expect(200);
    say(&ray, &json!({ "content": { "raw": "a pity" } }));
}

#[test]
fn a_comment_that_fits_nowhere_is_refused_and_leaves_nothing() {
    let (server, _tree) = world();
    let ray = server.rest_as("ray");
    let raw = json!({ "raw": "x" });
    let at = |inline: Value| json!({ "content": raw, "inline": inline });
    for (body, field, part) in [
        (json!({}), "content.raw", "say something"),
        (json!({ "content": { "raw": " \n" } }), "content.raw", "say something"),
        (json!({ "content": { "raw": "x".repeat(32_769) } }), "content.raw", "32769 characters"),
        (json!({ "content": { "raw": "a\u{0}b" } }), "content.raw", "control characters"),
        (json!({ "content": raw, "parent": { "id": 99 } }), "parent.id", "no comment 99"),
        (json!({ "content": raw, "parent": { "id": "a" } }), "parent.id", "invalid type"),
        (json!({ "content": "x" }), "content", "invalid type"),
        (json!({ "content": raw, "pending": "perhaps" }), "pending", "write true or false"),
        (at(json!({ "to": 1 })), "inline.path", "name the file"),
        (at(json!({ "path": "gone", "to": 1 })), "inline.path", "neither side"),
        (at(json!({ "path": "../b", "to": 1 })), "inline.path", "neither side"),
        (at(json!({ "path": "b", "to": 5 })), "inline.to", "has 4 lines"),
        (at(json!({ "path": "b", "from": 4 })), "inline.from", "has 3 lines"),
        (at(json!({ "path": "b", "to": 0 })), "inline.to", "count from 1"),
        (at(json!({ "path": "b", "to": -1 })), "inline.to", "count from 1"),
        (at(json!({ "path": "old", "to": 1 })), "inline.to", "has 0 lines"),
        (at(json!({ "path": "new", "from": 1 })), "inline.from", "not there on this side"),
        (at(json!({ "path": "b", "start_to": 1 })), "inline.start_to", "say where it ends"),
        (at(json!({ "path": "b", "start_to": 3, "to": 2 })), "inline.start_to", "after the end"),
        (at(json!({ "path": "b", "start_from": 0, "from": 2 })), "inline.start_from", "from 1"),
        (at(json!({ "path": "b", "to": "four" })), "inline.to", "invalid type"),
    ] {
        refused(ray.post(&format!("{ONE}/comments"), &body), 400, field, part);
    }
    assert_eq!(ray.get(&format!("{ONE}/comments")).expect(200)["size"], 0);
    // The whole file, and a line that both versions have.
    for inline in [json!({ "path": "b" }), json!({ "path": "b", "from": 1, "to": 1 })] {
        say(&ray, &at(inline));
    }
    let body = json!({ "content": raw });
    server.rest_as("eve").post(&format!("{ONE}/comments"), &body).expect(404);
    server.rest().post(&format!("{ONE}/comments"), &body).expect(401);
    for path in ["comments/99", "comments/moon", "tasks/99", "tasks/moon"] {
        ray.get(&format!("{ONE}/{path}")).expect(404);
        ray.delete(&format!("{ONE}/{path}")).expect(404);
    }
    for query in ["q=moon=1", "q=id", "sort=moon"] {
        ray.get(&format!("{ONE}/comments?{query}")).expect(400);
        ray.get(&format!("{ONE}/tasks?{query}")).expect(400);
        ray.get(&format!("{ONE}/activity?{query}")).expect(400);
    }
}

#[test]
fn tasks_are_asked_for_and_done() {
    let (server, _tree) = world();
    let (ann, bea, ray) = (server.rest_as("ann"), server.rest_as("bea"), server.rest_as("ray"));
    let tasks = format!("{ONE}/tasks");
    let comment = say(&ray, &json!({ "content": { "raw": "this" } }))["id"].clone();
    let body = json!({ "content": { "raw": "test it" }, "comment": { "id": comment } });
    let task = ray.post(&tasks, &body).expect(201);
    assert_eq!((&task["state"], &task["comment"]["id"]), (&json!("UNRESOLVED"), &comment));
    assert_eq!((&task["creator"]["nickname"], &task["resolved_by"]), (&json!("ray"), &Value::Null));
    let path = format!("{tasks}/{}", task["id"]);
    assert_eq!(ann.get(ONE).expect(200)["task_count"], 1);
    for (body, field, part) in [
        (json!({ "content": { "raw": "" } }), "content.raw", "say something"),
        (json!({ "state": "RESOLVED" }), "content.raw", "say something"),
        (json!({ "content": { "raw": "x" }, "comment": { "id": 99 } }), "comment.id", "no comment"),
    ] {
        refused(ray.post(&tasks, &body), 400, field, part);
    }
    refused(ann.put(&path, &json!({ "state": "done" })), 400, "state", "RESOLVED or UNRESOLVED");
    let change = json!({ "content": { "raw": "leave it" }, "state": "RESOLVED" });
    refused(ann.put(&path, &change), 400, "content.raw", "the words of ray");

    // Whoever may comment may say that it is done, sending the rest back as it was.
    let mut whole = task;
    whole["state"] = json!("RESOLVED");
    let done = ann.put(&path, &whole).expect(200);
    assert_eq!(
        (&done["state"], &done["resolved_by"]["nickname"]),
        (&json!("RESOLVED"), &json!("ann"))
    );
    assert_eq!(done["content"]["raw"], "test it");
    assert_eq!(ann.get(ONE).expect(200)["task_count"], 0);
    let open = format!("{tasks}?q=state=%22UNRESOLVED%22");
    assert_eq!(ray.get(&open).expect(200)["size"], 0);
    let again = json!({ "state": "UNRESOLVED", "content": { "raw": "test it well" } });
    let again = ray.put(&path, &again).expect(200);
    assert_eq!((&again["state"], &again["resolved_on"]), (&json!("UNRESOLVED"), &Value::Null));
    assert_eq!(ray.get(&open).expect(200)["values"][0]["content"]["raw"], "test it well");

    let draft = json!({ "content": { "raw": "later" }, "pending": true });
    let draft = ann.post(&tasks, &draft).expect(201);
    assert_eq!(
        (ann.get(&tasks).expect(200)["size"].clone(), ray.get(&tasks).expect(200)["size"].clone()),
        (json!(2), json!(1))
    );
    ray.get(&format!("{tasks}/{}", draft["id"])).expect(404);
    ann.delete(&path).expect(403);
    assert_eq!(bea.delete(&path).status, 204);
    ray.get(&path).expect(404);
    server.rest_as("eve").get(&tasks).expect(404);
}

#[test]
fn what_happened_is_told_the_newest_first() {
    let (server, tree) = world();
    let (ann, ray) = (server.rest_as("ann"), server.rest_as("ray"));
    say(&ray, &json!({ "content": { "raw": "gone" } }));
    ray.delete(&format!("{ONE}/comments/1")).expect(204);
    say(&ray, &json!({ "content": { "raw": "draft" }, "pending": true }));
    say(&ray, &json!({ "content": { "raw": "here" } }));
    ray.call("POST", &format!("{ONE}/request-changes"), None).expect(200);
    let tip = tree.commit("more");
    tree.push("topic").accepted();
    ray.call("POST", &format!("{ONE}/approve"), None).expect(200);
    ann.post(&format!("{ONE}/decline"), &json!({ "reason": "no need" })).expect(200);
    let told = |path: &str| {
        let page = ann.get(path).expect(200);
        let entry = |it: &Value| {
            assert_eq!(it["pull_request"]["id"], 1);
            let update = &it["update"];
            match it {
                _ if update.is_object() => format!(
                    "{} {} {}",
                    update["author"]["nickname"].as_str().unwrap(),
                    update["state"].as_str().unwrap(),
                    update["reason"].as_str().unwrap()
                ),
                _ if it["approval"].is_object() => "approval".into(),
                _ if it["changes_requested"].is_object() => "changes".into(),
                _ => format!("comment {}", it["comment"]["content"]["raw"]),
            }
        };
        page["values"].as_array().unwrap().iter().map(entry).collect::<Vec<_>>()
    };
    let all = [
        "ann DECLINED no need",
        "approval",
        "ann OPEN ",
        "changes",
        "comment \"here\"",
        "ann OPEN ",
    ];
    assert_eq!(told(&format!("{ONE}/activity")), all);
    assert_eq!(told(&format!("{REQUESTS}/activity")), all);
    assert_eq!(told(&format!("{ONE}/activity?pagelen=2&page=2")), all[2..4]);
    let entries = ann.get(&format!("{ONE}/activity")).expect(200);
    assert_eq!(entries["values"][2]["update"]["source"]["commit"]["hash"], tip[..12]);
    ann.get(&format!("{REQUESTS}/9/activity")).expect(404);
    server.rest_as("eve").get(&format!("{ONE}/activity")).expect(404);
}

#[test]
fn default_reviewers_are_named_and_asked() {
    let (server, tree) = world();
    let (ann, bea) = (server.rest_as("ann"), server.rest_as("bea"));
    let here = "/2.0/repositories/acme/site/default-reviewers";
    let project = "/2.0/workspaces/acme/projects/CORE/default-reviewers";
    let uuid = |name: &str| {
        let uuid = server.rest_as(name).get("/2.0/user").expect(200)["uuid"].clone();
        uuid.as_str().unwrap().replace('{', "%7B").replace('}', "%7D")
    };
    let put = |path: &str, who: &str| server.admin().call("PUT", &format!("{path}/{who}"), None);
    assert_eq!(put(here, &uuid("ray")).expect(200)["nickname"], "ray");
    put(here, "ray").expect(200);
    put(here, "ann").expect(200);
    put(project, "ray").expect(200);
    put(project, "bea").expect(200);
    refused(put(here, "eve"), 400, "user", "give them read access");
    put(here, "nobody").expect(404);
    assert_eq!(server.admin().get(here).expect(200)["size"], 2);
    assert_eq!(ann.get(&format!("{here}/ray")).expect(200)["nickname"], "ray");
    ann.get(&format!("{here}/bea")).expect(404);
    assert_eq!(ann.get(&format!("{project}/bea")).expect(200)["nickname"], "bea");
    let effective = "/2.0/repositories/acme/site/effective-default-reviewers";
    let listed = ann.get(effective).expect(200);
    let listed: Vec<_> = listed["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("{} {}", it["user"]["nickname"], it["reviewer_type"]))
        .collect();
    assert_eq!(listed, ["\"ann\" \"repository\"", "\"bea\" \"project\"", "\"ray\" \"repository\""]);
    ann.call("PUT", &format!("{here}/bea"), None).expect(403);
    bea.call("PUT", &format!("{here}/bea"), None).expect(200);
    assert_eq!(bea.delete(&format!("{here}/bea")).status, 204);
    bea.delete(&format!("{here}/bea")).expect(404);

    // New requests ask them: all but the author, and those who can no longer see it.
    tree.push("topic:refs/heads/next").accepted();
    let body = json!({ "title": "Next", "source": { "branch": { "name": "next" } } });
    let made = ann.post(REQUESTS, &body).expect(201);
    let mut asked: Vec<_> = made["reviewers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["nickname"].as_str().unwrap().to_owned())
        .collect();
    asked.sort();
    assert_eq!(asked, ["bea", "ray"]);
    server.grant("acme/site", &json!({ "type": "user", "name": "ray" }), "none");
    tree.push("topic:refs/heads/later").accepted();
    let body = json!({ "title": "Later", "source": { "branch": { "name": "later" } } });
    let made = ann.post(REQUESTS, &body).expect(201);
    assert_eq!(made["reviewers"].as_array().unwrap().len(), 1, "{made}");
}

#[test]
fn code_owners_of_what_changes_are_asked() {
    let (server, tree) = world();
    let (ann, ray) = (server.rest_as("ann"), server.rest_as("ray"));
    server.create_user("dan");
    server.grant("acme/site", &json!({ "type": "user", "name": "dan" }), "read");
    let group = "/api/v1/workspaces/acme/groups";
    server.admin().post(group, &json!({ "slug": "docs", "name": "Docs" })).expect(201);
    server.admin().put("/api/v1/workspaces/acme/members/dan", &json!({ "role": "member" }));
    server.admin().call("PUT", &format!("{group}/docs/members/dan"), None).expect(204);
    tree.git(&["checkout", "-q", "main"]);
    std::fs::create_dir_all(tree.path().join(".bitbucket")).unwrap();
    let file = "* bea\n/b ann ray@example.org @eve\n/new @acme/docs moon\n/none @@gone\n!x ann\n";
    tree.commit_file(".bitbucket/CODEOWNERS", file.as_bytes(), "owners");
    tree.push("main").accepted();
    tree.push("topic:refs/heads/owned").accepted();
    let body = json!({ "title": "Owned", "source": { "branch": { "name": "owned" } } });
    let made = ann.post(REQUESTS, &body).expect(201);
    let asked = made["reviewers"].as_array().unwrap().iter();
    let mut asked: Vec<_> = asked.map(|it| it["nickname"].as_str().unwrap()).collect();
    asked.sort_unstable();
    // Neither the author nor who cannot read it, nor whoever owns what is not changed.
    assert_eq!(asked, ["dan", "ray"]);
    let path = "/api/v1/repositories/acme/site/pull-requests/2/code-owners";
    let told = ray.get(path).expect(200);
    let owners = told["owners"].as_array().unwrap().iter();
    let owners: Vec<_> = owners.map(|it| it["username"].as_str().unwrap()).collect();
    assert_eq!(owners, ["ray", "dan"]);
    assert_eq!(
        told["faults"],
        json!([
            { "line": 5, "message": "`!x`: a pattern cannot be negated here: write it without `!`" },
            { "line": 3, "message": "`moon` is nobody here" },
        ])
    );
    server.rest_as("eve").get(path).expect(404);
    ray.get("/api/v1/repositories/acme/site/pull-requests/9/code-owners").expect(404);

    // A file that is no text, or far too large, names nobody and stops nobody.
    for content in [&[0xff, 0, b'\n'][..], &vec![b'#'; 300 << 10]] {
        tree.git(&["checkout", "-q", "main"]);
        tree.commit_file(".bitbucket/CODEOWNERS", content, "other owners");
        tree.push("main").accepted();
        let told = ray.get(path).expect(200);
        assert_eq!(told["owners"], json!([]), "{told}");
    }
    assert!(ray.get(path).expect(200)["faults"][0]["message"].to_string().contains("larger than"));
}

#[test]
fn requests_are_found_by_who_opened_them_and_by_their_commits() {
    let (server, tree) = world();
    let (ann, ray) = (server.rest_as("ann"), server.rest_as("ray"));
    server.create_repository("acme/secret");
    server.seed("acme/secret");
    server.grant("acme/secret", &json!({ "type": "user", "name": "ann" }), "write");
    let secret = server.clone_as("ann", "acme/secret");
    secret.git(&["checkout", "-q", "-b", "topic"]);
    secret.commit("three");
    secret.push("topic").accepted();
    let body = json!({ "title": "Hidden", "source": { "branch": { "name": "topic" } } });
    ann.post("/2.0/repositories/acme/secret/pullrequests", &body).expect(201);

    let titles = |rest: &Rest, path: &str| {
        let page = rest.get(path).expect(200);
        let values = page["values"].as_array().unwrap().clone();
        assert_eq!(page["size"], values.len());
        values.iter().map(|it| it["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let of = |user: &str| format!("/2.0/workspaces/acme/pullrequests/{user}");
    assert_eq!(titles(&ann, &of("ann")), ["Hidden", "Take it"]);
    assert_eq!(titles(&ray, &of("ann")), ["Take it"], "what ray may not read is not there");
    assert_eq!(titles(&ann, &of("ray")), [""; 0]);
    assert_eq!(titles(&ann, &format!("{}?state=MERGED", of("ann"))), [""; 0]);
    assert_eq!(titles(&ann, &format!("{}?q=title~%22hid%22", of("ann"))), ["Hidden"]);
    ann.get(&of("nobody")).expect(404);
    server.rest_as("eve").get(&of("ann")).expect(404);

    let with = |name: &str| format!("/2.0/repositories/acme/site/commit/{name}/pullrequests");
    assert_eq!(titles(&ray, &with(&tree.id("topic")[..12])), ["Take it"]);
    assert_eq!(titles(&ray, &with(&tree.id("topic~1"))), ["Take it"]);
    assert_eq!(titles(&ray, &with(&tree.id("main"))), [""; 0], "the destination has it already");
    ray.get(&with(&"ab".repeat(20))).expect(404);
    server.rest_as("eve").get(&with(&tree.id("topic"))).expect(404);
}
