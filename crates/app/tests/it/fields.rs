//! What does not fit is said field by field, and nothing is changed.

use crate::house::{BOTH, Database, House, site};
use app::{
    BranchRestrictionInput, Error, NewProject, NewRepository, NewToken, NewUser, NewWorkspace,
    PlaceName, RepositoryChange, RestrictionInput, SubjectInput,
};
use model::{RefKinds, Secret, Timestamp};

/// The fields that do not fit, or the field that clashes.
fn fields<T>(answer: Result<T, Error>) -> String {
    match answer {
        Err(Error::Invalid(fields)) => fields.0.into_keys().collect::<Vec<_>>().join(" "),
        Err(Error::Conflict { field, .. }) => format!("taken: {field}"),
        Err(other) => format!("{other}"),
        Ok(_) => "accepted".into(),
    }
}

#[tokio::test]
async fn people_and_places_are_checked_field_by_field() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, admin) = (&house.app, &house.admin);
    let user = |username: &str, email: &str, password: &str| NewUser {
        username: username.into(),
        display_name: "Somebody".into(),
        email: email.into(),
        password: Some(Secret::new(password)),
        is_admin: false,
    };
    let users = [
        (user("a b", "nowhere", "short"), "email password username"),
        (user("x-token-auth", "t@example.org", "long enough"), "username"),
        (user("ann", "other@example.org", "long enough"), "taken: username"),
        (user("ann2", "ann@example.org", "long enough"), "taken: email"),
    ];
    for (new, expected) in users {
        assert_eq!(fields(app.create_user(admin, new).await), expected);
    }
    for (slug, name, expected) in
        [("a/b", "", "name slug"), ("api", "A", "slug"), ("acme", "A", "taken: slug")]
    {
        let new = NewWorkspace { slug: slug.into(), name: name.into() };
        assert_eq!(fields(app.create_workspace(admin, new).await), expected);
    }
    let acme = PlaceName::workspace("acme");
    for (key, expected) in [("1", "key"), ("core", "taken: key")] {
        let new = NewProject { key: key.into(), name: "N".into(), ..Default::default() };
        assert_eq!(fields(app.create_project(admin, &acme, new).await), expected);
    }
    let repository = |slug: &str| NewRepository { slug: slug.into(), ..Default::default() };
    let repositories = [
        (repository("../x"), "slug"),
        (repository("site"), "taken: slug"),
        (NewRepository { is_private: Some(false), ..repository("open") }, "is_private"),
        (NewRepository { fork_policy: Some("x".into()), ..repository("f") }, "fork_policy"),
        (NewRepository { main_branch: Some("a..b".into()), ..repository("f") }, "main_branch"),
    ];
    for (new, expected) in repositories {
        assert_eq!(fields(app.create_repository(admin, "acme", new).await), expected);
    }
    let whole = app::PageRequest::default();
    assert_eq!(app.list_repositories(admin, &acme, None, whole).await.unwrap().size, 2);
}

#[tokio::test]
async fn tokens_and_grants_are_checked_field_by_field() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, admin) = (&house.app, &house.admin);
    let token = |scope: &str| NewToken {
        name: "t".into(),
        scopes: vec![scope.into()],
        ..NewToken::default()
    };
    let good = "read:repository:bitbucket";
    let tokens = [
        (token("read:everything"), "scopes"),
        (NewToken { name: "\x1b".into(), ..token(good) }, "name"),
        (NewToken { expires_at: Some(Timestamp(5)), ..token(good) }, "expires_at"),
        (
            NewToken { repositories: Some(vec!["acme/nothing".into()]), ..token(good) },
            "repositories",
        ),
        (NewToken { refs: Some(vec!["refs/heads/*".into()]), ..token(good) }, "refs"),
        (NewToken { refs: Some(vec!["a b".into()]), ..token(good) }, "refs"),
        (NewToken { addresses: Some(vec!["10.0.0.0/33".into()]), ..token(good) }, "addresses"),
        (NewToken { addresses: Some(vec!["10.1.2.3/8".into()]), ..token(good) }, "addresses"),
        (NewToken { refs: Some(vec!["release/*".into()]), ..token(good) }, "accepted"),
    ];
    for (new, expected) in tokens {
        assert_eq!(fields(app.create_api_token(admin, "ann", new).await), expected);
    }
    assert_eq!(app.list_api_tokens(admin, "ann").await.unwrap().len(), 1);
    let subject = |kind: &str, name: &str| SubjectInput {
        kind: kind.into(),
        name: Some(name.into()),
        ..SubjectInput::default()
    };
    let for_a_while =
        SubjectInput { until: Some(Timestamp(4_000_000_000_000)), ..subject("user", "ann") };
    let with_a_reason = SubjectInput { reason: Some("why".into()), ..subject("user", "ann") };
    for (subject, permission, expected) in [
        (for_a_while, "admin", "subject.until"),
        (with_a_reason, "read", "subject.reason"),
        (subject("user", "nobody"), "read", "subject"),
        (subject("robot", "x"), "own", "permission subject"),
        (subject("group", "devs"), "read", "subject"),
        (subject("anyone", ""), "write", "permission subject"),
        (subject("anyone", ""), "read", "subject"),
        (subject("user", "ann\0"), "read", "subject"),
        (subject("access_token", "ann\0"), "read", "subject"),
        (subject("access_key", "ann\0"), "read", "subject"),
        (subject("user", "ann"), "create-repository", "permission"),
        (subject("everyone", ""), "read", "accepted"),
    ] {
        assert_eq!(fields(app.set_grant(admin, &site(), &subject, permission).await), expected);
    }
    assert_eq!(app.list_grants(admin, &site()).await.unwrap().len(), 3);
}

