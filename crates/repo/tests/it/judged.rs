//! What the judge is asked, when, and what its answers do.

use crate::support::{World, ZERO, listing};
use repo::{
    Change, Judge, JudgeFailed, Limits, Push, Quarantine, RefOutcome, RefStatus, RefUpdate, Verdict,
};

/// Refuses names by checkpoint and writes down what it is asked.
#[derive(Default)]
struct Script {
    before: Option<&'static str>,
    after: Option<&'static str>,
    fail: Option<&'static str>,
    log: Vec<String>,
}

impl Script {
    fn verdict(name: &str, refused: Option<&str>) -> Verdict {
        match refused {
            Some(part) if name.contains(part) => Verdict::Refuse { short: "PC-TEST: no".into() },
            _ => Verdict::Go,
        }
    }

    fn answer<T>(&self, when: &str, value: T) -> Result<T, JudgeFailed> {
        if self.fail == Some(when) { Err(JudgeFailed::Away("away".into())) } else { Ok(value) }
    }
}

impl Judge for Script {
    fn before_pack(&mut self, push: &Push) -> Result<Vec<Verdict>, JudgeFailed> {
        let names: Vec<&str> = push.commands.iter().map(|it| it.name.short()).collect();
        self.log.push(format!("before {}", names.join(" ")));
        let verdicts = names.iter().map(|it| Self::verdict(it, self.before)).collect();
        self.answer("before", verdicts)
    }

    fn after_pack(
        &mut self,
        _: &Push,
        updates: &[RefUpdate],
        _: &Quarantine<'_>,
    ) -> Result<Vec<Verdict>, JudgeFailed> {
        for it in updates {
            self.log.push(format!("after {} {:?}", it.name.short(), it.change));
        }
        let verdicts =
            updates.iter().map(|it| Self::verdict(it.name.short(), self.after)).collect();
        self.answer("after", verdicts)
    }

    fn text(&mut self) -> String {
        "full text\n".into()
    }

    fn meta(&mut self) -> Vec<u8> {
        b"meta".to_vec()
    }

    fn landed(&mut self, push: &Push, outcomes: &[RefOutcome]) -> Result<(), JudgeFailed> {
        let landed = outcomes.iter().filter(|it| it.status == RefStatus::Landed).count();
        self.log.push(format!("landed {landed} of {}", push.commands.len()));
        self.answer("landed", ())
    }
}

#[test]
fn changes_are_understood_and_refs_land_one_by_one() {
    let (world, one) = World::with_main();
    let two = world.clone.commit("a", "two\n");
    let three = world.clone.commit("b", "three\n");
    crate::support::git(&world.clone.dir, &["checkout", "-q", "--orphan", "other"]);
    let other = world.clone.commit("c", "other\n");
    let mut judge = Script { after: Some("topic"), ..Script::default() };
    let commands = [
        (one, three, "refs/heads/main"),
        (ZERO, two, "refs/heads/topic"),
        (ZERO, one, "refs/heads/old"),
    ];
    let pack = world.clone.pack(&format!("{three}\n^{one}\n"), true);
    let limits = Limits::default();
    let answer = world.push_with(&commands, "", &pack, &mut judge, &limits);
    answer.reported(
        "unpack ok\nok refs/heads/main\nng refs/heads/topic PC-TEST: no\nok refs/heads/old",
    );
    assert_eq!(answer.text, "full text\n");
    assert_eq!(
        judge.log,
        [
            "before main topic old",
            "after main FastForward",
            "after topic Create",
            "after old Create",
            "landed 2 of 3",
        ]
    );
    let mut judge = Script::default();
    let commands = [(three, other, "refs/heads/main"), (one, ZERO, "refs/heads/old")];
    let pack = world.clone.pack(&format!("{other}\n^{three}\n"), true);
    let answer = world.push_with(&commands, "", &pack, &mut judge, &limits);
    answer.landed();
    assert_eq!(answer.outcome.refs[0].change, Some(Change::Rewrite));
    assert_eq!(answer.outcome.refs[1].change, Some(Change::Delete));
    assert_eq!(world.refs(), format!("{other} refs/heads/main"));
    world.check();
}

