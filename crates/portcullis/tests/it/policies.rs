//! `portcullis policy`: written down, changed in an editor, compared, put back.

use crate::site::Site;
use serde_json::{Value, json};
use std::fs;

const AT: &str = "--repository acme/site";

/// A site with grants and rules of every shape on the repository.
fn site_with_rules() -> (Site, String) {
    let site = Site::new();
    let token = site.with_ann();
    site.clone_of_ann(&token);
    site.done("user create bea --email bea@example.org");
    site.done("workspace member-set acme bea");
    site.done("group create acme/devs --name Developers");
    site.done("token create ci-bot --repository acme/site --scope repository:write");
    for line in [
        "grant set group:devs write",
        "grant set bea admin",
        "restriction create push --ref refs/heads/main --subject access_token:ci-bot",
        "restriction create force --glob release/* --except-pattern release/next --on both \
         --subject group:devs --subject 'ann,until=2099-01-31,reason=say \"release\"' --note 'why: x'",
        "restriction create delete --any --on tags --mode evaluate",
    ] {
        site.done(&format!("{line} {AT}"));
    }
    (site, token)
}

/// What an import says, one change a line.
fn words(outcome: &Value) -> Vec<&str> {
    let changes = outcome["changes"].as_array().unwrap().iter();
    changes.map(|it| it["words"].as_str().unwrap()).collect()
}

fn audit(site: &Site) -> usize {
    let token = fs::read_to_string(site.server.data.join("admin-token")).unwrap();
    let rest = testkit::Rest::new(site.server.url(), Some(format!("Bearer {}", token.trim())));
    usize::try_from(rest.get("/api/v1/audit").expect(200)["size"].as_u64().unwrap()).unwrap()
}

#[test]
fn what_is_exported_is_what_there_is_and_changes_nothing_when_imported() {
    let (site, _) = site_with_rules();
    let exported = site.admin(&format!("policy export {AT}"));
    assert_eq!((exported.code, exported.err.as_str()), (Some(0), ""));
    let body = exported.out.split_once("\nformat").unwrap().1;
    assert_eq!(
        body,
        r#" = 1
repository = "acme/site"

[[grants]]
subject = { type = "access_token", name = "ci-bot" }
permission = "write"

[[grants]]
subject = { type = "group", name = "devs" }
permission = "write"

[[grants]]
subject = { type = "user", name = "ann" }
permission = "write"

[[grants]]
subject = { type = "user", name = "bea" }
permission = "admin"

[[restrictions]]
kind = "push"
matcher = { type = "ref", pattern = "refs/heads/main" }
on = "branches"
subjects = [
    { type = "access_token", name = "ci-bot" },
]
mode = "enforce"

[[restrictions]]
kind = "force"
matcher = { type = "glob", pattern = "release/*", except = ["release/next"] }
on = "both"
subjects = [
    { type = "group", name = "devs" },
    { type = "user", name = "ann", reason = "say \"release\"", until = "2099-01-31T00:00:00.000000+00:00" },
]
mode = "enforce"
note = "why: x"

[[restrictions]]
kind = "delete"
matcher = { type = "any" }
on = "tags"
mode = "evaluate"
"#
    );
    let file = site.home().join("site.toml");
    fs::write(&file, &exported.out).unwrap();
    let before = (site.done(&format!("restriction list {AT}")), audit(&site));
    for line in ["policy import site.toml --dry-run", "policy import site.toml"] {
        assert_eq!(words(&site.done(line)), [""; 0], "{line}");
        assert!(site.admin(line).out.starts_with("nothing to change"), "{line}");
    }
    assert_eq!((site.done(&format!("restriction list {AT}")), audit(&site)), before);

    // The same for an empty one, and for the places around it.
    for place in ["--project acme/CORE", "--workspace acme"] {
        site.done(&format!("restriction create push --glob x --subject bea {place}"));
        let exported = site.done(&format!("policy export {place}"));
        fs::write(&file, exported["text"].as_str().unwrap()).unwrap();
        let outcome = site.done("policy import site.toml");
        assert_eq!((words(&outcome), &outcome["digest"]), (vec![], &exported["digest"]), "{place}");
    }
}

