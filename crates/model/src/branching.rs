//! The branching model: which branches a team calls by which name. Data only; which rules follow
//! from it is `policy`'s, where its settings come from is `app`'s.

use crate::RefName;
use crate::permission::words;

/// What a branch can be in a branching model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BranchClass {
    Production,
    Development,
    Feature,
    Bugfix,
    Release,
    Hotfix,
}

words!("branch class", BranchClass {
    Production = "production", Development = "development", Feature = "feature",
    Bugfix = "bugfix", Release = "release", Hotfix = "hotfix",
});

/// The branching model in force in one repository: what is enabled, with everything inherited
/// filled in. The default has nothing in it, so that no class means any branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BranchingModel {
    entries: Vec<(BranchClass, Branches)>,
}

/// Which branches a class means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Branches {
    /// This one, whether or not it exists.
    One(RefName),
    /// Those whose short name starts so.
    StartingWith(String),
}

impl BranchingModel {
    /// Says of a class which branches it means, besides those it means already.
    #[must_use]
    pub fn with(mut self, class: BranchClass, branches: Branches) -> Self {
        self.entries.push((class, branches));
        self
    }

    /// Is this branch of the class by that word? No class by another word means any branch.
    pub fn is(&self, name: &RefName, class: &str) -> bool {
        self.entries.iter().any(|(it, branches)| it.as_str() == class && branches.contain(name))
    }

    /// Which branches a class means; none when it is disabled.
    pub fn of(&self, class: BranchClass) -> impl Iterator<Item = &Branches> {
        self.entries.iter().filter(move |it| it.0 == class).map(|it| &it.1)
    }
}

impl Branches {
    fn contain(&self, name: &RefName) -> bool {
        match self {
            Self::One(it) => it == name,
            Self::StartingWith(prefix) => {
                name.branch_name().is_some_and(|it| it.starts_with(prefix.as_str()))
            }
        }
    }
}

/// A branching model as somebody has set it, on a project or a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchingSettings {
    /// A short name; `None` follows the main branch, whichever that is.
    pub development: Option<String>,
    pub production: Production,
    /// One of each class that is a type, in their order.
    pub types: Vec<BranchType>,
    /// Shall the source of a merged pull request be deleted if nobody says otherwise?
    pub delete_merged: bool,
}

/// The production branch as it is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Production {
    pub enabled: bool,
    /// As for the development branch.
    pub name: Option<String>,
}

/// A kind of branch that is known by how its name starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchType {
    /// One of [`BranchType::CLASSES`].
    pub class: BranchClass,
    pub enabled: bool,
    /// May be anything while it is disabled.
    pub prefix: String,
}

impl BranchType {
    /// The classes that are types.
    pub const CLASSES: [BranchClass; 4] =
        [BranchClass::Feature, BranchClass::Bugfix, BranchClass::Release, BranchClass::Hotfix];
}

/// What is in force while nobody has said anything: the main branch is the development branch, and
/// the types have the prefixes that Bitbucket proposes.
impl Default for BranchingSettings {
    fn default() -> Self {
        let usual =
            |class: BranchClass| BranchType { class, enabled: true, prefix: format!("{class}/") };
        Self {
            development: None,
            production: Production::default(),
            types: BranchType::CLASSES.map(usual).to_vec(),
            delete_merged: false,
        }
    }
}