#[tokio::test]
async fn restrictions_are_checked_field_by_field() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, admin) = (&house.app, &house.admin);
    let rule = |kind: &str, matcher: &str, pattern: &str| RestrictionInput {
        kind: kind.into(),
        matcher: matcher.into(),
        pattern: pattern.into(),
        ..RestrictionInput::default()
    };
    let nobody =
        SubjectInput { kind: "user".into(), name: Some("nobody".into()), ..Default::default() };
    let rules = [
        (rule("require_tasks", "regex", ""), "kind matcher.type"),
        (rule("push", "glob", ""), "matcher.pattern"),
        (rule("push", "glob", "refs/heads/main"), "matcher.pattern"),
        (rule("push", "glob", "a..b"), "matcher.pattern"),
        (rule("push", "ref", "main"), "matcher.pattern"),
        (rule("push", "ant", "a//b"), "matcher.pattern"),
        (rule("push", "branching_model", "trunk"), "matcher.pattern"),
        (
            RestrictionInput {
                except: vec!["a b".into()],
                ..rule("push", "branching_model", "release")
            },
            "matcher.except",
        ),
        (RestrictionInput { value: Some(2), ..rule("push", "any", "") }, "value"),
        (rule("require_commits_behind", "any", ""), "value"),
        (
            RestrictionInput { value: Some(-1), ..rule("require_commits_behind", "any", "") },
            "value",
        ),
        (
            RestrictionInput {
                subjects: vec![SubjectInput { kind: "everyone".into(), ..Default::default() }],
                ..rule("require_tasks_to_be_completed", "any", "")
            },
            "subjects",
        ),
        (
            RestrictionInput { on: Some("tags".into()), ..rule("enforce_merge_checks", "any", "") },
            "on",
        ),
        (RestrictionInput { on: Some("tags".into()), ..rule("push", "ref", "refs/heads/x") }, "on"),
        (
            RestrictionInput { on: Some("tags".into()), ..rule("push", "ant", "refs/heads/**") },
            "on",
        ),
        (
            RestrictionInput {
                on: Some("tags".into()),
                ..rule("push", "branching_model", "release")
            },
            "on",
        ),
        (RestrictionInput { on: Some("x".into()), ..rule("push", "any", "") }, "on"),
        (RestrictionInput { mode: Some("x".into()), ..rule("push", "any", "") }, "mode"),
        (RestrictionInput { subjects: vec![nobody], ..rule("push", "any", "") }, "subjects"),
        (rule("no-deletes", "ref", "refs/tags/v1"), "accepted"),
        (rule("delete", "ref", "refs/tags/v1"), "taken: matcher"),
    ];
    for (input, expected) in rules {
        assert_eq!(fields(app.create_restriction(admin, &site(), &input).await), expected);
    }
    // One name is kept for each kind, and a rule about a tag is about tags.
    let kept = app.list_restrictions(admin, &site()).await.unwrap();
    let kept: Vec<_> = kept.iter().map(|it| (it.kind.as_str(), it.on)).collect();
    assert_eq!(kept, [("delete", RefKinds::Tags)]);
}

