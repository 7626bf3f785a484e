//! Every form of credential in every state, and what becomes of it at a private repository.

use crate::house::{BOTH, House, PASSWORD, refused, site};
use app::{Answer, Fetching, NewToken, PlaceName, Presented, UserChange};
use model::Secret;
use std::time::Duration;

struct Row {
    what: &'static str,
    presented: Presented,
    /// Who it is, or the code of the refusal.
    expected: &'static str,
}

fn basic(user: &str, secret: &Secret) -> Presented {
    Presented::Basic { user: user.into(), secret: secret.clone() }
}

const READ: &[&str] = &["read:repository:bitbucket"];

#[tokio::test]
async fn every_credential_is_what_it_is_in_every_state() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let api = house.token("ann", READ).await;
        let none = house.token("ann", &[]).await;
        let revoked = revoked_token(&house).await;
        let rotated = rotated_token(&house).await;
        let bot = NewToken {
            name: "ci-bot".into(),
            scopes: vec!["repository".into()],
            ..Default::default()
        };
        let bot = house.app.create_access_token(&house.admin, &site(), bot).await.unwrap().secret;
        let password = Secret::new(PASSWORD);
        let row = |what, presented, expected| Row { what, presented, expected };
        let rows = [
            row("nothing", Presented::Nothing, "PC-AUTH-REQUIRED"),
            row("garbage", Presented::Unreadable, "PC-CRED-UNKNOWN"),
            row("user and token", basic("ann", &api), "ann"),
            row("mail and token", basic("Ann@Example.org", &api), "ann"),
            row("user and password", basic("ann", &password), "ann"),
            row("mail and password", basic("ann@example.org", &password), "ann"),
            row("constant and token", basic("x-bitbucket-api-token-auth", &api), "ann"),
            row("bearer", Presented::Bearer(api.clone()), "ann"),
            row("bot", basic("x-token-auth", &bot), "ci-bot"),
            row("bot as bearer", Presented::Bearer(bot.clone()), "ci-bot"),
            row("bot as a user", basic("ann", &bot), "PC-CRED-WRONG-DOOR"),
            row("token as a bot", basic("x-token-auth", &api), "PC-CRED-WRONG-DOOR"),
            row("another's token", basic("bea", &api), "PC-CRED-WRONG-DOOR"),
            row("wrong password", basic("ann", &Secret::new("wrong")), "PC-CRED-UNKNOWN"),
            row("no such user", basic("zoe", &password), "PC-CRED-UNKNOWN"),
            row("no user name", basic("", &password), "PC-CRED-UNKNOWN"),
            row("password as bearer", Presented::Bearer(password), "PC-CRED-UNKNOWN"),
            row(
                "a token nobody has",
                Presented::Bearer(House::fake_token().await),
                "PC-CRED-UNKNOWN",
            ),
            row("revoked", basic("ann", &revoked), "PC-CRED-REVOKED"),
            row("replaced", basic("ann", &rotated), "PC-CRED-EXPIRED"),
            row("no scopes", basic("ann", &none), "PC-SCOPE-MISSING"),
        ];
        for Row { what, presented, expected } in rows {
            let who = house.present(presented).await;
            let opened = house.app.open_repository::<Fetching>(&who, &site()).await;
            if expected.starts_with("PC-") {
                let refused = refused(opened);
                assert_eq!(refused.records[0].code, expected, "{database:?} {what}");
                let challenge = expected != "PC-SCOPE-MISSING";
                assert_eq!(refused.answer == Answer::SignIn, challenge, "{what}");
            } else {
                opened.unwrap();
                assert_eq!(who.name(), expected, "{what}");
            }
        }
    }
}

async fn revoked_token(house: &House) -> Secret {
    let new = NewToken { name: "old".into(), scopes: vec![READ[0].into()], ..Default::default() };
    let made = house.app.create_api_token(&house.admin, "ann", new).await.unwrap();
    house.app.revoke_api_token(&house.admin, "ann", made.token.id).await.unwrap();
    made.secret
}

