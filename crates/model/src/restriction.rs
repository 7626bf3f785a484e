//! Restrictions: what takes operations on refs away. Data only; `policy` weighs them.

use crate::permission::words;
use crate::words::Level;
use crate::{ListedSubject, RestrictionId, Timestamp};

/// What a restriction takes away. Adding a kind stops the build wherever one must be thought of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RestrictionKind {
    /// Direct creation and update, except by the subjects listed. An allow-list: an empty one
    /// means nobody, admins included.
    Push,
    /// Rewrites: updates that are not fast-forwards.
    Force,
    /// Deletion.
    Delete,
    /// Every direct change; a merged pull request is the only way in.
    PullRequestOnly,
}

words!("restriction kind", RestrictionKind {
    Push = "push", Force = "force", Delete = "delete", PullRequestOnly = "pull-request-only",
});

/// Are refusals of a restriction carried out, or only recorded and shown?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    Enforce,
    Evaluate,
}

words!("mode", Mode { Enforce = "enforce", Evaluate = "evaluate" });

/// Is a restriction about branches, tags, or both?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefKinds {
    Branches,
    Tags,
    Both,
}

words!("ref kind", RefKinds { Branches = "branches", Tags = "tags", Both = "both" });

/// How a matcher reads its pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatcherKind {
    /// Bitbucket Cloud's: `*` crosses `/`, anchored, everything else literal; compared with the
    /// short name.
    Glob,
    /// Exactly one ref, by its full name.
    Ref,
    /// Every ref.
    Any,
}

words!("matcher type", MatcherKind { Glob = "glob", Ref = "ref", Any = "any" });

/// Which refs a restriction is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    pub kind: MatcherKind,
    /// Empty for [`MatcherKind::Any`]; a full ref name for [`MatcherKind::Ref`].
    pub pattern: String,
    /// Patterns of the same kind that are left out ("all of `release/*` except `release/next`").
    pub except: Vec<String>,
}

/// One restriction, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    pub id: RestrictionId,
    /// What it hangs on: a workspace, project or repository.
    pub level: Level,
    pub kind: RestrictionKind,
    pub matcher: Matcher,
    pub on: RefKinds,
    pub subjects: Vec<ListedSubject>,
    pub mode: Mode,
    /// The number of a numeric kind; none of the present kinds takes one.
    pub value: Option<i64>,
    /// Why it is there, in the words of whoever wrote it.
    pub note: Option<String>,
    pub changed_at: Timestamp,
    /// The user name of whoever changed it last; `None` when it was the system.
    pub changed_by: Option<String>,
}