#[tokio::test]
async fn rule_020_023_043_bitbuckets_view_refuses_twins_and_what_it_cannot_say() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, admin) = (&house.app, &house.admin);
    let rule = |kind: &str, pattern: &str| BranchRestrictionInput {
        kind: Some(kind.into()),
        pattern: Some(pattern.into()),
        groups: Some(Vec::new()),
        ..BranchRestrictionInput::default()
    };
    let of_class = |kind: &str, class: &str| BranchRestrictionInput {
        branch_match_kind: Some("branching_model".into()),
        branch_type: Some(class.into()),
        pattern: None,
        ..rule(kind, "")
    };
    let approvals =
        |value| BranchRestrictionInput { value, ..rule("require_approvals_to_merge", "x") };
    let people = |kind: &str| BranchRestrictionInput {
        users: Some(vec!["ann".into()]),
        ..rule(kind, "release/*")
    };
    let rules = [
        (people("push"), "accepted"),
        (rule("push", "release/*"), "taken: pattern"),
        (rule("force", "release/*"), "accepted"),
        (people("delete"), "users"),
        (rule("require_miracles", "x"), "kind"),
        (rule("read-only", "x"), "kind"),
        (BranchRestrictionInput { groups: None, ..rule("push", "x") }, "users"),
        (approvals(None), "value"),
        (approvals(Some(0)), "value"),
        (approvals(Some(2)), "accepted"),
        (approvals(Some(3)), "taken: pattern"),
        (BranchRestrictionInput { value: Some(1), ..rule("enforce_merge_checks", "x") }, "value"),
        (of_class("force", "release"), "accepted"),
        (of_class("force", "release"), "taken: branch_type"),
        (of_class("delete", "release"), "accepted"),
        (of_class("force", "trunk"), "branch_type"),
        (BranchRestrictionInput { branch_type: None, ..of_class("force", "") }, "branch_type"),
        (
            BranchRestrictionInput { branch_type: Some("release".into()), ..rule("force", "y") },
            "branch_type",
        ),
        (
            BranchRestrictionInput {
                branch_match_kind: Some("branching_model".into()),
                ..rule("push", "x")
            },
            "branch_type pattern",
        ),
        (
            BranchRestrictionInput { branch_match_kind: Some("ant".into()), ..rule("push", "x") },
            "branch_match_kind",
        ),
        (BranchRestrictionInput { value: Some(1), ..rule("push", "x") }, "value"),
        (BranchRestrictionInput { pattern: None, ..rule("push", "x") }, "pattern"),
    ];
    for (input, expected) in rules {
        assert_eq!(fields(app.create_branch_restriction(admin, &site(), input).await), expected);
    }
    // A partial change leaves the rest; a tag rule is no branch restriction.
    let listed = app.list_branch_restrictions(admin, &site()).await.unwrap();
    let listed: Vec<_> = listed.into_iter().filter(|it| it.pattern == "release/*").collect();
    assert_eq!(listed.len(), 2);
    let change = BranchRestrictionInput { pattern: Some("main".into()), ..Default::default() };
    let changed =
        app.update_branch_restriction(admin, &site(), listed[0].id, change).await.unwrap();
    assert_eq!((changed.kind, changed.pattern.as_str(), changed.users.len()), ("push", "main", 1));
    // With an empty list of users, nobody is left (rule 43).
    let nobody = BranchRestrictionInput { users: Some(Vec::new()), ..Default::default() };
    let changed =
        app.update_branch_restriction(admin, &site(), listed[0].id, nobody).await.unwrap();
    assert_eq!((changed.pattern.as_str(), changed.users.len()), ("main", 0));
    let tags = RestrictionInput {
        kind: "push".into(),
        matcher: "any".into(),
        on: Some("tags".into()),
        ..RestrictionInput::default()
    };
    app.create_restriction(admin, &site(), &tags).await.unwrap();
    assert_eq!(app.list_branch_restrictions(admin, &site()).await.unwrap().len(), 5);
    assert_eq!(app.list_restrictions(admin, &site()).await.unwrap().len(), 6);
}

