//! A database that is away: everything fails, soon, and says so.

use crate::tokens::hash;
use crate::world::{World, run, system};
use std::time::{Duration, Instant};
use store::{Error, Options, Store};

const SOON: Options = Options { patience: Duration::from_millis(300), connections: 2 };

async fn open_error(url: &str) -> Error {
    match Store::open(url, SOON).await {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error,
    }
}

#[test]
fn a_database_that_cannot_be_reached_is_said_to_be_away() {
    run(async {
        let empty = tempfile::tempdir().unwrap();
        let here = empty.path().display();
        for url in [
            format!("postgres://postgres@localhost/x?host={here}"),
            "postgres://127.0.0.1:1/x".into(),
            format!("sqlite:{here}/no/such/folder.db"),
            format!("sqlite:{here}"),
        ] {
            let error = open_error(&url).await;
            assert!(matches!(error, Error::Away { .. }), "{url}: {error}");
            assert!(error.to_string().starts_with("the database does not answer: "), "{error}");
        }
        let not_a_database = empty.path().join("text");
        std::fs::write(
            &not_a_database,
            "this is not a database, and long enough to show it".repeat(40),
        )
        .unwrap();
        let error = open_error(&format!("sqlite:{}", not_a_database.display())).await;
        assert!(matches!(error, Error::Away { .. }), "{error}");
        assert_eq!(std::fs::read(&not_a_database).unwrap().len(), 50 * 40);
    });
}

#[test]
fn a_url_that_makes_no_sense_is_explained_without_its_password() {
    run(async {
        for url in ["mysql://u:hunter2@h/x", "sqlite:", "", "postgres://u:hunter2@h:port/x"] {
            let error = open_error(url).await;
            assert!(matches!(error, Error::Url { .. }), "{url}: {error}");
            let text = error.to_string();
            assert!(!text.contains("hunter2") && text.contains("write `sqlite:FILE`"), "{text}");
        }
    });
}

#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    run(async {
        let w = World::sqlite().await;
        w.user("ann").await;
        let file = w.url.strip_prefix("sqlite:").unwrap();
        for suffix in ["", "-wal"] {
            let mode = std::fs::metadata(format!("{file}{suffix}")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{suffix}");
        }
    });
}

/// Every kind of function fails with [`Error::Away`], and within a few times the patience.
async fn everything_is_away(store: &Store) {
    let started = Instant::now();
    let answers = [
        ("ping", store.ping().await),
        ("door", store.find_api_token_by_hash(&hash("x")).await.map(drop)),
        ("facts", store.facts_of_id(model::RepositoryId(1)).await.map(drop)),
        ("change", store.create_user(&system(), crate::world::new_user("bob")).await.map(drop)),
        ("record", store.insert_refusals(&[]).await),
    ];
    for (what, answer) in answers {
        assert!(matches!(answer, Err(Error::Away { .. })), "{what}: {answer:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn a_postgres_that_goes_away_is_noticed_and_comes_back() {
    run(async {
        let w = World::postgres().await;
        let store = Store::open(&w.url, SOON).await.unwrap();
        store.ping().await.unwrap();
        let name = w.url.rsplit('/').find_map(|it| it.split_once('?')).unwrap().0;
        let cluster = testpg::shared().unwrap();
        cluster.sql("postgres", &format!("alter database {name} allow_connections false")).unwrap();
        let kill = format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"
        );
        cluster.sql("postgres", &kill).unwrap();
        everything_is_away(&store).await;
        cluster.sql("postgres", &format!("alter database {name} allow_connections true")).unwrap();
        store.ping().await.unwrap();
    });
}

#[test]
fn a_postgres_that_stops_is_noticed() {
    run(async {
        let cluster = testpg::Cluster::start().unwrap();
        let store = Store::open(&cluster.url("postgres"), SOON).await.unwrap();
        cluster.stop().unwrap();
        everything_is_away(&store).await;
    });
}

#[test]
fn a_postgres_that_never_answers_is_noticed() {
    run(async {
        // Accepts connections (the kernel does) and says nothing.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = silent.local_addr().unwrap().port();
        let error = open_error(&format!("postgres://127.0.0.1:{port}/x?sslmode=disable")).await;
        assert!(matches!(error, Error::Away { .. }), "{error}");
    });
}

#[test]
fn a_sqlite_that_is_locked_or_closed_is_away() {
    run(async {
        let w = World::sqlite().await;
        let store = Store::open(&w.url, SOON).await.unwrap();
        let lock = sqlx::SqlitePool::connect(&w.url).await.unwrap();
        let held = lock.begin_with("begin immediate").await.unwrap();
        let refused = store.create_user(&system(), crate::world::new_user("bob")).await;
        assert!(matches!(refused, Err(Error::Away { .. })), "{refused:?}");
        held.rollback().await.unwrap();
        store.create_user(&system(), crate::world::new_user("bob")).await.unwrap();
        store.close().await;
        everything_is_away(&store).await;
    });
}

/// SQLite itself goes on with a file that has no name any more.
#[test]
fn a_sqlite_file_that_was_moved_or_replaced_is_noticed() {
    run(async {
        let w = World::sqlite().await;
        let file = std::path::PathBuf::from(w.url.strip_prefix("sqlite:").unwrap());
        let aside = file.with_extension("aside");
        w.store.ping().await.unwrap();
        std::fs::rename(&file, &aside).unwrap();
        let gone = w.store.ping().await.unwrap_err().to_string();
        assert!(gone.ends_with("portcullis.db: No such file or directory (os error 2)"), "{gone}");
        std::fs::copy(&aside, &file).unwrap();
        let other = w.store.ping().await.unwrap_err().to_string();
        assert!(other.ends_with("portcullis.db was replaced: restart the server"), "{other}");
        std::fs::rename(&aside, &file).unwrap();
        w.store.ping().await.unwrap();
    });
}
