//! Workspaces and the people in them.

use crate::house::{BOTH, Database, House, PASSWORD, refused, site};
use app::{Error, NewToken, PageRequest, PlaceName, Presented, Pushing, SubjectInput, UserChange};
use model::Secret;

#[tokio::test]
async fn a_workspace_keeps_an_owner_and_an_administrator_keeps_themselves() {
    let house = House::furnished(Database::Sqlite).await;
    let acme = PlaceName::workspace("acme");
    let app = &house.app;
    for gone in [
        app.set_member(&house.admin, &acme, "admin", "member").await.map(drop),
        app.remove_member(&house.admin, &acme, "admin").await,
    ] {
        assert!(matches!(gone, Err(Error::Conflict { field: "role", .. })), "{gone:?}");
    }
    app.set_member(&house.admin, &acme, "bea", "owner").await.unwrap();
    app.set_member(&house.admin, &acme, "admin", "member").await.unwrap();
    let members = app.list_members(&house.admin, &acme, PageRequest::default()).await.unwrap();
    let roles: Vec<_> =
        members.values.iter().map(|it| format!("{} {}", it.username, it.role)).collect();
    assert_eq!(roles, ["admin member", "bea owner"]);

    for change in [
        UserChange { is_admin: Some(false), ..Default::default() },
        UserChange { active: Some(false), ..Default::default() },
    ] {
        let change = app.update_user(&house.admin, "admin", change).await;
        assert!(matches!(change, Err(Error::Invalid(_))));
    }
}

#[tokio::test]
async fn a_change_of_an_account_that_is_refused_leaves_the_password_alone() {
    let house = House::furnished(Database::Sqlite).await;
    let change = |email: &str| UserChange {
        email: Some(email.into()),
        password: Some(Secret::new("another good password")),
        ..Default::default()
    };
    let by = async |secret: &str| {
        let secret = Secret::new(secret);
        house.present(Presented::Basic { user: "ann".into(), secret }).await
    };
    let taken = house.app.update_user(&house.admin, "ann", change("bea@example.org")).await;
    assert!(matches!(taken, Err(Error::Conflict { field: "email", .. })), "{taken:?}");
    assert!(house.app.own_account(&by(PASSWORD).await).await.unwrap().is_some());
    refused(house.app.own_account(&by("another good password").await).await);

    let free = house.app.update_user(&house.admin, "ann", change("lee@example.org")).await.unwrap();
    assert!(free.has_password);
    assert!(house.app.own_account(&by("another good password").await).await.unwrap().is_some());
}

#[tokio::test]
async fn a_group_gives_what_it_was_given() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let acme = PlaceName::workspace("acme");
        let app = &house.app;
        let devs = app::NewGroup {
            slug: "devs".into(),
            name: Some("Developers".into()),
            ..Default::default()
        };
        app.create_group(&house.admin, &acme, devs).await.unwrap();
        let devs =
            SubjectInput { kind: "group".into(), name: Some("devs".into()), ..Default::default() };
        app.set_grant(&house.admin, &site(), &devs, "write").await.unwrap();
        let eve = house.by_token("eve").await;
        refused(app.open_repository::<Pushing>(&eve, &site()).await);
        app.add_group_member(&house.admin, &acme, "devs", "eve").await.unwrap();
        // The group counts for the next request.
        let eve = house.by_token("eve").await;
        app.open_repository::<Pushing>(&eve, &site()).await.unwrap();
        app.remove_group_member(&house.admin, &acme, "devs", "eve").await.unwrap();
        let eve = house.by_token("eve").await;
        refused(app.open_repository::<Pushing>(&eve, &site()).await);
        app.remove_group(&house.admin, &acme, "devs").await.unwrap();
        assert_eq!(app.list_grants(&house.admin, &site()).await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn an_access_token_may_do_what_its_scopes_say_at_its_home_only() {
    let house = House::furnished(Database::Sqlite).await;
    let bea = house.by_token("bea").await;
    let ann = house.by_token("ann").await;
    let bot = |scope: &str| NewToken {
        name: "ci-bot".into(),
        scopes: vec![scope.into()],
        ..NewToken::default()
    };
    refused(house.app.create_access_token(&ann, &site(), bot("repository")).await);
    let made = house.app.create_access_token(&bea, &site(), bot("repository:write")).await.unwrap();
    let who = house.present(Presented::Bearer(made.secret.clone())).await;
    house.app.open_repository::<Pushing>(&who, &site()).await.unwrap();
    let secret = PlaceName::repository("acme", "secret");
    refused(house.app.open_repository::<Pushing>(&who, &secret).await);
    house.app.revoke_access_token(&bea, &site(), made.token.id).await.unwrap();
    let again = house.app.revoke_access_token(&bea, &site(), made.token.id).await;
    assert!(matches!(again, Err(Error::NotFound { what: "token" })));
    let who = house.present(Presented::Bearer(made.secret)).await;
    let gone = refused(house.app.open_repository::<Pushing>(&who, &site()).await);
    assert_eq!(gone.records[0].code, "PC-CRED-REVOKED");
}

#[tokio::test]
async fn only_administrators_do_what_administrators_do() {
    let house = House::furnished(Database::Sqlite).await;
    let bea = house.by_token("bea").await;
    let app = &house.app;
    let page = PageRequest::default();
    let user = app::NewUser {
        username: "zoe".into(),
        display_name: "Zoe".into(),
        email: "zoe@example.org".into(),
        password: None,
        is_admin: true,
    };
    refused(app.create_user(&bea, user).await);
    refused(app.list_users(&bea, page).await);
    refused(app.audit(&bea, &app::AuditFilter::default(), page).await);
    refused(app.list_api_tokens(&bea, "ann").await);
    assert!(app.list_api_tokens(&bea, "bea").await.is_ok());
    let audit = app.audit(&house.admin, &app::AuditFilter::default(), page).await.unwrap();
    assert!(audit.size > 10, "what the house was furnished with is in it");
}
