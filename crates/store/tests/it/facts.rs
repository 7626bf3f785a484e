//! Facts: what a snapshot holds, and what makes it old.

use crate::rules::closed;
use crate::tokens::new_token;
use crate::world::{NOBODY, World, new_project, new_repository, new_user, system};
use model::{
    Level, ListedSubject, Permission, ProjectKey, RepositoryId, RepositoryPath, Role, Subject,
    WorkspaceSlug,
};
use store::{Names, NewUser, Owner, ProjectUpdate, RepositoryUpdate, UserUpdate, WorkspaceUpdate};

fn names(names: &Names) -> Vec<(Subject, &str)> {
    names.iter().map(|(subject, it)| (*subject, it.name.as_str())).collect()
}

on_both!(a_snapshot_holds_the_rules_of_its_own_levels);

async fn a_snapshot_holds_the_rules_of_its_own_levels(w: &World) {
    let (acme, other) = (w.place("acme").await, w.place("other").await);
    let s = &w.store;
    let (ann, bob) = (w.user("ann").await, w.user("bob").await);
    let devs = w.group(&acme, "devs", &[&ann]).await;
    let on = Owner::Repository(acme.repository.id);
    let bot = s.create_access_token(&system(), on, new_token("ci-bot"), None).await.unwrap();
    // A sibling project and repository whose rules must not show up.
    let lib = s.create_project(&system(), new_project(&acme.workspace, "LIB")).await.unwrap();
    let sibling =
        s.create_repository(&system(), new_repository(&acme.project, "sib")).await.unwrap();
    let elsewhere = [Owner::Project(lib.id), Owner::Repository(sibling.id)];
    for owner in other.levels().into_iter().chain(elsewhere) {
        s.set_grant(&system(), owner, Subject::User(bob.id), Some(Permission::Admin))
            .await
            .unwrap();
        s.create_restriction(&system(), owner, closed(vec![]), None).await.unwrap();
    }
    let subjects = [Subject::Group(devs.id), Subject::User(ann.id), Subject::AccessToken(bot.id)];
    for (owner, subject) in acme.levels().into_iter().zip(subjects) {
        s.set_grant(&system(), owner, subject, Some(Permission::Write)).await.unwrap();
        let new = closed(vec![ListedSubject::new(Subject::User(acme.owner.id))]);
        s.create_restriction(&system(), owner, new, None).await.unwrap();
    }
    s.set_grant(&system(), Owner::Instance, Subject::Everyone, Some(Permission::Read))
        .await
        .unwrap();

    let facts = s.facts_of(&acme.path()).await.unwrap().unwrap();
    assert_eq!(facts.version, s.facts_version().await.unwrap());
    assert_eq!((&facts.workspace, &facts.project), (&acme.workspace, &acme.project));
    assert_eq!(facts.repository, acme.repository);
    let mut granted: Vec<_> = facts.grants.iter().map(|it| (it.owner, it.grant.subject)).collect();
    granted.sort();
    let [on_workspace, on_project, on_repository] = acme.levels();
    assert_eq!(
        granted,
        [
            (Owner::Instance, Subject::Everyone),
            (on_workspace, subjects[0]),
            (on_project, subjects[1]),
            (on_repository, subjects[2]),
        ]
    );
    let levels: Vec<_> = facts.restrictions.iter().map(|it| it.level).collect();
    assert_eq!(levels, [Level::Workspace, Level::Project, Level::Repository]);
    assert_eq!(facts.restrictions[0].matcher.except.len(), 2);
    let owners: Vec<_> = facts.owners.iter().map(|it| it.user).collect();
    assert_eq!(owners, [acme.owner.id]);
    assert_eq!(
        names(&facts.names),
        [
            (Subject::User(acme.owner.id), "olga-acme"),
            (Subject::User(ann.id), "ann"),
            (Subject::Group(devs.id), "devs"),
            (Subject::AccessToken(bot.id), "ci-bot"),
        ]
    );

    let by_id = s.facts_of_id(acme.repository.id).await.unwrap().unwrap();
    assert_eq!(by_id.restrictions, facts.restrictions);
    let project = s.project_facts(&acme.workspace.slug, &acme.project.key).await.unwrap().unwrap();
    assert_eq!((project.grants.len(), project.restrictions.len()), (3, 2));
    let workspace = s.workspace_facts(&acme.workspace.slug).await.unwrap().unwrap();
    assert_eq!((workspace.grants.len(), workspace.restrictions.len()), (2, 1));
    assert_eq!(workspace.owners, facts.owners);
}

