//! The restrictions of one place, arranged so that those that cannot match cost nothing.
//!
//! The order they were stored in is forgotten on the way in: nothing that comes out depends on
//! it. A rulebook holds the rules and finds them; what they say is `restriction.rs`'s.

use crate::decision::{Outcome, WeighedRule};
use crate::layers::is_everyone;
use crate::matcher::Target;
use crate::pattern::segment;
use model::{
    BranchingModel, Level, ListedSubject, Matcher, MatcherKind, Mode, RefKinds, RefName,
    Restriction, RestrictionId, RestrictionKind,
};
use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;
use std::sync::Arc;

/// Every restriction on a place and on what contains it. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rulebook(Arc<Arranged>);

/// A rule in a rulebook. What is asked of every rule that means a ref stands beside it: the rule
/// itself lies elsewhere in memory and is opened only where more of it is asked, which is most of
/// what a decision over many rules costs.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: RestrictionId,
    pub level: Level,
    pub kind: RestrictionKind,
    pub mode: Mode,
    on: RefKinds,
    has_exceptions: bool,
    /// Does its list let everyone in, now or some time?
    pub(crate) has_everyone: bool,
    /// Does its list name anybody?
    pub(crate) names: bool,
    rule: Arc<Restriction>,
}

impl Entry {
    fn new(rule: Arc<Restriction>) -> Self {
        let Restriction { id, level, kind, mode, on, .. } = *rule;
        let has_exceptions = !rule.matcher.except.is_empty();
        let has_everyone = rule.subjects.iter().any(|it| is_everyone(it.subject));
        let names = rule.subjects.iter().any(|it| !is_everyone(it.subject));
        Self { id, level, kind, mode, on, has_exceptions, has_everyone, names, rule }
    }

    /// What it said, for the trace.
    pub(crate) fn weighed(&self, outcome: Outcome) -> WeighedRule {
        WeighedRule { id: self.id, level: self.level, kind: self.kind, outcome }
    }
}

/// The rule.
impl Deref for Entry {
    type Target = Arc<Restriction>;

    fn deref(&self) -> &Arc<Restriction> {
        &self.rule
    }
}

/// Where each rule stands tells what is already known of its pattern, so that most rules are
/// found without reading their text.
#[derive(Debug, Default, PartialEq, Eq)]
struct Arranged {
    /// By id. Everything below holds places in this list.
    rules: Vec<Entry>,
    /// Is any of them about content?
    has_content_rules: bool,
    /// Does any of them enforce merge checks?
    enforces_checks: bool,
    /// Globs without a star: they fit this short name.
    by_short_name: HashMap<Box<str>, Vec<usize>>,
    /// They fit this full name.
    by_full_name: HashMap<Box<str>, Vec<usize>>,
    /// Globs with one star, at the end, and those that fit any ref: they fit what starts so.
    by_prefix: ByStart,
    /// All other globs: they can only fit what starts so.
    by_start: ByStart,
    /// By the class that the branching model has to give the branch.
    by_class: HashMap<Box<str>, Vec<usize>>,
    /// Ant patterns: they can only fit a full name that has this segment.
    by_segment: HashMap<Box<str>, Vec<usize>>,
    /// Ant patterns that name no segment in full: the same, for how a segment starts.
    by_segment_start: ByStart,
}

/// By what a name or segment starts with: first by its length in bytes.
type ByStart = BTreeMap<usize, HashMap<Box<str>, Vec<usize>>>;

impl Rulebook {
    /// Arranges the rules; `n log n`, so keep the result as long as the rules stay the same.
    pub fn new(rules: impl IntoIterator<Item = Restriction>) -> Self {
        Self::arrange(rules.into_iter().map(Arc::new).collect())
    }

