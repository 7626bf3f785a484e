//! Pushes: judged, told, recorded; and what did not happen when they were refused.

use crate::house::{BOTH, Database, House, commit, site};
use app::{PageRequest, Presented, RestrictionInput};
use model::{ObjectId, Secret};
use repo::{Move, PushId, Repositories};
use std::sync::Arc;
use std::time::Duration;
use store::PageRequest as Rows;
use tokio::task::JoinSet;

const MAIN: &str = "refs/heads/main";

/// Every push has a thread and waits, on it, for use cases that need threads in turn.
#[test]
fn more_pushes_than_there_are_threads_all_end() {
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    threads.max_blocking_threads(10).enable_all().build().unwrap().block_on(async {
        let house = Arc::new(House::furnished(Database::Sqlite).await);
        let ann = house.by_token("ann").await;
        let (first, pack) = commit(None, "one");
        house.push(&ann, &[(ObjectId::ZERO, first, MAIN)], &pack).await.unwrap();
        let mut pushes = JoinSet::new();
        for nth in 0..40 {
            let (house, ann) = (Arc::clone(&house), ann.clone());
            let (next, pack) = commit(Some(first), &format!("proposal {nth}"));
            pushes.spawn(async move {
                house.push(&ann, &[(ObjectId::ZERO, next, "refs/for/main")], &pack).await.unwrap()
            });
        }
        let all = tokio::time::timeout(Duration::from_secs(120), pushes.join_all()).await.unwrap();
        assert!(all.iter().all(|told| told.contains("ok refs/for/main")), "{all:?}");
    });
}

/// A text without what differs from run to run.
fn normalised(text: &str, id: &str) -> String {
    text.replace(id, "R-XXXXXXXX").replace("just now", "NOW")
}

fn refusal_id(told: &str) -> String {
    let at = told.find("R-").unwrap();
    told[at..at + 10].to_owned()
}

#[tokio::test]
async fn rule_108_a_refused_push_is_told_in_full_and_its_first_remedy_works() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let ann = house.by_token("ann").await;
        let (first, pack) = commit(None, "one");
        let told = house.push(&ann, &[(ObjectId::ZERO, first, MAIN)], &pack).await.unwrap();
        assert_eq!(told, format!("unpack ok\nok {MAIN}\n"));

        house.restrict("push", "main").await;
        let (second, pack) = commit(Some(first), "two");
        let told = house.push(&ann, &[(first, second, MAIN)], &pack).await.unwrap();
        let id = refusal_id(&told);
        let last4 = &told[told.find('…').unwrap() + 3..][..4];
        let short: String = second.to_string().chars().take(12).collect();
        let branch: String = second.to_string().chars().take(7).collect();
        assert_eq!(
            normalised(&told, &id),
            format!(
                "\
PC-REF-PUSH  main is closed to direct pushes.
  rule    push on \"main\", repository acme/site, rule 1 (admin, NOW)
  you     ann, by API token \"laptop\" (…{last4})
  next    open a pull request instead:
            git push origin {short}:refs/for/main
  next    ask a repository admin: let ann through rule 1 until {until}:
            portcullis restriction update 1 --add-subject user:ann,until={until} --repository acme/site
  more    portcullis explain R-XXXXXXXX   or the page .../refusals/R-XXXXXXXX
unpack ok
ng {MAIN} PC-REF-PUSH: pull request required, R-XXXXXXXX
",
                until = in_a_week(),
            ),
            "{database:?}"
        );
        assert_eq!(house.branches().await, [("main".to_owned(), first)], "nothing has moved");

        let own = format!("refs/heads/ann/main-{branch}");
        let told = house.push(&ann, &[(ObjectId::ZERO, second, &own)], &pack).await.unwrap();
        assert_eq!(told, format!("unpack ok\nok {own}\n"));

        let record = house.app.refusal(&ann, &id.to_lowercase()).await.unwrap();
        assert_eq!(record.code, "PC-REF-PUSH");
        assert_eq!(record.operation.as_deref(), Some("update"));
        assert_eq!(record.reference.as_deref(), Some(MAIN));
        let request = record.remedies[1].request.as_ref().unwrap();
        assert_eq!(request.path, "/api/v1/repositories/acme/site/restrictions/1");
        for (name, finds) in [("bea", true), ("eve", false)] {
            let who = house.by_token(name).await;
            assert_eq!(house.app.refusal(&who, &id).await.is_ok(), finds, "{name}");
            let listed = house.app.list_refusals(&who, &site(), PageRequest::default()).await;
            assert_eq!(listed.is_ok_and(|it| it.size == 1), finds, "{name}");
        }
    }
}

fn in_a_week() -> String {
    let now = std::time::SystemTime::now() + std::time::Duration::from_secs(7 * 24 * 3600);
    let seconds = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let day = jiff::Timestamp::from_second(i64::try_from(seconds).unwrap()).unwrap();
    day.to_string().chars().take(10).collect()
}

