//! Small closed lists of words used in every room.

use crate::permission::words;

/// The door an operation came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    GitHttp,
    GitSsh,
    Rest,
    Web,
    Merge,
    Mirror,
    Workload,
}

words!("channel", Channel {
    GitHttp = "git-http", GitSsh = "git-ssh", Rest = "rest", Web = "web", Merge = "merge",
    Mirror = "mirror", Workload = "workload",
});

/// Where a grant, a restriction or another setting hangs. Ordered from the outside in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Instance,
    Workspace,
    Project,
    Repository,
}

words!("level", Level {
    Instance = "instance", Workspace = "workspace", Project = "project", Repository = "repository",
});

/// The layers of the decision, in the order in which they are asked. The first that refuses is
/// the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    Instance,
    Credential,
    Network,
    Scope,
    Visibility,
    Permission,
    RepositoryState,
    ReservedRef,
    Restriction,
    Content,
}

words!("layer", Layer {
    Instance = "instance", Credential = "credential", Network = "network", Scope = "scope",
    Visibility = "visibility", Permission = "permission", RepositoryState = "repository-state",
    ReservedRef = "reserved-ref", Restriction = "restriction", Content = "content",
});

/// What kind of thing a principal presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialKind {
    /// Nothing was presented.
    None,
    Password,
    ApiToken,
    AccessToken,
    SshKey,
    SshCertificate,
    OidcToken,
}

words!("credential kind", CredentialKind {
    None = "none", Password = "password", ApiToken = "api_token", AccessToken = "access_token",
    SshKey = "ssh_key", SshCertificate = "ssh_certificate", OidcToken = "oidc_token",
});

/// The words of `GET /explain` for what somebody wants to do to a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    Read,
    Create,
    FastForward,
    Rewrite,
    Delete,
    Merge,
}

words!("operation", Operation {
    Read = "read", Create = "create", FastForward = "fast-forward", Rewrite = "rewrite",
    Delete = "delete", Merge = "merge",
});
