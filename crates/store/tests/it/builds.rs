//! What builds say of commits, and whom keys are kept for.

use crate::world::{World, system};
use model::{BuildState, ObjectId, Subject};
use store::{BuildCounts, BuildKey, NewBuildStatus};

fn said(commit: u8, key: &str, state: BuildState, refname: Option<&str>) -> NewBuildStatus {
    NewBuildStatus {
        commit: ObjectId::from_bytes([commit; 20]),
        key: key.into(),
        state,
        url: String::new(),
        name: String::new(),
        description: String::new(),
        refname: refname.map(str::to_owned),
    }
}

on_both!(a_commit_has_one_word_of_each_build);

async fn a_commit_has_one_word_of_each_build(w: &World) {
    let (place, other) = (w.place("acme").await, w.place("other").await);
    let (s, here) = (&w.store, place.repository.id);
    let commit = ObjectId::from_bytes([1; 20]);
    let put = async |repository, new| s.put_build_status(&system(), repository, new).await.unwrap();
    let first = put(here, said(1, "unit", BuildState::InProgress, None)).await;
    let again = put(here, said(1, "unit", BuildState::Successful, None)).await;
    assert_eq!((&first.uuid, again.state), (&again.uuid, BuildState::Successful));
    put(here, said(1, "lint", BuildState::Failed, Some("topic"))).await;
    put(here, said(2, "unit", BuildState::Stopped, None)).await;
    put(other.repository.id, said(1, "unit", BuildState::Failed, None)).await;
    let count = async |refs: &[&str]| s.count_builds(here, &commit, refs).await.unwrap();
    let both = BuildCounts { successful: 1, failed: 1, ..BuildCounts::default() };
    assert_eq!((count(&["main", "topic"]).await, count(&["topic"]).await), (both, both));
    let of_none = BuildCounts { failed: 0, ..both };
    assert_eq!((count(&["main"]).await, count(&[]).await), (of_none, of_none));
    assert_eq!(s.list_build_statuses(here, &commit).await.unwrap().len(), 2);
    assert_eq!(s.find_build_status(here, &commit, "none").await.unwrap(), None);
}

on_both!(keys_are_kept_until_the_list_or_whoever_they_are_kept_for_goes);

async fn keys_are_kept_until_the_list_or_whoever_they_are_kept_for_goes(w: &World) {
    let place = w.place("acme").await;
    let (s, here, ann) = (&w.store, place.repository.id, w.user("ann").await);
    let key = |pattern: &str, subject| BuildKey { pattern: pattern.into(), subject };
    let keys = [key("ci/*", Subject::User(ann.id)), key("*", Subject::Everyone)];
    s.set_build_keys(&system(), here, &keys).await.unwrap();
    let (found, names) = s.list_build_keys(here).await.unwrap();
    assert_eq!(found, [keys[1].clone(), keys[0].clone()]);
    assert_eq!(names[&Subject::User(ann.id)].name, "ann");
    assert_eq!(w.audit().await[0], "said whom build keys are kept for");
    let nobody = [key("*", Subject::User(crate::world::NOBODY))];
    assert!(s.set_build_keys(&system(), here, &nobody).await.is_err());
    assert_eq!(s.list_build_keys(here).await.unwrap().0.len(), 2, "a bad list changes nothing");
    s.put_build_status(&system(), here, said(1, "x", BuildState::Failed, None)).await.unwrap();
    s.remove_repository(&system(), here).await.unwrap();
    assert_eq!(s.list_build_keys(here).await.unwrap().0, []);
}
