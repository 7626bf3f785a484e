//! Pull requests that wait to be merged: noted once, in order, gone with their request, and told of.

use crate::reviews::{actor, request};
use crate::world::{Place, World, system};
use model::{ActivityKind, MergeStrategy, ObjectId, PullRequestState, RefName, UserId, WaitingWay};
use store::{
    Closing, NewPullRequest, PageRequest, PullRequest, PullRequestUpdate, QueuedCommit,
    SourceBranch, WaitingTerms,
};

fn terms(request: &PullRequest, way: WaitingWay) -> WaitingTerms {
    WaitingTerms {
        way,
        destination: request.destination.clone(),
        source_commit: request.source.commit,
        proof: "system".into(),
        address: Some("192.0.2.1".into()),
        strategy: Some(MergeStrategy::Squash),
        message: Some("Log in".into()),
        close_source_branch: true,
    }
}

async fn another(w: &World, place: &Place, source: &str) -> PullRequest {
    let new = NewPullRequest {
        repository: place.repository.id,
        title: source.into(),
        description: String::new(),
        draft: false,
        source: SourceBranch {
            repository: Some(place.repository.id),
            branch: RefName::branch(source).unwrap(),
            commit: ObjectId::from_bytes([7; 20]),
        },
        destination: RefName::branch("main").unwrap(),
        destination_commit: ObjectId::from_bytes([2; 20]),
        close_source_branch: false,
        reviewers: Vec::<UserId>::new(),
    };
    w.store.create_pull_request(&system(), &new, "{}").await.unwrap()
}

async fn told(w: &World, request: &PullRequest) -> Vec<ActivityKind> {
    let id = Some(request.id);
    let all = w.store.list_activity(request.repository, id, ActivityKind::ALL, PageRequest::ALL);
    all.await.unwrap().items.into_iter().rev().map(|it| it.kind).collect()
}

on_both!(what_waits_is_noted_once_and_in_order);

async fn what_waits_is_noted_once_and_in_order(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let ann = w.user("ann").await;
    let (one, two, three) = (
        request(w, &place, &ann).await,
        another(w, &place, "two").await,
        another(w, &place, "three").await,
    );
    for (it, way) in [(&two, WaitingWay::Queue), (&one, WaitingWay::Queue)] {
        assert!(s.add_waiting_merge(&actor(&ann), it, &terms(it, way)).await.unwrap());
    }
    let auto = terms(&three, WaitingWay::Auto);
    assert!(s.add_waiting_merge(&actor(&ann), &three, &auto).await.unwrap());
    assert!(!s.add_waiting_merge(&system(), &three, &auto).await.unwrap(), "it waits already");
    // Other commits, another destination: not what was asked for.
    let fresh = another(w, &place, "four").await;
    let moved = WaitingTerms { source_commit: ObjectId::ZERO, ..terms(&fresh, WaitingWay::Auto) };
    let other = RefName::branch("other").unwrap();
    let elsewhere = WaitingTerms { destination: other, ..terms(&fresh, WaitingWay::Auto) };
    for stale in [moved, elsewhere] {
        assert!(!s.add_waiting_merge(&system(), &fresh, &stale).await.unwrap());
    }
    assert_eq!(told(w, &fresh).await, [ActivityKind::Created]);

    let main = RefName::branch("main").unwrap();
    let here = place.repository.id;
    let queue = s.list_merge_queue(here, &main, PageRequest::ALL).await.unwrap();
    let numbers: Vec<_> = queue.items.iter().map(|it| it.number).collect();
    assert_eq!((numbers, queue.size), (vec![two.number, one.number], 2));
    let second =
        s.list_merge_queue(here, &main, PageRequest { offset: 1, limit: 1 }).await.unwrap();
    assert_eq!((second.items.len(), second.size), (1, 2));
    let all = s.list_waiting_merges(here).await.unwrap();
    assert_eq!(all.iter().map(|it| it.number).collect::<Vec<_>>(), [2, 1, 3]);
    assert_eq!((&all[2].terms, all[2].asked_by.name.as_str()), (&auto, "ann"));
    assert_eq!(s.repositories_with_waiting_merges().await.unwrap(), [here]);
    let read = s.find_pull_request(here, 1).await.unwrap().unwrap();
    assert!(read.queued && !s.find_pull_request(here, 3).await.unwrap().unwrap().queued);
}

