//! Whoever may not see a place learns nothing about it: two worlds that differ only in what is
//! hidden give the same answers.

use crate::house::{Database, House, anonymised, refused, site};
use app::{Answer, Asker, Fetching, PageRequest, PlaceName, Presented, Pushing, Reading};

#[tokio::test]
async fn hidden_missing_and_misspelled_are_one_answer() {
    let house = House::furnished(Database::Sqlite).await;
    let eve = house.by_token("eve").await;
    let hidden = PlaceName::repository("acme", "secret");
    let others = [
        PlaceName::repository("acme", "missing"),
        PlaceName::repository("nowhere", "secret"),
        PlaceName::repository("acme", "../etc"),
        PlaceName::repository("acme", "{00000000-0000-0000-0000-000000000000}"),
    ];
    for other in &others {
        let app = &house.app;
        let pairs = [
            (
                refused(app.open_repository::<Fetching>(&eve, &hidden).await),
                refused(app.open_repository::<Fetching>(&eve, other).await),
            ),
            (
                refused(app.open_repository::<Pushing>(&eve, &hidden).await),
                refused(app.open_repository::<Pushing>(&eve, other).await),
            ),
            (
                refused(app.list_restrictions(&eve, &hidden).await),
                refused(app.list_restrictions(&eve, other).await),
            ),
            (
                refused(app.list_refusals(&eve, &hidden, PageRequest::default()).await),
                refused(app.list_refusals(&eve, other, PageRequest::default()).await),
            ),
        ];
        for (one, two) in pairs {
            assert_eq!(one.answer, Answer::Hidden);
            assert_eq!(two.answer, Answer::Hidden);
            assert_eq!(anonymised(&one.records[0]), anonymised(&two.records[0]), "{other}");
            assert_eq!(one.records[0].repository.as_deref(), Some("acme/secret"));
        }
    }
}

#[tokio::test]
async fn anonymous_is_asked_to_sign_in_whatever_is_there() {
    let house = House::furnished(Database::Sqlite).await;
    let nobody = Asker::anonymous(&crate::house::door());
    for name in ["site", "missing"] {
        let place = PlaceName::repository("acme", name);
        let answer = refused(house.app.open_repository::<Fetching>(&nobody, &place).await);
        assert_eq!(answer.answer, Answer::SignIn);
        assert_eq!(answer.records[0].code, "PC-AUTH-REQUIRED");
        assert_eq!(answer.records[0].id, None, "the usual first request leaves no record");
    }
}

#[tokio::test]
async fn lists_hold_what_the_asker_may_see_and_their_sizes_say_no_more() {
    let house = House::furnished(Database::Sqlite).await;
    let acme = PlaceName::workspace("acme");
    let page = PageRequest::new(1, 1);
    for (name, sees) in [("ann", vec!["site"]), ("bea", vec!["secret", "site"])] {
        let who = house.by_token(name).await;
        let listed = house.app.list_repositories(&who, &acme, None, page).await.unwrap();
        assert_eq!(listed.size, sees.len() as u64, "{name}");
        assert_eq!(listed.values.len(), 1);
        let whole = PageRequest::default();
        let listed = house.app.list_repositories(&who, &acme, None, whole).await.unwrap();
        let slugs: Vec<_> = listed.values.iter().map(|it| it.repository.slug.as_str()).collect();
        assert_eq!(slugs, sees, "{name}");
        let workspaces = house.app.list_workspaces(&who, whole).await.unwrap();
        assert_eq!(workspaces.size, 1, "{name}");
    }
    // The scope for repositories is enough to list them, as in Bitbucket.
    let only = house.token("ann", &["read:repository:bitbucket"]).await;
    let who = house.present(Presented::Bearer(only)).await;
    assert_eq!(house.app.list_repositories(&who, &acme, None, page).await.unwrap().size, 1);
    let answer = refused(house.app.list_projects(&who, &acme, page).await);
    assert_eq!(answer.records[0].code, "PC-SCOPE-MISSING");
    let eve = house.by_token("eve").await;
    assert_eq!(house.app.list_workspaces(&eve, page).await.unwrap().size, 0);
    let answer = refused(house.app.list_repositories(&eve, &acme, None, page).await);
    assert_eq!(answer.answer, Answer::Hidden);
}

/// A repository is found by its UUID by those who may see it, and by nobody else.
#[tokio::test]
async fn a_uuid_opens_no_more_than_a_name() {
    let house = House::furnished(Database::Sqlite).await;
    let uuid = house.app.repository(&house.admin, &site()).await.unwrap().repository.uuid;
    let (ann, eve) = (house.by_token("ann").await, house.by_token("eve").await);
    for workspace in ["acme", "{}"] {
        let place = PlaceName::repository(workspace, &format!("{{{uuid}}}"));
        let open = house.app.open_repository::<Reading>(&ann, &place).await.unwrap();
        assert_eq!(open.path().to_string(), "acme/site");
        refused(house.app.open_repository::<Reading>(&eve, &place).await);
    }
}

/// Once the permission is gone, so is the repository, at once.
#[tokio::test]
async fn a_grant_that_is_taken_away_is_gone_at_once() {
    let house = House::furnished(Database::Sqlite).await;
    let ann = house.by_token("ann").await;
    house.app.open_repository::<Reading>(&ann, &site()).await.unwrap();
    house.grant(&site(), "ann", "none").await;
    refused(house.app.open_repository::<Reading>(&ann, &site()).await);
    house.grant(&site(), "ann", "read").await;
    house.app.open_repository::<Reading>(&ann, &site()).await.unwrap();
    let pushing = refused(house.app.open_repository::<Pushing>(&ann, &site()).await);
    assert_eq!(pushing.answer, Answer::Forbidden);
    assert_eq!(pushing.records[0].code, "PC-PERM-WRITE");
}
