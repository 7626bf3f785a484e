//! Workspaces, projects, repositories.

use crate::world::{NOW, World, display, new_project, new_repository, system};
use model::{ProjectId, RepositoryPath, RepositorySlug, WorkspaceSlug};
use store::{Error, NewWorkspace, PageRequest, ProjectUpdate, RepositoryUpdate, WorkspaceUpdate};

on_both!(the_oldest_project_is_the_default);

async fn the_oldest_project_is_the_default(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let second = s.create_project(&system(), new_project(&place.workspace, "ARC")).await.unwrap();
    assert_eq!((place.project.is_default, second.is_default), (true, false));
    let listed = s.list_projects(place.workspace.id, PageRequest::ALL).await.unwrap().items;
    assert_eq!(listed, [second.clone(), place.project.clone()]);

    let refused = s.remove_project(&system(), place.project.id).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the project still has repositories: move or remove them first"
    );
    s.remove_repository(&system(), place.repository.id).await.unwrap();
    s.remove_project(&system(), place.project.id).await.unwrap();
    let default = s.default_project(place.workspace.id).await.unwrap().unwrap();
    assert_eq!(default.id, second.id);
    let gone = s.update_project(&system(), place.project.id, ProjectUpdate::default()).await;
    assert!(matches!(gone, Err(Error::NotFound { what: "project" })));
}

on_both!(taken_names_are_named);

async fn taken_names_are_named(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let new = NewWorkspace {
        slug: place.workspace.slug.clone(),
        name: display("x"),
        owner: None,
        personal: false,
    };
    let taken = s.create_workspace(&system(), new).await.unwrap_err();
    assert!(matches!(taken, Error::Conflict { what: "workspace slug" }), "{taken}");
    let taken =
        s.create_project(&system(), new_project(&place.workspace, "core")).await.unwrap_err();
    assert!(matches!(taken, Error::Conflict { what: "project key" }), "{taken}");
    let taken =
        s.create_repository(&system(), new_repository(&place.project, "SITE")).await.unwrap_err();
    assert!(matches!(taken, Error::Conflict { what: "repository slug" }), "{taken}");
    // The same names are free elsewhere.
    w.place("other").await;
}

on_both!(a_repository_is_renamed_moved_and_archived);

async fn a_repository_is_renamed_moved_and_archived(w: &World) {
    let (place, other) = (w.place("acme").await, w.place("other").await);
    let s = &w.store;
    let lib = s.create_project(&system(), new_project(&place.workspace, "LIB")).await.unwrap();
    let update = RepositoryUpdate {
        slug: Some(RepositorySlug::parse("web").unwrap()),
        project: Some(lib.id),
        archived: Some(true),
        main_branch: Some(None),
        ..RepositoryUpdate::default()
    };
    let id = place.repository.id;
    let changed = s.update_repository(&system(), id, update).await.unwrap();
    assert!(s.facts_of(&place.path()).await.unwrap().is_none());
    let found = s.facts_of(&RepositoryPath::parse("ACME/Web.git").unwrap()).await.unwrap();
    assert_eq!(found.unwrap().repository, changed);
    assert_eq!((changed.project, changed.archived, changed.main_branch), (lib.id, true, None));

    for project in [other.project.id, ProjectId(999)] {
        let update = RepositoryUpdate { project: Some(project), ..RepositoryUpdate::default() };
        let refused = s.update_repository(&system(), id, update).await.unwrap_err();
        assert!(matches!(refused, Error::NotFound { what: "project" }), "{refused}");
    }
    let stolen = store::NewRepository {
        workspace: place.workspace.id,
        ..new_repository(&other.project, "stolen")
    };
    let refused = s.create_repository(&system(), stolen).await.unwrap_err();
    assert!(matches!(refused, Error::NotFound { what: "project" }), "{refused}");

    s.note_repository_size(id, 4096).await.unwrap();
    assert_eq!(s.find_repository_by_id(id).await.unwrap().unwrap().size, 4096);
}

on_both!(repositories_are_listed_by_project);

async fn repositories_are_listed_by_project(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let lib = s.create_project(&system(), new_project(&place.workspace, "LIB")).await.unwrap();
    for slug in ["b", "a"] {
        s.create_repository(&system(), new_repository(&lib, slug)).await.unwrap();
    }
    let slugs = |project, page| async move {
        let page = s.list_repositories(place.workspace.id, project, page).await.unwrap();
        (page.items.iter().map(|it| it.slug.to_string()).collect::<Vec<_>>().join(" "), page.size)
    };
    assert_eq!(slugs(None, PageRequest::ALL).await, ("a b site".into(), 3));
    assert_eq!(slugs(Some(lib.id), PageRequest::ALL).await, ("a b".into(), 2));
    let second = PageRequest { offset: 1, limit: 1 };
    assert_eq!(slugs(Some(lib.id), second).await, ("b".into(), 2));
}

on_both!(a_workspace_is_found_and_renamed);

async fn a_workspace_is_found_and_renamed(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let slug = WorkspaceSlug::parse("apex").unwrap();
    let update = WorkspaceUpdate { slug: Some(slug.clone()), name: None };
    let renamed = s.update_workspace(&system(), place.workspace.id, update).await.unwrap();
    assert_eq!(renamed.updated_at, NOW);
    assert_eq!(s.find_workspace(&slug).await.unwrap(), Some(renamed.clone()));
    assert_eq!(s.find_workspace_by_uuid(&renamed.uuid).await.unwrap(), Some(renamed));
    assert_eq!(s.find_workspace(&place.workspace.slug).await.unwrap(), None);
}

on_both!(forks_stay_related_when_what_they_came_from_goes);

async fn forks_stay_related_when_what_they_came_from_goes(w: &World) {
    let place = w.place("acme").await;
    let (s, origin) = (&w.store, &place.repository);
    let fork = async |slug: &str, of: &store::Repository| {
        let fork_of = Some((of.id, of.root));
        let new = store::NewRepository { fork_of, ..new_repository(&place.project, slug) };
        s.create_repository(&system(), new).await.unwrap()
    };
    let (first, second) = (fork("first", origin).await, fork("second", origin).await);
    let third = fork("third", &first).await;
    let new = new_repository(&place.project, "stranger");
    let stranger = s.create_repository(&system(), new).await.unwrap();
    assert_eq!(
        (origin.parent, first.parent, third.parent),
        (None, Some(origin.id), Some(first.id))
    );
    let slugs = async |of: &store::Repository| {
        let all = s.list_forks(of.id).await.unwrap();
        all.iter().map(|it| it.slug.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(
        (slugs(origin).await, slugs(&first).await),
        (vec!["first".into(), "second".into()], vec!["third".to_string()])
    );
    s.remove_repository(&system(), origin.id).await.unwrap();
    s.remove_repository(&system(), first.id).await.unwrap();
    let third = s.find_repository_by_id(third.id).await.unwrap().unwrap();
    assert_eq!(third.parent, None);
    assert!(third.is_related_to(&second) && third.is_related_to(origin));
    assert!(!stranger.is_related_to(origin));
}