async fn rotated_token(house: &House) -> Secret {
    let new = NewToken { name: "old".into(), scopes: vec![READ[0].into()], ..Default::default() };
    let made = house.app.create_api_token(&house.admin, "ann", new).await.unwrap();
    let app = &house.app;
    let next =
        app.rotate_api_token(&house.admin, "ann", made.token.id, Duration::ZERO).await.unwrap();
    assert_eq!(house.present(Presented::Bearer(next.secret)).await.name(), "ann");
    made.secret
}

#[tokio::test]
async fn a_suspended_account_is_told_so_and_comes_back() {
    let house = House::furnished(BOTH[0]).await;
    let token = house.token("ann", READ).await;
    let change = |active| UserChange { active: Some(active), ..UserChange::default() };
    house.app.update_user(&house.admin, "ann", change(false)).await.unwrap();
    for presented in [basic("ann", &token), basic("ann", &Secret::new(PASSWORD))] {
        let who = house.present(presented).await;
        let refused = refused(house.app.open_repository::<Fetching>(&who, &site()).await);
        assert_eq!(refused.records[0].code, "PC-CRED-SUSPENDED");
    }
    house.app.update_user(&house.admin, "ann", change(true)).await.unwrap();
    let who = house.present(basic("ann", &token)).await;
    house.app.open_repository::<Fetching>(&who, &site()).await.unwrap();
}

/// The record of a wrong password is its victim's to read, and tells the guesser nothing.
#[tokio::test]
async fn a_failed_credential_leaves_a_record_for_its_owner() {
    let house = House::furnished(BOTH[0]).await;
    let guesser = house.present(basic("ann", &Secret::new("guess"))).await;
    let stranger = house.present(basic("zoe", &Secret::new("guess"))).await;
    let told = refused(house.app.open_repository::<Fetching>(&guesser, &site()).await).records;
    let other = refused(house.app.open_repository::<Fetching>(&stranger, &site()).await).records;
    assert_eq!(crate::house::anonymised(&told[0]), crate::house::anonymised(&other[0]));

    let id = told[0].id.as_ref().unwrap().as_str();
    for (name, finds) in [("ann", true), ("eve", false), ("admin", true)] {
        let who = if name == "admin" { house.admin.clone() } else { house.by_token(name).await };
        assert_eq!(house.app.refusal(&who, id).await.is_ok(), finds, "{name}");
    }
    assert!(house.app.refusal(&guesser, id).await.is_err());
}

#[tokio::test]
async fn a_token_is_good_for_its_repositories_and_its_user_can_see_only_those_named() {
    let house = House::furnished(BOTH[0]).await;
    let limited = |name: &str| NewToken {
        name: "limited".into(),
        scopes: READ.iter().map(|it| (*it).to_owned()).collect(),
        repositories: Some(vec![name.into()]),
        ..NewToken::default()
    };
    let bea = house.by_token("bea").await;
    let ann = house.by_token("ann").await;
    let secret = PlaceName::repository("acme", "secret");
    let made = house.app.create_api_token(&bea, "bea", limited("acme/secret")).await.unwrap();
    let who = house.present(Presented::Bearer(made.secret)).await;
    house.app.open_repository::<Fetching>(&who, &secret).await.unwrap();
    let elsewhere = refused(house.app.open_repository::<Fetching>(&who, &site()).await);
    assert_eq!(elsewhere.records[0].code, "PC-TOKEN-REPOSITORY");

    let hidden = house.app.create_api_token(&ann, "ann", limited("acme/secret")).await;
    let missing = house.app.create_api_token(&ann, "ann", limited("acme/sacred")).await;
    let text = |it: app::Result<_>| match it {
        Err(error) => error.to_string(),
        Ok(_) => panic!("a token for what its user cannot see"),
    };
    assert_eq!(text(hidden.map(drop)).replace("secret", "sacred"), text(missing.map(drop)));
}
