//! Changes: audit lines, settings, migrations, and what many writers at once do.

use crate::world::{NOW, World, by, new_user, run, system};
use model::{Channel, Permission, Role, Subject, Timestamp};
use std::sync::Arc;
use std::task::Poll;
use store::{Actor, AuditFilter, Error, NewUser, Options, Owner, PageRequest, Store};

on_both!(an_audit_line_says_who_did_what);

async fn an_audit_line_says_who_did_what(w: &World) {
    let place = w.place("acme").await;
    let ann = w.user("ann").await;
    let s = &w.store;
    let on = Owner::Repository(place.repository.id);
    let later = Actor { at: Timestamp(NOW.0 + 7), ..by(&place.owner) };
    for permission in [Permission::Read, Permission::Write] {
        s.set_grant(&later, on, Subject::User(ann.id), Some(permission)).await.unwrap();
    }
    let filter = AuditFilter { owner: Some(on), since: Some(later.at) };
    let page = s.list_audit(filter, PageRequest { offset: 0, limit: 1 }).await.unwrap();
    assert_eq!(page.size, 2);
    let line = &page.items[0];
    assert_eq!(line.principal, later.principal);
    assert_eq!(
        (line.credential.as_str(), line.channel),
        (later.credential.as_str(), Channel::Rest)
    );
    assert_eq!((line.request_id.as_str(), line.at), ("req-1", later.at));
    assert_eq!((line.before.as_deref(), line.after.as_deref()), (Some("read"), Some("write")));
    let never = AuditFilter { owner: None, since: Some(Timestamp(NOW.0 + 8)) };
    assert_eq!(s.list_audit(never, PageRequest::ALL).await.unwrap().size, 0);
}

on_both!(a_change_and_its_audit_line_are_one);

/// The change and its line are one: where the line cannot be written, nothing changes; where
/// the change fails, there is no line and no new version.
async fn a_change_and_its_audit_line_are_one(w: &World) {
    w.user("ann").await;
    let s = &w.store;
    let before = (w.audit().await, s.facts_version().await.unwrap());
    let taken = NewUser { email: model::Email::parse("x@y").unwrap(), ..new_user("ann") };
    s.create_user(&system(), taken).await.unwrap_err();
    assert_eq!((w.audit().await, s.facts_version().await.unwrap()), before);

    w.raw("alter table audit rename to audit_gone").await;
    let refused = s.create_user(&system(), new_user("bob")).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(_)), "{refused}");
    w.raw("alter table audit_gone rename to audit").await;
    assert_eq!(s.list_users(PageRequest::ALL).await.unwrap().size, 1);
    assert_eq!((w.audit().await, s.facts_version().await.unwrap()), before);
}

on_both!(settings_and_the_uuid_of_the_instance);

async fn settings_and_the_uuid_of_the_instance(w: &World) {
    let s = &w.store;
    assert_eq!(s.find_setting("motd").await.unwrap(), None);
    for value in ["one", "two"] {
        s.set_setting(&system(), "motd", value).await.unwrap();
        assert_eq!(s.find_setting("motd").await.unwrap().as_deref(), Some(value));
    }
    let uuid = s.instance_uuid().await.unwrap();
    assert_eq!((uuid.len(), s.instance_uuid().await.unwrap()), (36, uuid));
}

on_both!(the_schema_must_be_the_one_this_version_knows);

async fn the_schema_must_be_the_one_this_version_knows(w: &World) {
    let s = &w.store;
    s.check_schema().await.unwrap();
    assert_eq!(s.migrate().await.unwrap(), [0_i64; 0]);
    w.raw("insert into migration (number) values (99)").await;
    let newer = [s.check_schema().await.unwrap_err(), s.migrate().await.unwrap_err()];
    w.raw("drop table migration").await;
    let older = s.check_schema().await.unwrap_err();
    let Error::Older { found: 0, needed } = older else { panic!("{older}") };
    for refused in newer {
        let said = format!(
            "the database has schema 99, this version knows up to {needed}: start a newer version"
        );
        assert_eq!(refused.to_string(), said);
    }
}

on_both!(a_step_that_fails_is_not_marked_as_taken);

async fn a_step_that_fails_is_not_marked_as_taken(w: &World) {
    let s = Store::open(&w.url, Options::default()).await.unwrap();
    w.raw("drop table migration").await;
    // The tables are there already: the step fails as a whole and is not marked as taken.
    let refused = s.migrate().await.unwrap_err();
    assert!(matches!(refused, Error::Refused(_)), "{refused}");
    assert!(matches!(s.check_schema().await, Err(Error::Older { found: 0, .. })));
}

/// Two processes that start at once on an empty database: each step is taken by one of them.
async fn migrate_twice(url: &str) {
    let one = Store::open(url, Options::default()).await.unwrap();
    let two = Store::open(url, Options::default()).await.unwrap();
    let (first, second) = tokio::join!(one.migrate(), two.migrate());
    let mut taken = [first.unwrap(), second.unwrap()].concat();
    taken.sort_unstable();
    assert!(taken.len() > 1 && taken.iter().copied().eq(1..=taken[taken.len() - 1]), "{taken:?}");
    one.check_schema().await.unwrap();
}

