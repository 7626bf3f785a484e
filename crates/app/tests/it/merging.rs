//! Merging pull requests: what is in the way is told before and instead, what is merged is merged
//! once and on record, and of those who race for a branch one wins.

use crate::house::{BOTH, Database, House, commit, refused, site};
use app::{
    Asker, BuildInput, Error, Merge, MergeStrategiesChange, MergedView, NewPullRequest, PlaceName,
    PostingBuild, Presented, PullRequestChange, RestrictionInput, SourceBranchFate, SubjectInput,
};
use model::{ActivityKind, MergeStrategy, ObjectId, Operation, PullRequestState, ReviewState};
use repo::{NewPack, ObjectKind};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::PageRequest as Rows;

const MAIN: &str = "refs/heads/main";
const ZERO: ObjectId = ObjectId::ZERO;

/// A commit of these files on top of others, with its pack.
pub fn files(parents: &[ObjectId], files: &[(&str, &str)]) -> (ObjectId, Vec<u8>) {
    let mut pack = NewPack::default();
    let mut tree = Vec::new();
    let sorted: BTreeMap<_, _> = files.iter().copied().collect();
    for (name, content) in sorted {
        let blob = pack.add(ObjectKind::Blob, content.as_bytes()).unwrap();
        tree.extend(format!("100644 {name}\0").into_bytes());
        tree.extend(blob.as_bytes());
    }
    let tree = pack.add(ObjectKind::Tree, &tree).unwrap();
    let parents: String = parents.iter().map(|it| format!("parent {it}\n")).collect();
    let who = "Ann <ann@example.org> 1700000000 +0000";
    let text = format!("tree {tree}\n{parents}author {who}\ncommitter {who}\n\n{files:?}\n");
    let id = pack.add(ObjectKind::Commit, text.as_bytes()).unwrap();
    (id, pack.finish().unwrap())
}

/// `main` has one file; the branches add one each, and `other` changes the one there is.
pub async fn world(database: Database) -> (House, Asker, ObjectId) {
    let house = House::furnished(database).await;
    let ann = house.by_token("ann").await;
    let (base, pack) = files(&[], &[("a", "1")]);
    house.push(&ann, &[(ZERO, base, MAIN)], &pack).await.unwrap();
    (house, ann, base)
}

pub async fn branch(house: &House, who: &Asker, name: &str, on: ObjectId) -> ObjectId {
    let (tip, pack) = files(&[on], &[("a", "1"), (name, name)]);
    let full = format!("refs/heads/{name}");
    let told = house.push(who, &[(ZERO, tip, &full)], &pack).await.unwrap();
    assert!(told.contains(&format!("ok {full}")), "{told}");
    tip
}

pub async fn open(house: &House, who: &Asker, source: &str) -> i64 {
    open_into(house, who, source, "main").await
}

pub async fn open_into(house: &House, who: &Asker, source: &str, into: &str) -> i64 {
    let new = NewPullRequest {
        title: format!("Take {source}"),
        source: source.into(),
        destination: Some(into.into()),
        ..NewPullRequest::default()
    };
    house.app.create_pull_request(who, &site(), new).await.unwrap().request.number
}

pub fn by(strategy: &str) -> Merge {
    Merge { strategy: Some(strategy.into()), ..Merge::default() }
}

pub async fn merge(
    house: &House,
    who: &Asker,
    number: i64,
    how: Merge,
) -> Result<MergedView, Error> {
    house.app.merge_pull_request(who, &site(), number, how).await
}

pub async fn tip(house: &House, name: &str) -> Option<ObjectId> {
    house.branches().await.into_iter().find(|it| it.0 == name).map(|it| it.1)
}

pub async fn state(house: &House, number: i64) -> PullRequestState {
    house.app.pull_request(&house.admin, &site(), number).await.unwrap().request.state
}

