//! Rules that can never decide anything, each with why. Somebody takes such a rule for a
//! protection, or keeps it for one. Only what is certain is said; the rest passes for useful.

use crate::layers::{HIDDEN_REFS, PULL_REQUEST_REFS, counts, is_everyone, takes};
use crate::matcher::matches;
use crate::rulebook::Rulebook;
use crate::update::{Change, Way};
use model::{
    BranchClass, BranchingModel, Level, Matcher, MatcherKind, Mode, RefKinds, RefName, Restriction,
    RestrictionId, Subject, Timestamp,
};
use std::fmt;

/// Why a rule decides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    /// It can mean no ref: its own exceptions leave out everything, it is about the other kind
    /// of refs, or the branching model has no such branches.
    NoRefPossible,
    /// It is about a ref of the server's own, which nobody can change anyway.
    ServersRef,
    /// It lets everyone through.
    LetsEveryoneThrough,
    /// Every entry of its list has ended: it lets nobody through any more.
    ListEnded,
    /// Nobody on its list may push here at all: it closes its refs to everybody.
    ListPowerless,
    /// This rule refuses all that it would refuse, or lists all that it lists.
    Shadowed(RestrictionId),
    /// None of the refs there are is meant. One that is made later could be.
    NoRefYet,
}

impl fmt::Display for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRefPossible => f.write_str("it can mean no ref"),
            Self::ServersRef => {
                f.write_str("this ref is the server's own: nobody can change it anyway")
            }
            Self::LetsEveryoneThrough => f.write_str("it lets everyone through"),
            Self::ListEnded => {
                f.write_str("every entry of its list has ended: it lets nobody through any more")
            }
            Self::ListPowerless => {
                f.write_str("nobody on its list may push here: it closes these refs to everybody")
            }
            Self::Shadowed(by) => write!(f, "rule {by} leaves nothing for it to decide"),
            Self::NoRefYet => {
                f.write_str("no ref that there is now is meant; one made later could be")
            }
        }
    }
}

/// What is known where the rules hang.
pub struct Rules<'a> {
    /// Those that are looked at, and those that could stand before them.
    pub all: &'a Rulebook,
    pub now: Timestamp,
    /// `None` where there is more than one repository.
    pub branching_model: Option<&'a BranchingModel>,
    /// The refs of the one repository; `None` when they are not known.
    pub refs: Option<&'a [RefName]>,
    /// May a subject push here at all? `None` when that is not known.
    pub may_push: &'a dyn Fn(Subject) -> Option<bool>,
}

