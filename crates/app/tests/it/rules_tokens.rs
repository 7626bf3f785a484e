//! The numbered rules of the fact sheet about credentials (79 to 92), as far as a use case shows
//! them. The decision's part is in `policy`, under the same names.

use crate::house::{BOTH, Database, House, PASSWORD, door, refused, site};
use app::{
    Answer, Asker, Door, Error, Fetching, Hypothetical, NewKey, NewToken, PlaceName, Presented,
    Pushing, RepositoryChange, RestrictionInput, SubjectInput,
};
use model::{Scope, Secret, Timestamp};
use std::time::Duration;

const WRITE: [&str; 2] = ["read:repository:bitbucket", "write:repository:bitbucket"];

fn named(name: &str, scopes: &[&str]) -> NewToken {
    let scopes = scopes.iter().map(|it| (*it).to_owned()).collect();
    NewToken { name: name.into(), scopes, ..NewToken::default() }
}

/// The code with which a push is refused at the door; empty when it is let in.
async fn pushes(house: &House, who: &Asker) -> String {
    match house.app.open_repository::<Pushing>(who, &site()).await {
        Ok(_) => String::new(),
        refusal => refused(refusal).records[0].code.clone(),
    }
}

#[tokio::test]
async fn rule_079_each_user_name_goes_with_its_kind_of_token() {
    let house = House::furnished(Database::Sqlite).await;
    let api = house.token("ann", &WRITE).await;
    let new = named("ci-bot", &["repository:write"]);
    let access = house.app.create_access_token(&house.admin, &site(), new).await.unwrap().secret;
    for (user, secret, code) in [
        ("ann", &api, ""),
        ("ANN", &api, ""),
        ("ann@example.org", &api, ""),
        ("x-bitbucket-api-token-auth", &api, ""),
        ("x-token-auth", &api, "PC-CRED-WRONG-DOOR"),
        ("bea", &api, "PC-CRED-WRONG-DOOR"),
        ("x-token-auth", &access, ""),
        ("x-bitbucket-api-token-auth", &access, "PC-CRED-WRONG-DOOR"),
        ("ann", &access, "PC-CRED-WRONG-DOOR"),
    ] {
        let basic = Presented::Basic { user: user.into(), secret: secret.clone() };
        let who = house.present(basic).await;
        assert_eq!(pushes(&house, &who).await, code, "{user}");
        if !code.is_empty() {
            let answer = refused(house.app.open_repository::<Pushing>(&who, &site()).await).answer;
            assert_eq!(answer, Answer::SignIn, "{user}");
        }
    }
}

#[tokio::test]
async fn rule_083_a_token_dies_with_its_home_and_what_it_was_given_elsewhere_with_it() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, admin) = (&house.app, &house.admin);
        let secret = PlaceName::repository("acme", "secret");
        let made = app
            .create_access_token(admin, &secret, named("ci-bot", &["repository:write"]))
            .await
            .unwrap();
        let who = house.present(Presented::Bearer(made.secret.clone())).await;
        app.open_repository::<Pushing>(&who, &secret).await.unwrap();
        app.remove_repository(admin, &secret).await.unwrap();
        // The very request that is under way meets it, too.
        for who in [who, house.present(Presented::Bearer(made.secret)).await] {
            refused(app.open_repository::<Fetching>(&who, &secret).await);
        }
    }
}

/// Moving a repository to another project leaves its own tokens alone, and puts it out of the reach
/// of those of the project it leaves.
#[tokio::test]
async fn rule_083_a_projects_token_reaches_what_is_in_the_project() {
    let house = House::furnished(Database::Sqlite).await;
    let (app, admin) = (&house.app, &house.admin);
    let core = PlaceName::project("acme", "CORE");
    let new = named("ci-bot", &["repository:write", "project"]);
    let of_project = app.create_access_token(admin, &core, new).await.unwrap().secret;
    let new = named("ci-bot", &["repository:write"]);
    let of_repository = app.create_access_token(admin, &site(), new).await.unwrap().secret;
    let (one, two) = (
        house.present(Presented::Bearer(of_project)).await,
        house.present(Presented::Bearer(of_repository)).await,
    );
    assert_eq!((pushes(&house, &one).await, pushes(&house, &two).await), Default::default());
    let other = app::NewProject { key: "OPS".into(), name: "Ops".into(), ..Default::default() };
    app.create_project(admin, &PlaceName::workspace("acme"), other).await.unwrap();
    let change = RepositoryChange { project: Some("OPS".into()), ..Default::default() };
    app.update_repository(admin, &site(), change).await.unwrap();
    assert_eq!(pushes(&house, &one).await, "PC-REPO-NOT-FOUND");
    assert_eq!(pushes(&house, &two).await, "");
}

