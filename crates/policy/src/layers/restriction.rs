//! Restrictions: what they say about one update, and how several of them combine.
//!
//! Allow-lists of one kind decide together; a rule of every other kind must let the change
//! through by itself, so an exemption lifts only its own rule. A rule in `evaluate` mode
//! never changes a verdict.

use super::Opinion;
use super::merge_checks::Merge;
use crate::ask::Principal;
use crate::decision::{Outcome, Weighed};
use crate::refusal::{Reason, Restricted};
use crate::rulebook::Entry;
use crate::update::{Change, RefUpdate, Way};
use crate::{Act, Question};
use model::{ListedSubject, Mode, Restriction, RestrictionKind, Subject, Timestamp};
use std::cmp::Reverse;
use std::sync::Arc;

const ENFORCES: RestrictionKind = RestrictionKind::EnforceMergeChecks;

/// Does a kind of rule take this change away?
enum Concern {
    No(Outcome),
    /// It depends on whether an unseen update keeps history.
    Perhaps,
    Yes,
}

/// What one rule says by itself.
enum Said {
    Settled(Outcome),
    /// An allow-list; what comes of it depends on the others.
    List(Voice, Option<Subject>),
}

pub(super) fn restrictions(question: &Question<'_>, update: &RefUpdate) -> Opinion {
    let way = way_of(question.act);
    let facts = question.facts;
    let (who, now) = (&question.who.principal, facts.now);
    let mut rules = facts.restrictions.matching(&update.name, &facts.branching_model);
    if facts.restrictions.has_content_rules() {
        rules.retain(|it| !it.kind.is_about_content());
    }
    let enforces = |it: &&Entry| it.kind == ENFORCES && it.mode == Mode::Enforce;
    let enforced = facts.restrictions.enforces_checks() && rules.iter().any(enforces);
    let merge = Merge { way, facts: facts.merge.as_ref(), enforced };
    let mut opinion = Opinion::default();
    let mut closed = Closed::default();
    let mut lists = AllowLists::default();
    let mut open = Vec::new();
    let mut weighed: Vec<_> = Vec::with_capacity(rules.len());
    for rule in &rules {
        let outcome = match listen(rule, update.change, merge, who, now) {
            Said::Settled(outcome) => {
                opinion.undecided |=
                    outcome == Outcome::CannotTellYet && rule.mode == Mode::Enforce;
                closed.note(rule, outcome);
                outcome
            }
            Said::List(voice, named) => {
                lists.hear(rule.mode, voice, named.is_some());
                match (voice, named) {
                    // Whatever the others say.
                    (Voice::Some, Some(subject)) => Outcome::Lists(subject),
                    (Voice::Everyone | Voice::Some | Voice::Nobody, _) => {
                        open.push(Heard { at: weighed.len(), voice, named });
                        Outcome::Outranked
                    }
                }
            }
        };
        weighed.push(Weighed::Rule(rule.weighed(outcome)));
    }
    for Heard { at, voice, named } in open {
        if let (Some(rule), Some(weighed)) = (rules.get(at), weighed.get_mut(at)) {
            let outcome = lists.outcome(rule.mode, voice, named);
            closed.note(rule, outcome);
            *weighed = Weighed::Rule(rule.weighed(outcome));
        }
    }
    opinion.weighed = weighed.into();
    let may_list_groups = facts.role.is_some();
    let who_may = |kind| listed(&rules, kind, now, may_list_groups);
    opinion.reasons = closed.reasons(Told::AsRefusal, update, merge, who_may);
    opinion.notices = closed.reasons(Told::AsNotice, update, merge, who_may);
    opinion
}

// What it returns does not fit into registers: called rather than inlined, it goes through memory
// once for each rule, which costs more than everything in here.
#[inline(always)]
fn listen(rule: &Entry, change: Change, merge: Merge<'_>, who: &Principal, now: Timestamp) -> Said {
    if let RestrictionKind::Require(check) = rule.kind {
        return Said::Settled(merge.weigh(check, rule));
    }
    match concern(rule.kind, change, merge.way) {
        Concern::No(outcome) => Said::Settled(outcome),
        Concern::Yes if rule.kind.is_allow_list() => list(rule, who, now),
        Concern::Yes => Said::Settled(exempt(rule, who, now).unwrap_or(refuses(rule.mode))),
        Concern::Perhaps => Said::Settled(exempt(rule, who, now).unwrap_or(Outcome::CannotTellYet)),
    }
}

/// Everything that is no merge is direct.
fn way_of(act: &Act) -> Way {
    if let Act::UpdateRefs { way, .. } = act { *way } else { Way::Direct }
}