    fn arrange(mut rules: Vec<Arc<Restriction>>) -> Self {
        rules.sort_by_key(|it| it.id);
        let mut it = Arranged::default();
        for (at, rule) in rules.iter().enumerate() {
            it.bucket(&rule.matcher).push(at);
        }
        it.has_content_rules = rules.iter().any(|it| it.kind.is_about_content());
        it.enforces_checks = rules.iter().any(|it| it.kind == RestrictionKind::EnforceMergeChecks);
        it.rules = rules.into_iter().map(Entry::new).collect();
        Self(Arc::new(it))
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Restriction>> {
        self.0.rules.iter().map(|it| &it.rule)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.rules.len()
    }

    /// Is any of them about content?
    pub fn has_content_rules(&self) -> bool {
        self.0.has_content_rules
    }

    /// Does any of them enforce merge checks?
    pub(crate) fn enforces_checks(&self) -> bool {
        self.0.enforces_checks
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.rules.is_empty()
    }

    /// The rule by this number.
    pub fn find(&self, id: RestrictionId) -> Option<&Arc<Restriction>> {
        let at = self.0.rules.binary_search_by_key(&id, |it| it.id).ok()?;
        self.0.rules.get(at).map(|it| &it.rule)
    }

    /// The rules that mean this ref under this branching model, by id.
    pub fn matching(&self, name: &RefName, branching_model: &BranchingModel) -> Vec<&Entry> {
        let it = &*self.0;
        let target = Target::of(name, branching_model);
        let known = it.by_short_name.get(target.short).into_iter();
        let known = known.chain(it.by_full_name.get(target.full));
        let known = known.chain(starts(&it.by_prefix, target.short));
        let of_class = it.by_class.iter().filter(|(class, _)| target.is_of_class(class));
        let known = known.chain(of_class.map(|it| it.1)).map(|it| (it, true));
        let others = starts(&it.by_start, target.short).chain(it.with_segment_of(target.full));
        let mut found = Vec::new();
        let mut buckets = 0;
        for (bucket, fits) in known.chain(others.map(|it| (it, false))) {
            found.reserve(bucket.len());
            for rule in bucket.iter().filter_map(|at| it.rules.get(*at)) {
                if target.is_of_kind(rule.on)
                    && (fits || target.fits(&rule.matcher))
                    && !(rule.has_exceptions && target.is_exception(&rule.matcher))
                {
                    found.push(rule);
                }
            }
            buckets += 1;
        }
        // Each bucket is in order already, and mostly there is one.
        if buckets > 1 && !found.is_sorted_by(|a, b| a.id < b.id) {
            found.sort_unstable_by_key(|it| it.id);
            // A name with a segment twice finds the rules of its bucket twice.
            found.dedup_by_key(|it| it.id);
        }
        found
    }

    /// The same rules, with one more subject listed in some of them.
    pub fn with_listed(&self, ids: &[RestrictionId], listed: &ListedSubject) -> Self {
        let list = |rule: &Arc<Restriction>| {
            if !ids.contains(&rule.id) {
                return Arc::clone(rule);
            }
            let mut rule = Restriction::clone(rule);
            rule.subjects.push(listed.clone());
            Arc::new(rule)
        };
        Self::arrange(self.iter().map(list).collect())
    }

    /// The rules as they would be without one of them, or with one more, or with one in another's
    /// place.
    pub fn changed(&self, without: Option<RestrictionId>, with: Option<Restriction>) -> Self {
        let stay = self.iter().filter(|it| Some(it.id) != without).map(Arc::clone);
        Self::arrange(stay.chain(with.map(Arc::new)).collect())
    }
}

impl Arranged {
    /// Where a rule with this matcher stands.
    fn bucket(&mut self, matcher: &Matcher) -> &mut Vec<usize> {
        let pattern = matcher.pattern.as_str();
        let entry = match (matcher.kind, pattern.split_once('*')) {
            (MatcherKind::Ref, _) => self.by_full_name.entry(pattern.into()),
            (MatcherKind::Any, _) => self.by_prefix.entry(0).or_default().entry("".into()),
            (MatcherKind::BranchingModel, _) => self.by_class.entry(pattern.into()),
            (MatcherKind::Ant, _) => match telling_segment(pattern) {
                Segment::Whole(segment) => self.by_segment.entry(segment.into()),
                Segment::Start(start) => {
                    self.by_segment_start.entry(start.len()).or_default().entry(start.into())
                }
            },
            (MatcherKind::Glob, None) => self.by_short_name.entry(pattern.into()),
            (MatcherKind::Glob, Some((start, rest))) => {
                let by = if rest.is_empty() { &mut self.by_prefix } else { &mut self.by_start };
                by.entry(start.len()).or_default().entry(start.into())
            }
        };
        entry.or_default()
    }

    /// The buckets of Ant patterns that may fit a name, because it has a segment of theirs.
    fn with_segment_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Vec<usize>> {
        let is_needed = !self.by_segment.is_empty() || !self.by_segment_start.is_empty();
        let segments = is_needed.then(|| name.split('/')).into_iter().flatten();
        segments.flat_map(|it| {
            self.by_segment.get(it).into_iter().chain(starts(&self.by_segment_start, it))
        })
    }
}

/// The segment of an Ant pattern that tells the most about the names it fits.
enum Segment<'a> {
    Whole(&'a str),
    /// What every name it fits has a segment starting with.
    Start(&'a str),
}

fn telling_segment(pattern: &str) -> Segment<'_> {
    let mut longest = "";
    let mut rest = Some(pattern);
    while let Some((it, left)) = rest.map(segment) {
        rest = left;
        let start = it.split(['*', '?']).next().unwrap_or_default();
        if start != it {
            longest = if start.len() > longest.len() { start } else { longest };
        } else if !matches!(it, "" | "refs" | "heads" | "tags") {
            return Segment::Whole(it);
        }
        // Nearly every name has the others, so that they tell next to nothing.
    }
    Segment::Start(longest)
}

impl FromIterator<Restriction> for Rulebook {
    fn from_iter<T: IntoIterator<Item = Restriction>>(rules: T) -> Self {
        Self::new(rules)
    }
}

/// The buckets of everything that this name starts with.
fn starts<'a>(by: &'a ByStart, name: &str) -> impl Iterator<Item = &'a Vec<usize>> {
    by.range(..=name.len()).filter_map(move |(length, bucket)| {
        // A length that falls into the middle of a character is no start of the name.
        bucket.get(name.get(..*length)?)
    })
}