pub async fn restrict(house: &House, kind: &str, value: Option<i64>) {
    let input = RestrictionInput {
        kind: kind.into(),
        matcher: "glob".into(),
        pattern: "main".into(),
        value,
        ..RestrictionInput::default()
    };
    house.app.create_restriction(&house.admin, &site(), &input).await.unwrap();
}

pub fn codes(refusals: &[app::RefusalRecord]) -> Vec<&str> {
    refusals.iter().map(|it| it.code.as_str()).collect()
}

#[tokio::test]
async fn a_merge_moves_the_branch_and_is_on_record_once() {
    for database in BOTH {
        let (house, ann, _) = world(database).await;
        for (nth, strategy) in MergeStrategy::ALL.iter().enumerate() {
            let name = format!("topic{nth}");
            let before = tip(&house, "main").await.unwrap();
            branch(&house, &ann, &name, before).await;
            let number = open(&house, &ann, &name).await;
            let merged = merge(&house, &ann, number, by(strategy.as_str())).await.unwrap();
            let request = &merged.request.request;
            let after = tip(&house, "main").await.unwrap();
            assert_eq!(request.state, PullRequestState::Merged, "{strategy}");
            assert_eq!((request.merge_commit, request.destination_commit), (Some(after), before));
            assert_eq!(merged.request.closed_by.as_ref().unwrap().name, "ann");
            assert_eq!(merged.source_branch, SourceBranchFate::Stays);
            let again =
                Box::pin(house.app.merge_pull_request(&ann, &site(), number, Merge::default()))
                    .await;
            assert!(matches!(again, Err(Error::Invalid(it)) if it.0.contains_key("state")));
        }
        let store = house.store().await;
        let site = store.find_pull_request_by_id(model::PullRequestId(1)).await.unwrap().unwrap();
        let pushes = store.list_pushes(site.repository, None, Rows::ALL).await.unwrap().items;
        let merges: Vec<_> =
            pushes.iter().filter(|it| it.channel == model::Channel::Merge).collect();
        assert_eq!(merges.len(), MergeStrategy::ALL.len());
        assert!(merges.iter().all(|it| it.updates[0].operation == Operation::Merge));
        let merged = [ActivityKind::Merged];
        let noted = store.list_activity(site.repository, None, &merged, Rows::ALL).await.unwrap();
        assert_eq!(noted.items.len(), MergeStrategy::ALL.len());
    }
}

#[tokio::test]
async fn what_is_in_the_way_is_told_before_and_instead() {
    let (house, ann, base) = world(Database::Sqlite).await;
    branch(&house, &ann, "topic", base).await;
    let number = open(&house, &ann, "topic").await;
    let app = &house.app;
    let open_road = Box::pin(app.mergeable(&ann, &site(), number)).await.unwrap();
    assert!(open_road.mergeable && open_road.refusals.is_empty(), "{open_road:?}");
    assert_eq!(
        (open_road.behind, open_road.ahead, open_road.strategies.len()),
        (Some(0), Some(1), 6)
    );
    let (moved, pack) = files(&[base], &[("a", "1"), ("topic", "mine")]);
    house.push(&ann, &[(base, moved, MAIN)], &pack).await.unwrap();
    restrict(&house, "enforce_merge_checks", None).await;
    restrict(&house, "require_approvals_to_merge", Some(1)).await;
    restrict(&house, "require_commits_behind", Some(0)).await;
    restrict(&house, "restrict_merges", None).await;
    let expected = ["PC-REF-MERGE", "PC-MERGE-APPROVALS", "PC-MERGE-BEHIND"];
    let told = Box::pin(app.mergeable(&ann, &site(), number)).await.unwrap();
    assert_eq!((told.mergeable, told.verdict, told.behind), (false, "refused", Some(1)));
    assert_eq!(codes(&told.refusals), expected);
    assert!(told.refusals.iter().all(|it| it.id.is_none() && !it.message.is_empty()));
    let conflict = (told.conflicts[0].path.as_str(), told.conflicts[0].reason.as_str());
    assert_eq!((conflict, told.conflicts_size), (("topic", "contents"), 1));
    assert!(told.strategies.iter().any(|it| it.obstacle.is_some()));
    let records =
        refused(Box::pin(app.merge_pull_request(&ann, &site(), number, Merge::default())).await);
    assert_eq!(codes(&records.records), expected);
    assert!(records.records.iter().all(|it| it.id.is_some()));
    assert_eq!(tip(&house, "main").await, Some(moved), "nothing has moved");
    assert_eq!(state(&house, number).await, PullRequestState::Open);
    // Without the rules, the conflict alone is in the way.
    for rule in app.list_restrictions(&house.admin, &site()).await.unwrap() {
        app.remove_restriction(&house.admin, &site(), rule.id).await.unwrap();
    }
    for strategy in ["merge_commit", "squash", "rebase_merge"] {
        let answer = Box::pin(app.merge_pull_request(&ann, &site(), number, by(strategy))).await;
        let Err(Error::Conflicting { message, commands }) = answer else { panic!("{answer:?}") };
        assert!(message.contains("`topic` (contents)"), "{message}");
        let join = if strategy == "rebase_merge" { "git rebase" } else { "git merge" };
        assert!(commands.iter().any(|it| it == &format!("{join} origin/main")), "{commands:?}");
    }
    let answer = Box::pin(app.merge_pull_request(&ann, &site(), number, by("fast_forward"))).await;
    assert!(matches!(answer, Err(Error::State { field: "merge_strategy", .. })));
    assert_eq!(tip(&house, "main").await, Some(moved));
}

