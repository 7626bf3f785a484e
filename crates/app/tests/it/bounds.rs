//! Lists that somebody has to read end before nobody would: what is one too many is named.

use crate::house::{Database, House, commit, site};
use app::{Error, NewGroup, NewPullRequest, PageRequest, PlaceName};
use model::ObjectId;

const ZERO: ObjectId = ObjectId::ZERO;

/// The field that is wrong, and what is said about it.
fn invalid<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    let Err(error @ Error::Invalid(_)) = answer else { panic!("{answer:?}") };
    error.to_string()
}

#[tokio::test]
async fn a_request_waits_for_so_many_others_at_most() {
    let house = House::furnished(Database::Sqlite).await;
    let ann = house.by_token("ann").await;
    let (base, pack) = commit(None, "base");
    house.push(&ann, &[(ZERO, base, "refs/heads/main")], &pack).await.unwrap();
    let (tip, pack) = commit(Some(base), "tip");
    let names: Vec<_> = (1..=52).map(|it| format!("refs/heads/b{it}")).collect();
    let commands: Vec<_> = names.iter().map(|it| (ZERO, tip, it.as_str())).collect();
    house.push(&ann, &commands, &pack).await.unwrap();
    for number in 1..=52 {
        let new = NewPullRequest {
            title: "one of many".into(),
            source: format!("b{number}"),
            destination: Some("main".into()),
            ..NewPullRequest::default()
        };
        house.app.create_pull_request(&ann, &site(), new).await.unwrap();
    }
    for on in 2..=51 {
        house.app.add_dependency(&ann, &site(), (1, on)).await.unwrap();
    }
    let one_more = house.app.add_dependency(&ann, &site(), (1, 52)).await;
    assert_eq!(invalid(one_more), "dependency: there are 50 dependencies: remove one first");
    let list = async || {
        let page = PageRequest::new(1, 100);
        house.app.list_dependencies(&ann, &site(), 1, page).await.unwrap().size
    };
    assert_eq!(list().await, 50);
    // What is on the list is there already.
    house.app.add_dependency(&ann, &site(), (1, 51)).await.unwrap();
    house.app.remove_dependency(&ann, &site(), (1, 2)).await.unwrap();
    house.app.add_dependency(&ann, &site(), (1, 52)).await.unwrap();
    assert_eq!(list().await, 50);
}

#[tokio::test]
async fn a_place_names_so_many_review_groups_at_most() {
    let house = House::furnished(Database::Sqlite).await;
    let acme = PlaceName::workspace("acme");
    for number in 0..=100 {
        let slug = format!("g{number}");
        let group = NewGroup { slug, ..NewGroup::default() };
        house.app.create_group(&house.admin, &acme, group).await.unwrap();
    }
    for number in 0..100 {
        let slug = format!("g{number}");
        house.app.add_review_group(&house.admin, &site(), &slug).await.unwrap();
    }
    let one_more = house.app.add_review_group(&house.admin, &site(), "g100").await;
    assert_eq!(invalid(one_more), "group: there are 100 review groups: remove one first");
    house.app.add_review_group(&house.admin, &site(), "g0").await.unwrap();
    let listed = house.app.list_review_groups(&house.admin, &site()).await.unwrap();
    assert_eq!(listed.len(), 100);
}
