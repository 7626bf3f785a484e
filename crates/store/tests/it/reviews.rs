//! What is said about pull requests: reviews, default reviewers, comments, tasks.

use crate::world::{NOW, Place, World, system};
use model::{ActivityKind, Level, ObjectId, PullRequestState, RefName, ReviewState};
use store::{
    Actor, Anchor, Error, NewComment, NewPullRequest, NewTask, Owner, PageRequest, PrincipalKind,
    PrincipalName, PullRequest, ReviewCounts, SourceBranch, TaskUpdate, User,
};

pub fn actor(user: &User) -> Actor {
    let name = user.username.to_string();
    let principal = PrincipalName { kind: PrincipalKind::User, id: Some(user.id.0), name };
    Actor { principal, ..system() }
}

pub async fn request(w: &World, place: &Place, author: &User) -> PullRequest {
    let new = NewPullRequest {
        repository: place.repository.id,
        title: "a title".into(),
        description: String::new(),
        draft: false,
        source: SourceBranch {
            repository: Some(place.repository.id),
            branch: RefName::branch("topic").unwrap(),
            commit: ObjectId::from_bytes([1; 20]),
        },
        destination: RefName::branch("main").unwrap(),
        destination_commit: ObjectId::from_bytes([2; 20]),
        close_source_branch: false,
        reviewers: Vec::new(),
    };
    w.store.create_pull_request(&actor(author), &new, "{}").await.unwrap()
}

on_both!(default_reviewers_are_those_of_the_repository_and_its_project);

async fn default_reviewers_are_those_of_the_repository_and_its_project(w: &World) {
    let (place, other) = (w.place("acme").await, w.place("other").await);
    let s = &w.store;
    let (ann, bea) = (w.user("ann").await, w.user("bea").await);
    let project = Owner::Project(place.project.id);
    let repository = Owner::Repository(place.repository.id);
    let here = place.repository.id;
    for (owner, user) in [(project, &ann), (project, &bea), (repository, &bea), (repository, &bea)]
    {
        s.add_default_reviewer(&system(), owner, user).await.unwrap();
    }
    let words = async || {
        let all = s.effective_default_reviewers(here).await.unwrap();
        all.iter().map(|it| format!("{} {}", it.user.username, it.level)).collect::<Vec<_>>()
    };
    assert_eq!(words().await, ["ann project", "bea repository"]);
    assert_eq!(s.list_default_reviewers(repository).await.unwrap(), std::slice::from_ref(&bea));
    assert_eq!(s.effective_default_reviewers(other.repository.id).await.unwrap(), []);
    assert_eq!(
        w.audit().await.into_iter().take(3).collect::<Vec<_>>(),
        [
            "added default reviewer `bea`",
            "added default reviewer `bea`",
            "added default reviewer `ann`"
        ]
    );

    assert!(s.remove_default_reviewer(&system(), repository, &bea).await.unwrap());
    assert!(!s.remove_default_reviewer(&system(), repository, &bea).await.unwrap());
    assert_eq!(words().await, ["ann project", "bea project"]);
    let nowhere = Owner::Repository(model::RepositoryId(99));
    let lost = s.add_default_reviewer(&system(), nowhere, &ann).await.unwrap_err();
    assert!(matches!(lost, Error::NotFound { what: "repository" }), "{lost}");
    s.remove_repository(&system(), here).await.unwrap();
    assert_eq!(s.list_default_reviewers(repository).await.unwrap(), []);
    assert_eq!(s.list_default_reviewers(project).await.unwrap().len(), 2);
    assert_eq!(Level::Project, project.level());
}

on_both!(reviews_count_without_the_authors);

async fn reviews_count_without_the_authors(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let (ann, bea, cas) = (w.user("ann").await, w.user("bea").await, w.user("cas").await);
    let request = request(w, &place, &ann).await;
    assert_eq!(s.review_counts(&request, &[]).await.unwrap(), ReviewCounts::default());
    let approve = (Some(ReviewState::Approved), ActivityKind::Approved);
    for user in [&ann, &bea, &cas] {
        s.set_review(&actor(user), &request, approve, "{}").await.unwrap();
    }
    s.add_default_reviewer(&system(), Owner::Project(place.project.id), &bea).await.unwrap();
    s.add_default_reviewer(&system(), Owner::Repository(place.repository.id), &ann).await.unwrap();
    let expected =
        ReviewCounts { approvals: 2, default_reviewer_approvals: 1, ..ReviewCounts::default() };
    assert_eq!(s.review_counts(&request, &[]).await.unwrap(), expected);
    let object = (Some(ReviewState::ChangesRequested), ActivityKind::ChangesRequested);
    s.set_review(&actor(&bea), &request, object, "{}").await.unwrap();
    s.set_review(&actor(&cas), &request, (None, ActivityKind::Unapproved), "{}").await.unwrap();
    let expected = ReviewCounts { changes_requested: 1, ..ReviewCounts::default() };
    assert_eq!(s.review_counts(&request, &[]).await.unwrap(), expected);
    let without = [ann.id, bea.id];
    assert_eq!(s.review_counts(&request, &without).await.unwrap(), ReviewCounts::default());
    let people = s.list_participants(request.id).await.unwrap();
    assert!(people.iter().all(|it| it.at == Some(NOW)), "{people:?}");
}