#[tokio::test]
async fn rule_087_a_token_needs_a_name_and_known_scopes_and_the_nearest_is_named() {
    let house = House::furnished(Database::Sqlite).await;
    let made = |new: NewToken| house.app.create_api_token(&house.admin, "ann", new);
    for (new, said) in [
        (named("", &WRITE), "name: not a valid"),
        (named("t", &["repository:wrte"]), "did you mean `repository:write`?"),
        (
            named("t", &["write:repositories:bitbucket"]),
            "did you mean `write:repository:bitbucket`?",
        ),
        (named("t", &["read:repository"]), "did you mean `read:repository:bitbucket`?"),
        (named("t", &["\x1b[2J"]), "unknown scope"),
    ] {
        match made(new).await {
            Err(error @ Error::Invalid(_)) => {
                let text = error.to_string();
                assert!(text.contains(said) && !text.contains('\x1b'), "{text}");
            }
            other => panic!("{said}: {:?}", other.map(|it| it.token)),
        }
    }
    // Every name that Bitbucket lists is taken.
    for scope in Scope::ALL {
        made(named("t", &[scope.as_str()])).await.unwrap();
    }
    assert_eq!(
        house.app.list_api_tokens(&house.admin, "ann").await.unwrap().len(),
        Scope::ALL.len()
    );
}

#[tokio::test]
async fn rule_093_a_token_is_good_from_its_addresses_only_and_cannot_make_one_that_is_not() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let scopes: Vec<_> = Scope::ALL.iter().map(|it| it.as_str()).collect();
        let blocks = Some(vec!["10.1.0.0/16".into(), "2001:db8::/32".into()]);
        let limited = NewToken { addresses: blocks, ..named("desk", &scopes) };
        let made = house.app.create_api_token(&house.admin, "ann", limited).await.unwrap();
        let from = async |address: Option<&str>| {
            let address = address.map(|it| it.parse().unwrap());
            let door = Door { address, ..door() };
            house.app.sign_in(&door, Presented::Bearer(made.secret.clone())).await.unwrap()
        };
        for (address, code) in [
            (Some("10.1.2.3"), ""),
            (Some("::ffff:10.1.2.3"), ""),
            (Some("2001:db8::1"), ""),
            (Some("10.2.0.1"), "PC-TOKEN-ADDRESS"),
            (None, "PC-TOKEN-ADDRESS"),
        ] {
            let who = from(address).await;
            assert_eq!(pushes(&house, &who).await, code, "{database:?} {address:?}");
        }
        let inside = from(Some("10.1.2.3")).await;
        let wider = house.app.create_api_token(&inside, "ann", named("wide", &WRITE)).await;
        assert_eq!(refused(wider).records[0].code, "PC-TOKEN-WIDENS");
        // The one that takes its place has the same limit.
        let id = made.token.id;
        let next = house.app.rotate_api_token(&house.admin, "ann", id, Duration::ZERO).await;
        assert_eq!(next.unwrap().token.token.limits, made.token.token.limits);
    }
}

/// The part of rule 111 that a list shows.
#[tokio::test]
async fn rule_111_a_token_shows_what_it_was_refused_for_the_last_time() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let read = house.token("ann", &["repository"]).await;
        let who = house.present(Presented::Bearer(read)).await;
        let listed = house.app.list_api_tokens(&house.admin, "ann").await.unwrap();
        assert_eq!(listed[0].token.last_refused, None);
        assert_eq!(pushes(&house, &who).await, "PC-SCOPE-MISSING");
        let listed = house.app.list_api_tokens(&house.admin, "ann").await.unwrap();
        let last = listed[0].token.last_refused.as_ref().unwrap();
        assert_eq!(last.code, "PC-SCOPE-MISSING");
        assert_eq!(last.why, "token lacks repository:write");
        assert!(listed[0].token.last_used_at.is_some());
    }
}

