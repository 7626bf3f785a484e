//! A push into a branch concerns every request into it: those whose commits it brings are merged,
//! and the others know where it is.

use crate::house::{BOTH, House, commit, site};
use app::NewPullRequest;
use model::{ObjectId, PullRequestState};

const ZERO: ObjectId = ObjectId::ZERO;

#[tokio::test]
async fn what_a_push_brings_is_merged_and_the_rest_is_noted() {
    for database in BOTH {
        let house = House::furnished(database).await;
        let ann = house.by_token("ann").await;
        let (base, pack) = commit(None, "base");
        house.push(&ann, &[(ZERO, base, "refs/heads/main")], &pack).await.unwrap();
        let mut tips = Vec::new();
        for name in ["a", "b", "c", "d"] {
            let (tip, pack) = commit(Some(base), name);
            let full = format!("refs/heads/{name}");
            house.push(&ann, &[(ZERO, tip, &full)], &pack).await.unwrap();
            let new = NewPullRequest {
                title: name.into(),
                source: name.into(),
                destination: Some("main".into()),
                ..NewPullRequest::default()
            };
            house.app.create_pull_request(&ann, &site(), new).await.unwrap();
            tips.push(tip);
        }
        // One push: `b` goes on, `d` is gone, `main` gets what `a` has.
        let (next, pack) = commit(Some(tips[1]), "b goes on");
        let commands = [
            (tips[1], next, "refs/heads/b"),
            (tips[3], ZERO, "refs/heads/d"),
            (base, tips[0], "refs/heads/main"),
        ];
        house.push(&ann, &commands, &pack).await.unwrap();
        let mut seen = Vec::new();
        for number in 1..=4 {
            let it = house.app.pull_request(&ann, &site(), number).await.unwrap().request;
            seen.push((it.state, it.source.commit, it.destination_commit));
        }
        let (merged, open) = (PullRequestState::Merged, PullRequestState::Open);
        let expected = [
            (merged, tips[0], base),
            (open, next, tips[0]),
            (open, tips[2], tips[0]),
            (open, tips[3], tips[0]),
        ];
        assert_eq!(seen, expected, "{database:?}");
    }
}
