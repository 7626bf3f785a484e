//! What a commit would be if it changed nothing: its parent, or what comes of a merge by itself.
//!
//! A merge takes each file from the side that changed it. What differs from that was changed by
//! whoever merged: something new, something that only one parent has and the other took back, or
//! a file that both sides changed, where somebody had to choose. This knows names and ids; it
//! reads nothing.

use crate::tree::TreeEntry;
use std::ops::Range;

/// Which of the trees that stand side by side is what. The first is the commit's own, and the
/// second and following are its parents'; behind them are those of where the lines parted.
pub(super) struct Resolution {
    parents: Range<usize>,
    /// Is there a parent in truth? The beginning of a history stands beside nothing.
    has_parent: bool,
    merges: Merges,
}

/// How the further parents are merged.
enum Merges {
    /// Nobody asks: what is as in one of the parents was not changed.
    AnyParent,
    /// One by one into those before it; for each, the best common ancestors of both.
    Bases(Vec<Range<usize>>),
}

impl Resolution {
    /// Of a commit without parents: beside its tree stands one that is not there.
    pub(super) fn beginning() -> Self {
        Self { parents: 1..2, has_parent: false, merges: Merges::AnyParent }
    }

    /// What is as in one of these parents was not changed.
    pub(super) fn any_of(parents: usize) -> Self {
        Self { parents: 1..parents + 1, has_parent: true, merges: Merges::AnyParent }
    }

    /// A merge. For each parent but the first, how many common ancestors it has with those before
    /// it; none stands for one without files.
    pub(super) fn merge(bases: &[usize]) -> Self {
        let parents = 1..bases.len() + 2;
        let mut from = parents.end;
        let ranges = bases.iter().map(|count| {
            let range = from..from + (*count).max(1);
            from = range.end;
            range
        });
        Self { merges: Merges::Bases(ranges.collect()), parents, has_parent: true }
    }

    /// Is this name as it would be by itself, in the first of these trees?
    pub(super) fn is_kept(&self, entries: &[Option<TreeEntry>]) -> bool {
        match &self.merges {
            Merges::AnyParent => self.is_as_in_parent(entries),
            Merges::Bases(_) => {
                self.merged(entries).is_some_and(|it| entries.first() == entries.get(it))
            }
        }
    }

    pub(super) fn is_as_in_parent(&self, entries: &[Option<TreeEntry>]) -> bool {
        let parents = entries.get(self.parents.clone()).unwrap_or_default();
        entries.first().is_some_and(|now| parents.contains(now))
    }

    /// The parent, counted from one, that this name is taken from if nobody changes it.
    pub(super) fn belongs(&self, entries: &[Option<TreeEntry>]) -> Option<usize> {
        match &self.merges {
            Merges::AnyParent => (self.has_parent && self.parents.len() == 1).then_some(1),
            Merges::Bases(_) => self.merged(entries),
        }
    }

    /// What comes of merging by itself, as the place of the parent it is taken from; `None` where
    /// somebody has to choose.
    fn merged(&self, entries: &[Option<TreeEntry>]) -> Option<usize> {
        let Merges::Bases(bases) = &self.merges else { return None };
        let mut taken = self.parents.start;
        for (base, other) in bases.iter().zip(self.parents.clone().skip(1)) {
            let (ours, theirs) = (entries.get(taken)?, entries.get(other)?);
            let bases = entries.get(base.clone())?;
            taken = match (bases.contains(ours), bases.contains(theirs)) {
                _ if ours == theirs => taken,
                (false, true) => taken,
                (true, false) => other,
                // Both sides changed it; or, between lines that were merged crosswise, each side
                // is what one of several ancestors had, and which is newer cannot be told.
                (false, false) | (true, true) => return None,
            };
        }
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ObjectId;

    /// A row of letters, one for each tree; `-` where the name is not there.
    fn entries(row: &str) -> Vec<Option<TreeEntry>> {
        let entry = |it: u8| TreeEntry { mode: 0o100_644, id: ObjectId::from_bytes([it; 20]) };
        row.bytes().filter(|it| *it != b' ').map(|it| (it != b'-').then(|| entry(it))).collect()
    }

    /// Now, parents, bases; the bases of each further parent; the parent it is taken from.
    #[test]
    fn a_merge_takes_each_file_from_the_side_that_changed_it() {
        for (row, bases, taken) in [
            ("a aa a", &[1][..], Some(1)),
            ("x ba a", &[1], Some(1)),
            ("x ab a", &[1], Some(2)),
            ("x bb a", &[1], Some(1)),
            ("x bc a", &[1], None),
            // Taken away, brought along.
            ("x -a a", &[1], Some(1)),
            ("x a- a", &[1], Some(2)),
            ("x a- -", &[1], Some(1)),
            ("x b- a", &[1], None),
            // Histories that have nothing in common.
            ("x a- -", &[0], Some(1)),
            ("x ab -", &[0], None),
            ("x aa -", &[0], Some(1)),
            // Crosswise: one ancestor tells, or both tell different things.
            ("x bc ab", &[2], Some(2)),
            ("x ab ab", &[2], None),
            ("x bb ac", &[2], Some(1)),
            // An octopus, arm by arm.
            ("x aba aa", &[1, 1], Some(2)),
            ("x aab aa", &[1, 1], Some(3)),
            ("x abc aa", &[1, 1], None),
            ("x abb aa", &[1, 1], Some(2)),
            ("x abc ab", &[1, 1], Some(3)),
        ] {
            let merge = Resolution::merge(bases);
            let mut entries = entries(row);
            assert_eq!(merge.belongs(&entries), taken, "{row}");
            for place in merge.parents.clone() {
                entries[0] = entries[place];
                let right = taken.is_some_and(|it| entries[it] == entries[0]);
                assert_eq!(merge.is_kept(&entries), right, "{row} as in {place}");
                assert!(merge.is_as_in_parent(&entries), "{row}");
            }
        }
    }

    #[test]
    fn without_its_bases_a_merge_may_take_what_any_parent_has() {
        let any = Resolution::any_of(2);
        assert!(any.is_kept(&entries("a ab")) && any.is_kept(&entries("b ab")));
        assert!(!any.is_kept(&entries("c ab")));
        assert_eq!(any.belongs(&entries("c ab")), None);
        assert_eq!(Resolution::any_of(1).belongs(&entries("c a")), Some(1));
        assert_eq!(Resolution::beginning().belongs(&entries("c -")), None);
    }
}
