//! Pull requests that follow their branches, and whose word counts for merging them.

use crate::house::{BOTH, Database, House, refused, site};
use crate::merging::{branch, by, codes, files, merge, open, open_into, restrict, state, world};
use app::{Asker, Merge, UserChange};
use model::{ObjectId, PullRequestState, ReviewState};
use repo::NewPack;
use std::path::PathBuf;

const MAIN: &str = "refs/heads/main";

/// A pack without objects.
fn empty_pack() -> Vec<u8> {
    NewPack::default().finish().unwrap()
}

async fn approve(house: &House, who: &Asker, number: i64) {
    let approved = ReviewState::Approved;
    house.app.review_pull_request(who, &site(), number, approved).await.unwrap();
}

/// What is missing for a merge.
async fn missing(house: &House, who: &Asker, number: i64) -> Vec<String> {
    let told = Box::pin(house.app.mergeable(who, &site(), number)).await.unwrap();
    codes(&told.refusals).into_iter().map(str::to_owned).collect()
}

/// Attack: approve, leave, and be counted for ever.
#[tokio::test]
async fn only_whoever_may_read_has_a_say() {
    let (house, ann, base) = world(Database::Sqlite).await;
    branch(&house, &ann, "topic", base).await;
    let number = open(&house, &ann, "topic").await;
    restrict(&house, "enforce_merge_checks", None).await;
    restrict(&house, "require_approvals_to_merge", Some(1)).await;
    restrict(&house, "require_default_reviewer_approvals_to_merge", Some(1)).await;
    restrict(&house, "require_no_changes_requested", None).await;
    let needed = ["PC-MERGE-APPROVALS", "PC-MERGE-DEFAULT-REVIEWERS"];
    house.grant(&site(), "eve", "read").await;
    let eve = house.by_token("eve").await;
    house.app.add_default_reviewer(&house.admin, &site(), "eve").await.unwrap();
    assert_eq!(missing(&house, &ann, number).await, needed);
    approve(&house, &eve, number).await;
    assert_eq!(missing(&house, &ann, number).await, [""; 0]);

    house.grant(&site(), "eve", "none").await;
    assert_eq!(missing(&house, &ann, number).await, needed);
    let answer = merge(&house, &ann, number, Merge::default()).await;
    assert_eq!(codes(&refused(answer).records), needed);
    house.grant(&site(), "eve", "read").await;
    assert_eq!(missing(&house, &ann, number).await, [""; 0], "the approval is still there");

    let suspended = |active| UserChange { active: Some(active), ..UserChange::default() };
    house.app.update_user(&house.admin, "eve", suspended(false)).await.unwrap();
    assert_eq!(missing(&house, &ann, number).await, needed);
    house.app.update_user(&house.admin, "eve", suspended(true)).await.unwrap();
    assert_eq!(missing(&house, &ann, number).await, [""; 0]);

    // Nor does a request for changes hold anything up for ever.
    let bea = house.by_token("bea").await;
    approve(&house, &bea, number).await;
    let objects = ReviewState::ChangesRequested;
    house.app.review_pull_request(&eve, &site(), number, objects).await.unwrap();
    let objected = ["PC-MERGE-DEFAULT-REVIEWERS", "PC-MERGE-CHANGES-REQUESTED"];
    assert_eq!(missing(&house, &ann, number).await, objected);
    house.grant(&site(), "eve", "none").await;
    assert_eq!(missing(&house, &ann, number).await, objected[..1]);
}

#[tokio::test]
async fn the_author_is_not_among_those_who_approved() {
    let (house, ann, base) = world(Database::Sqlite).await;
    let bea = house.by_token("bea").await;
    branch(&house, &ann, "topic", base).await;
    let number = open(&house, &ann, "topic").await;
    approve(&house, &ann, number).await;
    approve(&house, &bea, number).await;
    merge(&house, &ann, number, by("merge_commit")).await.unwrap();
    let merged = house.app.branch(&ann, &site(), "main").await.unwrap().commit.unwrap();
    let message = "Merged in topic (pull request #1)\n\nTake topic\n\nApproved-by: BEA\n";
    assert_eq!(merged.message, message);
}

/// What a request says of its destination.
async fn seen(house: &House, number: i64) -> (PullRequestState, ObjectId) {
    let request = house.app.pull_request(&house.admin, &site(), number).await.unwrap().request;
    (request.state, request.destination_commit)
}

