//! What a change of the rules does to an update, as a table: the world as it is, the world as it
//! would be, and what is said about each question.

use policy::{Decision, Effect, Question, decide};
use scenario::Scenario;

fn decided(world: &str, question: &str) -> Decision {
    let world = Scenario::parse(world).unwrap();
    let (who, act) = world.question(question).unwrap();
    let facts = world.facts_at(act.needs().on, &who);
    decide(&Question { who: &who, act: &act, facts: &facts })
}

#[test]
fn a_change_of_the_rules_is_told_update_by_update() {
    let people = "user ann\nuser bea\nuser eve\ngrant ann write\ngrant bea write\n";
    let cases = [
        // now, then, question, effect
        ("", "restrict 1 main push only bea", "ann fast-forward main", Effect::Refuses),
        ("", "restrict 1 main push only bea", "bea fast-forward main", Effect::Passes),
        ("", "restrict 1 main push only bea", "ann create topic", Effect::Passes),
        ("", "restrict 1 main push only bea", "eve fast-forward main", Effect::StaysRefused),
        ("", "restrict 1 main push evaluate", "ann fast-forward main", Effect::Notes),
        ("", "restrict 1 main force", "ann unseen main", Effect::DependsOnChange),
        ("restrict 1 main force", "", "ann rewrite main", Effect::Admits),
        ("restrict 1 main force", "", "ann unseen main", Effect::DependsOnChange),
        (
            "restrict 1 main push",
            "restrict 1 main push only ann",
            "ann fast-forward main",
            Effect::Admits,
        ),
        (
            "restrict 1 main push\nrestrict 2 main force",
            "restrict 2 main force",
            "ann rewrite main",
            Effect::StaysRefused,
        ),
        (
            "restrict 1 main push evaluate",
            "restrict 1 main push evaluate",
            "ann fast-forward main",
            Effect::Passes,
        ),
        (
            "restrict 1 main push evaluate",
            "restrict 1 main push",
            "ann fast-forward main",
            Effect::Refuses,
        ),
    ];
    for (now, then, question, effect) in cases {
        let [now, then] = [now, then].map(|it| decided(&format!("{people}{it}"), question));
        assert_eq!(Effect::of(&now, &then, 0), Some(effect), "{question}");
        assert_eq!(Effect::of(&now, &then, 1), None, "{question}");
    }
}
