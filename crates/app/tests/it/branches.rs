//! Branches through the API: judged and recorded like a push.

use crate::house::{Database, House, commit, refused, site};
use app::{Error, NewBranch, PageRequest};
use model::ObjectId;

#[tokio::test]
async fn a_branch_made_through_the_api_is_judged_like_a_push() {
    let house = House::furnished(Database::Sqlite).await;
    let ann = house.by_token("ann").await;
    let app = &house.app;
    let new = |name: &str, target: &str| NewBranch { name: name.into(), target: target.into() };
    assert!(matches!(
        app.create_branch(&ann, &site(), new("topic", "main")).await,
        Err(Error::Invalid(fields)) if fields.0.contains_key("target")
    ));
    let (id, pack) = commit(None, "one");
    house.push(&ann, &[(ObjectId::ZERO, id, "refs/heads/main")], &pack).await.unwrap();
    house.restrict("push", "release/*").await;

    let hex = id.to_string();
    for (name, target) in [("a", "main"), ("b", "HEAD"), ("c/d", hex.as_str()), ("e", &hex[..7])] {
        let made = app.create_branch(&ann, &site(), new(name, target)).await.unwrap();
        assert_eq!((made.name.as_str(), made.target), (name, id));
        assert_eq!(made.commit.unwrap().message.trim(), "one");
    }
    let answer = refused(app.create_branch(&ann, &site(), new("release/1", "main")).await);
    assert_eq!(answer.records[0].code, "PC-REF-PUSH");
    assert_eq!(answer.records[0].channel, ann.channel());
    assert!(matches!(
        app.create_branch(&ann, &site(), new("a", "main")).await,
        Err(Error::Conflict { field: "name", .. })
    ));
    assert!(matches!(
        app.create_branch(&ann, &site(), new("a..b", "main")).await,
        Err(Error::Invalid(fields)) if fields.0.contains_key("name")
    ));

    let answer = refused(app.delete_branch(&ann, &site(), "main").await);
    assert_eq!(answer.records[0].code, "PC-REF-DEFAULT-DELETE");
    app.delete_branch(&ann, &site(), "a").await.unwrap();
    let gone = app.delete_branch(&ann, &site(), "a").await;
    assert!(matches!(gone, Err(Error::NotFound { what: "branch" })));

    let page = app.list_branches(&ann, &site(), None, PageRequest::new(2, 2)).await.unwrap();
    let names: Vec<_> = page.values.iter().map(|it| it.name.as_str()).collect();
    assert_eq!((page.size, names), (4, vec!["e", "main"]));
    let some = app.list_branches(&ann, &site(), Some("/"), PageRequest::default()).await.unwrap();
    assert_eq!(some.size, 1);
    let bea = house.by_token("eve").await;
    refused(app.branch(&bea, &site(), "main").await);

    let view = app.repository(&house.admin, &site()).await.unwrap();
    let rows = store::PageRequest::ALL;
    let pushes = house.store().await.list_pushes(view.repository.id, None, rows).await.unwrap();
    assert_eq!(pushes.size, 6, "a push, four new branches and a deletion");
}

/// A secret that was pushed and taken back must not come back for who guesses a few digits.
#[tokio::test]
async fn a_branch_can_only_be_made_of_what_a_visible_ref_leads_to() {
    let house = House::furnished(Database::Sqlite).await;
    let ann = house.by_token("ann").await;
    let (one, pack) = commit(None, "one");
    house.push(&ann, &[(ObjectId::ZERO, one, "refs/heads/main")], &pack).await.unwrap();
    let (secret, pack) = commit(Some(one), "secret");
    house.push(&ann, &[(ObjectId::ZERO, secret, "refs/heads/oops")], &pack).await.unwrap();
    house.push(&ann, &[(secret, ObjectId::ZERO, "refs/heads/oops")], &[]).await.unwrap();
    for digits in [4, 7, 40] {
        let target = secret.to_string()[..digits].to_owned();
        let new = NewBranch { name: "again".into(), target: target.clone() };
        let Err(Error::Invalid(fields)) = house.app.create_branch(&ann, &site(), new).await else {
            panic!("`{target}` was found");
        };
        let expected = format!("`{target}` names no branch, tag or commit here");
        assert_eq!(fields.0.get("target"), Some(&vec![expected]));
    }
    assert_eq!(house.branches().await, [("main".to_owned(), one)]);
}

/// `HEAD` of a repository that has branches names one of them.
#[tokio::test]
async fn the_main_branch_is_one_that_is_there_once_there_are_any() {
    let house = House::furnished(Database::Sqlite).await;
    let ann = house.by_token("ann").await;
    let change = |name: &str| app::RepositoryChange {
        main_branch: Some(name.into()),
        ..app::RepositoryChange::default()
    };
    let main = async |name: &str| {
        let changed = house.app.update_repository(&house.admin, &site(), change(name)).await;
        changed.map(|it| it.repository.main_branch)
    };
    assert_eq!(main("later").await.unwrap().as_deref(), Some("later"));
    let (one, pack) = commit(None, "one");
    house.push(&ann, &[(ObjectId::ZERO, one, "refs/heads/trunk")], &pack).await.unwrap();
    for name in ["gone", "refs/heads/trunk"] {
        let said = main(name).await.unwrap_err().to_string();
        assert_eq!(said, format!("main_branch: there is no branch `{name}`: push it first"));
    }
    // What it is already may be said again.
    assert_eq!(main("later").await.unwrap().as_deref(), Some("later"));
    assert_eq!(main("trunk").await.unwrap().as_deref(), Some("trunk"));
}
