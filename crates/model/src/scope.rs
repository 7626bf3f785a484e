//! What a credential may be used for.
//!
//! Two families of names exist, both Bitbucket's: those of API tokens, where nothing implies
//! anything, and the older ones of access tokens and OAuth, where some do. Source: the fact
//! sheet, sections 5.2 and 5.3.

use crate::permission::UnknownWord;
use std::collections::BTreeSet;
use std::fmt;

/// Which family a scope's name belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeFamily {
    /// `read:repository:bitbucket`: nothing implies anything.
    Api,
    /// `repository:write`: implies `repository`.
    Legacy,
}

impl ScopeFamily {
    /// The word in JSON and texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Legacy => "legacy",
        }
    }
}

macro_rules! scopes {
    ($($variant:ident $family:ident $word:literal [$($implied:ident),*]),* $(,)?) => {
        /// One scope, of either family.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Scope { $(#[doc = concat!("`", $word, "`")] $variant),* }

        impl Scope {
            /// Every scope, in the order of the fact sheet.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The scope's name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Which family the name belongs to.
            pub const fn family(self) -> ScopeFamily {
                match self { $(Self::$variant => ScopeFamily::$family),* }
            }

            /// What holding this scope directly includes, besides itself. Not transitive.
            const fn implies(self) -> &'static [Self] {
                match self { $(Self::$variant => &[$(Self::$implied),*]),* }
            }
        }
    };
}

scopes! {
    ReadRepository Api "read:repository:bitbucket" [],
    WriteRepository Api "write:repository:bitbucket" [],
    AdminRepository Api "admin:repository:bitbucket" [],
    DeleteRepository Api "delete:repository:bitbucket" [],
    ReadPullRequest Api "read:pullrequest:bitbucket" [],
    WritePullRequest Api "write:pullrequest:bitbucket" [],
    ReadProject Api "read:project:bitbucket" [],
    AdminProject Api "admin:project:bitbucket" [],
    ReadWorkspace Api "read:workspace:bitbucket" [],
    AdminWorkspace Api "admin:workspace:bitbucket" [],
    ReadUser Api "read:user:bitbucket" [],
    WriteUser Api "write:user:bitbucket" [],
    ReadPipeline Api "read:pipeline:bitbucket" [],
    WritePipeline Api "write:pipeline:bitbucket" [],
    AdminPipeline Api "admin:pipeline:bitbucket" [],
    ReadRunner Api "read:runner:bitbucket" [],
    WriteRunner Api "write:runner:bitbucket" [],
    ReadIssue Api "read:issue:bitbucket" [],
    WriteIssue Api "write:issue:bitbucket" [],
    DeleteIssue Api "delete:issue:bitbucket" [],
    ReadWebhook Api "read:webhook:bitbucket" [],
    WriteWebhook Api "write:webhook:bitbucket" [],
    DeleteWebhook Api "delete:webhook:bitbucket" [],
    ReadSnippet Api "read:snippet:bitbucket" [],
    WriteSnippet Api "write:snippet:bitbucket" [],
    DeleteSnippet Api "delete:snippet:bitbucket" [],
    ReadSshKey Api "read:ssh-key:bitbucket" [],
    WriteSshKey Api "write:ssh-key:bitbucket" [],
    DeleteSshKey Api "delete:ssh-key:bitbucket" [],
    ReadGpgKey Api "read:gpg-key:bitbucket" [],
    WriteGpgKey Api "write:gpg-key:bitbucket" [],
    DeleteGpgKey Api "delete:gpg-key:bitbucket" [],
    ReadPermission Api "read:permission:bitbucket" [],
    WritePermission Api "write:permission:bitbucket" [],
    DeletePermission Api "delete:permission:bitbucket" [],
    ReadPackage Api "read:package:bitbucket" [],

    Repository Legacy "repository" [ReadRepository],
    RepositoryWrite Legacy "repository:write" [Repository, WriteRepository],
    RepositoryAdmin Legacy "repository:admin" [AdminRepository],
    RepositoryDelete Legacy "repository:delete" [DeleteRepository],
    PullRequest Legacy "pullrequest" [Repository, ReadPullRequest],
    PullRequestWrite Legacy "pullrequest:write" [PullRequest, RepositoryWrite, WritePullRequest],
    Project Legacy "project" [Repository, ReadProject],
    ProjectAdmin Legacy "project:admin" [AdminProject],
    Account Legacy "account" [AccountEmail, ReadUser, ReadWorkspace, ReadSshKey],
    AccountWrite Legacy "account:write" [Account, WriteUser, WriteSshKey, DeleteSshKey, WriteGpgKey, DeleteGpgKey],
    AccountEmail Legacy "email" [],
    Issue Legacy "issue" [ReadIssue],
    IssueWrite Legacy "issue:write" [Issue, WriteIssue],
    Wiki Legacy "wiki" [],
    Webhook Legacy "webhook" [ReadWebhook, WriteWebhook, DeleteWebhook],
    Snippet Legacy "snippet" [ReadSnippet],
    SnippetWrite Legacy "snippet:write" [Snippet, WriteSnippet, DeleteSnippet],
    Pipeline Legacy "pipeline" [ReadPipeline],
    PipelineWrite Legacy "pipeline:write" [Pipeline, WritePipeline],
    PipelineVariable Legacy "pipeline:variable" [AdminPipeline],
    Runner Legacy "runner" [ReadRunner],
    RunnerWrite Legacy "runner:write" [Runner, WriteRunner],
}

