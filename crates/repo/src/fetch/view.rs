//! The refs of a repository as one client may see them.

use crate::refs::{Head, RefEntry, RefSnapshot, Run};
use model::ObjectId;

/// Which refs a client may see.
#[derive(Clone, Copy)]
pub enum Visible<'a> {
    /// All of them, so that ready-made bytes can be sent.
    Everything,
    /// All but those whose full names start with one of these. As good as everything where
    /// there is none.
    Except(&'a [&'a str]),
    /// Those whose full name passes.
    Only(&'a dyn Fn(&str) -> bool),
}

/// A snapshot through the eyes of one client.
pub(crate) struct View<'a> {
    refs: &'a RefSnapshot,
    visible: Visible<'a>,
}

impl<'a> View<'a> {
    pub(crate) fn new(refs: &'a RefSnapshot, visible: Visible<'a>) -> Self {
        let hides = |prefixes: &[&str]| {
            prefixes.iter().any(|prefix| refs.with_prefix(prefix).next().is_some())
        };
        let visible = match visible {
            Visible::Except(prefixes) if !hides(prefixes) => Visible::Everything,
            Visible::Everything | Visible::Except(_) | Visible::Only(_) => visible,
        };
        Self { refs, visible }
    }

    fn shows(&self, name: &str) -> bool {
        match self.visible {
            Visible::Everything => true,
            Visible::Except(prefixes) => !prefixes.iter().any(|it| name.starts_with(it)),
            Visible::Only(passes) => passes(name),
        }
    }

    /// The snapshot, if nothing in it is hidden.
    pub(crate) fn everything(&self) -> Option<&'a RefSnapshot> {
        match self.visible {
            Visible::Everything => Some(self.refs),
            Visible::Except(_) | Visible::Only(_) => None,
        }
    }

    /// All visible refs, sorted by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = RefEntry<'a>> {
        self.refs.iter().filter(|it| self.shows(it.name))
    }

    /// The visible refs whose names start with `prefix`, sorted, as pieces of an advertisement.
    pub(super) fn each_run<'r>(&'r self, prefix: &'r str, mut take: impl FnMut(Run<'r>)) {
        if self.everything().is_some() {
            self.refs.each_run(prefix, take);
            return;
        }
        for entry in self.refs.with_prefix(prefix).filter(|it| self.shows(it.name)) {
            match entry.peeled {
                Some(_) => take(Run::Tag(entry)),
                None => take(Run::Lines(entry.line)),
            }
        }
    }

    /// About how many bytes a list of all refs has.
    pub(super) fn size_hint(&self) -> usize {
        self.refs.len() * 80
    }

    /// A visible ref by its full name.
    pub(crate) fn find(&self, name: &str) -> Option<RefEntry<'a>> {
        self.refs.find(name).filter(|it| self.shows(it.name))
    }

    /// Is any ref with this prefix hidden?
    pub(super) fn hides_any(&self, prefix: &'a str) -> bool {
        self.everything().is_none() && self.refs.with_prefix(prefix).any(|it| !self.shows(it.name))
    }

    /// HEAD, unless it leads to a hidden branch. A detached HEAD is a name for a commit, so it is
    /// visible where that commit is some visible ref's.
    pub(crate) fn head(&self) -> Option<wire::Head<'a>> {
        match self.refs.head() {
            Head::Branch(name) => self.shows(name.as_str()).then(|| wire::Head {
                id: self.refs.find(name.as_str()).map(|it| it.id),
                target: Some(name),
            }),
            Head::Detached(id) => {
                let shown = self.everything().is_some() || self.iter().any(|it| it.id == *id);
                shown.then_some(wire::Head { id: Some(*id), target: None })
            }
        }
    }

    /// Looks a ref up as git reads a short name: as it is, then as a tag, a branch, a remote.
    /// More than one hit is none: nobody knows which was meant.
    pub(super) fn find_short(&self, name: &str) -> Option<ObjectId> {
        let full = |before: &str| self.find(&format!("{before}{name}")).map(|it| it.id);
        let mut hits = ["", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/"]
            .into_iter()
            .filter_map(full);
        let first = hits.next();
        first.filter(|_| hits.next().is_none())
    }

    /// Takes out of `wanted` whatever a visible ref (or HEAD) points to directly.
    pub(crate) fn remove_tips(&self, wanted: &mut Vec<ObjectId>) {
        wanted.sort_unstable();
        wanted.dedup();
        let head = self.head().and_then(|it| it.id);
        let mut proven: Vec<bool> = wanted.iter().map(|it| Some(*it) == head).collect();
        let mut left = proven.iter().filter(|it| !**it).count();
        for entry in self.refs.iter() {
            if left == 0 {
                break;
            }
            // The name is asked about last: nearly no ref is among the wanted ones.
            if let Ok(at) = wanted.binary_search(&entry.id)
                && let Some(proven) = proven.get_mut(at)
                && !*proven
                && self.shows(entry.name)
            {
                *proven = true;
                left -= 1;
            }
        }
        let mut proven = proven.into_iter();
        wanted.retain(|_| proven.next() == Some(false));
    }

    /// What visible refs point to, annotated tags peeled; HEAD first. May repeat itself.
    pub(super) fn peeled_tips(&self) -> impl Iterator<Item = ObjectId> {
        let head = self.head().and_then(|it| it.id);
        head.into_iter().chain(self.iter().map(|it| it.peeled.unwrap_or(it.id)))
    }
}
