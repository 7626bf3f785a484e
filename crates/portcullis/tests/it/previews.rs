//! `portcullis restriction preview`: real pushes, then questions about rules that are not there yet.

use crate::site::Site;
use serde_json::{Value, json};

/// The counts that are not zero: `refused 2, passing 1`.
fn counts(tally: &Value) -> String {
    let names = ["refused", "admitted", "noted", "passing", "still_refused", "unknown"];
    let told = names.map(|it| (it, tally[it].as_u64().unwrap()));
    let told = told.iter().filter(|(_, count)| *count > 0);
    told.map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

/// Each event in a line.
fn events(preview: &Value) -> Vec<String> {
    let told = preview["events"].as_array().unwrap().iter().map(|it| {
        let text = |name: &str| it[name].as_str().unwrap_or("-").to_owned();
        let who = it["principal"]["name"].as_str().unwrap();
        format!(
            "{who} {} {} {} {} -> {} {}",
            text("credential"),
            text("change"),
            text("ref"),
            text("was"),
            text("would_be"),
            text("code"),
        )
    });
    told.collect()
}

/// `main` made and moved by ann, `topic` made and rewritten by ann, `bot` made by a token that is
/// revoked since.
fn site_with_a_past() -> (Site, String) {
    let site = Site::new();
    let token = site.with_ann();
    site.clone_of_ann(&token);
    let git = |line: &str| {
        let ended = site.git("clone", line);
        assert_eq!(ended.code, Some(0), "{line}: {}", ended.err);
    };
    git("commit -q --allow-empty -m two");
    git("push -q origin main");
    git("push -q origin main:topic");
    git("commit -q --allow-empty --amend -m other");
    git("push -q origin +HEAD:topic");
    let bot = site.done("token create ci-bot --repository acme/site --scope repository:write");
    let secret = bot["token"].as_str().unwrap();
    let url = format!("http://x-token-auth:{secret}@{}/acme/site.git", site.server.address());
    git(&format!("push -q {url} main:bot"));
    let revoked = site.admin(&format!("token revoke {} --repository acme/site", bot["id"]));
    assert_eq!(revoked.code, Some(0), "{}", revoked.err);
    (site, token)
}

#[test]
fn a_rule_is_tried_on_what_was_pushed() {
    let (site, _) = site_with_a_past();
    let preview = |line: &str| site.done(&format!("restriction preview {line}"));
    let closed = "push --ref refs/heads/main --repository acme/site";
    let told = preview(closed);
    assert_eq!(counts(&told["total"]), "refused 2, passing 2, unknown 1");
    assert_eq!(
        events(&told),
        [
            "ci-bot access_token create refs/heads/bot landed -> unknown -",
            "ann api_token fast-forward refs/heads/main landed -> refused PC-REF-PUSH",
            "ann api_token create refs/heads/main landed -> refused PC-REF-PUSH",
        ]
    );
    assert_eq!(told["by_principal"][0]["principal"], json!({ "type": "user", "name": "ann" }));
    assert_eq!(counts(&told["by_principal"][0]), "refused 2, passing 2");
    assert_eq!(told["by_ref"][0]["ref"], "refs/heads/main");
    assert_eq!(counts(&told["by_ref"][0]), "refused 2");
    assert_eq!(told["looked_at"]["count"], 5);
    let limits = told["limits"].to_string();
    assert!(limits.contains("1 by principals who are gone"), "{limits}");
    assert!(limits.contains("what was in the commits is not kept"), "{limits}");

    for (line, expected) in [
        ("push --ref refs/heads/main --subject ann --repository acme/site", "passing 4, unknown 1"),
        ("force --any --project acme/CORE", "refused 1, passing 3, unknown 1"),
        ("force --any --mode evaluate --workspace acme", "noted 1, passing 3, unknown 1"),
        ("delete --any --repository acme/site", "passing 4, unknown 1"),
        ("push --any --repository acme/site --last 1", "unknown 1"),
        ("push --any --repository acme/site --last 2", "refused 1, unknown 1"),
    ] {
        assert_eq!(counts(&preview(line)["total"]), expected, "{line}");
    }

    // People read the same.
    let text = site.admin(&format!("restriction preview {closed}")).out;
    for part in [
        "looked at 5 pushes and refusals",
        "2 would be refused, 1 not known, 2 the same as now",
        "  ann: 2 would be refused, 2 the same as now",
        "ann (api_token)  fast-forward acme/site refs/heads/main  landed  would be refused, \
         PC-REF-PUSH",
        "not known: whoever tried it is gone",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }

    // Nothing came of it.
    assert_eq!(site.done("restriction list --repository acme/site"), json!([]));
    assert_eq!(site.done("refusal list acme/site"), json!([]));
}

#[test]
fn a_rule_that_is_there_is_changed_or_left_out_in_thought() {
    let (site, _) = site_with_a_past();
    let rule = site.done("restriction create push --ref refs/heads/main --repository acme/site");
    let id = rule["id"].as_i64().unwrap();
    site.git("clone", "commit -q --allow-empty -m three");
    assert_eq!(site.git("clone", "push -q origin HEAD:main --force").code, Some(1));

    let preview =
        |line: &str| site.done(&format!("restriction preview {line} --repository acme/site"));
    let without = preview(&format!("--without {id}"));
    assert_eq!(counts(&without["total"]), "admitted 3, passing 2, unknown 1");
    assert_eq!(
        events(&without)[0],
        "ann api_token update refs/heads/main refused -> admitted -",
        "{without}"
    );
    assert_eq!(without["events"][0]["codes"], json!(["PC-REF-PUSH"]));
    let listed = preview(&format!("--instead-of {id} --subject ann"));
    assert_eq!(counts(&listed["total"]), "admitted 3, passing 2, unknown 1");
    // Whether the refused push kept history was never seen.
    let force = preview(&format!("force --instead-of {id}"));
    assert_eq!(counts(&force["total"]), "admitted 2, passing 2, unknown 2");
    assert_eq!(events(&force)[0], "ann api_token update refs/heads/main refused -> unknown -");
    assert_eq!(force["events"][0]["unknown_because"], "it was refused before its objects came");
    let more = preview("delete --any");
    assert_eq!(counts(&more["total"]), "passing 2, still_refused 3, unknown 1");
    assert_eq!(site.done("restriction list --repository acme/site")[0]["id"], id);
}

#[test]
fn a_question_that_means_nothing_is_refused() {
    let (site, token) = site_with_a_past();
    for (line, code, said) in [
        ("--repository acme/site", 2, "<KIND>"),
        ("push --repository acme/site", 2, "about which refs?"),
        ("push --any --last 0 --repository acme/site", 1, "last: use a number from 1 to 1000"),
        ("push --any --last 1001 --repository acme/site", 1, "last: use a number"),
        ("push --glob refs/heads/main --repository acme/site", 1, "rule.matcher.pattern: "),
        ("push --any --subject bob --repository acme/site", 1, "rule.subjects: no user `bob`"),
        ("--without 99 --repository acme/site", 1, "no such restriction"),
        ("--without 99 --any --repository acme/site", 2, "cannot be used with"),
        ("push --any --repository acme/none", 1, "PC-REPO-NOT-FOUND"),
    ] {
        let ended = site.admin(&format!("restriction preview {line}"));
        assert_eq!((ended.code, ended.out.as_str()), (Some(code), ""), "{line}");
        assert!(ended.err.contains(said), "{line}: {}", ended.err);
    }
    // A rule of another place is not this place's to change.
    let rule = site.done("restriction create force --any --workspace acme");
    let elsewhere = format!("restriction preview --without {} --repository acme/site", rule["id"]);
    assert!(site.admin(&elsewhere).err.contains("no such restriction"));
    // What others pushed is for administrators.
    let writer = site.with_token(&token, "restriction preview push --any --repository acme/site");
    assert_eq!(writer.code, Some(1));
    assert!(writer.err.contains("PC-SCOPE-MISSING"), "{}", writer.err);
}