#[test]
fn two_processes_migrate_at_once_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    run(migrate_twice(&format!("sqlite:{}", directory.path().join("empty.db").display())));
}

#[test]
fn two_processes_migrate_at_once_on_postgres() {
    let cluster = testpg::shared().unwrap();
    cluster.create("store_empty", None).unwrap();
    run(migrate_twice(&cluster.url("store_empty")));
}

/// Every change of many writers lands, with a number, an audit line and a version of its own.
async fn many_writers(w: World) {
    let store = Arc::new(w.store);
    let before = store.facts_version().await.unwrap();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        let store = store.clone();
        writers.spawn(async move {
            for number in 0..5 {
                let new = new_user(&format!("user-{writer}-{number}"));
                store.create_user(&system(), new).await.unwrap();
            }
        });
    }
    writers.join_all().await;
    assert_eq!(store.facts_version().await.unwrap(), before + 20);
    assert_eq!(store.list_audit(AuditFilter::default(), PageRequest::ALL).await.unwrap().size, 20);
    let mut ids: Vec<_> =
        store.list_users(PageRequest::ALL).await.unwrap().items.iter().map(|it| it.id.0).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=20).collect::<Vec<_>>());
}

#[test]
fn many_writers_on_sqlite() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async { many_writers(World::sqlite().await).await });
}

#[test]
fn many_writers_on_postgres() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async { many_writers(World::postgres().await).await });
}

/// A request may be dropped at any moment, its client gone: also while its commit is under way,
/// which then happens unseen. The version in memory must not stay behind, or a revoked token
/// would live on in somebody's cache.
#[test]
fn a_dropped_change_leaves_no_old_version_in_memory() {
    run(async {
        let w = World::sqlite().await;
        let other = Store::open(&w.url, Options::default()).await.unwrap();
        let by = system();
        let mut landed_unseen = false;
        // Each await of the change is one poll or none, so a few rounds reach every moment.
        for polls in (1..30).cycle().take(3000) {
            let value = format!("dropped after {polls}");
            w.store.set_setting(&by, "motd", "before").await.unwrap();
            let seen = poll_at_most(polls, w.store.set_setting(&by, "motd", &value)).await;
            // Waits its turn behind whatever is still under way.
            w.store.sync_records().await.unwrap();
            let known = w.store.facts_version().await.unwrap();
            assert_eq!(known, other.facts_version().await.unwrap(), "dropped after {polls} polls");
            landed_unseen |= !seen && w.store.find_setting("motd").await.unwrap() == Some(value);
            if seen && landed_unseen {
                return;
            }
        }
        panic!("no change was dropped during its commit: the test tests nothing");
    });
}

/// Drops a change when it is still pending after so many polls; was its success seen?
async fn poll_at_most(polls: u32, change: impl Future<Output = store::Result<()>>) -> bool {
    let (mut change, mut left) = (Box::pin(change), polls);
    std::future::poll_fn(move |cx| match change.as_mut().poll(cx) {
        Poll::Ready(done) => {
            done.unwrap();
            Poll::Ready(true)
        }
        Poll::Pending if left == 1 => Poll::Ready(false),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Two owners go at once: each could see the other one stay.
async fn owners_leave(w: World) {
    let place = w.place("acme").await;
    let (store, workspace) = (Arc::new(w.store), place.workspace.id);
    for round in 0..8 {
        let new = new_user(&format!("ann-{round}"));
        let ann = store.create_user(&system(), new).await.unwrap();
        for user in [place.owner.id, ann.id] {
            store.set_member(&system(), workspace, user, Role::Owner).await.unwrap();
        }
        let start = Arc::new(tokio::sync::Barrier::new(2));
        let mut leavers = tokio::task::JoinSet::new();
        for (user, is_removed) in [(place.owner.id, round % 2 == 0), (ann.id, true)] {
            let (store, start) = (store.clone(), start.clone());
            leavers.spawn(async move {
                start.wait().await;
                if is_removed {
                    store.remove_member(&system(), workspace, user).await.map(drop)
                } else {
                    store.set_member(&system(), workspace, user, Role::Member).await
                }
            });
        }
        let ended = leavers.join_all().await;
        let kept = ended.iter().filter(|it| matches!(it, Err(Error::LastOwner))).count();
        assert_eq!((kept, ended.iter().filter(|it| it.is_ok()).count()), (1, 1), "{ended:?}");
        let members = store.list_members(workspace, PageRequest::ALL).await.unwrap().items;
        let owners = members.iter().filter(|it| it.role == Role::Owner).count();
        assert_eq!(owners, 1, "{members:?}");
        let left = members.iter().find(|it| it.role == Role::Owner).unwrap().user;
        if left == ann.id {
            store.set_member(&system(), workspace, place.owner.id, Role::Owner).await.unwrap();
            store.remove_member(&system(), workspace, ann.id).await.unwrap();
        }
    }
}

#[test]
fn of_two_owners_who_leave_at_once_one_stays() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async { owners_leave(World::sqlite().await).await });
    runtime.block_on(async { owners_leave(World::postgres().await).await });
}