on_both!(comments_and_tasks_are_written_changed_and_taken_back);

async fn comments_and_tasks_are_written_changed_and_taken_back(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let (ann, bea) = (w.user("ann").await, w.user("bea").await);
    let request = request(w, &place, &ann).await;
    let (by_ann, by_bea) = (actor(&ann), actor(&bea));
    let anchor =
        Anchor { path: "a/ü.txt".into(), to: Some(3), start_to: Some(2), ..Anchor::default() };
    let new = NewComment { raw: "why".into(), anchor: Some(anchor), ..NewComment::default() };
    let why = s.create_comment(&by_bea, &request, &new).await.unwrap();
    assert_eq!((why.anchor.clone(), why.source_commit), (new.anchor, request.source.commit));
    let new = NewComment { parent: Some(why.id), raw: "so".into(), ..NewComment::default() };
    let answer = s.create_comment(&by_ann, &request, &new).await.unwrap();
    let new = NewComment { raw: "hm".into(), pending: true, ..NewComment::default() };
    let draft = s.create_comment(&by_ann, &request, &new).await.unwrap();
    let task = NewTask { comment: Some(answer.id), raw: "do".into(), ..NewTask::default() };
    let task = s.create_task(&by_bea, &request, &task).await.unwrap();

    let seen = async |who: &Actor| {
        let all = s.list_comments(request.id, &who.principal, PageRequest::ALL).await.unwrap();
        assert_eq!(all.size, i64::try_from(all.items.len()).unwrap());
        all.items.iter().map(|it| it.raw.clone()).collect::<Vec<_>>()
    };
    assert_eq!(seen(&by_ann).await, ["why", "so", "hm"]);
    assert_eq!(seen(&by_bea).await, ["why", "so"]);
    assert_eq!(seen(&system()).await, ["why", "so"]);
    let hidden = s.find_comment(request.id, &by_bea.principal, draft.id).await.unwrap();
    assert_eq!(hidden, None);
    let counts = ReviewCounts { open_tasks: 1, unresolved_comments: 1, ..ReviewCounts::default() };
    assert_eq!(s.review_counts(&request, &[]).await.unwrap(), counts);
    let shown = s.find_pull_request_by_id(request.id).await.unwrap().unwrap();
    assert_eq!((shown.comment_count, shown.task_count), (2, 1));

    // A draft that is published is told of then; a settled thread counts no more.
    let draft = s.update_comment(&by_ann, &request, &draft, ("hm!", true)).await.unwrap();
    assert!(!draft.pending);
    let done = s.resolve_comment(&by_ann, &request, (why.id, true)).await.unwrap();
    assert_eq!(done.resolved.as_ref().map(|it| it.by.name.as_str()), Some("ann"));
    let again = s.resolve_comment(&by_bea, &request, (why.id, true)).await.unwrap_err();
    assert!(matches!(again, Error::Moved), "{again}");
    let update = TaskUpdate { resolved: Some(true), ..TaskUpdate::default() };
    let task = s.update_task(&by_ann, &request, &task, &update).await.unwrap();
    // Doing it once more does not change who did it.
    let task = s.update_task(&by_bea, &request, &task, &update).await.unwrap();
    assert_eq!(task.resolved.as_ref().map(|it| it.by.name.as_str()), Some("ann"));
    let counts = ReviewCounts { unresolved_comments: 1, ..ReviewCounts::default() };
    assert_eq!(s.review_counts(&request, &[]).await.unwrap(), counts);

    // What something hangs on stays, without its text; the rest is gone.
    for comment in [&why, &answer, &draft] {
        s.delete_comment(&by_ann, &request, comment).await.unwrap();
        let twice = s.delete_comment(&by_ann, &request, comment).await.unwrap_err();
        assert!(matches!(twice, Error::NotFound { what: "comment" }), "{twice}");
    }
    assert_eq!(seen(&by_bea).await, ["", ""]);
    s.delete_task(&by_bea, &request, &task).await.unwrap();
    assert_eq!(s.find_task(request.id, &by_bea.principal, task.id).await.unwrap(), None);
    let gone = s.resolve_comment(&by_ann, &request, (why.id, false)).await.unwrap_err();
    assert!(matches!(gone, Error::Moved), "{gone}");
    let wanted = [
        ActivityKind::Created,
        ActivityKind::Commented,
        ActivityKind::CommentDeleted,
        ActivityKind::CommentResolved,
        ActivityKind::TaskCreated,
        ActivityKind::TaskUpdated,
    ];
    let here = place.repository.id;
    let kinds = s.list_activity(here, Some(request.id), &wanted, PageRequest::ALL);
    let kinds: Vec<_> =
        kinds.await.unwrap().items.iter().rev().map(|it| it.kind.as_str()).collect();
    // Of comments that were deleted is told no more.
    assert_eq!(
        kinds,
        [
            "created",
            "task_created",
            "comment_resolved",
            "task_updated",
            "task_updated",
            "comment_deleted",
            "comment_deleted",
            "comment_deleted"
        ]
    );
    s.remove_repository(&system(), place.repository.id).await.unwrap();
}