#[tokio::test]
async fn rule_100_what_does_not_fit_names_its_field_and_merges_nothing() {
    let (house, ann, base) = world(Database::Sqlite).await;
    branch(&house, &ann, "topic", base).await;
    let number = open(&house, &ann, "topic").await;
    let app = &house.app;
    let strategies = MergeStrategiesChange(vec![
        ("any".into(), vec!["merge_commit".into()], None),
        ("development".into(), vec!["squash".into(), "rebase_merge".into()], None),
    ]);
    assert!(
        refused(app.set_merge_strategies(&ann, &site(), strategies.clone()).await).records.len()
            == 1
    );
    app.set_merge_strategies(&house.admin, &site(), strategies).await.unwrap();
    let long = Merge { message: Some("x".repeat((128 << 10) + 1)), ..Merge::default() };
    for (merge, field) in [
        (by("octopus"), "merge_strategy"),
        (by("merge_commit"), "merge_strategy"),
        (long, "message"),
    ] {
        let answer = app.merge_pull_request(&ann, &site(), number, merge).await;
        let Err(Error::Invalid(fields)) = answer else { panic!("{answer:?}") };
        assert!(fields.0.contains_key(field), "{fields:?}");
    }
    let draft = PullRequestChange { draft: Some(true), ..PullRequestChange::default() };
    app.update_pull_request(&ann, &site(), number, draft).await.unwrap();
    let answer = Box::pin(app.merge_pull_request(&ann, &site(), number, Merge::default())).await;
    assert!(matches!(answer, Err(Error::State { field: "draft", .. })));
    assert!(!Box::pin(app.mergeable(&ann, &site(), number)).await.unwrap().obstacles.is_empty());
    assert_eq!(tip(&house, "main").await, Some(base));
    let ready = PullRequestChange { draft: Some(false), ..PullRequestChange::default() };
    app.update_pull_request(&ann, &site(), number, ready).await.unwrap();
    // The usual strategy of the class, and what was written.
    let message = Some("Log in\n".into());
    let merge = Merge { message, ..Merge::default() };
    app.merge_pull_request(&ann, &site(), number, merge).await.unwrap();
    let merged = app.branch(&house.admin, &site(), "main").await.unwrap().commit.unwrap();
    assert_eq!((merged.parents.as_slice(), merged.message.as_str()), (&[base][..], "Log in\n"));
    assert_eq!(
        (merged.author.name.as_str(), merged.committer.email.as_str()),
        ("ANN", "ann@example.org")
    );
}

