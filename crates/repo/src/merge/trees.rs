//! Three trees into one, where that is plain: no name has changed on both sides. Everything else
//! is git's to find out, and whatever is found here, git finds, too.
//!
//! Git follows files that were moved. That can make a difference only where a name is gone on one
//! side, and changed or gone on the other; those are left to git. So are folders that both sides
//! have changed in the same way, because names may be gone within.

use super::workshop::Workshop;
use crate::Result;
use crate::objects::ObjectKind;
use crate::tree::{self, Names, TreeEntry};
use model::ObjectId;
use std::collections::{BTreeSet, HashMap};

/// Folders deeper than this are left to git, so that a stack of ours need not hold them.
const DEEPEST: usize = 100;

/// The tree that has the changes of both, compared with `base`; `None` where git has to look.
/// Without a base, everything is new.
pub(super) fn merge(
    workshop: &mut Workshop<'_>,
    base: Option<ObjectId>,
    ours: ObjectId,
    theirs: ObjectId,
) -> Result<Option<ObjectId>> {
    let sides = Sides {
        base: base.map(TreeEntry::tree),
        ours: Some(TreeEntry::tree(ours)),
        theirs: Some(TreeEntry::tree(theirs)),
    };
    match sides.choose() {
        Choice::Take(entry) => Ok(entry.map(|it| it.id)),
        Choice::Open => Walk { workshop, known: HashMap::new() }.open(sides, DEEPEST),
        Choice::AskGit => Ok(None),
    }
}

/// One name on the three sides.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Sides {
    base: Option<TreeEntry>,
    ours: Option<TreeEntry>,
    theirs: Option<TreeEntry>,
}

enum Choice {
    /// This; `None`: the name goes.
    Take(Option<TreeEntry>),
    /// All are folders, or not there: look inside.
    Open,
    AskGit,
}

impl Sides {
    fn choose(self) -> Choice {
        let Self { base, ours, theirs } = self;
        let is_folder = |it: Option<TreeEntry>| it.is_some_and(TreeEntry::is_tree);
        if ours == base {
            Choice::Take(theirs)
        } else if theirs == base {
            Choice::Take(ours)
        } else if is_folder(ours) && is_folder(theirs) && base.is_none_or(TreeEntry::is_tree) {
            Choice::Open
        } else if ours == theirs && ours.is_some() && !is_folder(base) && !is_folder(ours) {
            Choice::Take(ours)
        } else {
            Choice::AskGit
        }
    }
}

/// Opens folders that all sides have changed.
struct Walk<'a, 'r> {
    workshop: &'a mut Workshop<'r>,
    /// What came of folders that were opened. A few of them, each inside of the next many times
    /// over, make more paths than anybody can visit, and only so many different threes.
    known: HashMap<Sides, ObjectId>,
}

impl Walk<'_, '_> {
    fn open(&mut self, folder: Sides, depth: usize) -> Result<Option<ObjectId>> {
        if let Some(known) = self.known.get(&folder) {
            return Ok(Some(*known));
        }
        self.workshop.time_left()?;
        let Some(depth) = depth.checked_sub(1) else { return Ok(None) };
        let names = |side: Option<TreeEntry>| match side {
            Some(entry) => tree::read(self.workshop, &entry.id),
            None => Ok(Names::new()),
        };
        let (base, ours, theirs) =
            (names(folder.base)?, names(folder.ours)?, names(folder.theirs)?);
        let all: BTreeSet<&Vec<u8>> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
        let mut merged = Names::new();
        for name in all {
            let side = |it: &Names| it.get(name).copied();
            let sides = Sides { base: side(&base), ours: side(&ours), theirs: side(&theirs) };
            let entry = match sides.choose() {
                Choice::Take(entry) => entry,
                Choice::AskGit => return Ok(None),
                Choice::Open => match self.open(sides, depth)? {
                    Some(tree) => Some(TreeEntry::tree(tree)),
                    None => return Ok(None),
                },
            };
            merged.extend(entry.map(|it| (name.clone(), it)));
        }
        if merged.is_empty() {
            // A folder that has lost everything on one side or the other.
            return Ok(None);
        }
        let tree = self.workshop.add(ObjectKind::Tree, tree::write(&merged))?;
        self.known.insert(folder, tree);
        Ok(Some(tree))
    }
}
