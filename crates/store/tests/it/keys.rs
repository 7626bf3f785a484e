//! Personal keys, access keys, and keys that belong to nobody.

use crate::rules::closed;
use crate::world::{NOW, Place, World, by, system};
use model::{Fingerprint, ListedSubject, Permission, Subject, Timestamp};
use store::{Error, LastRefused, NewKey, Owner, PageRequest, UnknownKey};

fn fingerprint(name: &str) -> Fingerprint {
    let mut digest = [0; 32];
    for (to, from) in digest.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    Fingerprint::of_digest(&digest)
}

pub fn new_key(name: &str) -> NewKey {
    NewKey {
        label: name.into(),
        key: format!("ssh-ed25519 {name}"),
        comment: format!("{name}@host"),
        fingerprint: fingerprint(name),
    }
}

on_both!(a_key_is_one_persons_or_many_places);

async fn a_key_is_one_persons_or_many_places(w: &World) {
    let (acme, evil) = (w.place("acme").await, w.place("evil").await);
    let s = &w.store;
    let (ann, bob) = (acme.owner.id, evil.owner.id);
    let taken = |what| matches!(what, Err(Error::Conflict { what: "SSH key" }));
    let own = s.create_ssh_key(&system(), ann, new_key("laptop")).await.unwrap();
    assert_eq!(
        s.find_ssh_key_by_fingerprint(&own.key.fingerprint).await.unwrap(),
        Some(own.clone())
    );
    for user in [ann, bob] {
        let again = s.create_ssh_key(&system(), user, new_key("laptop")).await;
        assert!(taken(again.map(drop)));
    }
    for on in acme.levels() {
        let read = Permission::Read;
        let as_access = s.create_access_key(&system(), on, new_key("laptop"), read).await;
        assert!(taken(as_access.map(drop)), "a personal key is no access key");
        let key = s.create_access_key(&system(), on, new_key("deploy"), read).await.unwrap();
        assert_eq!((key.owner, key.permission), (on, Some(read)));
        let twice = s.create_access_key(&system(), on, new_key("deploy"), read).await;
        assert!(taken(twice.map(drop)), "twice at one place");
    }
    let personal = s.create_ssh_key(&system(), bob, new_key("deploy")).await;
    assert!(taken(personal.map(drop)), "an access key is no personal key");
    let places = s.list_access_keys_by_fingerprint(&fingerprint("deploy")).await.unwrap();
    assert_eq!(places.iter().map(|it| it.owner).collect::<Vec<_>>(), acme.levels());

    // What is removed is free again.
    assert!(s.remove_ssh_key(&system(), ann, own.id).await.unwrap());
    s.create_ssh_key(&system(), bob, new_key("laptop")).await.unwrap();
}

on_both!(a_key_is_found_renamed_and_removed_where_it_belongs);

async fn a_key_is_found_renamed_and_removed_where_it_belongs(w: &World) {
    let (acme, evil) = (w.place("acme").await, w.place("evil").await);
    let s = &w.store;
    let (ann, bob) = (acme.owner.id, evil.owner.id);
    let own = s.create_ssh_key(&by(&acme.owner), ann, new_key("laptop")).await.unwrap();
    assert_eq!(s.find_ssh_key(bob, own.id).await.unwrap(), None);
    assert!(s.rename_ssh_key(&system(), bob, own.id, "mine").await.is_err());
    assert!(!s.remove_ssh_key(&system(), bob, own.id).await.unwrap());
    s.rename_ssh_key(&system(), ann, own.id, "desk").await.unwrap();
    let renamed = s.list_ssh_keys(ann).await.unwrap();
    assert_eq!(renamed.iter().map(|it| it.key.label.as_str()).collect::<Vec<_>>(), ["desk"]);
    assert_eq!(renamed[0].key.created_by, acme.owner.username.as_str());

    let (here, there) = (Owner::Repository(acme.repository.id), Owner::Project(acme.project.id));
    let write = Permission::Write;
    let key = s.create_access_key(&system(), here, new_key("deploy"), write).await.unwrap();
    assert_eq!(s.find_access_key(there, key.id).await.unwrap(), None);
    assert_eq!(s.list_access_keys_by_label(there, "deploy").await.unwrap(), []);
    let called = s.list_access_keys_by_label(here, "deploy").await.unwrap();
    assert_eq!(called, std::slice::from_ref(&key));
    assert!(s.rename_access_key(&system(), there, key.id, "x").await.is_err());
    assert!(!s.remove_access_key(&system(), there, key.id).await.unwrap());
    s.rename_access_key(&system(), here, key.id, "release").await.unwrap();
    assert_eq!(s.list_access_keys(here).await.unwrap()[0].key.label, "release");
    assert_eq!(s.find_path(here).await.unwrap().unwrap(), "repository acme/site");
}

on_both!(a_removed_key_leaves_nothing_behind);

