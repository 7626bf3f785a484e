//! What became of one file: its history under all of its names, and whether a pull request's
//! change of it fits together with its destination's.

use crate::pull_requests::{REQUESTS, open};
use crate::reading::world;
use serde_json::{Value, json};
use testkit::{Rest, published};

const HISTORY: &str = "/2.0/repositories/acme/site/filehistory";

fn history(rest: &Rest, path: &str) -> Vec<String> {
    let list = rest.get(&format!("{HISTORY}/{path}")).expect(200);
    let word = |it: &Value| {
        let message = it["commit"]["message"].as_str().unwrap().trim();
        format!("{message}: {}", it["path"].as_str().unwrap())
    };
    list["values"].as_array().unwrap().iter().map(word).collect()
}

#[test]
fn a_file_is_followed_through_its_names() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    tree.git(&["checkout", "-q", "main"]);
    std::fs::create_dir_all(tree.path().join("docs")).unwrap();
    tree.git(&["mv", "README", "docs/read me\u{fc}"]);
    tree.git(&["commit", "-q", "-m", "rename"]);
    tree.commit_file("docs/read me\u{fc}", b"two\nthree\n", "three");
    tree.push("main").accepted();
    let new = "docs/read%20me%C3%BC";
    let (before, after) = ("README", "docs/read me\u{fc}");
    let all = [
        format!("three: {after}"),
        format!("rename: {after}"),
        format!("two: {before}"),
        format!("one: {before}"),
    ];
    assert_eq!(history(&ann, &format!("main/{new}")), all);
    assert_eq!(history(&ann, &format!("main/{new}?renames=true&pagelen=1&page=3")), all[2..3]);
    assert_eq!(history(&ann, &format!("main/{new}?renames=false")), all[..2]);
    assert_eq!(history(&ann, &format!("{}/README", tree.id("main~2"))), all[2..]);
    let query = "q=commit.message~%22re%22&sort=-path";
    assert_eq!(history(&ann, &format!("main/{new}?{query}")), all[..2]);

    let list = ann.get(&format!("{HISTORY}/main/{new}?pagelen=2")).expect(200);
    let first = &list["values"][0];
    assert_eq!((&list["size"], &first["commit"]["hash"]), (&json!(4), &json!(tree.id("main"))));
    assert_eq!(first["escaped_path"], "\"docs/read me\\303\\274\"");
    let link = first["links"]["self"]["href"].as_str().unwrap().replace(server.url(), "");
    assert_eq!(ann.get(&link).text, "two\nthree\n");
    let next = list["next"].as_str().unwrap().replace(server.url(), "");
    assert_eq!(ann.get(&next).expect(200)["values"].as_array().unwrap().len(), 2);

    // No file, no commit, no parameter, nobody who may read it.
    for (path, status) in [
        ("main/README", 404),
        ("main/docs", 404),
        ("moon/README", 404),
        ("main/..%2f..%2fsecret", 404),
        ("main/:(top)README", 404),
        ("main/docs/read%20me%C3%BC?renames=perhaps", 400),
        ("main/docs/read%20me%C3%BC?q=moon%3D1", 400),
    ] {
        assert_eq!(ann.get(&format!("{HISTORY}/{path}")).status, status, "{path}");
    }
    server.create_user("eve");
    server.rest_as("eve").get(&format!("{HISTORY}/main/{new}")).expect(404);
}

#[test]
fn a_pull_requests_diffstat_marks_where_somebody_has_to_look() {
    let (server, tree) = world();
    let ann = server.rest_as("ann");
    tree.git(&["checkout", "-q", "main"]);
    tree.commit_file("src/a.rs", b"fn other() {}\n", "change it elsewhere");
    tree.push("main").accepted();
    tree.git(&["checkout", "-q", "topic/x"]);
    tree.commit_file("new", b"1\n", "add a file");
    tree.push("topic/x").accepted();
    assert_eq!(open(&ann, "topic/x")["id"], 1);
    let statuses = |path: &str| {
        let list = ann.get(path).expect(200);
        let word = |it: &Value| format!("{}: {}", it["new"]["path"], it["status"]).replace('"', "");
        let words: Vec<_> = list["values"].as_array().unwrap().iter().map(word).collect();
        (words, published::faults("GET", path, 200, &list))
    };
    // The service has a word for it that its document does not list.
    let path = format!("{REQUESTS}/1/diffstat");
    let (words, _) = statuses(&path);
    assert_eq!(words, ["new: added", "src/a.rs: merge conflict"]);
    let spec = "/2.0/repositories/acme/site/diffstat/topic%2Fx..main";
    let (_, faults) = statuses(&format!("{spec}?from_pullrequest_id=1"));
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains("\"merge conflict\", which is none of"), "{faults:?}");
    let (words, faults) = statuses(spec);
    assert_eq!((words[1].as_str(), faults.len()), ("src/a.rs: modified", 0), "{faults:?}");
    // What fits together is not marked.
    tree.commit_file("src/a.rs", b"fn other() {}\n", "as elsewhere");
    tree.push("topic/x").accepted();
    assert_eq!(statuses(&path).0, ["new: added", "src/a.rs: modified"]);
}
