//! Branching models: what a place says which branches are, and what is in force from that.

use model::{BranchClass, Branches, BranchingModel, RefName};

/// What a repository has while nobody has said anything: its main branch is the development
/// branch, and the types have the prefixes that Bitbucket proposes.
pub(crate) fn usual(main_branch: Option<RefName>) -> BranchingModel {
    let types =
        [BranchClass::Feature, BranchClass::Bugfix, BranchClass::Release, BranchClass::Hotfix];
    let development = main_branch.map(Branches::One);
    types.into_iter().fold(
        development
            .into_iter()
            .fold(BranchingModel::default(), |model, it| model.with(BranchClass::Development, it)),
        |model, class| model.with(class, Branches::StartingWith(format!("{class}/"))),
    )
}
