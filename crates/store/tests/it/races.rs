//! What two requests at once may make of each other: never a row about somebody or something that
//! is gone, and never half of what either wanted.

use crate::keys::new_key;
use crate::rules::closed;
use crate::tokens::new_token;
use crate::world::{Place, World, display, new_project, new_repository, system};
use model::{ListedSubject, Permission, Slug, Subject};
use store::{
    BuildKey, Error, ForkPolicy, GroupUpdate, NewRepository, NewRestriction, Owner, PageRequest,
    PolicyChanges, ProjectUpdate, RepositoryUpdate, Result,
};

const ROUNDS: usize = 6;

/// Done, or not done because something was not there any more.
fn done<T>(answer: Result<T>) {
    match answer {
        Ok(_) | Err(Error::NotFound { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}

/// Nothing on the place speaks of the subject, and the place can be asked.
async fn knows_nothing_of(w: &World, place: &Place, subject: Subject) {
    let s = &w.store;
    for on in place.levels() {
        let granted = s.list_grants(on).await.unwrap();
        assert!(granted.iter().all(|it| it.subject != subject), "{granted:?}");
        for rule in s.list_restrictions(on).await.unwrap() {
            assert!(rule.subjects.iter().all(|it| it.subject != subject), "{rule:?}");
        }
    }
    let (keys, _) = s.list_build_keys(place.repository.id).await.unwrap();
    assert!(keys.iter().all(|it| it.subject != subject), "{keys:?}");
    s.facts_of(&place.path()).await.unwrap().unwrap();
}

on_both!(whoever_goes_while_they_are_granted_something_is_gone);

/// Found as an attack: on PostgreSQL, a row without its subject was left, and whatever it hung on
/// answered nothing but errors from then on.
async fn whoever_goes_while_they_are_granted_something_is_gone(w: &World) {
    let place = w.place("acme").await;
    let (s, by) = (&w.store, system());
    let on = Owner::Repository(place.repository.id);
    let wide = Owner::Workspace(place.workspace.id);
    let read = Some(Permission::Read);
    for round in 0..ROUNDS {
        let group = w.group(&place, &format!("devs-{round}"), &[]).await;
        let write = GroupUpdate { default_permission: Some(read), ..GroupUpdate::default() };
        s.update_group(&by, place.workspace.id, group.id, write).await.unwrap();
        let subject = Subject::Group(group.id);
        let listed = || closed(vec![ListedSubject::new(subject)]);
        let rule = s.create_restriction(&by, wide, closed(vec![]), None).await.unwrap();
        let kept = [BuildKey { pattern: "*".into(), subject }];
        let born = new_repository(&place.project, &format!("born-{round}"));
        let (gone, here, above, made, changed, keys, born) = tokio::join!(
            s.remove_group(&by, place.workspace.id, group.id),
            s.set_grant(&by, on, subject, read),
            s.set_grant(&by, wide, subject, read),
            s.create_restriction(&by, on, listed(), None),
            s.update_restriction(&by, wide, rule.id, listed(), None),
            s.set_build_keys(&by, place.repository.id, &kept),
            s.create_repository(&by, born),
        );
        assert!(gone.unwrap());
        done(here);
        done(above);
        done(made);
        done(changed);
        done(keys);
        knows_nothing_of(w, &place, subject).await;
        let born = Owner::Repository(born.unwrap().id);
        let granted = s.list_grants(born).await.unwrap();
        assert!(granted.iter().all(|it| it.subject != subject), "{granted:?}");

        let key = new_key(&format!("k{round}"));
        let key = s.create_access_key(&by, wide, key, Permission::Read).await.unwrap();
        let subject = Subject::AccessKey(key.id);
        let listed = closed(vec![ListedSubject::new(subject)]);
        let (gone, here, made) = tokio::join!(
            s.remove_access_key(&by, wide, key.id),
            s.set_grant(&by, on, subject, read),
            s.create_restriction(&by, on, listed, None),
        );
        assert!(gone.unwrap());
        done(here);
        done(made);
        knows_nothing_of(w, &place, subject).await;
    }
}

on_both!(what_is_put_on_a_repository_that_goes_goes_with_it);

async fn what_is_put_on_a_repository_that_goes_goes_with_it(w: &World) {
    let place = w.place("acme").await;
    let (s, by) = (&w.store, system());
    let read = Some(Permission::Read);
    for round in 0..ROUNDS {
        let new = new_repository(&place.project, &format!("r{round}"));
        let id = s.create_repository(&by, new).await.unwrap().id;
        let on = Owner::Repository(id);
        let owner = Subject::User(place.owner.id);
        let kept = [BuildKey { pattern: "*".into(), subject: owner }];
        let (gone, granted, made, token, keys) = tokio::join!(
            s.remove_repository(&by, id),
            s.set_grant(&by, on, owner, read),
            s.create_restriction(&by, on, closed(vec![]), None),
            s.create_access_token(&by, on, new_token(&format!("bot-{round}")), read),
            s.set_build_keys(&by, id, &kept),
        );
        gone.unwrap();
        done(granted);
        done(made);
        done(token);
        done(keys);
        assert_eq!(s.list_grants(on).await.unwrap(), []);
        assert_eq!(s.list_restrictions(on).await.unwrap(), []);
        assert_eq!(s.list_access_tokens(on).await.unwrap(), []);
        assert_eq!(s.list_build_keys(id).await.unwrap().0, []);
    }
}

on_both!(whoever_leaves_a_workspace_is_in_none_of_its_groups);

/// Found as an attack: somebody who was taken out while they were put into a group stayed in it,
/// and kept what it gives.
async fn whoever_leaves_a_workspace_is_in_none_of_its_groups(w: &World) {
    let place = w.place("acme").await;
    let (s, by) = (&w.store, system());
    let ann = w.user("ann").await;
    let workspace = place.workspace.id;
    let devs = w.group(&place, "devs", &[]).await;
    for _ in 0..ROUNDS {
        s.add_group_member(&by, workspace, devs.id, ann.id).await.unwrap();
        s.remove_group_member(&by, workspace, devs.id, ann.id).await.unwrap();
        let (left, put) = tokio::join!(
            s.remove_member(&by, workspace, ann.id),
            s.add_group_member(&by, workspace, devs.id, ann.id),
        );
        left.unwrap();
        put.unwrap();
        let members = s.list_members(workspace, PageRequest::ALL).await.unwrap().items;
        let in_group = s.list_group_members(workspace, devs.id, PageRequest::ALL).await.unwrap();
        let is_member = members.iter().any(|it| it.user == ann.id);
        assert_eq!(in_group.items.iter().any(|it| it.id == ann.id), is_member);
    }
    assert!(w.audit().await.contains(&format!("made user {} member of the workspace", ann.id)));
}

on_both!(of_several_policies_at_once_one_is_put_and_the_others_look_again);

async fn of_several_policies_at_once_one_is_put_and_the_others_look_again(w: &World) {
    let place = w.place("acme").await;
    let (s, by) = (&w.store, system());
    let on = Owner::Repository(place.repository.id);
    for _ in 0..ROUNDS {
        let old = s.create_restriction(&by, on, closed(vec![]), None).await.unwrap();
        let version = s.facts_version().await.unwrap();
        let changes = || PolicyChanges { removed: vec![old.id], ..PolicyChanges::default() };
        let put = || s.change_policy(&by, on, version, changes());
        let (a, b, c) = tokio::join!(put(), put(), put());
        let moved = [&a, &b, &c].iter().filter(|it| matches!(it, Err(Error::Moved))).count();
        assert_eq!(moved, 2, "{a:?} {b:?} {c:?}");
    }
}

on_both!(what_is_closed_while_it_is_opened_is_one_of_the_two);

async fn what_is_closed_while_it_is_opened_is_one_of_the_two(w: &World) {
    let place = w.place("acme").await;
    let (s, by) = (&w.store, system());
    let read = Some(Permission::Read);
    for round in 0..ROUNDS {
        let open = new_project(&place.workspace, &format!("P{round}"));
        let project = s.create_project(&by, store::NewProject { is_private: false, ..open });
        let project = project.await.unwrap();
        let new = NewRepository {
            fork_policy: ForkPolicy::AllowForks,
            ..new_repository(&project, &format!("r{round}"))
        };
        let repository = s.create_repository(&by, new).await.unwrap().id;
        let on = Owner::Repository(repository);
        let close = ProjectUpdate { is_private: Some(true), ..ProjectUpdate::default() };
        let (closed, granted) = tokio::join!(
            s.update_project(&by, project.id, close.clone()),
            s.set_grant(&by, on, Subject::Anyone, read),
        );
        match (closed, granted) {
            (Err(Error::OpenToAnyone), Ok(())) => {
                let keep = Some(ForkPolicy::NoPublicForks);
                let keep = RepositoryUpdate { fork_policy: keep, ..RepositoryUpdate::default() };
                let kept = s.update_repository(&by, repository, keep).await;
                assert!(matches!(kept, Err(Error::OpenToAnyone)), "{kept:?}");
                s.set_grant(&by, on, Subject::Anyone, None).await.unwrap();
                s.update_project(&by, project.id, close).await.unwrap();
            }
            (Ok(_), Err(Error::KeptPrivate { .. })) => {}
            (closed, granted) => panic!("{closed:?} {granted:?}"),
        }
        assert_eq!(s.list_grants(on).await.unwrap(), []);
    }
}

on_both!(a_row_whose_subject_is_gone_counts_for_nothing);

/// No such row is written any more. Where there is one, the place it hangs on goes on working, and
/// nobody gets anything out of it.
async fn a_row_whose_subject_is_gone_counts_for_nothing(w: &World) {
    let place = w.place("acme").await;
    let (s, by) = (&w.store, system());
    let ann = w.user("ann").await;
    let on = Owner::Repository(place.repository.id);
    let (slug, name) = (Slug::parse("ghosts").unwrap(), display("ghosts"));
    let ghosts = s.create_group(&by, place.workspace.id, slug, name, None).await.unwrap().id;
    for subject in [Subject::Group(ghosts), Subject::User(ann.id)] {
        s.set_grant(&by, on, subject, Some(Permission::Write)).await.unwrap();
    }
    let both = [Subject::Group(ghosts), Subject::User(ann.id)].map(ListedSubject::new);
    let rule = s.create_restriction(&by, on, closed(both.to_vec()), None).await.unwrap();
    let kept = [BuildKey { pattern: "*".into(), subject: Subject::Group(ghosts) }];
    s.set_build_keys(&by, place.repository.id, &kept).await.unwrap();
    w.raw(r#"delete from "group" where slug = 'ghosts'"#).await;

    let facts = s.facts_of(&place.path()).await.unwrap().unwrap();
    let granted: Vec<_> = facts.grants.iter().map(|it| it.grant.subject).collect();
    assert_eq!(granted, [Subject::User(ann.id)]);
    let [read] = facts.restrictions.as_slice() else { panic!("{:?}", facts.restrictions) };
    assert_eq!(read.subjects, [ListedSubject::new(Subject::User(ann.id))]);
    assert!(!facts.names.contains_key(&Subject::Group(ghosts)));
    // A key that is kept for nobody stays kept.
    assert_eq!(s.list_build_keys(place.repository.id).await.unwrap().0, kept);
    // Whoever changes the rule writes it without the ghost.
    let same = NewRestriction::like(read);
    s.update_restriction(&by, on, rule.id, same, None).await.unwrap();
    s.remove_repository(&by, place.repository.id).await.unwrap();
}
