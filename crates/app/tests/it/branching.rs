//! Branching models: set, inherited, refused, and what rules make of the one in force.

use crate::house::{Database, House, commit, refused, site};
use app::{
    Asker, BranchInput, BranchingInput, Error, Hypothetical, NewBranch, PageRequest, PlaceName,
    RepositoryChange, RestrictionInput, TypeInput,
};
use model::ObjectId;
use std::collections::BTreeSet;

fn project() -> PlaceName {
    PlaceName::project("acme", "CORE")
}

fn named(name: &str) -> Option<BranchInput> {
    Some(BranchInput { use_main: Some(false), name: Some(name.into()), enabled: None })
}

fn follows_main() -> Option<BranchInput> {
    Some(BranchInput { use_main: Some(true), ..BranchInput::default() })
}

fn production(enabled: bool, name: &str) -> Option<BranchInput> {
    Some(BranchInput { enabled: Some(enabled), ..named(name).unwrap() })
}

fn kind(kind: &str, enabled: Option<bool>, prefix: Option<&str>) -> TypeInput {
    TypeInput { kind: kind.into(), enabled, prefix: prefix.map(str::to_owned) }
}

fn types(types: &[TypeInput]) -> BranchingInput {
    BranchingInput { types: types.to_vec(), ..BranchingInput::default() }
}

/// A house with `main` and `dev` in it.
async fn with_branches() -> (House, Asker) {
    let house = House::furnished(Database::Sqlite).await;
    let ann = house.by_token("ann").await;
    let (id, pack) = commit(None, "one");
    house.push(&ann, &[(ObjectId::ZERO, id, "refs/heads/main")], &pack).await.unwrap();
    make(&house, &ann, "dev").await;
    (house, ann)
}

async fn make(house: &House, who: &Asker, name: &str) {
    let new = NewBranch { name: name.into(), target: "main".into() };
    house.app.create_branch(who, &site(), new).await.unwrap();
}

/// Closes a class of branches to everybody.
async fn close(house: &House, class: &str) {
    let rule = RestrictionInput {
        kind: "push".into(),
        matcher: "branching_model".into(),
        pattern: class.into(),
        ..RestrictionInput::default()
    };
    house.app.create_restriction(&house.admin, &site(), &rule).await.unwrap();
}

/// Which of these branches are closed to ann.
async fn closed<'a>(house: &House, who: &Asker, names: &[&'a str]) -> Vec<&'a str> {
    let mut closed = Vec::new();
    for name in names {
        let push = Hypothetical {
            reference: Some((*name).to_owned()),
            operation: "fast-forward".into(),
            principal: None,
        };
        if house.app.explain(who, &site(), &push).await.unwrap().verdict == "refused" {
            closed.push(*name);
        }
    }
    closed
}

fn fields<T>(answer: Result<T, Error>) -> BTreeSet<String> {
    match answer {
        Err(Error::Invalid(fields)) => fields.0.into_keys().collect(),
        Err(other) => panic!("{other}"),
        Ok(_) => BTreeSet::new(),
    }
}