#[test]
fn a_changed_file_is_told_in_words_and_then_done_at_once() {
    let (site, _) = site_with_rules();
    let exported = site.done(&format!("policy export {AT}"));
    let text = exported["text"].as_str().unwrap();
    let text = text
        .replace(
            "{ type = \"group\", name = \"devs\" }\npermission = \"write\"",
            "{ type = \"everyone\" }\npermission = \"read\"",
        )
        .replace(
            "name = \"bea\" }\npermission = \"admin\"",
            "name = \"bea\" }\npermission = \"write\"",
        )
        .replace("mode = \"evaluate\"", "mode = \"enforce\"\nnote = \"tags stay\"")
        .replace(
            "    { type = \"group\", name = \"devs\" },\n",
            "    { type = \"user\", name = \"bea\" },\n",
        )
        .replace("2099-01-31T00:00:00.000000+00:00", "2099-02-28T00:00:00Z")
        .replace("pattern = \"refs/heads/main\"", "pattern = \"refs/heads/trunk\"");
    fs::write(site.home().join("site.toml"), text).unwrap();
    let before = (site.done(&format!("restriction list {AT}")), audit(&site));

    let told = site.done("policy import site.toml --dry-run");
    let expected = [
        "changes bea from admin to write",
        "takes write from group devs",
        "gives read to everyone",
        "changes rule 2, force on \"release/*\" but \"release/next\", both: unlists group devs; \
         lists bea; ann until 2099-01-31T00:00:00Z (say \"release\") -> ann until \
         2099-02-28T00:00:00Z (say \"release\")",
        "changes rule 3, delete on every ref, tags: mode evaluate -> enforce; note none -> tags stay",
        "adds rule push on \"refs/heads/trunk\"",
        "removes rule 1, push on \"refs/heads/main\"",
    ];
    let mut said = words(&told);
    said.sort_unstable();
    let mut sorted = expected;
    sorted.sort_unstable();
    assert_eq!(said, sorted);
    assert_eq!((site.done(&format!("restriction list {AT}")), audit(&site)), before);
    let shown = site.admin("policy import site.toml --dry-run").out;
    assert!(shown.starts_with("would change:\n"), "{shown}");
    assert!(
        shown.contains(&format!("`--if-match {}`", exported["digest"].as_str().unwrap())),
        "{shown}"
    );

    // Somebody else is faster: what was looked at is no more.
    let stale = exported["digest"].as_str().unwrap().to_owned();
    site.done(&format!("restriction create delete --glob keep {AT}"));
    let late = site.admin(&format!("policy import site.toml --if-match {stale}"));
    assert_eq!(late.code, Some(1));
    assert!(late.err.contains("the policy is no longer the one with digest"), "{}", late.err);
    assert_eq!(site.done(&format!("restriction list {AT}")).as_array().unwrap().len(), 4);

    let lines = audit(&site);
    let told = site.done("policy import site.toml --dry-run");
    let now = told["digest"].as_str().unwrap();
    let done = site.done(&format!("policy import site.toml --if-match {now}"));
    assert_eq!(words(&done), words(&told));
    assert!(words(&done).contains(&"removes rule 4, delete on \"keep\""));
    assert_eq!(audit(&site), lines + words(&done).len(), "one line for each change");
    let ids = site.done(&format!("restriction list {AT}"));
    let ids: Vec<_> = ids.as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    assert_eq!(ids, [json!(2), json!(3), json!(5)], "what is about the same refs keeps its number");
    assert_eq!(words(&site.done("policy import site.toml")), [""; 0]);

    // The same file for another place, where not everybody in it is known.
    site.done("repository create acme/other --project CORE");
    let other = site.admin("policy import site.toml --repository acme/other --dry-run");
    assert_eq!(other.code, Some(1));
    assert!(
        other.err.contains("grants[0].subject: no access token `ci-bot` here"),
        "{}",
        other.err
    );
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_line_and_changes_nothing() {
    let (site, _) = site_with_rules();
    let before = (
        site.done(&format!("restriction list {AT}")),
        site.done(&format!("grant list {AT}")),
        audit(&site),
    );
    let head = "format = 1\nrepository = \"acme/site\"\n";
    let rule = "[[restrictions]]\nkind = \"push\"\nmatcher = { type = \"any\" }\n";
    let cases = [
        (format!("{head}grants = [\n"), "line"),
        (
            "repository = \"acme/site\"\n".to_owned(),
            "line 1, format: missing: begin the file with `format = 1`",
        ),
        (
            "format = 2\nrepository = \"acme/site\"\n".to_owned(),
            "line 1, format: this version reads format = 1",
        ),
        (format!("{head}rules = []\n"), "line 3, rules: unknown key: use format, repository"),
        (
            format!("{head}grants = 1\n"),
            "line 3, grants: write each as a table of its own: [[grants]]",
        ),
        (
            format!("{head}\n{}", rule.replace("push", "moon")),
            "line 5, restrictions[0].kind: unknown restriction kind `moon`: use one of push",
        ),
        (
            format!("{head}{rule}mode = \"moon\"\n"),
            "line 6, restrictions[0].mode: unknown mode `moon`",
        ),
        (
            format!("{head}{rule}mod = \"evaluate\"\n"),
            "line 6, restrictions[0].mod: unknown key: use ",
        ),
        (format!("{head}{rule}note = 5\n"), "line 6, restrictions[0].note: invalid type: integer"),
        (
            format!(
                "{head}{}",
                rule.replace("type = \"any\"", "type = \"glob\", pattern = \"a b\"")
            ),
            "line 5, restrictions[0].matcher.pattern: `a b` fits no ref",
        ),
        (
            format!("{head}{}", rule.replace("type = \"any\"", "type = \"any\", excpt = []")),
            "line 5, restrictions[0].matcher.excpt: unknown key: use ",
        ),
        (
            format!(
                "{head}{rule}subjects = [\n  {{ type = \"user\", name = \"ann\" }},\n  {{ type = \"user\", nam = \"bea\" }},\n]\n"
            ),
            "line 8, restrictions[0].subjects[1].nam: unknown key: use ",
        ),
        (
            format!("{head}{rule}subjects = [{{ type = \"user\", name = \"zoe\" }}]\n"),
            "line 6, restrictions[0].subjects: no user `zoe` here",
        ),
        (
            format!(
                "{head}{rule}subjects = [{{ type = \"user\", name = \"ann\", until = \"soon\" }}]\n"
            ),
            "restrictions[0].subjects[0].until: write a time as",
        ),
        (
            format!("{head}[[restrictions]]\nkind = \"push\"\n"),
            "line 3, restrictions[0]: missing field `matcher`",
        ),
        // The same rule twice, also with something else in it that does not make it another one.
        (
            format!("{head}{rule}{rule}"),
            "line 8, restrictions[1].matcher: restrictions[0] is of this kind and has this matcher \
             already: make one of them",
        ),
        (
            format!(
                "{head}{rule}{rule}note = \"x\"\nsubjects = [{{ type = \"user\", name = \"ann\" }}]\n"
            ),
            "line 8, restrictions[1].matcher: restrictions[0] is of this kind",
        ),
        (
            format!(
                "{head}[[grants]]\nsubject = {{ type = \"user\", name = \"ann\" }}\npermission = \"none\"\n"
            ),
            "line 5, grants[0].permission: leave the grant out",
        ),
        (
            format!(
                "{head}[[grants]]\nsubject = {{ type = \"anyone\" }}\npermission = \"write\"\n"
            ),
            "line 5, grants[0].permission: anyone, signed in or not, can be given read only",
        ),
        (
            format!(
                "{head}[[grants]]\nsubject = {{ type = \"user\", name = \"ann\" }}\npermission = \"read\"\n[[grants]]\nsubject = {{ type = \"user\", name = \"ann\" }}\npermission = \"write\"\n"
            ),
            "line 7, grants[1].subject: is given something twice",
        ),
        (
            format!("{head}project = 5\n{rule}"),
            "line 3, project: write the name of the place as a string",
        ),
        ("format = 1\n".to_owned(), "names no place, or several"),
        ("format = 1\nproject = \"acme\"\n".to_owned(), "write it as `WORKSPACE/KEY`"),
    ];
    for (text, said) in cases {
        fs::write(site.home().join("bad.toml"), &text).unwrap();
        for dry_run in ["", "--dry-run"] {
            let ended = site.admin(&format!("policy import bad.toml {dry_run}"));
            assert_ne!(ended.code, Some(0), "{text}");
            assert!(ended.err.contains(said), "{said}\nis not in\n{}\nof\n{text}", ended.err);
        }
    }
    // Everything that is wrong at once, and a file that is sent as it is.
    fs::write(
        site.home().join("bad.toml"),
        format!("{head}{}{}", rule.replace("push", "moon"), rule.replace("any", "moon")),
    )
    .unwrap();
    let ended = site.admin(&format!("policy import bad.toml {AT}"));
    assert!(ended.err.contains("line 4, ") && ended.err.contains("line 8, "), "{}", ended.err);
    fs::write(site.home().join("bad.toml"), "format = \n").unwrap();
    let ended = site.admin(&format!("policy import bad.toml {AT}"));
    assert!(ended.err.contains("line 1: "), "{}", ended.err);
    let after = (
        site.done(&format!("restriction list {AT}")),
        site.done(&format!("grant list {AT}")),
        audit(&site),
    );
    assert_eq!(after, before);
}

#[test]
fn nobody_shuts_themselves_out_by_mistake() {
    let (site, _) = site_with_rules();
    let made = site.done(
        "token create all --user bea --scope admin:repository:bitbucket --scope \
         write:permission:bitbucket --scope read:repository:bitbucket",
    );
    let token = made["token"].as_str().unwrap().to_owned();
    let exported = site.with_token(&token, &format!("policy export {AT}"));
    assert_eq!(exported.code, Some(0), "{}", exported.err);
    let text = exported.out.replace("permission = \"admin\"", "permission = \"write\"");
    fs::write(site.home().join("less.toml"), text).unwrap();
    let warning = "this takes away your own right to change it again";
    let dry = site.with_token(&token, "policy import less.toml --dry-run");
    assert!(dry.out.contains(warning) && dry.out.contains("needs --yes"), "{}", dry.out);
    let refused = site.with_token(&token, "policy import less.toml");
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("you would no longer be an admin of repository acme/site"));
    assert!(refused.err.contains("the same command with --yes"), "{}", refused.err);
    assert_eq!(site.with_token(&token, &format!("grant list {AT}")).code, Some(0));
    let done = site.with_token(&token, "policy import less.toml --yes");
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert_eq!(site.with_token(&token, &format!("grant list {AT}")).code, Some(1));
    // It was the last thing bea could do; an administrator of the installation loses nothing.
    assert_eq!(site.with_token(&token, "policy import less.toml").code, Some(1));
    let root = site.done("policy import less.toml");
    assert_eq!(root["takes_own_admin"], false);
    // A part that is left out stays as it is.
    fs::write(site.home().join("part.toml"), "format = 1\nrestrictions = []\n").unwrap();
    let part = site.done(&format!("policy import part.toml {AT}"));
    assert_eq!(words(&part).len(), 3, "{part}");
    assert_eq!(site.done(&format!("grant list {AT}")).as_array().unwrap().len(), 4);
}