#[tokio::test]
async fn rule_091_a_failed_credential_says_nothing_about_the_place() {
    let house = House::furnished(Database::Sqlite).await;
    let guess = |user: &str, secret: &str| Presented::Basic {
        user: user.into(),
        secret: Secret::new(secret),
    };
    let mut said = Vec::new();
    for presented in [guess("ann", "wrong guess"), guess("nobody", PASSWORD)] {
        let who = house.present(presented).await;
        for place in [site(), PlaceName::repository("acme", "missing")] {
            let answer = refused(house.app.open_repository::<Fetching>(&who, &place).await);
            assert_eq!(answer.answer, Answer::SignIn);
            said.push((answer.records[0].code.clone(), answer.records[0].message.clone()));
        }
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
}

/// Some day, and the day after.
const ENDS: [Timestamp; 2] = [Timestamp(4_000_000_000_000), Timestamp(4_000_086_400_000)];

fn every_scope(name: &str) -> NewToken {
    named(name, &Scope::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>())
}

/// Found as an attack: with an ending token, one was made that never ends.
#[tokio::test]
async fn a_token_that_ends_makes_nothing_that_outlives_it() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let app = &house.app;
        let ending = |name: &str, end| NewToken { expires_at: end, ..every_scope(name) };
        let new = ending("short", Some(ENDS[0]));
        let made = app.create_api_token(&house.admin, "bea", new).await.unwrap();
        let bea = house.present(Presented::Bearer(made.secret)).await;
        for end in [None, Some(ENDS[1])] {
            let own = app.create_api_token(&bea, "bea", ending("longer", end)).await;
            assert_eq!(refused(own).records[0].code, "PC-TOKEN-WIDENS", "{end:?}");
            let bot = app.create_access_token(&bea, &site(), ending("longer", end)).await;
            assert_eq!(refused(bot).records[0].code, "PC-TOKEN-WIDENS", "{end:?}");
        }
        let key = || NewKey { label: None, key: "ssh-ed25519 AAAA".into() };
        let key_of_bea = app.add_ssh_key(&bea, "bea", key()).await;
        assert_eq!(refused(key_of_bea).records[0].code, "PC-TOKEN-WIDENS");
        let key_of_site = app.add_access_key(&bea, &site(), key(), "read").await;
        assert_eq!(refused(key_of_site).records[0].code, "PC-TOKEN-WIDENS");
        // What ends with it is no more than it, and so is what takes its place.
        app.create_api_token(&bea, "bea", ending("as long", Some(ENDS[0]))).await.unwrap();
        app.create_access_token(&bea, &site(), ending("as long", Some(ENDS[0]))).await.unwrap();
        let next = app.rotate_api_token(&bea, "bea", made.token.id, Duration::ZERO).await.unwrap();
        assert_eq!(next.token.token.expires_at, Some(ENDS[0]));
    }
}

/// Found as an attack: it was answered with a token that had ended already.
#[tokio::test]
async fn a_token_that_has_ended_is_not_rotated() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, root) = (&house.app, &house.admin);
        let store = house.store().await;
        let new = |hash: u8| store::NewToken {
            name: "old".into(),
            hash: [hash; 32],
            last4: "abcd".into(),
            scopes: model::Scopes::Only([Scope::ReadUser].into()),
            limits: store::TokenLimits::default(),
            expires_at: Some(Timestamp(5)),
        };
        let by = store::Actor::system(Timestamp(1));
        let ann = store.find_user(&model::Username::parse("ann").unwrap()).await.unwrap().unwrap();
        let own = store.create_api_token(&by, ann.id, new(1)).await.unwrap().id;
        let here = app.repository(root, &site()).await.unwrap().repository.id;
        let here = store::Owner::Repository(here);
        let bot = store.create_access_token(&by, here, new(2), None).await.unwrap().id;
        let house = house.reopened().await;
        let (app, root) = (&house.app, &house.admin);
        let said = "the token has expired: make a new one instead";
        let own = app.rotate_api_token(root, "ann", own, Duration::ZERO).await;
        assert!(matches!(own, Err(Error::State { message, .. }) if message == said));
        let bot = app.rotate_access_token(root, &site(), bot, Duration::ZERO).await;
        assert!(matches!(bot, Err(Error::State { message, .. }) if message == said));
        assert_eq!(app.list_api_tokens(root, "ann").await.unwrap().len(), 1);
        assert_eq!(app.list_access_tokens(root, &site()).await.unwrap().len(), 1);
    }
}