#[tokio::test]
async fn rule_004_005_allowed_refs_land_and_refused_ones_do_not() {
    let house = House::furnished(Database::Sqlite).await;
    let ann = house.by_token("ann").await;
    house.restrict("push", "release/*").await;
    let (id, pack) = commit(None, "one");
    let zero = ObjectId::ZERO;
    let commands = [
        (zero, id, MAIN),
        (zero, id, "refs/heads/release/1"),
        (zero, id, "refs/portcullis/x"),
        (zero, id, "refs/heads/topic"),
    ];
    let told = house.push(&ann, &commands, &pack).await.unwrap();
    let report: Vec<_> = told
        .lines()
        .filter(|it| it.starts_with("ok ") || it.starts_with("ng "))
        .map(|it| it.split(", R-").next().unwrap())
        .collect();
    assert_eq!(
        report,
        [
            "ok refs/heads/main",
            "ng refs/heads/release/1 PC-REF-PUSH: pull request required",
            "ng refs/portcullis/x PC-REF-RESERVED: reserved ref",
            "ok refs/heads/topic",
        ]
    );
    let landed = house.branches().await;
    assert_eq!(landed, [("main".to_owned(), id), ("topic".to_owned(), id)]);
    let store = house.store().await;
    let site_id = house.app.repository(&house.admin, &site()).await.unwrap().repository.id;
    let pushes = store.list_pushes(site_id, None, Rows::ALL).await.unwrap();
    assert_eq!(pushes.size, 1);
    assert_eq!(pushes.items[0].principal.name, "ann");
    assert_eq!(pushes.items[0].updates.len(), 2);
}

#[tokio::test]
async fn a_rewrite_is_refused_once_its_objects_are_here() {
    let house = House::furnished(Database::Sqlite).await;
    let ann = house.by_token("ann").await;
    house.restrict("force", "*").await;
    let (one, pack) = commit(None, "one");
    house.push(&ann, &[(ObjectId::ZERO, one, MAIN)], &pack).await.unwrap();
    let (other, pack) = commit(None, "other");
    let told = house.push(&ann, &[(one, other, MAIN)], &pack).await.unwrap();
    assert!(told.contains("PC-REF-FORCE  The history of main may not be rewritten."), "{told}");
    assert!(told.contains("            git pull --rebase origin main\n"), "{told}");
    assert_eq!(house.branches().await, [("main".to_owned(), one)]);
    let (next, pack) = commit(Some(one), "next");
    house.push(&ann, &[(one, next, MAIN)], &pack).await.unwrap();
    assert_eq!(house.branches().await, [("main".to_owned(), next)]);
}

/// Killed between the landing and the record: the next start makes the record, and no start after
/// that makes another.
#[tokio::test]
async fn a_landed_push_is_recorded_exactly_once_across_a_crash() {
    let house = House::furnished(Database::Sqlite).await;
    let ann = house.by_token("ann").await;
    let (id, pack) = commit(None, "one");
    house.push(&ann, &[(ObjectId::ZERO, id, MAIN)], &pack).await.unwrap();
    let site_id = house.app.repository(&house.admin, &site()).await.unwrap().repository.id;
    let house = house
        .while_closed(|data| {
            let repositories = Repositories::open(data).unwrap();
            let repository = repositories.repository(site_id).unwrap();
            let name = model::RefName::branch("late").unwrap();
            let moves = [Move { name, old: ObjectId::ZERO, new: id }];
            let meta =
                b"push 1\nuser\n2\nann\nAPI token\ngit-http\nv0\n5\ncreate refs/heads/late\n";
            repository.update_refs(PushId::random().unwrap(), &moves, meta.to_vec()).unwrap();
        })
        .await;
    for starts in 0..2 {
        let pushes = house.store().await.list_pushes(site_id, None, Rows::ALL).await.unwrap();
        assert_eq!(pushes.size, 2, "after {starts} more starts");
        let late = pushes.items.iter().find(|it| it.at.0 == 5).unwrap();
        assert_eq!((late.principal.name.as_str(), late.updates.len()), ("ann", 1));
    }
    let house = house.reopened().await;
    let pushes = house.store().await.list_pushes(site_id, None, Rows::ALL).await.unwrap();
    assert_eq!(pushes.size, 2);
}

