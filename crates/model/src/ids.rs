//! Numbers that name rows. One type each, so that a user's id can't be passed for a group's.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A person's account.
    UserId,
    /// A workspace: the outermost owner of projects and people.
    WorkspaceId,
    /// A project of a workspace.
    ProjectId,
    /// A repository; also the name of its folder on disk.
    RepositoryId,
    /// A group of a workspace's members.
    GroupId,
    /// An API token: a credential of a user.
    ApiTokenId,
    /// An access token: a principal of its own, owned by a repository, project or workspace.
    AccessTokenId,
    /// A personal SSH key: a credential of a user.
    SshKeyId,
    /// An OpenPGP key of a user.
    GpgKeyId,
    /// An access key: an SSH key owned by a repository, project or workspace.
    AccessKeyId,
    /// A CI identity federated by OIDC.
    WorkloadId,
    /// A restriction. Unique in the installation; people read it as "rule 12".
    RestrictionId,
    /// A pull request. Unique in the installation; people know it by its number in its repository.
    PullRequestId,
    /// A comment on a pull request.
    CommentId,
    /// A task of a pull request.
    TaskId,
}
