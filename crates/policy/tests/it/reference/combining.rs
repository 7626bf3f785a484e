//! How restrictions combine: decision model, section 3.

use super::{Reasons, World, people, refs};
use model::{
    ListedSubject, MergeCheck, Mode, Restriction, RestrictionId, RestrictionKind, Subject,
};
use policy::{Change, Code, MergeFacts, RefUpdate, Way};
use std::collections::BTreeSet;

/// What the rules say about one update.
pub struct Said {
    pub refusing: Reasons,
    /// Does it depend on what an unseen change will be?
    pub undecided: bool,
    pub notices: Reasons,
}

/// Does a kind take this change away, coming this way? `None`: only the objects can tell.
fn takes_away(kind: RestrictionKind, change: Change, way: Way) -> Option<bool> {
    match (kind, change) {
        (RestrictionKind::Push, _) => Some(way == Way::Direct && change != Change::Delete),
        // What a merge removes is its source, and nothing is merged into that.
        (RestrictionKind::RestrictMerges, _) => {
            Some(way == Way::PullRequest && change != Change::Delete)
        }
        (RestrictionKind::NoCreates, _) => Some(change == Change::Create),
        (RestrictionKind::ReadOnly, _) => Some(true),
        (RestrictionKind::Force, Change::Unseen) => None,
        (RestrictionKind::Force, _) => Some(change == Change::Rewrite),
        (RestrictionKind::Delete, _) => Some(change == Change::Delete),
        (RestrictionKind::PullRequestOnly, _) => Some(way == Way::Direct),
        // These take no change away; merge checks are asked below, and content is another layer.
        (_, _) => Some(false),
    }
}

/// Several lists of this kind are one list.
fn is_list(kind: RestrictionKind) -> bool {
    matches!(kind, RestrictionKind::Push | RestrictionKind::RestrictMerges)
}

fn code(kind: RestrictionKind) -> Code {
    match kind {
        RestrictionKind::Push => Code::PushRestricted,
        RestrictionKind::RestrictMerges => Code::MergesRestricted,
        RestrictionKind::NoCreates => Code::CreationRestricted,
        RestrictionKind::ReadOnly => Code::ReadOnlyRef,
        RestrictionKind::Force => Code::ForceRestricted,
        RestrictionKind::Delete => Code::DeleteRestricted,
        RestrictionKind::PullRequestOnly => Code::PullRequestOnly,
        RestrictionKind::Require(MergeCheck::Approvals) => Code::ApprovalsLacking,
        RestrictionKind::Require(MergeCheck::DefaultReviewerApprovals) => {
            Code::DefaultReviewersLacking
        }
        RestrictionKind::Require(MergeCheck::ReviewGroupApprovals) => Code::ReviewGroupsLacking,
        RestrictionKind::Require(MergeCheck::NoChangesRequested) => Code::ChangesRequested,
        RestrictionKind::Require(MergeCheck::TasksCompleted) => Code::TasksOpen,
        RestrictionKind::Require(MergeCheck::CommentsResolved) => Code::CommentsUnresolved,
        RestrictionKind::Require(MergeCheck::PassingBuilds) => Code::BuildsLacking,
        RestrictionKind::Require(MergeCheck::CommitsBehind) => Code::TooFarBehind,
        RestrictionKind::Require(MergeCheck::DependenciesMerged) => Code::DependenciesOpen,
        other => panic!("{other} refuses nothing here"),
    }
}

/// Is a merge check met? Fact sheet, section 1.2.
fn is_met(check: MergeCheck, value: Option<i64>, it: &MergeFacts) -> bool {
    let value = value.unwrap_or(if check == MergeCheck::CommitsBehind { 0 } else { 1 });
    match check {
        MergeCheck::Approvals => i64::from(it.approvals) >= value,
        MergeCheck::DefaultReviewerApprovals => i64::from(it.default_reviewer_approvals) >= value,
        MergeCheck::ReviewGroupApprovals => i64::from(it.review_group_approvals) >= value,
        MergeCheck::NoChangesRequested => it.changes_requested == 0,
        MergeCheck::TasksCompleted => it.open_tasks == 0,
        MergeCheck::CommentsResolved => it.unresolved_comments == 0,
        MergeCheck::PassingBuilds => i64::from(it.passed_builds) >= value && it.failed_builds == 0,
        MergeCheck::CommitsBehind => i64::from(it.commits_behind) <= value,
        MergeCheck::DependenciesMerged => it.open_dependencies == 0,
    }
}

