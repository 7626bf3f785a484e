//! The engine and the documents, asked about the same worlds.
//!
//! ```sh
//! cargo test -p policy agree                                # a million worlds at random
//! PORTCULLIS_WORLDS=100000000 cargo test -p policy agree    # more of them
//! PORTCULLIS_SEED=12345 cargo test -p policy agree          # only the world of this seed
//! ```

use super::{Answer, World, failure, on_every_core, random};
use policy::Code;
use std::collections::BTreeMap;

const WORLDS: u64 = 1_000_000;

/// Each of these is seen at least so often in the million, else the worlds have become dull.
const OFTEN: u64 = 50;

type Seen = BTreeMap<Code, u64>;

#[test]
fn the_engine_and_the_documents_agree_on_a_million_random_worlds() {
    let number = |name: &str| std::env::var(name).ok().map(|it| it.parse::<u64>().unwrap());
    if let Some(seed) = number("PORTCULLIS_SEED") {
        check(seed, &mut Seen::new());
        return;
    }
    let worlds = number("PORTCULLIS_WORLDS").unwrap_or(WORLDS);
    let parts = on_every_core(|first, step| {
        let mut seen = Seen::new();
        let own = (0..worlds).skip(first).step_by(step);
        own.for_each(|seed| check(seed, &mut seen));
        seen
    });
    let seen = parts.into_iter().reduce(sum).unwrap();
    // Whoever may not read a repository is not told that it is there.
    for code in Code::ALL.iter().filter(|it| **it != Code::PermissionRead) {
        let times = seen.get(code).copied().unwrap_or(0);
        assert!(
            times >= OFTEN || worlds < WORLDS,
            "{code} is refused in {times} of {worlds} worlds only: {seen:?}"
        );
    }
}

fn sum(mut one: Seen, other: Seen) -> Seen {
    other.into_iter().for_each(|(code, times)| *one.entry(code).or_default() += times);
    one
}

fn check(seed: u64, seen: &mut Seen) {
    let world = random::world(seed);
    let (engine, documents) = (world.engine(), world.documents());
    if engine != documents {
        failure::report(&format!("the world of PORTCULLIS_SEED={seed}"), world, World::engine);
    }
    count(&documents, seen);
}

fn count(answer: &Answer, seen: &mut Seen) {
    answer.reasons.iter().for_each(|it| *seen.entry(it.0).or_default() += 1);
}