on_both!(what_somebody_opened_is_found_over_repositories);

async fn what_somebody_opened_is_found_over_repositories(w: &World) {
    let (place, other) = (w.place("acme").await, w.place("other").await);
    let s = &w.store;
    let (ann, bea) = (w.user("ann").await, w.user("bea").await);
    let first = request(w, &place, &ann).await;
    let second = request(w, &other, &ann).await;
    let by = async |workspace| s.list_repositories_asked_by(workspace, ann.id).await.unwrap();
    assert_eq!(by(place.workspace.id).await, std::slice::from_ref(&place.repository));
    let (here, there) = (place.repository.id, other.repository.id);
    let of = async |user: &User, repositories: &[_], states: &[_]| {
        let all = PageRequest::ALL;
        let found = s.list_pull_requests_of(user.id, repositories, states, all).await.unwrap();
        assert_eq!(found.size, i64::try_from(found.items.len()).unwrap());
        found.items.into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(of(&ann, &[here, there], &[]).await, [second.id, first.id]);
    assert_eq!(of(&ann, &[here], &[PullRequestState::Open]).await, [first.id]);
    assert_eq!(of(&ann, &[here], &[PullRequestState::Merged]).await, []);
    assert_eq!(of(&ann, &[], &[]).await, []);
    assert_eq!(of(&bea, &[here, there], &[]).await, []);
}

on_both!(review_groups_are_those_of_the_repository_and_its_project);

async fn review_groups_are_those_of_the_repository_and_its_project(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let (ann, bea, cas) = (w.user("ann").await, w.user("bea").await, w.user("cas").await);
    let docs = w.group(&place, "docs", &[&ann, &bea]).await;
    let web = w.group(&place, "web", &[&bea, &cas]).await;
    let idle = w.group(&place, "idle", &[]).await;
    w.group(&place, "other", &[&bea]).await;
    let here = place.repository.id;
    let (project, repository) = (Owner::Project(place.project.id), Owner::Repository(here));
    for (owner, group) in [(project, &web), (repository, &web), (project, &docs), (project, &idle)]
    {
        s.add_review_group(&system(), owner, group).await.unwrap();
        s.add_review_group(&system(), owner, group).await.unwrap();
    }
    let words = async || {
        let all = s.effective_review_groups(here).await.unwrap();
        all.iter().map(|it| format!("{} {}", it.group.slug, it.level)).collect::<Vec<_>>()
    };
    assert_eq!(words().await, ["docs project", "idle project", "web repository"]);
    assert_eq!(w.audit().await[0], "added review group `idle`");

    let request = request(w, &place, &ann).await;
    let approve = (Some(ReviewState::Approved), ActivityKind::Approved);
    let approved = async || s.review_counts(&request, &[]).await.unwrap().review_group_approvals;
    for (user, groups) in [(&ann, 0), (&cas, 1), (&bea, 2)] {
        s.set_review(&actor(user), &request, approve, "{}").await.unwrap();
        assert_eq!(approved().await, groups, "{}", user.username);
    }
    let object = (Some(ReviewState::ChangesRequested), ActivityKind::ChangesRequested);
    s.set_review(&actor(&bea), &request, object, "{}").await.unwrap();
    assert_eq!(approved().await, 1, "cas's word for `web` counts once for both lists");

    assert!(s.remove_review_group(&system(), repository, &web).await.unwrap());
    assert!(!s.remove_review_group(&system(), repository, &web).await.unwrap());
    s.remove_group(&system(), place.workspace.id, docs.id).await.unwrap();
    assert_eq!(words().await, ["idle project", "web project"]);
    s.add_review_group(&system(), repository, &idle).await.unwrap();
    s.remove_repository(&system(), here).await.unwrap();
    assert_eq!(s.list_review_groups(repository).await.unwrap(), []);
    let lost = s.add_review_group(&system(), repository, &idle).await.unwrap_err();
    assert!(matches!(lost, Error::NotFound { what: "repository" }), "{lost}");
}