#[tokio::test]
async fn rule_056_the_source_branch_stays_where_it_must() {
    let (house, ann, base) = world(Database::Sqlite).await;
    let close = || Merge { close_source_branch: Some(true), ..Merge::default() };
    let merge = async |number| merge(&house, &ann, number, close()).await;
    for name in ["plain", "wanted", "kept", "held"] {
        branch(&house, &ann, name, base).await;
    }
    let plain = open(&house, &ann, "plain").await;
    assert_eq!(merge(plain).await.unwrap().source_branch, SourceBranchFate::Removed);
    assert_eq!(tip(&house, "plain").await, None);
    // Another open pull request needs it.
    let wanted = open(&house, &ann, "wanted").await;
    let other = open_into(&house, &ann, "wanted", "held").await;
    let fate = merge(wanted).await.unwrap().source_branch;
    assert!(matches!(&fate, SourceBranchFate::Kept(why) if why.contains(&format!("#{other}"))));
    // Whoever merges may not remove it.
    house.restrict("delete", "kept").await;
    let kept = open(&house, &ann, "kept").await;
    assert!(matches!(merge(kept).await.unwrap().source_branch, SourceBranchFate::Kept(_)));
    // The main branch is no ordinary source.
    let back = open_into(&house, &ann, "main", "held").await;
    assert!(matches!(merge(back).await.unwrap().source_branch, SourceBranchFate::Kept(_)));
    for name in ["wanted", "kept", "main", "held"] {
        assert!(tip(&house, name).await.is_some(), "{name}");
    }
    for number in [plain, wanted, kept, back] {
        assert_eq!(state(&house, number).await, PullRequestState::Merged);
    }
}

#[tokio::test]
async fn rule_072_merging_takes_the_scopes_of_pull_requests_and_no_others() {
    let (house, ann, base) = world(Database::Sqlite).await;
    branch(&house, &ann, "topic", base).await;
    let number = open(&house, &ann, "topic").await;
    for (scopes, merges) in [
        (&["read:pullrequest:bitbucket"][..], false),
        (&["read:repository:bitbucket", "write:repository:bitbucket"], false),
        (&["write:pullrequest:bitbucket"], false),
        (&["read:pullrequest:bitbucket", "write:pullrequest:bitbucket"], true),
    ] {
        let token = house.token("ann", scopes).await;
        let who = house.present(Presented::Bearer(token)).await;
        let answer = house.app.merge_pull_request(&who, &site(), number, Merge::default()).await;
        if merges {
            answer.unwrap();
        } else {
            assert_eq!(codes(&refused(answer).records), ["PC-SCOPE-MISSING"], "{scopes:?}");
            assert_eq!(tip(&house, "main").await, Some(base));
        }
    }
}

#[tokio::test]
async fn rules_about_content_look_at_what_a_merge_makes() {
    let (house, ann, base) = world(Database::Sqlite).await;
    branch(&house, &ann, "topic", base).await;
    let number = open(&house, &ann, "topic").await;
    let rule = RestrictionInput {
        kind: "commit-message".into(),
        matcher: "glob".into(),
        pattern: "main".into(),
        argument: Some("^ABC-".into()),
        ..RestrictionInput::default()
    };
    house.app.create_restriction(&house.admin, &site(), &rule).await.unwrap();
    let merge = async |message: &str| {
        let how = Merge { message: Some(message.to_owned()), ..by("squash") };
        merge(&house, &ann, number, how).await
    };
    let undecided = Box::pin(house.app.mergeable(&ann, &site(), number)).await.unwrap();
    assert_eq!((undecided.verdict, undecided.mergeable), ("undecided", true));
    assert_eq!(codes(&refused(merge("no number").await).records), ["PC-CONTENT-MESSAGE"]);
    assert_eq!(tip(&house, "main").await, Some(base));
    merge("ABC-1 log in").await.unwrap();
}