on_both!(there_are_no_facts_of_nothing);

async fn there_are_no_facts_of_nothing(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let nowhere = WorkspaceSlug::parse("nowhere").unwrap();
    for path in ["acme/none", "nowhere/site"] {
        assert!(s.facts_of(&RepositoryPath::parse(path).unwrap()).await.unwrap().is_none());
    }
    assert!(s.facts_of_id(RepositoryId(999)).await.unwrap().is_none());
    assert!(s.workspace_facts(&nowhere).await.unwrap().is_none());
    assert!(s.project_facts(&nowhere, &place.project.key).await.unwrap().is_none());
    let none = ProjectKey::parse("NONE").unwrap();
    assert!(s.project_facts(&place.workspace.slug, &none).await.unwrap().is_none());
    assert!(s.principal_facts(NOBODY).await.unwrap().is_none());
}

on_both!(a_principal_has_groups_and_roles);

async fn a_principal_has_groups_and_roles(w: &World) {
    let (acme, other) = (w.place("acme").await, w.place("other").await);
    let s = &w.store;
    let root =
        s.create_user(&system(), NewUser { is_admin: true, ..new_user("root") }).await.unwrap();
    let devs = w.group(&acme, "devs", &[&root]).await;
    w.group(&acme, "ops", &[]).await;
    s.set_member(&system(), other.workspace.id, root.id, Role::Member).await.unwrap();
    let facts = s.principal_facts(root.id).await.unwrap().unwrap();
    assert!(facts.user.is_admin);
    assert_eq!(facts.groups, [devs]);
    let roles: Vec<_> = facts.memberships.iter().map(|it| (it.slug.as_str(), it.role)).collect();
    // Whoever is in a group is a member.
    assert_eq!(roles, [("acme", Role::Member), ("other", Role::Member)]);
    assert_eq!(facts.version, s.facts_version().await.unwrap());
}

/// Runs changes one by one and looks at the version after each.
macro_rules! each_makes_it_larger {
    ($w:ident; $($change:expr),* $(,)?) => {{
        let mut version = $w.store.facts_version().await.unwrap();
        $(
            let done = $change.await;
            assert!(done.is_ok(), "{}: {:?}", stringify!($change), done.err());
            let now = $w.store.facts_version().await.unwrap();
            assert!(now > version, "{} changed facts under the same version", stringify!($change));
            version = now;
        )*
        version
    }};
}

on_both!(every_change_makes_the_version_larger);

/// Whatever can alter a decision makes the version larger, in the view of every process.
async fn every_change_makes_the_version_larger(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let (ann, by) = (w.user("ann").await, &system());
    let devs = w.group(&place, "devs", &[]).await;
    let (ws, project, repository) = (place.workspace.id, place.project.id, place.repository.id);
    let on = Owner::Repository(repository);
    let token = s.create_api_token(by, ann.id, new_token("laptop")).await.unwrap();
    let bot = s.create_access_token(by, on, new_token("bot"), None).await.unwrap();
    let rule = s.create_restriction(by, on, closed(vec![]), None).await.unwrap();
    let archive = RepositoryUpdate { archived: Some(true), ..RepositoryUpdate::default() };
    let subject = Subject::User(ann.id);
    let version = each_makes_it_larger!(w;
        s.update_user(by, ann.id, UserUpdate::default()),
        s.set_password_hash(by, ann.id, None),
        s.set_member(by, ws, ann.id, Role::Member),
        s.add_group_member(by, ws, devs.id, ann.id),
        s.remove_group_member(by, ws, devs.id, ann.id),
        s.remove_member(by, ws, ann.id),
        s.remove_group(by, ws, devs.id),
        s.set_grant(by, on, subject, Some(Permission::Read)),
        s.set_grant(by, on, subject, None),
        s.update_restriction(by, on, rule.id, closed(vec![]), None),
        s.remove_restriction(by, on, rule.id),
        s.rotate_api_token(by, ann.id, token.id, new_token("laptop 2"), by.at),
        s.revoke_api_token(by, ann.id, token.id),
        s.rotate_access_token(by, on, bot.id, new_token("bot 2"), by.at),
        s.revoke_access_token(by, on, bot.id),
        s.update_workspace(by, ws, WorkspaceUpdate::default()),
        s.update_project(by, project, ProjectUpdate::default()),
        s.update_repository(by, repository, archive),
        s.remove_repository(by, repository),
        s.remove_project(by, project),
    );
    let second = store::Store::open(&w.url, store::Options::default()).await.unwrap();
    assert_eq!(second.facts_version().await.unwrap(), version);
}
