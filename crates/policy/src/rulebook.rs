//! The restrictions of one place, arranged so that those that cannot match cost nothing.
//!
//! The order they were stored in is forgotten on the way in: nothing that comes out depends on
//! it. A rulebook holds the rules and finds them; what they say is `restriction.rs`'s.

use crate::matcher::Target;
use model::{ListedSubject, MatcherKind, RefName, Restriction, RestrictionId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Every restriction on a place and on what contains it. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rulebook(Arc<Arranged>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Arranged {
    /// By id.
    rules: Vec<Arc<Restriction>>,
    /// Places in `rules`, by the one name that a rule can match.
    by_name: HashMap<Box<str>, Vec<usize>>,
    /// Places in `rules`, by what every matching name starts with: first by its length.
    by_prefix: BTreeMap<usize, HashMap<Box<str>, Vec<usize>>>,
}

impl Rulebook {
    /// Arranges the rules; `n log n`, so keep the result as long as the rules stay the same.
    pub fn new(rules: impl IntoIterator<Item = Restriction>) -> Self {
        Self::arrange(rules.into_iter().map(Arc::new).collect())
    }

    fn arrange(mut rules: Vec<Arc<Restriction>>) -> Self {
        rules.sort_by_key(|it| it.id);
        let mut by_name = HashMap::<Box<str>, Vec<usize>>::new();
        let mut by_prefix = BTreeMap::<usize, HashMap<Box<str>, Vec<usize>>>::new();
        for (at, rule) in rules.iter().enumerate() {
            let pattern = rule.matcher.pattern.as_str();
            let bucket = match (rule.matcher.kind, pattern.split_once('*')) {
                (MatcherKind::Any, _) => by_prefix.entry(0).or_default().entry("".into()),
                (MatcherKind::Glob, Some((start, _))) => {
                    by_prefix.entry(start.len()).or_default().entry(start.into())
                }
                (MatcherKind::Glob, None) | (MatcherKind::Ref, _) => by_name.entry(pattern.into()),
            };
            bucket.or_default().push(at);
        }
        Self(Arc::new(Arranged { rules, by_name, by_prefix }))
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Arc<Restriction>> {
        self.0.rules.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.rules.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.rules.is_empty()
    }

    /// The rule by this number.
    pub fn find(&self, id: RestrictionId) -> Option<&Arc<Restriction>> {
        let at = self.0.rules.binary_search_by_key(&id, |it| it.id).ok()?;
        self.0.rules.get(at)
    }

    /// The rules that mean this ref, by id.
    pub fn matching(&self, name: &RefName) -> Vec<&Arc<Restriction>> {
        let Arranged { rules, by_name, by_prefix } = &*self.0;
        let target = Target::of(name);
        let mut found = Vec::new();
        let mut collect = |bucket: Option<&Vec<usize>>| {
            found.reserve(bucket.map_or(0, Vec::len));
            let candidates = bucket.into_iter().flatten().filter_map(|at| rules.get(*at));
            found.extend(candidates.filter(|it| target.is_meant_by(&it.matcher, it.on)));
        };
        let Target { full, short, .. } = target;
        collect(by_name.get(short));
        if short != full {
            collect(by_name.get(full));
        }
        for (length, bucket) in by_prefix.range(..=short.len()) {
            // A length that falls into the middle of a character is no pattern's prefix of it.
            collect(short.get(..*length).and_then(|start| bucket.get(start)));
        }
        // Each bucket is in order already, and mostly there is one.
        if !found.is_sorted_by_key(|it| it.id) {
            found.sort_unstable_by_key(|it| it.id);
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
}

impl FromIterator<Restriction> for Rulebook {
    fn from_iter<T: IntoIterator<Item = Restriction>>(rules: T) -> Self {
        Self::new(rules)
    }
}