/// The build of that key has ended so.
async fn built(house: &House, who: &Asker, commit: ObjectId, key: &str, state: &str) {
    let open = house.app.open_repository::<PostingBuild>(who, &site()).await.unwrap();
    let (key, state) = (Some(key.to_owned()), Some(state.to_owned()));
    let input = BuildInput { key, state, ..BuildInput::default() };
    open.post_build_status(&commit.to_string(), input).await.unwrap();
}

#[tokio::test]
async fn rule_039_builds_of_the_last_commit_count_each_key_once() {
    let (house, ann, base) = world(Database::Sqlite).await;
    let first = branch(&house, &ann, "topic", base).await;
    let number = open(&house, &ann, "topic").await;
    restrict(&house, "enforce_merge_checks", None).await;
    restrict(&house, "require_passing_builds_to_merge", Some(2)).await;
    for (key, state) in [("ci", "FAILED"), ("ci", "SUCCESSFUL"), ("lint", "SUCCESSFUL")] {
        built(&house, &ann, first, key, state).await;
    }
    let (tip, pack) = files(&[first], &[("a", "1"), ("topic", "more")]);
    house.push(&ann, &[(first, tip, "refs/heads/topic")], &pack).await.unwrap();
    for (key, state) in
        [("ci", "SUCCESSFUL"), ("ci", "SUCCESSFUL"), ("lint", "INPROGRESS"), ("lint", "STOPPED")]
    {
        built(&house, &ann, tip, key, state).await;
        let answer = merge(&house, &ann, number, Merge::default()).await;
        assert_eq!(codes(&refused(answer).records), ["PC-MERGE-BUILDS"], "{key} {state}");
    }
    built(&house, &ann, tip, "lint", "SUCCESSFUL").await;
    merge(&house, &ann, number, Merge::default()).await.unwrap();
}

#[tokio::test]
async fn rule_040_approvals_are_dropped_or_kept_by_what_a_push_changes() {
    for (kind, survives) in [
        ("reset_pullrequest_approvals_on_change", false),
        ("smart_reset_pullrequest_approvals", true),
    ] {
        let (house, ann, base) = world(Database::Sqlite).await;
        let bea = house.by_token("bea").await;
        let old = branch(&house, &ann, "topic", base).await;
        let number = open(&house, &ann, "topic").await;
        restrict(&house, kind, None).await;
        let approve = async || {
            let approved = ReviewState::Approved;
            house.app.review_pull_request(&bea, &site(), number, approved).await
        };
        let approvals = async || {
            let view = house.app.pull_request(&ann, &site(), number).await.unwrap();
            let approved = |it: &&app::ParticipantView| it.review == Some(ReviewState::Approved);
            view.participants.iter().filter(approved).count()
        };
        approve().await.unwrap();
        // The destination moves on, and the same change is made on top of it.
        let (moved, pack) = files(&[base], &[("a", "1"), ("other", "other")]);
        house.push(&ann, &[(base, moved, MAIN)], &pack).await.unwrap();
        assert_eq!(approvals().await, 1, "nothing of the source has changed");
        let all = [("a", "1"), ("other", "other"), ("topic", "topic")];
        let (rebased, pack) = files(&[moved], &all);
        house.push(&ann, &[(old, rebased, "refs/heads/topic")], &pack).await.unwrap();
        assert_eq!(approvals().await, usize::from(survives), "{kind}");
        approve().await.unwrap();
        let (changed, pack) = files(&[rebased], &[("a", "1"), ("other", "other"), ("topic", "x")]);
        house.push(&ann, &[(rebased, changed, "refs/heads/topic")], &pack).await.unwrap();
        assert_eq!(approvals().await, 0, "{kind}");
    }
}