#[tokio::test]
async fn rule_019_what_cannot_be_a_model_is_refused_and_nothing_is_saved() {
    let (house, _) = with_branches().await;
    let (app, admin) = (&house.app, &house.admin);
    let before = app.branching_settings(admin, &site()).await.unwrap().settings;
    let model = |development, production| BranchingInput {
        development,
        production,
        ..BranchingInput::default()
    };
    let cases = [
        (types(&[kind("release", None, Some(""))]), "branch_types.release.prefix"),
        (types(&[kind("release", None, Some("a*"))]), "branch_types.release.prefix"),
        (types(&[kind("release", None, Some("a..b"))]), "branch_types.release.prefix"),
        (types(&[kind("release", None, Some("/x"))]), "branch_types.release.prefix"),
        (types(&[kind("release", None, Some("feature/x"))]), "branch_types.release.prefix"),
        (types(&[kind("release", None, Some("feat"))]), "branch_types.feature.prefix"),
        (types(&[kind("trunk", None, None)]), "branch_types[0].kind"),
        (types(&[kind("production", None, None)]), "branch_types[0].kind"),
        (types(&[kind("hotfix", None, None), kind("hotfix", None, None)]), "branch_types[1].kind"),
        (model(named("gone"), None), "development.name"),
        (model(named("a b"), None), "development.name"),
        (model(named(""), None), "development.name"),
        (
            model(Some(BranchInput { use_main: Some(true), ..named("dev").unwrap() }), None),
            "development.name",
        ),
        (
            model(Some(BranchInput { use_main: Some(false), ..Default::default() }), None),
            "development.name",
        ),
        (
            model(Some(BranchInput { enabled: Some(false), ..Default::default() }), None),
            "development.enabled",
        ),
        (model(None, production(true, "gone")), "production.name"),
    ];
    for (input, field) in cases {
        let answer = app.update_branching_settings(admin, &site(), &input).await;
        let of_prefix = field.contains("prefix");
        let found = fields(answer);
        assert!(found.contains(field) && (of_prefix || found.len() == 1), "{input:?}: {found:?}");
        // At a project, every branch that could be one will do.
        let anywhere = field.ends_with(".name")
            && [&input.development, &input.production]
                .into_iter()
                .flatten()
                .all(|it| it.use_main == Some(false) && it.name.as_deref() == Some("gone"));
        let at_project = app.update_branching_settings(admin, &project(), &input).await;
        assert_eq!(at_project.is_ok(), anywhere, "{input:?}");
        let none = BranchInput { enabled: Some(false), ..follows_main().unwrap() };
        let usual = model(follows_main(), Some(none));
        app.update_branching_settings(admin, &project(), &usual).await.unwrap();
    }
    let after = app.branching_settings(admin, &site()).await.unwrap().settings;
    assert_eq!(after, before);
    assert!(!app.overrides_branching(admin, &site()).await.unwrap());
}

#[tokio::test]
async fn what_is_valid_is_saved_and_what_is_left_out_stays() {
    let (house, ann) = with_branches().await;
    let (app, admin) = (&house.app, &house.admin);
    // A disabled type may have any prefix; a production branch that is disabled need not exist.
    let input = BranchingInput {
        development: named("dev"),
        production: production(false, "gone"),
        types: vec![kind("feature", Some(false), Some("*")), kind("hotfix", None, Some("fix-"))],
        delete_merged: Some(true),
    };
    let saved = app.update_branching_settings(admin, &site(), &input).await.unwrap();
    assert_eq!((saved.development_is_valid, saved.production_is_valid), (Some(true), Some(false)));
    let more = types(&[kind("release", Some(false), None)]);
    let saved = app.update_branching_settings(admin, &site(), &more).await.unwrap().settings;
    let shown: Vec<_> =
        saved.types.iter().map(|it| (it.class.as_str(), it.enabled, it.prefix.as_str())).collect();
    let expected = [
        ("feature", false, "*"),
        ("bugfix", true, "bugfix/"),
        ("release", false, "release/"),
        ("hotfix", true, "fix-"),
    ];
    assert_eq!(shown, expected);
    assert!(saved.delete_merged && saved.development.as_deref() == Some("dev"));

    let shown = app.branching_model(&ann, &site()).await.unwrap();
    assert_eq!(shown.development.name.as_deref(), Some("dev"));
    assert!(shown.development.branch.is_some() && shown.production.is_none());
    assert_eq!(shown.types.len(), 2);
    // A branch that has gone since is no longer valid, and cannot be set so again.
    app.delete_branch(&ann, &site(), "dev").await.unwrap();
    let now = app.branching_settings(admin, &site()).await.unwrap();
    assert_eq!(now.development_is_valid, Some(false));
    assert!(app.branching_model(&ann, &site()).await.unwrap().development.branch.is_none());
    let again = BranchingInput { development: named("dev"), ..BranchingInput::default() };
    let again = app.update_branching_settings(admin, &site(), &again).await;
    assert!(fields(again).contains("development.name"));
    let page = PageRequest::new(1, 100);
    let lines = app.audit(admin, &app::AuditFilter::default(), page).await.unwrap();
    let changes = lines.values.iter().filter(|it| it.what == "changed the branching model");
    assert_eq!(changes.count(), 2);
    // Only administrators read and change what was set.
    for answer in [
        app.branching_settings(&ann, &site()).await.map(drop),
        app.update_branching_settings(&ann, &site(), &more).await.map(drop),
        app.overrides_branching(&ann, &site()).await.map(drop),
        app.override_branching(&ann, &site(), true).await,
    ] {
        assert_eq!(refused(answer).records[0].code, "PC-PERM-ADMIN");
    }
}

