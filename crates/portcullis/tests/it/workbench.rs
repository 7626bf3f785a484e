//! `portcullis restriction matches` and `check`, against refs that were pushed.

use crate::site::Site;
use serde_json::{Value, json};

const AT: &str = "--repository acme/site";

fn site_with_refs() -> (Site, String) {
    let site = Site::new();
    let token = site.with_ann();
    site.clone_of_ann(&token);
    let refs = "HEAD:refs/heads/release/1 HEAD:refs/heads/release/next HEAD:refs/heads/Release/2 \
                HEAD:refs/heads/hot/release/3 HEAD:refs/tags/release/9";
    let pushed = site.git("clone", &format!("push -q origin {refs}"));
    assert_eq!(pushed.code, Some(0), "{}", pushed.err);
    (site, token)
}

/// `release/1; near: Release/2 (differs in upper and lower case only)`.
fn told(answer: &Value) -> String {
    let short = |it: &Value| it.as_str().unwrap().replace("refs/heads/", "").replace("refs/", "");
    let list = |name: &str| answer[name].as_array().unwrap().clone();
    let matched: Vec<_> = list("matches").iter().map(short).collect();
    let missed: Vec<_> = list("near_misses")
        .iter()
        .map(|it| format!("{} ({})", short(&it["ref"]), it["words"].as_str().unwrap()))
        .collect();
    format!("{}; near: {}", matched.join(", "), missed.join(", "))
}

#[test]
fn a_pattern_is_tried_on_the_refs_there_are() {
    let (site, token) = site_with_refs();
    for (line, expected) in [
        (
            "--glob release/* --except-pattern release/next",
            "release/1; near: Release/2 (differs in upper and lower case only), hot/release/3 (the \
             glob `*/release/*` would catch it), release/next (left out by the exception \
             `release/next`), tags/release/9 (about other refs only; about both, it is meant)",
        ),
        ("--glob mai", "; near: main (the glob `mai*` would catch it)"),
        ("--ref refs/heads/main", "main; near: "),
        (
            "--ant release/*",
            "hot/release/3, release/1, release/next, tags/release/9; near: Release/2 (differs in \
             upper and lower case only)",
        ),
        (
            "--branching-model release",
            "release/1, release/next; near: Release/2 (differs in upper and lower case only)",
        ),
        ("--any --on tags --except-pattern release/9", "; near: "),
    ] {
        let answer = site.done(&format!("restriction matches {line} {AT}"));
        let said = told(&answer);
        if line.starts_with("--any") {
            assert!(said.contains("tags/release/9 (left out by the exception"), "{said}");
            continue;
        }
        assert_eq!(said, expected, "{line}");
        // Whoever may read the repository may ask.
        assert_eq!(
            site.with_token(&token, &format!("restriction matches {line} {AT}")).code,
            Some(0)
        );
    }
    let text = site.admin(&format!("restriction matches --glob release/* {AT}")).out;
    assert!(text.starts_with("matches 2 of 6 refs\n  refs/heads/release/1\n"), "{text}");
    assert!(text.contains("\nnear misses\n  refs/heads/Release/2: differs in "), "{text}");

    let admin = std::fs::read_to_string(site.server.data.join("admin-token")).unwrap();
    let rest = testkit::Rest::new(site.server.url(), Some(format!("Bearer {}", admin.trim())));
    let matches = "/api/v1/repositories/acme/site/matches";
    let asked =
        format!("{matches}?type=glob&pattern=r*&except=release/next&except=release/1&on=both");
    let answer = rest.get(&asked).expect(200);
    assert_eq!(answer["matches"], json!(["refs/tags/release/9"]));
    for (query, field) in [
        ("", "matcher.type"),
        ("?type=moon", "matcher.type"),
        ("?type=glob", "matcher.pattern"),
        ("?type=glob&pattern=a%20b", "matcher.pattern"),
        ("?type=any&except=", "matcher.except"),
        ("?type=any&on=moon", "on"),
    ] {
        let answer = rest.get(&format!("{matches}{query}")).expect(400);
        assert!(answer["error"]["fields"][field].is_array(), "{query}: {answer}");
    }
    assert_eq!(site.admin(&format!("restriction matches {AT}")).code, Some(2));
    let hidden = site.admin("restriction matches --any --repository acme/none");
    assert!(hidden.err.contains("PC-REPO-NOT-FOUND"), "{}", hidden.err);
}

#[test]
fn rules_that_decide_nothing_are_pointed_out() {
    let (site, token) = site_with_refs();
    site.done("user create eve --email eve@example.org");
    site.done("group create acme/idle --name Idle");
    site.done("workspace member-set acme eve");
    assert_eq!(site.admin("group add acme/idle eve").code, Some(0));
    let none = site.admin(&format!("restriction check {AT}"));
    assert_eq!(none.out, "every rule here can decide something\n");
    for line in [
        "restriction create push --ref refs/heads/main --subject ann",
        "restriction create push --glob release/1 --subject group:idle",
        "restriction create read-only --glob hot/*",
        "restriction create force --glob hot/release/3",
        "restriction create force --glob gone",
        "restriction create delete --any --subject ann,until=2020-01-01",
        "restriction create force --glob x/* --except-pattern x/*",
    ] {
        site.done(&format!("{line} {AT}"));
    }
    let answer = site.done(&format!("restriction check {AT}"));
    let idle = answer["idle"].as_array().unwrap().iter();
    let idle: Vec<_> = idle
        .map(|it| {
            format!("{} {} {}", it["restriction"]["id"], it["why"].as_str().unwrap(), it["by"])
        })
        .collect();
    assert_eq!(
        idle,
        [
            "2 list powerless null",
            "4 shadowed 3",
            "5 no ref yet null",
            "6 list ended null",
            "7 no ref possible null",
        ]
    );
    let text = site.admin(&format!("restriction check {AT}")).out;
    assert!(
        text.contains("rule 4, force on \"hot/release/3\": rule 3 leaves nothing for it to decide"),
        "{text}"
    );

    // A rule of the workspace stands before those of the repository, and is told of there only.
    site.done("restriction create read-only --any --on both --workspace acme");
    let answer = site.done(&format!("restriction check {AT}"));
    assert!(answer["idle"].as_array().unwrap().len() > 5, "{answer}");
    assert_eq!(site.done("restriction check --workspace acme")["idle"], json!([]));
    assert_eq!(site.done("restriction check --project acme/CORE")["idle"], json!([]));
    let writer = site.with_token(&token, &format!("restriction check {AT}"));
    assert!(writer.err.contains("PC-SCOPE-MISSING"), "{}", writer.err);
}
