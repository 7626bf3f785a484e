//! Rules that can never decide anything, as things are. They are stored, because things change;
//! whoever looks at one is told.

use crate::ground::Ground;
use model::{BranchClass, Level, MatcherKind, Mode, Restriction, RestrictionKind, Subject};
use policy::{HIDDEN_REFS, PULL_REQUEST_REFS};

/// What there is to say about a rule on this ground; mostly nothing.
pub(crate) fn warnings(rule: &Restriction, ground: &Ground) -> Vec<String> {
    let checks: [fn(&Restriction, &Ground) -> Option<String>; 5] =
        [everyone_is_exempt, exceptions_leave_nothing, class_is_empty, server_only, opens_nothing];
    checks.iter().filter_map(|it| it(rule, ground)).collect()
}

fn lists_everyone(rule: &Restriction) -> bool {
    rule.subjects.iter().any(|it| it.subject == Subject::Everyone && it.until.is_none())
}

fn everyone_is_exempt(rule: &Restriction, _: &Ground) -> Option<String> {
    let is_void = rule.kind.is_about_refs() && !rule.kind.is_allow_list() && lists_everyone(rule);
    is_void.then(|| "everyone is exempt, so that this rule refuses nothing".into())
}

fn exceptions_leave_nothing(rule: &Restriction, _: &Ground) -> Option<String> {
    let matcher = &rule.matcher;
    let is_all = |except: &String| match matcher.kind {
        MatcherKind::Ref => *except == matcher.pattern,
        MatcherKind::Glob => *except == matcher.pattern || except == "*",
        MatcherKind::Ant => *except == matcher.pattern || matches!(except.as_str(), "*" | "**"),
        MatcherKind::BranchingModel | MatcherKind::Any => except == "*",
    };
    let is_void = matcher.except.iter().any(is_all);
    is_void.then(|| "its exceptions leave out every ref that it means".into())
}

fn class_is_empty(rule: &Restriction, ground: &Ground) -> Option<String> {
    if rule.matcher.kind != MatcherKind::BranchingModel || ground.repository.is_none() {
        return None;
    }
    let class = BranchClass::parse(&rule.matcher.pattern).ok()?;
    let is_void = ground.branching_model.of(class).next().is_none();
    is_void.then(|| format!("the branching model in force here has no {class} branches"))
}

fn server_only(rule: &Restriction, _: &Ground) -> Option<String> {
    let name = &rule.matcher.pattern;
    let is_void = rule.matcher.kind == MatcherKind::Ref
        && (name.starts_with(HIDDEN_REFS) || name.starts_with(PULL_REQUEST_REFS));
    is_void.then(|| "this ref is the server's own: nobody can change it anyway".into())
}

/// An allow-list of everyone opens what another one closes, and there is none.
fn opens_nothing(rule: &Restriction, ground: &Ground) -> Option<String> {
    let closes = |it: &Restriction| {
        it.id != rule.id && it.kind == rule.kind && it.mode == Mode::Enforce && !lists_everyone(it)
    };
    let names = |it: &Restriction| it.subjects.iter().any(|it| it.subject != Subject::Everyone);
    // What lies below may have rules of its own that this one opens.
    let is_void = rule.kind.is_allow_list()
        && rule.level == Level::Repository
        && lists_everyone(rule)
        && !names(rule)
        && !ground.rules.iter().any(|it| closes(it));
    let word = if rule.kind == RestrictionKind::Push { "push" } else { "merge" };
    is_void.then(|| format!("everyone with write may {word} anyway: no other rule closes this"))
}