on_both!(what_waits_no_longer_is_gone_and_says_why);

async fn what_waits_no_longer_is_gone_and_says_why(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let ann = w.user("ann").await;
    let one = request(w, &place, &ann).await;
    let queue = terms(&one, WaitingWay::Queue);
    s.add_waiting_merge(&actor(&ann), &one, &queue).await.unwrap();
    let waiting = s.find_waiting_merge(one.id).await.unwrap().unwrap();
    let (base, commit) = (ObjectId::from_bytes([3; 20]), ObjectId::from_bytes([4; 20]));
    s.set_queued_commit(&system(), &waiting, Some(QueuedCommit { base, commit })).await.unwrap();
    s.note_missing(&waiting, "a build\nanother").await.unwrap();
    let waiting = s.find_waiting_merge(one.id).await.unwrap().unwrap();
    assert_eq!(waiting.queued, Some(QueuedCommit { base, commit }));
    assert_eq!(waiting.missing, "a build\nanother");
    s.set_queued_commit(&system(), &waiting, None).await.unwrap();
    assert_eq!(s.find_waiting_merge(one.id).await.unwrap().unwrap().queued, None);
    let reason = r#"{"reason":"a build failed"}"#;
    assert!(s.remove_waiting_merge(&system(), &waiting, reason).await.unwrap());
    assert!(!s.remove_waiting_merge(&system(), &waiting, reason).await.unwrap());
    // Asked for again, it is another one: what was meant for the first does nothing to it.
    s.add_waiting_merge(&actor(&ann), &one, &queue).await.unwrap();
    assert!(!s.remove_waiting_merge(&system(), &waiting, reason).await.unwrap());
    s.note_missing(&waiting, "nothing").await.unwrap();
    assert_eq!(s.find_waiting_merge(one.id).await.unwrap().unwrap().missing, "");
    use ActivityKind::{Created, Declined, Queued, Unqueued};
    assert_eq!(told(w, &one).await, [Created, Queued, Unqueued, Queued]);

    // It stays while the request is changed, and goes with it.
    let update = PullRequestUpdate { title: Some("else".into()), ..PullRequestUpdate::default() };
    let after = s.update_pull_request(&system(), &one, &update, "{}").await.unwrap();
    assert!(after.queued);
    let (state, kind) = (PullRequestState::Declined, Declined);
    let closing = Closing { state, kind, reason: String::new(), merged: None };
    let closed = s.close_pull_request(&system(), &after, &closing, "{}").await.unwrap().unwrap();
    assert!(!closed.queued, "what has ended waits for nothing");
    let queue_now = s.list_merge_queue(one.repository, &one.destination, PageRequest::ALL);
    assert_eq!(queue_now.await.unwrap().size, 0);
    let left = s.list_waiting_merges(one.repository).await.unwrap();
    s.forget_waiting_merge(&left[0]).await.unwrap();
    assert!(s.find_waiting_merge(one.id).await.unwrap().is_none());
    assert_eq!(told(w, &one).await.last(), Some(&Declined), "nothing more is told of it");
    assert!(!s.add_waiting_merge(&actor(&ann), &one, &queue).await.unwrap(), "it has ended");

    let two = another(w, &place, "two").await;
    s.add_waiting_merge(&system(), &two, &terms(&two, WaitingWay::Auto)).await.unwrap();
    s.remove_repository(&system(), place.repository.id).await.unwrap();
    assert_eq!(s.repositories_with_waiting_merges().await.unwrap(), []);
}