fn concern(kind: RestrictionKind, change: Change, way: Way) -> Concern {
    match kind {
        RestrictionKind::Push | RestrictionKind::RestrictMerges if change == Change::Delete => {
            Concern::No(Outcome::OtherChange)
        }
        RestrictionKind::Push | RestrictionKind::PullRequestOnly => match way {
            Way::Direct => Concern::Yes,
            Way::PullRequest => Concern::No(Outcome::OtherWay),
        },
        RestrictionKind::RestrictMerges => match way {
            Way::Direct => Concern::No(Outcome::OtherWay),
            Way::PullRequest => Concern::Yes,
        },
        RestrictionKind::Force => match change {
            Change::Rewrite => Concern::Yes,
            Change::Unseen => Concern::Perhaps,
            Change::Create | Change::FastForward | Change::Delete => {
                Concern::No(Outcome::OtherChange)
            }
        },
        RestrictionKind::Delete => only_if(change == Change::Delete),
        RestrictionKind::NoCreates => only_if(change == Change::Create),
        RestrictionKind::ReadOnly => Concern::Yes,
        RestrictionKind::Require(_)
        | RestrictionKind::EnforceMergeChecks
        | RestrictionKind::Behaviour(_) => Concern::No(Outcome::NoRefusal),
        // These are the next layer's.
        RestrictionKind::RequireSignedCommits
        | RestrictionKind::MaxFileSize
        | RestrictionKind::MaxPushSize
        | RestrictionKind::AuthorEmail
        | RestrictionKind::CommitterEmail
        | RestrictionKind::CommitterIsPusher
        | RestrictionKind::CommitMessage
        | RestrictionKind::RestrictedPaths
        | RestrictionKind::CustomCheck => Concern::No(Outcome::OtherChange),
    }
}

/// Does a kind of rule take this change away, should it come this way?
pub(crate) fn takes(kind: RestrictionKind, change: Change, way: Way) -> bool {
    match concern(kind, change, way) {
        Concern::Yes | Concern::Perhaps => true,
        Concern::No(_) => false,
    }
}

const fn only_if(is_about_it: bool) -> Concern {
    if is_about_it { Concern::Yes } else { Concern::No(Outcome::OtherChange) }
}

pub(super) const fn refuses(mode: Mode) -> Outcome {
    match mode {
        Mode::Enforce => Outcome::Refuses,
        Mode::Evaluate => Outcome::WouldRefuse,
    }
}

pub(super) fn exempt(rule: &Restriction, who: &Principal, now: Timestamp) -> Option<Outcome> {
    let listed = rule.subjects.iter().find(|it| counts(it, now) && who.is(it.subject))?;
    Some(Outcome::Lists(listed.subject))
}

pub(crate) fn counts(listed: &ListedSubject, now: Timestamp) -> bool {
    listed.until.is_none_or(|until| now < until)
}

/// Does an entry let everyone in, rather than somebody?
pub(crate) const fn is_everyone(subject: Subject) -> bool {
    match subject {
        Subject::Everyone | Subject::Anyone => true,
        Subject::User(_)
        | Subject::Group(_)
        | Subject::AccessToken(_)
        | Subject::AccessKey(_)
        | Subject::Workload(_) => false,
    }
}

/// What one allow-list says by itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Voice {
    Everyone,
    /// Certain subjects. An entry whose time is over still counts here: that it ends must not
    /// let in everyone whom another rule would.
    Some,
    Nobody,
}

/// What an allow-list says, and the subject by which it names this principal.
fn list(rule: &Entry, who: &Principal, now: Timestamp) -> Said {
    let mut counted = rule.subjects.iter().filter(|it| counts(it, now)).map(|it| it.subject);
    let voice = match rule.names {
        _ if rule.has_everyone && counted.clone().any(is_everyone) => Voice::Everyone,
        true => Voice::Some,
        false => Voice::Nobody,
    };
    Said::List(voice, counted.find(|it| !is_everyone(*it) && who.is(*it)))
}

/// All allow-lists of a kind that mean the ref, read together: if any names subjects, the named may; else,
/// if any says everyone, everyone may; else nobody.
#[derive(Default)]
struct AllowLists {
    enforced: Together,
    evaluated: Together,
}

/// An allow-list of which more can be said when all were heard.
struct Heard {
    /// Its place among the rules that mean the ref.
    at: usize,
    voice: Voice,
    named: Option<Subject>,
}

#[derive(Clone, Copy, Default)]
struct Together {
    /// Does any rule name subjects?
    names: bool,
    /// Is the principal among them?
    lists: bool,
    everyone: bool,
}