/// Found as an attack: what was limited to some refs removed all of them, or lifted the rules that
/// close the others.
#[tokio::test]
async fn a_token_for_certain_refs_administers_nothing() {
    let house = House::furnished(Database::Sqlite).await;
    let app = &house.app;
    app.set_member(&house.admin, &PlaceName::workspace("acme"), "bea", "owner").await.unwrap();
    let limited = async |name: &str, new: NewToken| {
        let new = NewToken { name: name.into(), ..new };
        let made = app.create_api_token(&house.admin, "bea", new).await.unwrap();
        house.present(Presented::Bearer(made.secret)).await
    };
    let refs = Some(vec!["release/*".into()]);
    let bea = limited("refs", NewToken { refs, ..every_scope("") }).await;
    let eve = SubjectInput { kind: "user".into(), name: Some("eve".into()), ..Default::default() };
    let rule = RestrictionInput {
        kind: "force".into(),
        matcher: "any".into(),
        ..RestrictionInput::default()
    };
    let (acme, told) = (PlaceName::workspace("acme"), "token only for certain refs");
    let archive = RepositoryChange { archived: Some(true), ..Default::default() };
    let main = RepositoryChange { main_branch: Some("x".into()), ..Default::default() };
    for refusal in [
        refused(app.remove_repository(&bea, &site()).await),
        refused(app.set_grant(&bea, &site(), &eve, "admin").await),
        refused(app.create_restriction(&bea, &site(), &rule).await),
        refused(app.update_repository(&bea, &site(), archive).await),
        refused(app.update_repository(&bea, &site(), main).await),
        refused(app.set_member(&bea, &acme, "eve", "owner").await),
    ] {
        let first = &refusal.records[0];
        assert_eq!((first.code.as_str(), first.short.as_str()), ("PC-TOKEN-REF", told));
        assert_eq!(refusal.answer, Answer::Forbidden);
    }
    assert!(app.list_restrictions(&house.admin, &site()).await.unwrap().is_empty());
    assert_eq!(pushes(&house, &bea).await, "");
    // What is limited to repositories may administer those, and what they are in it may not.
    let only = Some(vec!["acme/site".into()]);
    let bea = limited("repositories", NewToken { repositories: only, ..every_scope("") }).await;
    for refusal in [
        refused(app.set_member(&bea, &acme, "eve", "owner").await),
        refused(app.set_grant(&bea, &acme, &eve, "admin").await),
        refused(app.remove_repository(&bea, &PlaceName::repository("acme", "secret")).await),
    ] {
        assert_eq!(refusal.records[0].code, "PC-TOKEN-REPOSITORY");
    }
    app.create_restriction(&bea, &site(), &rule).await.unwrap();
}

/// Found as an attack: whoever may make a token could take the place of one that a rule names.
#[tokio::test]
async fn a_name_of_several_tokens_means_none_of_them() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (app, root) = (&house.app, &house.admin);
        let acme = PlaceName::workspace("acme");
        let bot = || named("ci-bot", &["repository:write"]);
        let above = app.create_access_token(root, &acme, bot()).await.unwrap().token.id;
        let here = app.create_access_token(root, &site(), bot()).await.unwrap().token.id;
        let called = |name: Option<&str>, id: Option<i64>| SubjectInput {
            kind: "access_token".into(),
            name: name.map(str::to_owned),
            id: id.map(|it| it.to_string()),
            ..SubjectInput::default()
        };
        let named = called(Some("ci-bot"), None);
        let which = format!(
            "several access tokens are called `ci-bot`: say which by its id, {here} of the \
             repository or {above} of the workspace"
        );
        let granted = app.set_grant(root, &site(), &named, "read").await.unwrap_err();
        assert_eq!(granted.to_string(), format!("subject: {which}"));
        let asked = |name: String| Hypothetical {
            operation: "read".into(),
            principal: Some(format!("access_token:{name}")),
            ..Hypothetical::default()
        };
        let told = app.explain(root, &site(), &asked("ci-bot".into())).await.unwrap_err();
        assert_eq!(told.to_string(), format!("as: {which}"));
        app.explain(root, &site(), &asked(above.0.to_string())).await.unwrap();
        app.set_grant(root, &site(), &called(None, Some(above.0)), "read").await.unwrap();
        // The policy as text names it in a way that means it.
        let policy = app.policy(root, &site()).await.unwrap();
        assert!(policy.grants.iter().all(|it| it.subject.name.as_deref() != Some("ci-bot")));
        app.revoke_access_token(root, &site(), here).await.unwrap();
        let meant = app.set_grant(root, &site(), &named, "write").await.unwrap();
        assert_eq!(meant.subject.id, Some(above.0));
    }
}