/// Whoever checks that there is no such rule yet and whoever writes one cannot miss each other.
#[tokio::test]
async fn of_several_requests_at_once_one_makes_the_restriction() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let input = RestrictionInput {
            kind: "force".into(),
            matcher: "any".into(),
            ..RestrictionInput::default()
        };
        let (app, admin, site) = (&house.app, &house.admin, site());
        let before = app.list_restrictions(admin, &site).await.unwrap().len();
        let create = || app.create_restriction(admin, &site, &input);
        let (a, b, c, d) = tokio::join!(create(), create(), create(), create());
        let made = [a, b, c, d].into_iter().filter_map(|it| match it {
            Ok(made) => Some(made.id),
            Err(app::Error::Conflict { .. }) => None,
            Err(other) => panic!("{other}"),
        });
        assert_eq!(made.count(), 1);
        assert_eq!(app.list_restrictions(admin, &site).await.unwrap().len(), before + 1);
    }
}

/// What can never decide anything is stored, because things change, and pointed out to whoever
/// looks.
#[tokio::test]
async fn rules_that_can_never_decide_anything_are_pointed_out() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, admin) = (&house.app, &house.admin);
    let everyone = || vec![SubjectInput { kind: "everyone".into(), ..Default::default() }];
    let rule = |kind: &str, matcher: &str, pattern: &str, except: &str| RestrictionInput {
        kind: kind.into(),
        matcher: matcher.into(),
        pattern: pattern.into(),
        except: except.split_whitespace().map(str::to_owned).collect(),
        ..RestrictionInput::default()
    };
    let cases = [
        (rule("push", "glob", "main", ""), ""),
        (
            RestrictionInput { subjects: everyone(), ..rule("force", "any", "", "") },
            "lets everyone through",
        ),
        (rule("delete", "glob", "a*", "b a*"), "can mean no ref"),
        (rule("delete", "any", "", "*"), "can mean no ref"),
        (rule("delete", "ant", "a/**", "**"), "can mean no ref"),
        (rule("delete", "branching_model", "production", ""), "can mean no ref"),
        (rule("delete", "branching_model", "release", ""), ""),
        (rule("delete", "ref", "refs/portcullis/x", ""), "the server's own"),
        (
            RestrictionInput { subjects: everyone(), ..rule("restrict_merges", "any", "", "") },
            "lets everyone through",
        ),
        (RestrictionInput { subjects: everyone(), ..rule("push", "glob", "topic/*", "") }, ""),
        (rule("read-only", "glob", "hot/*", ""), ""),
        (rule("force", "glob", "hot/a", ""), "leaves nothing for it to decide"),
    ];
    for (input, expected) in cases {
        let made = app.create_restriction(admin, &site(), &input).await.unwrap();
        assert_eq!(made.warnings.len(), usize::from(!expected.is_empty()), "{input:?}");
        assert!(made.warnings.iter().all(|it| it.contains(expected)), "{:?}", made.warnings);
        let shown = app.restriction(admin, &site(), made.id).await.unwrap();
        assert_eq!(shown.warnings, made.warnings);
    }
}

/// The row and HEAD say the same, whichever of the two could not be changed.
#[tokio::test]
async fn a_main_branch_that_is_not_taken_leaves_head_alone() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, admin) = (&house.app, &house.admin);
    let id = app.repository(admin, &site()).await.unwrap().repository.id;
    let change = RepositoryChange { main_branch: Some("other".into()), ..Default::default() };
    let clash = RepositoryChange { slug: Some("secret".into()), ..change.clone() };
    assert_eq!(fields(app.update_repository(admin, &site(), clash).await), "taken: slug");

    let lock = house.git_dir(id).join("HEAD.lock");
    std::fs::write(&lock, "somebody else's").unwrap();
    let failed = app.update_repository(admin, &site(), change.clone()).await;
    assert!(matches!(failed, Err(Error::Failed(_))), "{failed:?}");
    std::fs::remove_file(&lock).unwrap();

    let seen = |house: &House| std::fs::read_to_string(house.git_dir(id).join("HEAD")).unwrap();
    assert_eq!(seen(&house), "ref: refs/heads/main\n");
    let row = app.repository(admin, &site()).await.unwrap().repository;
    assert_eq!(row.main_branch.as_deref(), Some("main"));
    let row = app.update_repository(admin, &site(), change).await.unwrap().repository;
    assert_eq!(row.main_branch.as_deref(), Some("other"));
    assert_eq!(seen(&house), "ref: refs/heads/other\n");
}