/// The merge checks that are not met, each with its rules: they refuse where merge checks are
/// enforced, and are only told elsewhere; so are those that are only being tried out.
fn checks(world: &World, rules: &[&Restriction], way: Way, said: &mut Said) {
    let enforced = |it: &&Restriction| it.mode == Mode::Enforce;
    let mut enforcing = rules.iter().copied().filter(enforced).map(|it| it.kind);
    let blocks = enforcing.any(|it| it == RestrictionKind::EnforceMergeChecks);
    for rule in rules.iter().filter(|_| way == Way::PullRequest) {
        let RestrictionKind::Require(check) = rule.kind else { continue };
        let refuses = blocks && rule.mode == Mode::Enforce;
        let Some(facts) = &world.facts.merge else {
            said.undecided |= refuses;
            continue;
        };
        if !is_met(check, rule.value, facts) {
            let told = if refuses { &mut said.refusing } else { &mut said.notices };
            add(told, code(rule.kind), rule.id);
        }
    }
    said.undecided &= said.refusing.is_empty();
}

/// Rules with the same code are one reason.
fn add(reasons: &mut Reasons, code: Code, rule: RestrictionId) {
    let known = reasons.iter().find(|it| it.0 == code).cloned();
    let mut rules = known.clone().map(|it| it.1).unwrap_or_default();
    rules.insert(rule);
    known.map(|it| reasons.remove(&it));
    reasons.insert((code, rules));
}

/// What all the rules say about one update.
pub fn weigh(world: &World, update: &RefUpdate, way: Way) -> Said {
    let model = &world.facts.branching_model;
    let rules = world.rules.iter().filter(|it| refs::is_about(it, &update.name, model));
    let rules: Vec<_> = rules.collect();
    let enforced: Vec<_> = rules.iter().copied().filter(|it| it.mode == Mode::Enforce).collect();
    let would = refusing(world, &rules, update.change, way);
    let refusing = refusing(world, &enforced, update.change, way);
    let tried =
        |id: &RestrictionId| rules.iter().any(|it| it.id == *id && it.mode == Mode::Evaluate);
    let notices = would.iter().filter_map(|(code, ids)| {
        let ids: BTreeSet<_> = ids.iter().copied().filter(tried).collect();
        (!ids.is_empty()).then_some((*code, ids))
    });
    let unclear = |it: &&Restriction| {
        takes_away(it.kind, update.change, way).is_none() && !exempts(world, it)
    };
    let undecided = refusing.is_empty() && enforced.iter().copied().any(|it| unclear(&it));
    let mut said = Said { notices: notices.collect(), undecided, refusing };
    checks(world, &rules, way, &mut said);
    said
}

/// Which of the rules refuse, were all of them enforced.
fn refusing(world: &World, rules: &[&Restriction], change: Change, way: Way) -> Reasons {
    let taking = |it: &&&Restriction| takes_away(it.kind, change, way) == Some(true);
    let taking: Vec<&Restriction> = rules.iter().filter(taking).copied().collect();
    let mut reasons = Reasons::new();
    for rule in &taking {
        if !is_list(rule.kind) && !exempts(world, rule) {
            reasons.insert((code(rule.kind), [rule.id].into()));
        }
    }
    for kind in RestrictionKind::ALL.iter().copied().filter(|it| is_list(*it)) {
        let lists: Vec<_> = taking.iter().copied().filter(|it| it.kind == kind).collect();
        let closed_by = closed_by(world, &lists);
        if !closed_by.is_empty() {
            reasons.insert((code(kind), closed_by));
        }
    }
    reasons
}

/// An exemption lifts the rule it stands on.
pub fn exempts(world: &World, rule: &Restriction) -> bool {
    rule.subjects.iter().any(|it| counts(world, it) && people::is(&world.who.principal, it.subject))
}

/// Until its moment, and not from then on.
fn counts(world: &World, entry: &ListedSubject) -> bool {
    entry.until.is_none_or(|until| world.facts.now < until)
}

/// All lists together: if any names subjects, those of all of them may; else, if any says
/// *everyone*, everyone; else nobody. A list that says *everyone* beside others says everyone. An
/// entry that has ended lets nobody in, and it still names somebody: its end opens the ref to nobody
/// else.
fn closed_by(world: &World, lists: &[&Restriction]) -> BTreeSet<RestrictionId> {
    let says_everyone = |rule: &Restriction| {
        rule.subjects.iter().any(|it| it.subject == Subject::Everyone && counts(world, it))
    };
    let names = |rule: &Restriction| {
        !says_everyone(rule) && rule.subjects.iter().any(|it| it.subject != Subject::Everyone)
    };
    let naming: BTreeSet<_> = lists.iter().filter(|it| names(it)).map(|it| it.id).collect();
    let named: BTreeSet<Subject> = lists
        .iter()
        .flat_map(|rule| &rule.subjects)
        .filter(|it| counts(world, it) && it.subject != Subject::Everyone)
        .map(|it| it.subject)
        .collect();
    let (may, closed_by) = if naming.is_empty() {
        (lists.iter().any(|it| says_everyone(it)), lists.iter().map(|it| it.id).collect())
    } else {
        (named.iter().any(|it| people::is(&world.who.principal, *it)), naming)
    };
    if may { BTreeSet::new() } else { closed_by }
}
