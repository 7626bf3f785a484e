//! A content rule as what is to be found out: its number and argument, read once per push.

use super::patterns::Patterns;
use crate::{Error, Result};
use model::{Restriction, RestrictionKind};
use regex::Regex;
use std::sync::Arc;

/// What one rule wants to know. Custom checks are asked elsewhere.
pub(super) enum Test {
    Signed,
    FileSize(u64),
    PushSize(u64),
    AuthorEmail(String),
    CommitterEmail(String),
    CommitterIsPusher,
    Message(Arc<Regex>),
    Paths(Vec<String>),
}

impl Test {
    /// Reads a rule; `None` when it is about something else. A rule that lacks what its kind
    /// needs cannot have been saved by this version: nothing is decided by guessing.
    pub(super) fn of(rule: &Restriction, patterns: &Patterns) -> Result<Option<Self>> {
        let lacks = || unreadable(rule, "it lacks what its kind needs");
        let size = || rule.value.and_then(|it| u64::try_from(it).ok()).ok_or_else(lacks);
        let argument = || rule.argument.clone().ok_or_else(lacks);
        Ok(Some(match rule.kind {
            RestrictionKind::RequireSignedCommits => Self::Signed,
            RestrictionKind::MaxFileSize => Self::FileSize(size()?),
            RestrictionKind::MaxPushSize => Self::PushSize(size()?),
            RestrictionKind::AuthorEmail => Self::AuthorEmail(argument()?),
            RestrictionKind::CommitterEmail => Self::CommitterEmail(argument()?),
            RestrictionKind::CommitterIsPusher => Self::CommitterIsPusher,
            RestrictionKind::CommitMessage => {
                let pattern = patterns.find(&argument()?);
                Self::Message(pattern.map_err(|why| unreadable(rule, &why))?)
            }
            RestrictionKind::RestrictedPaths => {
                Self::Paths(super::argument::paths(&argument()?).map(str::to_owned).collect())
            }
            RestrictionKind::CustomCheck
            | RestrictionKind::Push
            | RestrictionKind::RestrictMerges
            | RestrictionKind::Force
            | RestrictionKind::Delete
            | RestrictionKind::NoCreates
            | RestrictionKind::ReadOnly
            | RestrictionKind::PullRequestOnly
            | RestrictionKind::Require(_)
            | RestrictionKind::EnforceMergeChecks
            | RestrictionKind::Behaviour(_) => return Ok(None),
        }))
    }

    /// Must the files of commits be looked at?
    pub(super) const fn needs_files(&self) -> bool {
        match self {
            Self::FileSize(_) | Self::Paths(_) => true,
            Self::Signed
            | Self::PushSize(_)
            | Self::AuthorEmail(_)
            | Self::CommitterEmail(_)
            | Self::CommitterIsPusher
            | Self::Message(_) => false,
        }
    }

    /// Does it ask what a merge leaves out?
    pub(super) const fn asks_of_merges(&self) -> bool {
        matches!(self, Self::Paths(_))
    }

    /// Must commits be looked at?
    pub(super) const fn needs_commits(&self) -> bool {
        !matches!(self, Self::PushSize(_))
    }
}

fn unreadable(rule: &Restriction, why: &str) -> Error {
    let source = format!("rule {} cannot be read: {why}", rule.id);
    Error::internal("a content rule cannot be read; nothing passes it", source)
}
