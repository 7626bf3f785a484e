//! The numbered rules of the fact sheet about credentials (79 to 92), as far as a use case shows
//! them. The decision's part is in `policy`, under the same names.

use crate::house::{BOTH, Database, House, PASSWORD, door, refused, site};
use app::{
    Answer, Asker, Door, Error, Fetching, NewToken, PlaceName, Presented, Pushing, RepositoryChange,
};
use model::{Scope, Secret};
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
