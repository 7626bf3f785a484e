//! Whatever is of one request is changed through that request only, and of two who change it at once
//! neither undoes what the other did; repositories that are not whole.

use crate::reviews::{actor, request};
use crate::world::World;
use model::{ActivityKind, PullRequestState, ReviewState};
use store::{Closing, Error, NewComment, NewTask, PullRequest, PullRequestUpdate, TaskUpdate};

on_both!(two_who_change_a_task_do_not_undo_each_other);

async fn two_who_change_a_task_do_not_undo_each_other(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let (ann, bea) = (w.user("ann").await, w.user("bea").await);
    let request = request(w, &place, &ann).await;
    let new = NewTask { raw: "do".into(), ..NewTask::default() };
    let seen = s.create_task(&actor(&ann), &request, &new).await.unwrap();
    // Both have seen the same.
    let done = TaskUpdate { resolved: Some(true), ..TaskUpdate::default() };
    s.update_task(&actor(&bea), &request, &seen, &done).await.unwrap();
    let said = TaskUpdate { raw: Some("do it".into()), ..TaskUpdate::default() };
    let after = s.update_task(&actor(&ann), &request, &seen, &said).await.unwrap();
    assert_eq!(after.raw, "do it");
    assert_eq!(after.resolved.as_ref().map(|it| it.by.name.as_str()), Some("bea"));
    let open = TaskUpdate { resolved: Some(false), ..TaskUpdate::default() };
    let after = s.update_task(&actor(&bea), &request, &seen, &open).await.unwrap();
    assert_eq!((after.raw.as_str(), after.resolved), ("do it", None));
    // A draft that was published meanwhile is no draft to be published.
    let new = NewTask { raw: "later".into(), pending: true, ..NewTask::default() };
    let draft = s.create_task(&actor(&ann), &request, &new).await.unwrap();
    let publish = TaskUpdate { publish: true, ..TaskUpdate::default() };
    s.update_task(&actor(&ann), &request, &draft, &publish).await.unwrap();
    let twice = s.update_task(&actor(&ann), &request, &draft, &publish).await.unwrap_err();
    assert!(matches!(twice, Error::NotFound { what: "task" }), "{twice}");
}

on_both!(what_is_of_one_request_is_changed_through_no_other);

async fn what_is_of_one_request_is_changed_through_no_other(w: &World) {
    let (place, elsewhere) = (w.place("acme").await, w.place("other").await);
    let s = &w.store;
    let ann = w.user("ann").await;
    let by = actor(&ann);
    let (its, other) = (request(w, &place, &ann).await, request(w, &elsewhere, &ann).await);
    let new = NewComment { raw: "why".into(), ..NewComment::default() };
    let comment = s.create_comment(&by, &its, &new).await.unwrap();
    let new = NewTask { raw: "do".into(), ..NewTask::default() };
    let task = s.create_task(&by, &its, &new).await.unwrap();
    let missing = |error: Error| assert!(matches!(error, Error::NotFound { .. }), "{error}");
    let moved = |error: Error| assert!(matches!(error, Error::Moved), "{error}");
    missing(s.update_comment(&by, &other, &comment, ("x", false)).await.unwrap_err());
    moved(s.resolve_comment(&by, &other, (comment.id, true)).await.unwrap_err());
    missing(s.delete_comment(&by, &other, &comment).await.unwrap_err());
    let resolved = s.resolve_comment(&by, &its, (comment.id, true)).await.unwrap();
    moved(s.resolve_comment(&by, &other, (comment.id, false)).await.unwrap_err());
    let done = TaskUpdate { resolved: Some(true), ..TaskUpdate::default() };
    missing(s.update_task(&by, &other, &task, &done).await.unwrap_err());
    missing(s.delete_task(&by, &other, &task).await.unwrap_err());

    // A request that is said to be in another repository than it is.
    let astray = PullRequest { repository: elsewhere.repository.id, ..its.clone() };
    let title = PullRequestUpdate { title: Some("x".into()), ..PullRequestUpdate::default() };
    moved(s.update_pull_request(&by, &astray, &title, "{}").await.unwrap_err());
    let approve = (Some(ReviewState::Approved), ActivityKind::Approved);
    moved(s.set_review(&by, &astray, approve, "{}").await.unwrap_err());
    let closing = Closing {
        state: PullRequestState::Declined,
        kind: ActivityKind::Declined,
        reason: String::new(),
        merged: None,
    };
    assert_eq!(s.close_pull_request(&by, &astray, &closing, "{}").await.unwrap(), None);

    let comments = s.list_comments(its.id, &by.principal, store::PageRequest::ALL).await.unwrap();
    assert_eq!(comments.items, [resolved]);
    let found = s.find_task(its.id, &by.principal, task.id).await.unwrap();
    assert_eq!(found, Some(task));
    let after = s.find_pull_request_by_id(its.id).await.unwrap().unwrap();
    assert_eq!((after.state, after.title, after.version), (its.state, its.title, its.version));
}

on_both!(a_repository_is_unfinished_until_it_is_said_to_be_whole);

async fn a_repository_is_unfinished_until_it_is_said_to_be_whole(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let unfinished = async || {
        let rows = s.list_unfinished_repositories().await.unwrap();
        rows.iter().map(|it| it.id).collect::<Vec<_>>()
    };
    assert_eq!(unfinished().await, [place.repository.id]);
    s.note_whole_repository(place.repository.id).await.unwrap();
    assert_eq!(unfinished().await, []);
}