/// A text that one database refuses and the other keeps is a field that does not fit, on both.
#[tokio::test]
async fn control_characters_are_in_no_text_that_is_kept() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, admin) = (&house.app, &house.admin);
        let listed = |reason: &str| SubjectInput {
            kind: "user".into(),
            name: Some("ann".into()),
            reason: Some(reason.into()),
            ..SubjectInput::default()
        };
        let rule = |kind: &str, argument: &str, note: &str, reason: &str| RestrictionInput {
            kind: kind.into(),
            matcher: "any".into(),
            argument: Some(argument.into()),
            note: Some(note.into()),
            subjects: vec![listed(reason)],
            ..RestrictionInput::default()
        };
        for (new, expected) in [
            (rule("push", "", "a\0", "r"), "note"),
            (rule("push", "", "a\u{1b}[31m", "r"), "note"),
            (rule("push", "", "n", "a\0"), "subjects"),
            (rule("commit-message", "a\0", "n", "r"), "argument"),
            (rule("author-email", "*@a\0", "n", "r"), "argument"),
            (rule("restricted-paths", "infra\0/**", "n", "r"), "argument"),
            (rule("push", "", "two\nlines,\tand a tab", "r"), "accepted"),
        ] {
            assert_eq!(fields(app.create_restriction(admin, &site(), &new).await), expected);
        }
        assert_eq!(app.list_restrictions(admin, &site()).await.unwrap().len(), 1);
        let bad = || Some("a\0".to_owned());
        for (change, expected) in [
            (RepositoryChange { description: bad(), ..Default::default() }, "description"),
            (RepositoryChange { language: bad(), ..Default::default() }, "language"),
        ] {
            assert_eq!(fields(app.update_repository(admin, &site(), change).await), expected);
        }
        let new = NewRepository {
            slug: "nul".into(),
            description: "a\0".into(),
            language: "b\0".into(),
            ..NewRepository::default()
        };
        let made = app.create_repository(admin, "acme", new).await;
        assert_eq!(fields(made), "description language");
        let core = PlaceName::project("acme", "CORE");
        let change = app::ProjectChange { description: bad(), ..Default::default() };
        assert_eq!(fields(app.update_project(admin, &core, change).await), "description");
        let acme = PlaceName::workspace("acme");
        let new = NewProject {
            key: "NUL".into(),
            name: "N".into(),
            description: "a\0".into(),
            is_private: None,
        };
        assert_eq!(fields(app.create_project(admin, &acme, new).await), "description");
        for name in ["access_token:a\0", "access_key:a\0", "user:a\0"] {
            let what = app::Hypothetical {
                operation: "read".into(),
                principal: Some(name.into()),
                ..Default::default()
            };
            assert_eq!(fields(app.explain(admin, &site(), &what).await), "as", "{name:?}");
        }
    }
}

/// What nobody can read is not a rule, and which of two words about one subject counts is not
/// guessed.
#[tokio::test]
async fn a_rule_lists_each_subject_once_and_within_limits() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, admin) = (&house.app, &house.admin);
    let ann = |reason: &str| SubjectInput {
        kind: "user".into(),
        name: Some("ann".into()),
        reason: Some(reason.into()),
        ..SubjectInput::default()
    };
    let rule = |subjects: Vec<SubjectInput>, exceptions: usize| RestrictionInput {
        kind: "force".into(),
        matcher: "any".into(),
        except: (0..exceptions).map(|it| format!("x{it}")).collect(),
        subjects,
        ..RestrictionInput::default()
    };
    let ended = SubjectInput { until: Some(Timestamp(4_000_000_000_000)), ..ann("a while") };
    for (new, expected) in [
        (rule(vec![ended, ann("for ever")], 0), "subjects"),
        (rule(vec![ann(&"x".repeat(501))], 0), "subjects"),
        (rule(vec![], 101), "matcher.except"),
        (rule(vec![ann(&"ä".repeat(500))], 100), "accepted"),
    ] {
        assert_eq!(fields(app.create_restriction(admin, &site(), &new).await), expected);
    }
}

#[test]
fn lines_of_a_file_are_told_in_their_order() {
    let mut wrong = app::Fields::default();
    for line in [105, 10, 14] {
        wrong.add(&format!("line {line}, note"), "no");
    }
    wrong.add("format", "missing");
    let said = "format: missing; line 10, note: no; line 14, note: no; line 105, note: no";
    assert_eq!(wrong.to_string(), said);
}
