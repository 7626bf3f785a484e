//! Pull requests: their rows, their history, and what two people at once make of them.

use crate::world::{NOW, Place, World, by, system};
use model::{
    ActivityKind, ObjectId, ParticipantRole, PullRequestState, RefName, ReviewState, UserId,
};
use store::{
    Closing, Error, NewPullRequest, PageRequest, PullRequest, PullRequestFilter, PullRequestUpdate,
    ReviewReset, SourceBranch,
};

fn commit(byte: u8) -> ObjectId {
    ObjectId::from_bytes([byte; 20])
}

fn branch(name: &str) -> RefName {
    RefName::branch(name).unwrap()
}

fn from(place: &Place, source: &str, reviewers: &[UserId]) -> NewPullRequest {
    NewPullRequest {
        repository: place.repository.id,
        title: "Log in".into(),
        description: "At last".into(),
        draft: true,
        source: SourceBranch {
            repository: Some(place.repository.id),
            branch: branch(source),
            commit: commit(1),
        },
        destination: branch("main"),
        destination_commit: commit(2),
        close_source_branch: true,
        reviewers: reviewers.to_vec(),
    }
}

async fn history(w: &World, request: &PullRequest) -> Vec<(ActivityKind, String)> {
    let all = PageRequest::ALL;
    let lines = w
        .store
        .list_activity(request.repository, Some(request.id), ActivityKind::ALL, all)
        .await
        .unwrap();
    lines.items.into_iter().rev().map(|it| (it.kind, it.payload)).collect()
}

on_both!(a_request_is_numbered_read_back_and_ended_once);

async fn a_request_is_numbered_read_back_and_ended_once(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let ann = by(&place.owner);
    let first = s.create_pull_request(&ann, &from(&place, "one", &[]), "1").await.unwrap();
    let second = s.create_pull_request(&ann, &from(&place, "two", &[]), "2").await.unwrap();
    assert_eq!((first.number, second.number, first.version), (1, 2, 1));
    assert_eq!((first.state, first.draft), (PullRequestState::Open, true));
    assert_eq!((first.created_at, &first.author), (NOW, &ann.principal));
    let found = s.find_pull_request(place.repository.id, 1).await.unwrap();
    assert_eq!(found.as_ref(), Some(&first));

    // One between the same branches is enough; another into elsewhere is something else.
    let again = s.create_pull_request(&ann, &from(&place, "one", &[]), "3").await;
    assert!(matches!(again, Err(Error::Conflict { what: "open pull request" })), "{again:?}");
    let elsewhere = NewPullRequest { destination: branch("next"), ..from(&place, "one", &[]) };
    let third = s.create_pull_request(&ann, &elsewhere, "3").await.unwrap();
    assert_eq!(third.number, 3, "a number is used by what came of it");

    let closing = Closing {
        state: PullRequestState::Merged,
        kind: ActivityKind::Merged,
        reason: String::new(),
        merged: Some((commit(9), commit(8))),
    };
    let merged = s.close_pull_request(&system(), &first, &closing, "4").await.unwrap().unwrap();
    assert_eq!((merged.state, merged.merge_commit), (PullRequestState::Merged, Some(commit(9))));
    assert_eq!(merged.destination_commit, commit(8));
    assert_eq!(s.close_pull_request(&system(), &first, &closing, "5").await.unwrap(), None);
    let expected = [(ActivityKind::Created, "1".into()), (ActivityKind::Merged, "4".into())];
    assert_eq!(history(w, &first).await, expected);
    // Between those branches there may be another one now.
    s.create_pull_request(&ann, &from(&place, "one", &[]), "6").await.unwrap();
}

on_both!(of_two_who_change_a_request_one_is_told);