#[tokio::test]
async fn a_push_merges_what_it_brings_and_is_noted_by_all_others() {
    for database in BOTH {
        let (house, ann, base) = world(database).await;
        let (one, two) =
            (branch(&house, &ann, "one", base).await, branch(&house, &ann, "two", base).await);
        let three = branch(&house, &ann, "three", base).await;
        let mut numbers = Vec::new();
        for name in ["one", "two", "three"] {
            numbers.push(open(&house, &ann, name).await);
        }
        let elsewhere = open_into(&house, &ann, "one", "two").await;
        // Both sides of two requests at once, in one push of the destination.
        let all = [("a", "1"), ("one", "one"), ("two", "two")];
        let (tip, pack) = files(&[one, two], &all);
        house.push(&ann, &[(base, tip, MAIN)], &pack).await.unwrap();
        let (merged, open) = (PullRequestState::Merged, PullRequestState::Open);
        let found = [seen(&house, numbers[0]).await, seen(&house, numbers[1]).await];
        assert_eq!(found, [(merged, base), (merged, base)]);
        assert_eq!(seen(&house, numbers[2]).await, (open, tip));
        assert_eq!(seen(&house, elsewhere).await, (open, two));
        // What is put back to what the destination has had for long brings nothing.
        let old = [(three, base, "refs/heads/three")];
        house.push(&ann, &old, &empty_pack()).await.unwrap();
        let (next, pack) = files(&[tip], &[("a", "2")]);
        house.push(&ann, &[(tip, next, MAIN)], &pack).await.unwrap();
        assert_eq!(seen(&house, numbers[2]).await, (open, next));
        // A destination that goes leaves its requests as they are.
        let gone = [(two, ObjectId::ZERO, "refs/heads/two")];
        house.push(&ann, &gone, &[]).await.unwrap();
        assert_eq!(seen(&house, elsewhere).await, (open, two));
    }
}

/// A push of more branches than are looked at one by one, on both sides of requests.
#[tokio::test]
async fn a_push_of_many_branches_is_followed_like_each_of_them() {
    let (house, ann, base) = world(Database::Sqlite).await;
    let topic = branch(&house, &ann, "topic", base).await;
    let number = open(&house, &ann, "topic").await;
    let names: Vec<_> = (0..12).map(|nth| format!("refs/heads/other{nth}")).collect();
    let (tip, pack) = files(&[topic], &[("a", "1"), ("topic", "more")]);
    let mut commands: Vec<_> = names.iter().map(|it| (ObjectId::ZERO, tip, it.as_str())).collect();
    commands.push((topic, tip, "refs/heads/topic"));
    house.push(&ann, &commands, &pack).await.unwrap();
    let source = async || {
        let view = house.app.pull_request(&ann, &site(), number).await.unwrap();
        view.request.source.commit
    };
    assert_eq!(source().await, tip);
    let mut commands: Vec<_> = names.iter().map(|it| (tip, ObjectId::ZERO, it.as_str())).collect();
    commands.push((base, tip, MAIN));
    house.push(&ann, &commands, &empty_pack()).await.unwrap();
    assert_eq!(state(&house, number).await, PullRequestState::Merged);
}

/// The process may die between the row of a request and its refs.
#[tokio::test]
async fn a_request_without_its_refs_gets_them_at_the_start() {
    let (house, ann, base) = world(Database::Sqlite).await;
    let mut tips = Vec::new();
    for name in ["one", "two", "three"] {
        tips.push(branch(&house, &ann, name, base).await);
        open(&house, &ann, name).await;
    }
    let opened = house.app.pull_request(&ann, &site(), 1).await.unwrap().request;
    let folder = house.git_dir(opened.repository);
    let file =
        |number: i64| -> PathBuf { folder.join(format!("refs/pull-requests/{number}/from")) };
    let read = |number: i64| std::fs::read_to_string(file(number)).ok();
    let expected: Vec<_> = tips.iter().map(|it| Some(format!("{it}\n"))).collect();
    assert_eq!((1..=3).map(read).collect::<Vec<_>>(), expected);
    let house = house
        .while_closed(|_| {
            std::fs::remove_file(file(1)).unwrap();
            std::fs::write(file(2), format!("{base}\n")).unwrap();
        })
        .await;
    assert_eq!((1..=3).map(read).collect::<Vec<_>>(), expected);
    assert_eq!(state(&house, 1).await, PullRequestState::Open);
}
