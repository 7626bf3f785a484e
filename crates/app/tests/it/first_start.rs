//! What the first start makes, and what the second leaves alone.

use crate::house::{Database, House, door};
use app::{App, Presented};
use model::Secret;
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test]
async fn the_administrators_token_is_made_once_and_is_nobody_elses_to_read() {
    let house = House::empty(Database::Sqlite).await;
    let path = house.options.data.join("admin-token");
    let before = std::fs::read_to_string(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(house.admin.name(), "admin");
    let uuid = house.app.instance_uuid().to_owned();

    let house = house.reopened().await;
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    assert_eq!(house.app.instance_uuid(), uuid);
    let again = house.present(Presented::Bearer(Secret::new(before.trim()))).await;
    assert_eq!(again.name(), "admin");
}

#[tokio::test]
async fn a_database_that_is_away_is_a_failure_and_not_a_refusal() {
    let house = House::furnished(Database::Sqlite).await;
    house.app.clone().close().await.unwrap();
    let basic = Presented::Basic { user: "ann".into(), secret: Secret::new("whatever it is") };
    for presented in [basic, Presented::Bearer(House::fake_token().await)] {
        let error = house.app.sign_in(&door(), presented).await.err().unwrap();
        assert!(matches!(error, app::Error::Failed(it) if it.code == "PC-STORE-AWAY"));
    }
    assert!(house.app.ready().await.is_err());
    let mut wrong = house.options.clone();
    wrong.admin_user = "-x".into();
    wrong.data = wrong.data.join("elsewhere");
    std::fs::create_dir(&wrong.data).unwrap();
    wrong.database = format!("sqlite:{}", wrong.data.join("db").display());
    let error = App::open(wrong).await.err().unwrap();
    assert!(error.to_string().starts_with("admin_user: not a valid user name"), "{error}");
}

#[tokio::test]
async fn an_empty_database_beside_repositories_is_no_first_start() {
    let house = House::empty(Database::Sqlite).await;
    let mut stranger = house.options.clone();
    stranger.data = stranger.data.join("elsewhere");
    stranger.database = format!("sqlite:{}", house.options.data.join("other.db").display());
    std::fs::create_dir_all(stranger.data.join("repositories/01")).unwrap();
    let error = App::open(stranger.clone()).await.err().unwrap();
    assert!(error.to_string().contains("give the database that belongs to it"), "{error}");
    assert!(!stranger.data.join("admin-token").exists());
}