#[tokio::test]
async fn rule_016_a_new_prefix_moves_its_rules_at_once() {
    let (house, ann) = with_branches().await;
    close(&house, "release").await;
    let names = ["release/1", "rel-1", "main"];
    assert_eq!(closed(&house, &ann, &names).await, ["release/1"]);
    let prefix = types(&[kind("release", None, Some("rel-"))]);
    house.app.update_branching_settings(&house.admin, &site(), &prefix).await.unwrap();
    assert_eq!(closed(&house, &ann, &names).await, ["rel-1"]);
    let disabled = types(&[kind("release", Some(false), None)]);
    house.app.update_branching_settings(&house.admin, &site(), &disabled).await.unwrap();
    assert!(closed(&house, &ann, &names).await.is_empty());
}

#[tokio::test]
async fn rule_018_development_follows_the_main_branch_when_it_is_another() {
    let (house, ann) = with_branches().await;
    close(&house, "development").await;
    let names = ["main", "dev"];
    assert_eq!(closed(&house, &ann, &names).await, ["main"]);
    let change = RepositoryChange { main_branch: Some("dev".into()), ..Default::default() };
    house.app.update_repository(&house.admin, &site(), change).await.unwrap();
    assert_eq!(closed(&house, &ann, &names).await, ["dev"]);
}

#[tokio::test]
async fn a_repository_inherits_its_projects_model_until_it_has_its_own() {
    let (house, ann) = with_branches().await;
    let (app, admin) = (&house.app, &house.admin);
    close(&house, "development").await;
    close(&house, "hotfix").await;
    let input = BranchingInput {
        development: named("next"),
        types: vec![kind("hotfix", None, Some("fix-"))],
        ..BranchingInput::default()
    };
    app.update_branching_settings(admin, &project(), &input).await.unwrap();
    // What is not there gives way to the main branch; its name is closed nevertheless.
    let names = ["main", "dev", "next", "fix-1", "hotfix/1"];
    assert_eq!(closed(&house, &ann, &names).await, ["main", "next", "fix-1"]);
    let shown = app.branching_model(&ann, &site()).await.unwrap();
    assert_eq!(
        (shown.development.name.as_deref(), shown.development.use_main),
        (Some("main"), false)
    );

    let own = BranchingInput { development: follows_main(), ..BranchingInput::default() };
    app.update_branching_settings(admin, &site(), &own).await.unwrap();
    assert!(app.overrides_branching(admin, &site()).await.unwrap());
    assert_eq!(closed(&house, &ann, &names).await, ["main", "hotfix/1"]);
    app.override_branching(admin, &site(), false).await.unwrap();
    make(&house, admin, "other").await;
    assert_eq!(closed(&house, &ann, &names).await, ["main", "next", "fix-1"]);
    app.override_branching(admin, &site(), true).await.unwrap();
    assert_eq!(closed(&house, &ann, &names).await, ["main", "hotfix/1"]);
}