/// Two merges that both want the branch as it is, and a push.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn rule_099_of_two_merges_and_a_push_exactly_one_wins() {
    const ROUNDS: usize = 200;
    let (house, ann, base) = world(Database::Sqlite).await;
    let house = Arc::new(house);
    let names = ["x", "y"];
    let (x, pack_x) = files(&[base], &[("a", "1"), ("x", "x")]);
    let (y, pack_y) = files(&[base], &[("a", "1"), ("y", "y")]);
    house.push(&ann, &[(ZERO, x, "refs/heads/x")], &pack_x).await.unwrap();
    house.push(&ann, &[(ZERO, y, "refs/heads/y")], &pack_y).await.unwrap();
    let (pushed, pack) = commit(Some(base), "pushed");
    let mut wins = BTreeMap::new();
    for round in 0..ROUNDS {
        let into = format!("into{round}");
        let full = format!("refs/heads/{into}");
        let empty = NewPack::default().finish().unwrap();
        house.push(&ann, &[(ZERO, base, &full)], &empty).await.unwrap();
        let mut merges = Vec::new();
        for name in names {
            let number = open_into(&house, &ann, name, &into).await;
            let (house, ann) = (Arc::clone(&house), ann.clone());
            merges.push((
                number,
                tokio::spawn(async move {
                    Box::pin(house.app.merge_pull_request(
                        &ann,
                        &site(),
                        number,
                        by("fast_forward"),
                    ))
                    .await
                }),
            ));
        }
        let told = house.push(&ann, &[(base, pushed, &full)], &pack).await.unwrap();
        let mut winners = Vec::new();
        if told.contains(&format!("ok {full}")) {
            winners.push(("push", pushed));
        } else {
            assert!(told.contains("PC-REF-"), "a reason: {told}");
        }
        for ((number, merge), (name, tip)) in merges.into_iter().zip(names.into_iter().zip([x, y]))
        {
            match merge.await.unwrap() {
                Ok(merged) => {
                    assert_eq!(merged.request.request.state, PullRequestState::Merged);
                    winners.push((name, tip));
                }
                Err(Error::State { message, .. }) => {
                    assert!(!message.is_empty());
                    assert_eq!(state(&house, number).await, PullRequestState::Open, "{message}");
                }
                Err(other) => panic!("{other}"),
            }
        }
        let [(winner, expected)] = winners.as_slice() else { panic!("{round}: {winners:?}") };
        let branch = house.app.branch(&house.admin, &site(), &into).await.unwrap();
        assert_eq!(branch.target, *expected, "{round}");
        *wins.entry(*winner).or_insert(0) += 1;
    }
    assert!(wins.len() >= 2, "it was no race: {wins:?}");
}

/// Whoever may merge is named by the rule, and nobody else may.
#[tokio::test]
async fn who_may_merge_may_although_nobody_may_push() {
    let (house, ann, base) = world(Database::Sqlite).await;
    branch(&house, &ann, "topic", base).await;
    let number = open(&house, &ann, "topic").await;
    house.restrict("push", "main").await;
    let bea = house.by_token("bea").await;
    let subject =
        SubjectInput { kind: "user".into(), name: Some("bea".into()), ..Default::default() };
    let rule = RestrictionInput {
        kind: "restrict_merges".into(),
        matcher: "glob".into(),
        pattern: "main".into(),
        subjects: vec![subject],
        ..RestrictionInput::default()
    };
    house.app.create_restriction(&house.admin, &site(), &rule).await.unwrap();
    let answer =
        Box::pin(house.app.merge_pull_request(&ann, &site(), number, Merge::default())).await;
    assert_eq!(codes(&refused(answer).records), ["PC-REF-MERGE"]);
    let eve = house.by_token("eve").await;
    let nowhere = house.app.merge_pull_request(&eve, &site(), number, Merge::default()).await;
    assert_eq!(codes(&refused(nowhere).records), ["PC-REPO-NOT-FOUND"]);
    let secret = PlaceName::repository("acme", "secret");
    let missing = house.app.merge_pull_request(&bea, &secret, number, Merge::default()).await;
    assert!(matches!(missing, Err(Error::NotFound { what: "pull request" })));
    house.app.merge_pull_request(&bea, &site(), number, Merge::default()).await.unwrap();
}
