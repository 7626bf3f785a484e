//! What a pull request waits for: drawn once, never in a circle, and gone with its repository.

use crate::reviews::{actor, request};
use crate::world::{Place, World, system};
use model::{ActivityKind, PullRequestState, RefName};
use store::{
    Closing, Depending, Error, NewPullRequest, PageRequest, PullRequest, SourceBranch, Superseding,
    Waiters,
};

async fn another(w: &World, place: &Place, branch: &str) -> PullRequest {
    let first = w.store.find_pull_request(place.repository.id, 1).await.unwrap().unwrap();
    let new = NewPullRequest {
        repository: first.repository,
        title: branch.into(),
        description: String::new(),
        draft: false,
        source: SourceBranch { branch: RefName::branch(branch).unwrap(), ..first.source },
        destination: first.destination,
        destination_commit: first.destination_commit,
        close_source_branch: false,
        reviewers: Vec::new(),
    };
    w.store.create_pull_request(&actor(&place.owner), &new, "{}").await.unwrap()
}

async fn end(w: &World, request: &PullRequest, state: PullRequestState) {
    let merged = (state == PullRequestState::Merged)
        .then_some((request.source.commit, request.destination_commit));
    let kind = ActivityKind::Updated;
    let closing = Closing { state, kind, reason: String::new(), merged };
    w.store.close_pull_request(&system(), request, &closing, "{}").await.unwrap().unwrap();
}

on_both!(dependencies_are_drawn_once_and_counted_until_they_are_merged);

async fn dependencies_are_drawn_once_and_counted_until_they_are_merged(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let by = actor(&place.owner);
    let one = request(w, &place, &place.owner).await;
    let (two, three) = (another(w, &place, "two").await, another(w, &place, "three").await);
    for on in [&three, &two] {
        assert_eq!(s.add_dependency(&by, &one, on, "{}").await.unwrap(), Depending::Noted);
        assert_eq!(s.add_dependency(&by, &one, on, "{}").await.unwrap(), Depending::Already);
    }
    let page = PageRequest { offset: 1, limit: 1 };
    let listed = s.list_dependencies(one.id, page).await.unwrap();
    assert_eq!((listed.items[0].number, listed.size), (3, 2));
    let lines = s.list_activity(one.repository, Some(one.id), ActivityKind::ALL, PageRequest::ALL);
    assert_eq!(lines.await.unwrap().size, 3, "what was there before is not told again");

    let open = async || s.review_counts(&one, &[]).await.unwrap().open_dependencies;
    assert_eq!(open().await, 2);
    end(w, &two, PullRequestState::Merged).await;
    end(w, &three, PullRequestState::Declined).await;
    assert_eq!(open().await, 1, "what was declined is not merged");
    assert!(s.remove_dependency(&by, &one, &three, "{}").await.unwrap());
    assert!(!s.remove_dependency(&by, &one, &three, "{}").await.unwrap());
    assert_eq!(open().await, 0);
    end(w, &one, PullRequestState::Merged).await;
    let late = s.add_dependency(&by, &one, &three, "{}").await;
    assert!(matches!(late, Err(Error::Moved)), "{late:?}");
    assert_eq!(s.list_dependencies(one.id, PageRequest::ALL).await.unwrap().size, 1);
    s.remove_repository(&system(), one.repository).await.unwrap();
    assert_eq!(s.list_dependencies(one.id, PageRequest::ALL).await.unwrap().size, 0);
}

on_both!(of_lines_that_would_make_a_circle_the_last_is_not_drawn);

async fn of_lines_that_would_make_a_circle_the_last_is_not_drawn(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let by = actor(&place.owner);
    let one = request(w, &place, &place.owner).await;
    let (two, three) = (another(w, &place, "two").await, another(w, &place, "three").await);
    for (from, on) in [(&one, &two), (&two, &three)] {
        assert_eq!(s.add_dependency(&by, from, on, "{}").await.unwrap(), Depending::Noted);
    }
    for (from, on, way) in
        [(&three, &one, vec![1, 2, 3]), (&two, &one, vec![1, 2]), (&one, &one, vec![1])]
    {
        let drawn = s.add_dependency(&by, from, on, "{}").await.unwrap();
        assert_eq!(drawn, Depending::Circle(way));
    }
    // Two at the same time.
    let four = another(w, &place, "four").await;
    let (a, b) = tokio::join!(
        s.add_dependency(&by, &one, &four, "{}"),
        s.add_dependency(&by, &four, &one, "{}"),
    );
    let noted = [a.unwrap(), b.unwrap()].into_iter().filter(|it| *it == Depending::Noted);
    assert_eq!(noted.count(), 1);
    // Whoever has ended waits for nothing.
    end(w, &two, PullRequestState::Declined).await;
    assert_eq!(s.add_dependency(&by, &three, &one, "{}").await.unwrap(), Depending::Noted);
}