#[test]
fn what_is_refused_before_the_pack_is_never_parsed_or_written() {
    let (world, one) = World::with_main();
    let two = world.clone.commit("a", &"long\n".repeat(100_000));
    let before = (listing(&world.data()), world.refs());
    let limits = Limits::default();
    let garbage = vec![7; 3_000_000];
    for (commands, extra, report) in [
        (&[(one, two, "refs/heads/main")][..], "", "unpack ok\nng refs/heads/main PC-TEST: no"),
        (
            &[(one, two, "refs/heads/main"), (ZERO, two, "refs/heads/x")],
            "atomic",
            "unpack ok\nng refs/heads/main PC-TEST: no\nng refs/heads/x PC-ATOMIC: another ref of this atomic push did not pass",
        ),
    ] {
        let mut judge = Script { before: Some("main"), ..Script::default() };
        let answer = world.push_with(commands, extra, &garbage, &mut judge, &limits);
        answer.reported(report);
        assert_eq!(answer.outcome.work.pack_bytes, 0);
        // But for what came in one piece with the commands.
        assert!(answer.unread > garbage.len() - (128 << 10), "{}", answer.unread);
        assert_eq!(judge.log.len(), 1, "{:?}", judge.log);
        assert_eq!((listing(&world.data()), world.refs()), before);
    }
}

#[test]
fn what_is_refused_after_the_pack_leaves_nothing_either() {
    let (world, one) = World::with_main();
    let two = world.clone.commit("a", "two\n");
    let before = (listing(&world.data()), world.refs());
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    let mut judge = Script { after: Some("main"), ..Script::default() };
    let commands = [(one, two, "refs/heads/main")];
    let answer = world.push_with(&commands, "", &pack, &mut judge, &Limits::default());
    answer.reported("unpack ok\nng refs/heads/main PC-TEST: no");
    assert_eq!((listing(&world.data()), world.refs()), before);
    world.check();
}

#[test]
fn a_judge_that_fails_fails_the_push_closed() {
    for when in ["before", "after"] {
        let (world, one) = World::with_main();
        let two = world.clone.commit("a", "two\n");
        let before = (listing(&world.data()), world.refs());
        let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
        let mut judge = Script { fail: Some(when), ..Script::default() };
        let commands = [(one, two, "refs/heads/main")];
        let answer = world.push_with(&commands, "", &pack, &mut judge, &Limits::default());
        let reason = "PC-STORE-AWAY: the server could not read or write what it needs to decide \
                      or to store the push (the rules could not be read)";
        answer.reported(&format!("unpack {reason}\nng refs/heads/main {reason}"));
        assert!(answer.text.contains("\n\nPC-STORE-AWAY  "), "{}", answer.text);
        assert_eq!((listing(&world.data()), world.refs()), before);
    }
}

#[test]
fn a_record_that_fails_leaves_the_push_done_and_waits_in_the_journal() {
    let (mut world, one) = World::with_main();
    let two = world.clone.commit("a", "two\n");
    let pack = world.clone.pack(&format!("{two}\n^{one}\n"), true);
    let mut judge = Script { fail: Some("landed"), ..Script::default() };
    let commands = [(one, two, "refs/heads/main")];
    let answer = world.push_with(&commands, "", &pack, &mut judge, &Limits::default());
    answer.landed();
    for _ in 0..2 {
        let waiting = world.journal().unrecorded();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].push, answer.outcome.id);
        assert_eq!(waiting[0].meta, b"meta");
        assert_eq!(waiting[0].updates[0].new, two);
        // Neither a restart nor a checkpoint forgets it.
        world.restart();
        world.journal().checkpoint().unwrap();
    }
    world.journal().mark_recorded(answer.outcome.id).unwrap();
    assert!(world.journal().unrecorded().is_empty());
    world.restart();
    assert!(world.journal().unrecorded().is_empty());
    world.check();
}