#[tokio::test]
async fn without_its_facts_a_push_fails_closed() {
    let house = House::furnished(Database::Sqlite).await;
    let ann = house.by_token("ann").await;
    let (id, pack) = commit(None, "one");
    let handle = house.app.open_repository::<app::Pushing>(&ann, &site()).await.unwrap();
    house.app.clone().close().await.unwrap();
    let told = tokio::task::spawn_blocking(move || {
        let mut input = Vec::new();
        wire::put_text(&mut input, &format!("{} {id} {MAIN}\0report-status", ObjectId::ZERO));
        wire::put_flush(&mut input);
        input.extend_from_slice(&pack);
        let mut output = Vec::new();
        handle.receive_pack(app::Version::V0, &mut input.as_slice(), &mut output).unwrap();
        String::from_utf8_lossy(&output).into_owned()
    })
    .await
    .unwrap();
    assert!(told.contains("ng refs/heads/main PC-STORE-AWAY"), "{told}");
    let data = house.options.data.clone();
    drop(house.app);
    let repositories = Repositories::open(&data).unwrap();
    let repository = repositories.repository(model::RepositoryId(1)).unwrap();
    assert!(repository.refs().unwrap().is_empty());
}

/// What was decided at the door counts no longer when the token was revoked since.
#[tokio::test]
async fn a_token_revoked_during_a_push_lands_nothing() {
    let house = House::furnished(Database::Sqlite).await;
    let scopes = ["read:repository:bitbucket", "write:repository:bitbucket"];
    let token = house.token("ann", &scopes).await;
    let ann = house.present(Presented::Bearer(Secret::new(token.expose()))).await;
    let tokens = house.app.list_api_tokens(&house.admin, "ann").await.unwrap();
    house.app.open_repository::<app::Pushing>(&ann, &site()).await.unwrap();
    let handle = house.app.open_repository::<app::Pushing>(&ann, &site()).await.unwrap();
    house.app.revoke_api_token(&house.admin, "ann", tokens[0].id).await.unwrap();
    let (id, pack) = commit(None, "one");
    let told = tokio::task::spawn_blocking(move || {
        let mut input = Vec::new();
        wire::put_text(&mut input, &format!("{} {id} {MAIN}\0report-status", ObjectId::ZERO));
        wire::put_flush(&mut input);
        input.extend_from_slice(&pack);
        let mut output = Vec::new();
        handle.receive_pack(app::Version::V0, &mut input.as_slice(), &mut output).unwrap();
        String::from_utf8_lossy(&output).into_owned()
    })
    .await
    .unwrap();
    assert!(told.contains("PC-CRED-REVOKED"), "{told}");
    assert_eq!(house.branches().await, []);
}

/// So that an administrator can see, before a rule is enforced, whom it would stop.
#[tokio::test]
async fn what_a_rule_in_evaluate_mode_would_refuse_is_recorded_as_not_refused() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let (ann, bea) = (house.by_token("ann").await, house.by_token("bea").await);
        let input = RestrictionInput {
            kind: "push".into(),
            matcher: "glob".into(),
            pattern: "main".into(),
            mode: Some("evaluate".into()),
            ..Default::default()
        };
        house.app.create_restriction(&house.admin, &site(), &input).await.unwrap();
        house.restrict("push", "release/*").await;
        let (id, pack) = commit(None, "one");
        let zero = ObjectId::ZERO;
        let both = [(zero, id, "refs/heads/main"), (zero, id, "refs/heads/release/1")];
        let told = house.push(&ann, &both, &pack).await.unwrap();
        assert!(told.contains("ok refs/heads/main\n"), "{told}");

        let page = PageRequest::default();
        let listed = house.app.list_refusals(&bea, &site(), page).await.unwrap().values;
        let mut found: Vec<_> =
            listed.iter().map(|it| (it.reference.as_deref().unwrap(), it.mode.as_str())).collect();
        found.sort_unstable();
        let expected = [("refs/heads/main", "evaluate"), ("refs/heads/release/1", "enforce")];
        assert_eq!(found, expected, "each once");
        for record in &listed {
            let name = record.id.as_ref().unwrap().as_str();
            assert!(told.contains(&format!("portcullis explain {name} ")), "{told}");
            assert_eq!(house.app.refusal(&ann, name).await.unwrap(), *record);
        }
        let noted = listed.iter().find(|it| it.mode == model::Mode::Evaluate).unwrap();
        assert_eq!(
            (noted.code.as_str(), noted.operation.as_deref()),
            ("PC-REF-PUSH", Some("create"))
        );
        assert!(noted.rule.is_some() && !noted.trace.is_empty(), "{noted:?}");
    }
}

#[tokio::test]
async fn a_repository_is_measured_when_it_is_looked_after() {
    let house = House::furnished(Database::Sqlite).await;
    let ann = house.by_token("ann").await;
    let (id, pack) = commit(None, "one");
    house.push(&ann, &[(ObjectId::ZERO, id, MAIN)], &pack).await.unwrap();
    house.app.maintain_repository(&house.admin, &site()).await.unwrap();
    let row = house.app.repository(&house.admin, &site()).await.unwrap().repository;
    let hundreds = i64::try_from(pack.len()).unwrap();
    assert!((hundreds..100_000).contains(&row.size), "{} bytes", row.size);
}