impl Together {
    fn hear(&mut self, voice: Voice, named: bool) {
        self.names |= voice == Voice::Some;
        self.everyone |= voice == Voice::Everyone;
        self.lists |= named;
    }

    fn with(self, other: Self) -> Self {
        Self {
            names: self.names || other.names,
            lists: self.lists || other.lists,
            everyone: self.everyone || other.everyone,
        }
    }

    fn admits(self) -> bool {
        if self.names { self.lists } else { self.everyone }
    }
}

impl AllowLists {
    fn hear(&mut self, mode: Mode, voice: Voice, named: bool) {
        match mode {
            Mode::Enforce => self.enforced.hear(voice, named),
            Mode::Evaluate => self.evaluated.hear(voice, named),
        }
    }

    /// What the lists that count for a rule of this mode say: an evaluated one is weighed as if
    /// every rule of its kind were enforced.
    fn together(&self, mode: Mode) -> Together {
        match mode {
            Mode::Enforce => self.enforced,
            Mode::Evaluate => self.enforced.with(self.evaluated),
        }
    }

    fn outcome(&self, mode: Mode, voice: Voice, named: Option<Subject>) -> Outcome {
        let together = self.together(mode);
        match (voice, together.names, named) {
            (Voice::Some, _, Some(subject)) | (Voice::Everyone, true, Some(subject)) => {
                Outcome::Lists(subject)
            }
            (Voice::Everyone, false, _) => Outcome::Lists(Subject::Everyone),
            (Voice::Some | Voice::Nobody, _, _) if together.admits() => Outcome::Outranked,
            (Voice::Everyone | Voice::Nobody, true, _) => Outcome::Outranked,
            (Voice::Some, _, None) | (Voice::Nobody, false, _) => refuses(mode),
        }
    }
}

/// Whom the enforced allow-lists of a kind name.
fn listed(
    rules: &[&Entry],
    kind: RestrictionKind,
    now: Timestamp,
    may_list_groups: bool,
) -> Vec<Subject> {
    let mut subjects: Vec<_> = rules
        .iter()
        .filter(|it| it.kind == kind && it.mode == Mode::Enforce)
        .flat_map(|it| &it.subjects)
        .filter(|it| counts(it, now) && !is_everyone(it.subject))
        .map(|it| it.subject)
        .filter(|it| may_list_groups || !matches!(it, Subject::Group(_)))
        .collect();
    subjects.sort_unstable();
    subjects.dedup();
    subjects
}

/// How a rule that is broken is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    AsRefusal,
    AsNotice,
}

/// The rules that refuse, or would.
#[derive(Default)]
struct Closed<'a> {
    rules: Vec<(Told, &'a Arc<Restriction>)>,
}

impl<'a> Closed<'a> {
    fn note(&mut self, rule: &'a Entry, outcome: Outcome) {
        match outcome {
            Outcome::Refuses => self.rules.push((Told::AsRefusal, rule)),
            Outcome::WouldRefuse | Outcome::Warns => self.rules.push((Told::AsNotice, rule)),
            Outcome::Met
            | Outcome::NoRefusal
            | Outcome::OtherChange
            | Outcome::OtherWay
            | Outcome::Lists(_)
            | Outcome::Outranked
            | Outcome::NothingFound
            | Outcome::CannotTellYet => (),
        }
    }

    /// One reason for all allow-lists together, one for each rule of another kind about refs, and
    /// one for each merge check. The
    /// allow-lists are of one kind: no change comes in two ways.
    fn reasons(
        &self,
        told: Told,
        update: &RefUpdate,
        merge: Merge<'_>,
        who_may: impl Fn(RestrictionKind) -> Vec<Subject>,
    ) -> Vec<Reason> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let rules = self.rules.iter().filter(|it| it.0 == told).map(|it| it.1);
        let (rules, checks): (Vec<_>, Vec<_>) = rules.partition(|it| it.kind.is_about_refs());
        let (mut lists, others): (Vec<_>, Vec<_>) =
            rules.into_iter().partition(|it| it.kind.is_allow_list());
        let restricted = |rule: &Arc<Restriction>, also, who_may| {
            Reason::Restricted(Restricted {
                name: update.name.clone(),
                change: update.change,
                rule: Arc::clone(rule),
                also,
                who_may,
            })
        };
        lists.sort_by_key(|it| (Reverse(it.level), it.id));
        let lists = lists.split_first().map(|(nearest, also)| {
            restricted(nearest, also.iter().map(|it| it.id).collect(), who_may(nearest.kind))
        });
        lists
            .into_iter()
            .chain(others.into_iter().map(|it| restricted(it, Vec::new(), Vec::new())))
            .chain(merge.reasons(update, &checks))
            .collect()
    }
}
