//! How somebody named a place: by its names, or by its UUID in braces. A name that nothing can
//! have is kept, too: it is answered exactly as one that nothing has.

use model::{BadName, Level, ProjectKey, RepositoryPath, RepositorySlug, WorkspaceSlug};
use std::fmt;

/// A place as it was asked for. Making one never fails and says nothing about what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceName(Parts);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parts {
    Instance,
    Workspace(Name<WorkspaceSlug>),
    Project(Name<WorkspaceSlug>, Name<ProjectKey>),
    /// The workspace may be left out (`{}`) when the repository is named by its UUID.
    Repository(Option<Name<WorkspaceSlug>>, Name<RepositorySlug>),
}

/// One part of a place's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name<T> {
    Word(T),
    /// Lower case, hyphenated, without braces.
    Uuid(String),
    /// What was written; no name of this kind looks like it.
    Impossible(String),
}

impl<T> Name<T> {
    fn parse(text: &str, word: impl FnOnce(&str) -> Result<T, BadName>) -> Self {
        if let Some(inner) = text.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
            return match uuid::Uuid::try_parse(inner) {
                Ok(uuid) => Self::Uuid(uuid.to_string()),
                Err(_) => Self::Impossible(text.to_owned()),
            };
        }
        word(text).map_or_else(|_| Self::Impossible(text.to_owned()), Self::Word)
    }
}

impl<T: fmt::Display> fmt::Display for Name<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => word.fmt(f),
            Self::Uuid(uuid) => write!(f, "{{{uuid}}}"),
            // Cut: this goes into refusals, and somebody may send a megabyte.
            Self::Impossible(text) => text.chars().take(128).try_for_each(|c| write!(f, "{c}")),
        }
    }
}

impl PlaceName {
    /// The installation itself.
    pub const fn instance() -> Self {
        Self(Parts::Instance)
    }

    /// A workspace by slug or `{uuid}`.
    pub fn workspace(workspace: &str) -> Self {
        Self(Parts::Workspace(Name::parse(workspace, WorkspaceSlug::parse)))
    }

    /// A project by key or `{uuid}`.
    pub fn project(workspace: &str, key: &str) -> Self {
        let workspace = Name::parse(workspace, WorkspaceSlug::parse);
        Self(Parts::Project(workspace, Name::parse(key, ProjectKey::parse)))
    }

    /// A repository by slug or `{uuid}`; a `.git` at its end is dropped. With a UUID the workspace
    /// may be `{}`.
    pub fn repository(workspace: &str, repository: &str) -> Self {
        let stem = repository.strip_suffix(".git").unwrap_or(repository);
        let name = Name::parse(stem, RepositorySlug::parse);
        let workspace = (workspace != "{}").then(|| Name::parse(workspace, WorkspaceSlug::parse));
        Self(Parts::Repository(workspace, name))
    }

    /// `acme/site`, as `explain` takes it.
    pub fn repository_path(path: &str) -> Self {
        let (workspace, repository) = path.trim_matches('/').split_once('/').unwrap_or((path, ""));
        Self::repository(workspace, repository)
    }

    /// Which kind of place it names.
    pub const fn level(&self) -> Level {
        match self.0 {
            Parts::Instance => Level::Instance,
            Parts::Workspace(_) => Level::Workspace,
            Parts::Project(..) => Level::Project,
            Parts::Repository(..) => Level::Repository,
        }
    }

    pub(crate) const fn parts(&self) -> &Parts {
        &self.0
    }
}

impl From<&RepositoryPath> for PlaceName {
    fn from(path: &RepositoryPath) -> Self {
        let workspace = Name::Word(path.workspace.clone());
        Self(Parts::Repository(Some(workspace), Name::Word(path.repository.clone())))
    }
}

impl fmt::Display for PlaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Parts::Instance => f.write_str("the installation"),
            Parts::Workspace(workspace) => workspace.fmt(f),
            Parts::Project(workspace, key) => write!(f, "{workspace}/{key}"),
            Parts::Repository(Some(workspace), repository) => write!(f, "{workspace}/{repository}"),
            Parts::Repository(None, repository) => repository.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_uuids_are_told_apart() {
        let uuid = "{9B1DEB4D-3B7D-4bad-9bdd-2b0d7b3dcb6d}";
        let table = [
            (PlaceName::repository("Acme", "Site.git"), "acme/site"),
            (PlaceName::repository("{}", uuid), "{9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d}"),
            (PlaceName::repository("acme", "../x"), "acme/../x"),
            (PlaceName::repository_path("/acme/site.git/"), "acme/site"),
            (PlaceName::project("acme", "core"), "acme/CORE"),
            (PlaceName::workspace("{nonsense}"), "{nonsense}"),
        ];
        for (place, text) in table {
            assert_eq!(place.to_string(), text);
        }
        assert!(PlaceName::workspace(&"x".repeat(100_000)).to_string().len() < 200);
    }
}
