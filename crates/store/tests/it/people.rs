//! Users, members, groups.

use crate::world::{NOBODY, NOW, World, by, display, new_user, system};
use model::{Email, Role, Slug, Username};
use store::{Error, NewUser, PageRequest, UserUpdate};

on_both!(users_are_found_by_every_name);

async fn users_are_found_by_every_name(w: &World) {
    let new =
        NewUser { password_hash: Some("$argon2id$x".into()), is_admin: true, ..new_user("Ann") };
    let ann = w.store.create_user(&system(), new).await.unwrap();
    assert_eq!((ann.username.as_str(), ann.active, ann.created_at), ("ann", true, NOW));
    let s = &w.store;
    let found = [
        s.find_user(&Username::parse("ANN").unwrap()).await.unwrap(),
        s.find_user_by_email(&Email::parse("Ann@Example.org").unwrap()).await.unwrap(),
        s.find_user_by_uuid(&ann.uuid).await.unwrap(),
        s.find_user_by_id(ann.id).await.unwrap(),
    ];
    for it in found {
        assert_eq!(it, Some(ann.clone()));
    }
    assert_eq!(s.find_user(&Username::parse("bob").unwrap()).await.unwrap(), None);
    assert!(!format!("{ann:?}").contains("argon2id"), "a hash in a debug text");
}

on_both!(a_taken_name_is_named);

async fn a_taken_name_is_named(w: &World) {
    w.user("ann").await;
    let taken = |new| async { w.store.create_user(&system(), new).await.unwrap_err().to_string() };
    let same_name = NewUser { email: Email::parse("x@y").unwrap(), ..new_user("ANN") };
    assert_eq!(taken(same_name).await, "this user name is already taken: choose another");
    let same_email = NewUser { email: Email::parse("ann@example.org").unwrap(), ..new_user("bob") };
    assert_eq!(taken(same_email).await, "this e-mail address is already taken: choose another");
    assert_eq!(w.store.list_users(PageRequest::ALL).await.unwrap().size, 1);
}

on_both!(users_are_listed_in_pages_and_changed);

async fn users_are_listed_in_pages_and_changed(w: &World) {
    for name in ["cat", "ann", "bob"] {
        w.user(name).await;
    }
    let page = w.store.list_users(PageRequest { offset: 1, limit: 1 }).await.unwrap();
    assert_eq!((page.items[0].username.as_str(), page.items.len(), page.size), ("bob", 1, 3));
    let beyond = w.store.list_users(PageRequest { offset: 9, limit: 1 }).await.unwrap();
    assert_eq!((beyond.items.len(), beyond.size), (0, 3));

    let bob = &page.items[0];
    let update = UserUpdate { display_name: Some(display("Bob B.")), ..UserUpdate::default() };
    let changed = w.store.update_user(&system(), bob.id, update).await.unwrap();
    assert_eq!((changed.display_name.as_str(), &changed.email), ("Bob B.", &bob.email));
    let inactive = UserUpdate { active: Some(false), ..UserUpdate::default() };
    assert!(!w.store.update_user(&system(), bob.id, inactive).await.unwrap().active);
    w.store.set_password_hash(&system(), bob.id, Some("$argon2id$")).await.unwrap();
    let now = w.store.find_user_by_id(bob.id).await.unwrap().unwrap();
    assert_eq!((now.active, now.password_hash.as_deref()), (false, Some("$argon2id$")));
    assert!(w.audit().await.iter().all(|it| !it.contains("argon2id")));

    let nobody = w.store.set_password_hash(&system(), NOBODY, None).await.unwrap_err();
    assert!(matches!(nobody, Error::NotFound { what: "user" }), "{nobody}");
}

on_both!(members_have_one_role_and_leave_their_groups_with_it);

async fn members_have_one_role_and_leave_their_groups_with_it(w: &World) {
    let place = w.place("acme").await;
    let ann = w.user("ann").await;
    let workspace = place.workspace.id;
    w.store.set_member(&system(), workspace, ann.id, Role::Member).await.unwrap();
    w.store.set_member(&system(), workspace, ann.id, Role::Owner).await.unwrap();
    let devs = w.group(&place, "devs", &[&ann, &ann]).await;
    let roles: Vec<_> = w
        .store
        .list_members(workspace, PageRequest::ALL)
        .await
        .unwrap()
        .items
        .into_iter()
        .map(|it| (it.username.to_string(), it.role))
        .collect();
    assert_eq!(roles, [("ann".to_owned(), Role::Owner), ("olga-acme".to_owned(), Role::Owner)]);
    assert_eq!(
        w.store.list_group_members(workspace, devs.id, PageRequest::ALL).await.unwrap().size,
        1
    );

    assert!(w.store.remove_member(&system(), workspace, ann.id).await.unwrap());
    assert!(!w.store.remove_member(&system(), workspace, ann.id).await.unwrap());
    assert_eq!(
        w.store.list_group_members(workspace, devs.id, PageRequest::ALL).await.unwrap().size,
        0
    );
    let nobody = w.store.set_member(&system(), workspace, NOBODY, Role::Member).await.unwrap_err();
    assert!(matches!(nobody, Error::NotFound { what: "user" }), "{nobody}");
}

on_both!(a_group_answers_to_its_own_workspace_only);

/// The group of one workspace cannot be touched through another: the number is not enough.
async fn a_group_answers_to_its_own_workspace_only(w: &World) {
    let (acme, evil) = (w.place("acme").await, w.place("evil").await);
    let (ann, eve) = (w.user("ann").await, w.user("eve").await);
    let devs = w.group(&acme, "devs", &[&ann]).await;
    let (mallory, there) = (by(&eve), evil.workspace.id);
    let s = &w.store;
    let added = s.add_group_member(&mallory, there, devs.id, eve.id).await.unwrap_err();
    assert!(matches!(added, Error::NotFound { what: "group" }), "{added}");
    assert!(!s.remove_group_member(&mallory, there, devs.id, ann.id).await.unwrap());
    assert!(!s.remove_group(&mallory, there, devs.id).await.unwrap());
    assert_eq!(s.list_group_members(there, devs.id, PageRequest::ALL).await.unwrap().size, 0);
    let members = s.list_group_members(acme.workspace.id, devs.id, PageRequest::ALL).await.unwrap();
    assert_eq!(members.items, [ann]);

    let slug = Slug::parse("devs").unwrap();
    let again =
        s.create_group(&system(), acme.workspace.id, slug.clone(), display("D"), None).await;
    assert_eq!(again.unwrap_err().to_string(), "this group slug is already taken: choose another");
    s.create_group(&system(), there, slug, display("D"), None).await.unwrap();
}