on_both!(what_waited_for_a_request_waits_for_the_one_that_takes_its_place);
on_both!(what_waited_may_stay_where_it_was);

async fn what_waited_may_stay_where_it_was(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let by = actor(&place.owner);
    let one = request(w, &place, &place.owner).await;
    let (two, three) = (another(w, &place, "two").await, another(w, &place, "three").await);
    for on in [&two, &three] {
        assert_eq!(s.add_dependency(&by, &one, on, "{}").await.unwrap(), Depending::Noted);
    }
    // Also where it is the one that waits.
    for (before, with) in [(&two, &three), (&three, &one)] {
        let done = s.supersede_pull_request(&by, before, with, Waiters::Stay, "{}").await;
        assert!(matches!(done, Ok(Superseding::Done(_))), "{done:?}");
    }
    let on = s.list_dependencies(one.id, PageRequest::ALL).await.unwrap().items;
    assert_eq!(on.iter().map(|it| it.number).collect::<Vec<_>>(), [2, 3]);
}

async fn what_waited_for_a_request_waits_for_the_one_that_takes_its_place(w: &World) {
    let place = w.place("acme").await;
    let s = &w.store;
    let by = actor(&place.owner);
    let one = request(w, &place, &place.owner).await;
    let (two, three) = (another(w, &place, "two").await, another(w, &place, "three").await);
    let four = another(w, &place, "four").await;
    for (from, on) in [(&one, &two), (&three, &two), (&four, &one)] {
        assert_eq!(s.add_dependency(&by, from, on, "{}").await.unwrap(), Depending::Noted);
    }
    let circle = s.supersede_pull_request(&by, &two, &four, Waiters::Follow, "{}").await.unwrap();
    assert_eq!(circle, Superseding::Circle(vec![4, 1]));
    let still = s.find_pull_request_by_id(two.id).await.unwrap().unwrap();
    assert_eq!((still.state, still.superseded_by), (PullRequestState::Open, None));

    let done = s.supersede_pull_request(&by, &two, &three, Waiters::Follow, "{}").await.unwrap();
    let Superseding::Done(done) = done else { panic!("{done:?}") };
    assert_eq!((done.state, done.superseded_by), (PullRequestState::Superseded, Some(3)));
    let on = async |id| {
        let all = s.list_dependencies(id, PageRequest::ALL).await.unwrap().items;
        all.iter().map(|it| it.number).collect::<Vec<_>>()
    };
    assert_eq!((on(one.id).await, on(three.id).await), (vec![3], vec![]));
    let again = s.supersede_pull_request(&by, &two, &three, Waiters::Follow, "{}").await;
    assert!(matches!(again, Err(Error::Moved)), "{again:?}");
    // Whoever was about to merge it has done so all the same.
    end(w, &two, PullRequestState::Merged).await;
    let two = s.find_pull_request_by_id(two.id).await.unwrap().unwrap();
    assert_eq!((two.state, two.superseded_by), (PullRequestState::Merged, None));
    // Nobody takes the place of another who has gone meanwhile.
    end(w, &three, PullRequestState::Declined).await;
    let late = s.supersede_pull_request(&by, &one, &three, Waiters::Follow, "{}").await;
    assert!(matches!(late, Err(Error::Moved)), "{late:?}");
    let one = s.find_pull_request_by_id(one.id).await.unwrap().unwrap();
    assert_eq!((one.state, one.version), (PullRequestState::Open, 1));
    let told = [ActivityKind::Superseded];
    let told = s.list_activity(one.repository, None, &told, PageRequest::ALL).await.unwrap();
    assert_eq!(told.size, 1);
}