async fn of_two_who_change_a_request_one_is_told(w: &World) {
    let place = w.place("acme").await;
    let (ann, bea) = (w.user("ann").await, w.user("bea").await);
    let s = &w.store;
    let new = from(&place, "topic", &[ann.id]);
    let seen = s.create_pull_request(&by(&place.owner), &new, "{}").await.unwrap();
    let title = |it: &str| PullRequestUpdate { title: Some(it.into()), ..Default::default() };
    let one = s.update_pull_request(&by(&ann), &seen, &title("one"), "{}").await.unwrap();
    let two = s.update_pull_request(&by(&bea), &seen, &title("two"), "{}").await;
    assert!(matches!(two, Err(Error::Moved)), "{two:?}");
    assert_eq!((one.title.as_str(), one.version), ("one", 2));
    assert_eq!(s.find_pull_request_by_id(seen.id).await.unwrap(), Some(one.clone()));
    assert_eq!(history(w, &seen).await.len(), 2, "what did not happen is not told");

    // A review is of the commits that were seen.
    let approve = (Some(ReviewState::Approved), ActivityKind::Approved);
    s.set_review(&by(&ann), &one, approve, "{}").await.unwrap();
    let moves = PullRequestUpdate {
        source_commit: Some(commit(5)),
        reset: ReviewReset { approvals: true, changes_requested: false },
        ..Default::default()
    };
    let moved = s.update_pull_request(&system(), &one, &moves, "{}").await.unwrap();
    let late = s.set_review(&by(&bea), &one, approve, "{}").await;
    assert!(matches!(late, Err(Error::Moved)), "{late:?}");
    let people = s.list_participants(moved.id).await.unwrap();
    let people: Vec<_> = people.iter().map(|it| (it.user, it.role, it.review)).collect();
    assert_eq!(people, [(ann.id, ParticipantRole::Reviewer, None)], "the approval was dropped");

    // Whoever is no longer asked but has taken part stays, and whoever has not is gone.
    let others = PullRequestUpdate { reviewers: Some(vec![bea.id]), ..Default::default() };
    let after = s.update_pull_request(&system(), &moved, &others, "{}").await.unwrap();
    let none = PullRequestUpdate { reviewers: Some(vec![]), ..Default::default() };
    s.update_pull_request(&system(), &after, &none, "{}").await.unwrap();
    let people = s.list_participants(moved.id).await.unwrap();
    let people: Vec<_> = people.iter().map(|it| (it.user, it.role)).collect();
    assert_eq!(people, [(ann.id, ParticipantRole::Participant)]);
}

on_both!(requests_are_found_by_state_and_branch_and_go_with_their_repository);

async fn requests_are_found_by_state_and_branch_and_go_with_their_repository(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let here = place.repository.id;
    for name in ["a", "b", "c"] {
        s.create_pull_request(&by(&place.owner), &from(&place, name, &[]), "{}").await.unwrap();
    }
    let list = async |filter: PullRequestFilter| {
        let page = PageRequest { offset: 0, limit: 2 };
        let found = s.list_pull_requests(here, &filter, page).await.unwrap();
        (found.items.iter().map(|it| it.number).collect::<Vec<_>>(), found.size)
    };
    assert_eq!(list(PullRequestFilter::default()).await, (vec![3, 2], 3));
    let open = PullRequestFilter { states: vec![PullRequestState::Open], ..Default::default() };
    assert_eq!(list(open).await, (vec![3, 2], 3));
    let states = vec![PullRequestState::Merged, PullRequestState::Declined];
    assert_eq!(list(PullRequestFilter { states, ..Default::default() }).await, (vec![], 0));
    let one = PullRequestFilter { source: Some(branch("b")), ..Default::default() };
    assert_eq!(list(one).await, (vec![2], 1));
    let mine = PullRequestFilter { author: Some(place.owner.id), ..Default::default() };
    assert_eq!(list(mine).await.1, 3);
    assert_eq!(s.open_pull_requests_at(here, &branch("main")).await.unwrap().len(), 3);
    assert_eq!(s.open_pull_requests_at(here, &branch("a")).await.unwrap().len(), 1);

    s.remove_repository(&system(), here).await.unwrap();
    assert_eq!(s.list_open_ends().await.unwrap(), []);
}

on_both!(where_a_destination_is_is_noted_in_open_requests_and_no_others);

async fn where_a_destination_is_is_noted_in_open_requests_and_no_others(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let owner = by(&place.owner);
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(s.create_pull_request(&owner, &from(&place, name, &[]), "{}").await.unwrap().id);
    }
    let find = async |at: usize| s.find_pull_request_by_id(ids[at]).await.unwrap().unwrap();
    let closing = Closing {
        state: PullRequestState::Declined,
        kind: ActivityKind::Declined,
        reason: String::new(),
        merged: None,
    };
    s.close_pull_request(&owner, &find(1).await, &closing, "{}").await.unwrap();
    s.note_destinations(&[ids[1], ids[0]], commit(7)).await.unwrap();
    s.note_destinations(&[], commit(9)).await.unwrap();
    let seen = async || {
        let mut seen = Vec::new();
        for at in 0..3 {
            let it = find(at).await;
            seen.push((it.destination_commit, it.version));
        }
        seen
    };
    assert_eq!(seen().await, [(commit(7), 1), (commit(2), 2), (commit(2), 1)]);
    // More than one statement's worth.
    let many: Vec<_> = (0..500).map(model::PullRequestId).collect();
    s.note_destinations(&many, commit(8)).await.unwrap();
    assert_eq!(seen().await, [(commit(8), 1), (commit(2), 2), (commit(8), 1)]);
    assert_eq!(history(w, &find(0).await).await.len(), 1, "nothing to tell");
}