impl Scope {
    /// Reads a scope by its name on the wire.
    pub fn parse(name: &str) -> Result<Self, UnknownWord> {
        Self::ALL.iter().copied().find(|it| it.as_str() == name).ok_or_else(|| UnknownWord {
            what: "scope",
            found: name.to_owned(),
            known: "the names in docs/reference/scopes.md, such as read:repository:bitbucket"
                .into(),
        })
    }

    /// What somebody who thinks in this family would ask for: the name that includes this scope
    /// and the least besides. The scope itself where the family has no such name.
    pub fn in_family(self, family: ScopeFamily) -> Self {
        if self.family() == family {
            return self;
        }
        let reached = |it: Self| Self::ALL.iter().filter(|other| reaches(it, **other)).count();
        let all = Self::ALL.iter().copied();
        let fitting = all.filter(|it| it.family() == family && reaches(*it, self));
        fitting.min_by_key(|it| reached(*it)).unwrap_or(self)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a credential is limited to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scopes {
    /// Everything its principal may do: a password session, an SSH key.
    Unlimited,
    /// Only these, as they were given. May be empty: such a credential is good for nothing.
    Only(BTreeSet<Scope>),
}

impl Scopes {
    /// Is this scope held, directly or by implication of the legacy family?
    pub fn includes(&self, needed: Scope) -> bool {
        match self {
            Self::Unlimited => true,
            Self::Only(held) => held.iter().any(|it| reaches(*it, needed)),
        }
    }

    /// The family that all of them are of; `None` when there are none, or of both.
    pub fn family(&self) -> Option<ScopeFamily> {
        let Self::Only(held) = self else { return None };
        let first = held.first()?.family();
        held.iter().all(|it| it.family() == first).then_some(first)
    }
}

/// Follows the implications; the table above has no cycles, which a test pins.
fn reaches(held: Scope, needed: Scope) -> bool {
    held == needed || held.implies().iter().any(|it| reaches(*it, needed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_api_family_implies_anything() {
        for held in Scope::ALL.iter().filter(|it| it.family() == ScopeFamily::Api) {
            for needed in Scope::ALL {
                let scopes = Scopes::Only([*held].into());
                assert_eq!(scopes.includes(*needed), held == needed, "{held} {needed}");
            }
        }
    }

    #[test]
    fn the_legacy_family_implies_what_the_fact_sheet_says() {
        let includes = |held: &str, needed: &str| {
            Scopes::Only([Scope::parse(held).unwrap()].into())
                .includes(Scope::parse(needed).unwrap())
        };
        assert!(includes("pullrequest:write", "repository:write"));
        assert!(includes("pullrequest:write", "read:repository:bitbucket"));
        assert!(includes("project", "repository"));
        assert!(!includes("repository:admin", "repository"));
        assert!(!includes("project:admin", "project"));
        assert!(!includes("repository:write", "pullrequest"));
    }

    #[test]
    fn a_scope_is_said_in_the_words_of_either_family() {
        for (api, legacy) in [
            ("read:repository:bitbucket", "repository"),
            ("write:repository:bitbucket", "repository:write"),
            ("admin:repository:bitbucket", "repository:admin"),
            ("write:pullrequest:bitbucket", "pullrequest:write"),
            ("read:project:bitbucket", "project"),
            ("read:user:bitbucket", "account"),
            // There is no older name for these.
            ("admin:workspace:bitbucket", "admin:workspace:bitbucket"),
            ("write:permission:bitbucket", "write:permission:bitbucket"),
        ] {
            let scope = Scope::parse(api).unwrap();
            assert_eq!(scope.in_family(ScopeFamily::Legacy).as_str(), legacy, "{api}");
            assert_eq!(scope.in_family(ScopeFamily::Api), scope, "{api}");
        }
        let of = |names: &[&str]| {
            Scopes::Only(names.iter().map(|it| Scope::parse(it).unwrap()).collect())
        };
        assert_eq!(of(&["repository", "account"]).family(), Some(ScopeFamily::Legacy));
        assert_eq!(of(&["read:user:bitbucket"]).family(), Some(ScopeFamily::Api));
        assert_eq!(of(&["read:user:bitbucket", "account"]).family(), None);
        assert_eq!(of(&[]).family(), None);
    }
}