impl Rules<'_> {
    /// Why a rule decides nothing, if that is so: the first reason in the order of [`Idle`].
    pub fn idle(&self, rule: &Restriction) -> Option<Idle> {
        if self.means_nothing(rule) {
            Some(Idle::NoRefPossible)
        } else if is_servers_own(&rule.matcher) {
            Some(Idle::ServersRef)
        } else if self.lets_everyone_through(rule) {
            Some(Idle::LetsEveryoneThrough)
        } else if !rule.subjects.is_empty() && self.counting(rule).next().is_none() {
            Some(Idle::ListEnded)
        } else if self.is_powerless(rule) {
            Some(Idle::ListPowerless)
        } else if let Some(by) = self.all.iter().find(|it| self.shadows(it, rule)) {
            Some(Idle::Shadowed(by.id))
        } else {
            self.means_none_yet(rule).then_some(Idle::NoRefYet)
        }
    }

    fn counting<'a>(&self, rule: &'a Restriction) -> impl Iterator<Item = Subject> + use<'a> {
        let now = self.now;
        rule.subjects.iter().filter(move |it| counts(it, now)).map(|it| it.subject)
    }

    fn means_nothing(&self, rule: &Restriction) -> bool {
        let matcher = &rule.matcher;
        let excepted = |all: &[&str]| matcher.except.iter().any(|it| all.contains(&it.as_str()));
        match matcher.kind {
            MatcherKind::Ref => match RefName::parse(matcher.pattern.as_bytes()) {
                Ok(name) => !matches(matcher, rule.on, &name, &BranchingModel::default()),
                Err(_) => true,
            },
            MatcherKind::Glob => excepted(&["*", &matcher.pattern]),
            MatcherKind::Ant => excepted(&["**", &matcher.pattern]),
            MatcherKind::Any => excepted(&["*"]),
            MatcherKind::BranchingModel => {
                let class = BranchClass::parse(&matcher.pattern).ok();
                let has_branches =
                    |model: &BranchingModel| class.is_some_and(|it| model.of(it).next().is_some());
                let is_about_branches = rule.on != RefKinds::Tags;
                let in_model = self.branching_model.is_none_or(has_branches);
                excepted(&["*"]) || !is_about_branches || !in_model
            }
        }
    }

    /// An allow-list that lets everyone in still opens what another one of its kind closes, and
    /// what lies below its place may have such a one.
    fn lets_everyone_through(&self, rule: &Restriction) -> bool {
        let closes = |it: &Restriction| {
            it.id != rule.id
                && it.kind == rule.kind
                && it.mode == Mode::Enforce
                && !lists_everyone(it)
        };
        let opens = || rule.level != Level::Repository || self.all.iter().any(|it| closes(it));
        lists_everyone(rule) && !(rule.kind.is_allow_list() && opens())
    }

    fn is_powerless(&self, rule: &Restriction) -> bool {
        let mut listed = self.counting(rule).peekable();
        rule.kind.is_allow_list()
            && listed.peek().is_some()
            && listed.all(|it| (self.may_push)(it) == Some(false))
    }

    fn means_none_yet(&self, rule: &Restriction) -> bool {
        self.branching_model.zip(self.refs).is_some_and(|(model, names)| {
            !names.iter().any(|it| matches(&rule.matcher, rule.on, it, model))
        })
    }

    /// Does one rule leave nothing for the other to decide?
    fn shadows(&self, above: &Restriction, below: &Restriction) -> bool {
        let enforced = above.mode == Mode::Enforce && below.mode == Mode::Enforce;
        let leaves_nothing = |above: &Restriction, below: &Restriction| {
            self.covers(above, below)
                && (self.refuses_all_of(above, below) || self.lists_all_of(above, below))
        };
        above.id != below.id
            && enforced
            && leaves_nothing(above, below)
            // Of two that are alike, the older one stays.
            && !(above.id > below.id && leaves_nothing(below, above))
    }

    /// Does it take away all that the other one takes away, from all whom the other one takes it?
    fn refuses_all_of(&self, above: &Restriction, below: &Restriction) -> bool {
        if above.kind.is_allow_list() || !takes_all_of(above, below) {
            return false;
        }
        if below.kind.is_allow_list() {
            // Whom the list lets in may be let in by another one, too, but never past this.
            return self.counting(above).next().is_none();
        }
        let lets = above.subjects.iter().filter(|it| counts(it, self.now));
        lets.into_iter().all(|passes| {
            below.subjects.iter().any(|it| {
                let lasts = it.until.is_none_or(|end| passes.until.is_some_and(|it| it <= end));
                it.subject == passes.subject && lasts
            })
        })
    }

    /// Two allow-lists of one kind are read together: one that names nobody new adds nothing.
    fn lists_all_of(&self, above: &Restriction, below: &Restriction) -> bool {
        above.kind == below.kind
            && above.kind.is_allow_list()
            && below.subjects.iter().all(|entry| {
                above.subjects.iter().any(|it| {
                    it.subject == entry.subject
                        && it.until.is_none_or(|end| entry.until.is_some_and(|it| it <= end))
                })
            })
    }

    /// Does it mean every ref that the other one means? Yes only where that is certain.
    fn covers(&self, above: &Restriction, below: &Restriction) -> bool {
        let (a, b) = (&above.matcher, &below.matcher);
        let about = above.on == RefKinds::Both || above.on == below.on;
        let spared = a.except.is_empty()
            || a.kind == b.kind && a.except.iter().all(|it| b.except.contains(it));
        about && spared && wider(a, b)
    }
}

fn lists_everyone(rule: &Restriction) -> bool {
    rule.subjects.iter().any(|it| is_everyone(it.subject) && it.until.is_none())
}

fn is_servers_own(matcher: &Matcher) -> bool {
    let name = &matcher.pattern;
    matcher.kind == MatcherKind::Ref
        && [HIDDEN_REFS, PULL_REQUEST_REFS].iter().any(|it| name.starts_with(it))
}

fn wider(a: &Matcher, b: &Matcher) -> bool {
    match (a.kind, b.kind) {
        (MatcherKind::Any, _) => true,
        (_, MatcherKind::Ref) => RefName::parse(b.pattern.as_bytes()).is_ok_and(|it| {
            let bare = Matcher { except: Vec::new(), ..a.clone() };
            matches(&bare, RefKinds::Both, &it, &BranchingModel::default())
        }),
        // Its stars are the only thing that fits the other's stars.
        (MatcherKind::Glob, MatcherKind::Glob) => crate::pattern::glob(&a.pattern, &b.pattern),
        _ => a.kind == b.kind && a.pattern == b.pattern,
    }
}

/// Is every change that the kind of one rule takes away taken away by the other's, too?
fn takes_all_of(above: &Restriction, below: &Restriction) -> bool {
    let changes = [Change::Create, Change::FastForward, Change::Rewrite, Change::Delete];
    let every = || {
        let ways = [Way::Direct, Way::PullRequest].into_iter();
        ways.flat_map(|way| changes.into_iter().map(move |change| (change, way)))
    };
    let below_takes = |(change, way): &(Change, Way)| takes(below.kind, *change, *way);
    every().any(|it| below_takes(&it))
        && every().filter(below_takes).all(|(change, way)| takes(above.kind, change, way))
}
