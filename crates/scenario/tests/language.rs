//! The language: what it reads, and what it says about what it cannot read.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use model::RestrictionKind;
use scenario::{Name, Scenario, Statement};

#[test]
fn a_bad_line_is_named_with_what_would_be_right() {
    let kinds: Vec<_> = RestrictionKind::ALL.iter().map(|it| it.as_str()).collect();
    let unknown_kind =
        format!("line 1: unknown restriction kind `pusch`: use one of {}", kinds.join(", "));
    let cases = [
        (
            "user ann\nrestrct 1 main push",
            "line 2: `restrct` is no statement; the language is described in the crate `scenario`",
        ),
        ("restrict main push", "line 1: `main` is no whole number"),
        ("restrict 1 main", "line 1: a kind is missing"),
        ("restrict 1 main pusch", &unknown_kind),
        ("restrict 1 main push except ann", "line 1: `except` is not expected here"),
        ("restrict 1 main force only ann", "line 1: `only` is not expected here"),
        ("restrict 1 main push only ,ann", "line 1: a subject is missing before `,`"),
        ("restrict 1 main push only ann,", "line 1: a subject is missing"),
        (
            "restrict 1 main push only robot:x",
            "line 1: `robot:` names no kind of subject: use token, key, workload",
        ),
        ("restrict 1 main push only ann until soon", "line 1: `soon` is no whole number"),
        ("restrict 1 a push\n\nrestrict 1 b push", "line 3: there is a rule 1 already"),
        ("grant devs", "line 1: a permission is missing"),
        (
            "grant devs owner",
            "line 1: unknown permission `owner`: use one of read, write, create-repository, admin",
        ),
        (
            "grant devs write on everything",
            "line 1: unknown level `everything`: use one of instance, workspace, project, repository",
        ),
        ("user ann\nuser ann", "line 2: there is a user `ann` already"),
        (
            "grant ann write\nuser ann",
            "line 2: `ann` was taken for a group above: declare users first",
        ),
        ("owner ann", "line 1: there is no user `ann`: say `user ann` first"),
        ("repo site", "line 1: not a valid repository path: write it as `workspace/repository`"),
        ("default ma in", "line 1: `in` is not expected here"),
        ("default a..b", "line 1: not a valid ref name: it contains `..` or `@{`"),
        (
            "token ci repository:wirte",
            "line 1: unknown scope `repository:wirte`: use one of the names in docs/reference/scopes.md, such as read:repository:bitbucket",
        ),
        ("address 10.0.0/8", "line 1: `10.0.0/8` is no block of addresses; write it as 10.0.0.0/8"),
        ("nowhere\npublic", "line 2: `nowhere` was said: there is no repository"),
    ];
    for (text, complaint) in cases {
        assert_eq!(Scenario::parse(text).unwrap_err().to_string(), complaint, "{text}");
    }
}

#[test]
fn a_bad_question_says_what_is_wrong() {
    let world = Scenario::parse("user ann devs").unwrap();
    let cases = [
        ("", "an asker is missing"),
        ("ann", "what is tried is missing"),
        (
            "ann shove main",
            "`shove` is nothing to try: use unseen, create, fast-forward, rewrite, delete, merge, fetch, push or read",
        ),
        ("ann create", "a ref is missing"),
        ("ann create a b", "`b` is not expected here"),
        ("ann/dves fetch", "no rule and no user mentions a group `dves`"),
        ("ann@laptop fetch", "`ann` has no API token `laptop`"),
        ("token:ci fetch", "nothing mentions `ci`"),
        ("everyone fetch", "`everyone` cannot ask anything"),
    ];
    for (line, complaint) in cases {
        assert_eq!(world.question(line).unwrap_err(), complaint, "{line}");
    }
}

#[test]
fn statements_can_be_read_back_as_data() {
    let world = Scenario::parse(
        "# a comment
         repo acme/app
         user ann devs   # and another
         restrict 7 release/* but release/next both force except ops until 3, token:ci-bot evaluate on project",
    )
    .unwrap();
    let [Statement::Repository(path), Statement::User { name, groups }, Statement::Restrict(rule)] =
        world.statements()
    else {
        unreachable!("{:?}", world.statements())
    };
    assert_eq!((path.to_string().as_str(), name.as_str()), ("acme/app", "ann"));
    assert_eq!(groups, &["devs"]);
    assert_eq!(rule.number, 7);
    assert_eq!(rule.level.as_str(), "project");
    assert_eq!((rule.kind.as_str(), rule.on.as_str()), ("force", "both"));
    assert_eq!(
        (rule.matcher.pattern.as_str(), &*rule.matcher.except),
        ("release/*", &["release/next".to_owned()][..])
    );
    let listed: Vec<_> = rule.subjects.iter().map(|it| (it.name.clone(), it.until)).collect();
    let ops = Name::UserOrGroup("ops".into());
    assert_eq!(listed, [(ops, Some(3)), (Name::AccessToken("ci-bot".into()), None)]);
    assert_eq!(rule.mode.as_str(), "evaluate");
}