async fn a_removed_key_leaves_nothing_behind(w: &World) {
    let acme = w.place("acme").await;
    let s = &w.store;
    let on = Owner::Repository(acme.repository.id);
    for ends_with_its_repository in [false, true] {
        let read = Permission::Read;
        let key = s.create_access_key(&system(), on, new_key("deploy"), read).await.unwrap();
        let subject = Subject::AccessKey(key.id);
        let elsewhere = Owner::Workspace(acme.workspace.id);
        s.set_grant(&system(), elsewhere, subject, Some(Permission::Write)).await.unwrap();
        let listed = vec![ListedSubject::new(subject)];
        let rule = s.create_restriction(&system(), elsewhere, closed(listed), None).await.unwrap();
        let names = s.facts_of_id(acme.repository.id).await.unwrap().unwrap().names;
        assert_eq!(names[&subject].name, "deploy");
        if ends_with_its_repository {
            s.remove_repository(&system(), acme.repository.id).await.unwrap();
        } else {
            assert!(s.remove_access_key(&system(), on, key.id).await.unwrap());
        }
        assert_eq!(s.list_access_keys_by_fingerprint(&key.key.fingerprint).await.unwrap(), []);
        assert_eq!(s.list_grants(elsewhere).await.unwrap(), []);
        let rules = s.list_restrictions(elsewhere).await.unwrap();
        assert_eq!(rules.iter().find(|it| it.id == rule.id).unwrap().subjects, []);
        let again = s.set_grant(&system(), elsewhere, subject, Some(read)).await;
        assert!(matches!(again, Err(Error::NotFound { what: "access_key" })));
    }
}

on_both!(the_use_of_keys_is_noted_once_a_minute_and_changes_no_facts);

async fn the_use_of_keys_is_noted_once_a_minute_and_changes_no_facts(w: &World) {
    let Place { owner, repository, .. } = w.place("acme").await;
    let s = &w.store;
    let on = Owner::Repository(repository.id);
    let own = s.create_ssh_key(&system(), owner.id, new_key("laptop")).await.unwrap().id;
    let read = Permission::Read;
    let key = s.create_access_key(&system(), on, new_key("deploy"), read).await.unwrap().id;
    let version = s.facts_version().await.unwrap();
    for (at, noted) in [(0, 0), (59_999, 0), (60_000, 60_000), (60_001, 60_000)] {
        let (at, noted) = (Timestamp(NOW.0 + at), Timestamp(NOW.0 + noted));
        let refused =
            |at: Timestamp| LastRefused { at, code: "PC-X".into(), why: format!("at {}", at.0) };
        s.touch_ssh_key(own, at).await.unwrap();
        s.touch_refused_ssh_key(own, &refused(at)).await.unwrap();
        s.touch_access_key(key, at).await.unwrap();
        s.touch_refused_access_key(key, &refused(at)).await.unwrap();
        let own = s.find_ssh_key(owner.id, own).await.unwrap().unwrap().key;
        let key = s.find_access_key(on, key).await.unwrap().unwrap().key;
        for it in [own, key] {
            assert_eq!((it.last_used_at, it.last_refused), (Some(noted), Some(refused(noted))));
        }
    }
    assert_eq!(s.facts_version().await.unwrap(), version);
}

on_both!(unknown_keys_are_counted_and_the_oldest_forgotten);

async fn unknown_keys_are_counted_and_the_oldest_forgotten(w: &World) {
    let s = &w.store;
    let offered = |name: &str, at: i64, times| UnknownKey {
        fingerprint: fingerprint(name),
        address: "192.0.2.7".into(),
        why: "key that nobody has".into(),
        first_at: Timestamp(NOW.0 + at),
        last_at: Timestamp(NOW.0 + at),
        times,
    };
    s.note_unknown_keys(&[offered("a", 0, 2), offered("b", 1, 1)]).await.unwrap();
    s.note_unknown_keys(&[offered("a", 5, 3)]).await.unwrap();
    let page = s.list_unknown_keys(PageRequest::ALL).await.unwrap();
    let seen: Vec<_> = page.items.iter().map(|it| (it.first_at.0 - NOW.0, it.times)).collect();
    assert_eq!((seen, page.size), (vec![(0, 5), (1, 1)], 2));

    let many: Vec<_> = (0..1010).map(|at| offered(&format!("k{at}"), 100 + at, 1)).collect();
    s.note_unknown_keys(&many).await.unwrap();
    let page = s.list_unknown_keys(PageRequest { offset: 0, limit: 1 }).await.unwrap();
    assert_eq!((page.size, page.items[0].fingerprint.clone()), (1000, fingerprint("k1009")));
}

/// The same key, added at once by two people and two places: one of them has it.
#[test]
fn one_key_is_added_at_once_on_sqlite() {
    crate::world::run(async { added_at_once(World::sqlite().await).await });
}

#[test]
fn one_key_is_added_at_once_on_postgres() {
    crate::world::run(async { added_at_once(World::postgres().await).await });
}

async fn added_at_once(w: World) {
    let (acme, evil) = (w.place("acme").await, w.place("evil").await);
    let s = &w.store;
    let system = system();
    let read = Permission::Read;
    let on = Owner::Repository(acme.repository.id);
    for round in 0..8 {
        let key = new_key(&format!("k{round}"));
        let (ann, bob, place) = tokio::join!(
            s.create_ssh_key(&system, acme.owner.id, key.clone()),
            s.create_ssh_key(&system, evil.owner.id, key.clone()),
            s.create_access_key(&system, on, key.clone(), read),
        );
        let added = [ann.is_ok(), bob.is_ok(), place.is_ok()];
        assert_eq!(added.iter().filter(|it| **it).count(), 1, "{added:?}");
    }
}
