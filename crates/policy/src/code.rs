//! The codes of refusals: what programs branch on and people search for.
//!
//! A code is never renamed or given another meaning. `docs/reference/refusals.md` is made from
//! this table.

use model::Layer;
use std::fmt;

/// The name, layer, cause and fix of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub code: Code,
    pub layer: Layer,
    /// What is the case, in one sentence.
    pub cause: &'static str,
    /// What to do about it, in one sentence.
    pub fix: &'static str,
}

macro_rules! codes {
    ($($variant:ident $word:literal $layer:ident $cause:literal $fix:literal;)*) => {
        /// What a refusal is called, for ever.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = concat!("`", $word, "`: ", $cause)] $variant),* }

        impl Code {
            /// Every code, in the order of the layers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name: `PC-REF-PUSH`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// Its line in the catalogue.
            pub const fn entry(self) -> Entry {
                match self {
                    $(Self::$variant => Entry {
                        code: self, layer: Layer::$layer, cause: $cause, fix: $fix,
                    }),*
                }
            }
        }
    };
}

codes! {
    Maintenance "PC-INSTANCE-MAINTENANCE" Instance
        "The server is down for maintenance."
        "Try again later; an instance admin ends the maintenance.";
    ReadOnly "PC-INSTANCE-READ-ONLY" Instance
        "The server is read-only at the moment: nothing can be changed."
        "Try again later; an instance admin opens it again.";

    SignInRequired "PC-AUTH-REQUIRED" Credential
        "Nothing was presented, and what was asked for is not open to everybody."
        "Sign in: with git, give a user name and an API token when it asks.";
    CredentialUnknown "PC-CRED-UNKNOWN" Credential
        "The user name and secret, or the SSH key, fit nothing on record."
        "Check the user name, and paste the token again or make a new one; add the key, or offer another.";
    CredentialExpired "PC-CRED-EXPIRED" Credential
        "The credential has expired."
        "Make a new one, and replace the stored one.";
    CredentialRevoked "PC-CRED-REVOKED" Credential
        "The credential was revoked."
        "Make a new one, and replace the stored one.";
    CredentialWrongDoor "PC-CRED-WRONG-DOOR" Credential
        "This kind of credential is not taken here, or not with this user name."
        "Use an API token with your user name, or an access token with `x-token-auth`.";
    CredentialSuspended "PC-CRED-SUSPENDED" Credential
        "The account that the credential belongs to is suspended."
        "Ask an instance admin to lift the suspension.";
    CredentialAmbiguous "PC-CRED-AMBIGUOUS" Credential
        "The SSH key is an access key of several places, and none of them comes first here."
        "Use a key of its own for each place, and offer only that one.";
    CertificateUnusable "PC-CRED-CERTIFICATE" Credential
        "The SSH certificate is genuine, and it is not valid yet, is for other addresses, or carries an option that this server does not know."
        "Have the key signed again as the message says, or use a key that is on record.";

    AddressNotAllowed "PC-NET-ADDRESS" Network
        "Only certain addresses are let in, and the request came from another."
        "Connect from an allowed network, or ask an admin of the workspace or of the instance to add the address.";
    TokenAddress "PC-TOKEN-ADDRESS" Network
        "The token is limited to certain addresses, and the request came from another."
        "Use it from where it is meant to be used, or use another token.";
    TwoFactorRequired "PC-NET-TWO-FACTOR" Network
        "The workspace requires a second factor, and the account has none."
        "Set up a second factor for the account.";

    ScopeMissing "PC-SCOPE-MISSING" Scope
        "The credential lacks a scope that the operation needs."
        "Use a credential that has the missing scopes; scopes do not include one another.";
    TokenRepository "PC-TOKEN-REPOSITORY" Scope
        "The token is limited to certain repositories, and this is another one, or none."
        "Use a token that is good for this.";
    TokenRef "PC-TOKEN-REF" Scope
        "The token is limited to changing certain refs, and this is another, or reaches all of them."
        "Push to a ref that the token is good for, or use another token.";
    TokenWidens "PC-TOKEN-WIDENS" Scope
        "A credential limited to certain refs or addresses, or in time, cannot make one that is not."
        "Make the token with a credential that has no such limits.";

    RepositoryNotFound "PC-REPO-NOT-FOUND" Visibility
        "There is no such repository, or the principal may not know of it."
        "Check the URL and which account the credential belongs to; ask for access if it is right.";
    ProjectNotFound "PC-PROJECT-NOT-FOUND" Visibility
        "There is no such project, or the principal may not know of it."
        "Check the key and which account the credential belongs to.";
    WorkspaceNotFound "PC-WORKSPACE-NOT-FOUND" Visibility
        "There is no such workspace, or the principal may not know of it."
        "Check the name and which account the credential belongs to.";

    PermissionRead "PC-PERM-READ" Permission
        "The operation needs read, and the principal holds less."
        "Ask an admin for read.";
    PermissionWrite "PC-PERM-WRITE" Permission
        "The operation needs write, and the principal holds less."
        "Ask a repository admin for write.";
    PermissionCreate "PC-PERM-CREATE" Permission
        "The operation needs create-repository, and the principal holds less."
        "Ask a project admin for create-repository.";
    PermissionAdmin "PC-PERM-ADMIN" Permission
        "The operation needs admin, and the principal holds less."
        "Ask an admin of the place to do it.";
    BuildKeyKept "PC-PERM-BUILD-KEY" Permission
        "The key under which a build is reported is kept for others."
        "Have it reported by whom the key is kept for, use another key, or ask a repository admin to keep it for you, too.";
    MembersOnly "PC-PERM-MEMBER" Permission
        "Only members of the workspace may see this."
        "Ask a workspace admin to be made a member.";
    UsersOnly "PC-PERM-USER" Permission
        "Only users have an account; tokens, keys and workloads act in their own name."
        "Use a credential of a user.";

    Archived "PC-REPO-ARCHIVED" RepositoryState
        "The repository is archived: its refs do not change."
        "Ask a repository admin to take it out of the archive.";
    OverQuota "PC-REPO-QUOTA" RepositoryState
        "The repository is over its size limit, or would be: only what adds nothing is taken."
        "Delete refs that are not needed, or go back to an older commit; or ask an instance admin for a higher limit.";

    ReservedRef "PC-REF-RESERVED" ReservedRef
        "The server keeps refs of its own under this name; nobody else changes them."
        "Push to a branch or tag instead.";
    DefaultBranchDeletion "PC-REF-DEFAULT-DELETE" ReservedRef
        "The default branch cannot be deleted."
        "Make another branch the default first.";

    PushRestricted "PC-REF-PUSH" Restriction
        "A `push` rule limits who may change this ref directly, and does not list the principal."
        "Push to another branch and open a pull request, or ask an admin to be listed.";
    MergesRestricted "PC-REF-MERGE" Restriction
        "A `restrict_merges` rule limits who may merge into this ref, and does not list the principal."
        "Ask somebody who is listed to merge, or ask an admin to be listed.";
    ForceRestricted "PC-REF-FORCE" Restriction
        "A `force` rule forbids rewriting the history of this ref."
        "Rebase or merge onto the present state of the ref, then push again.";
    DeleteRestricted "PC-REF-DELETE" Restriction
        "A `delete` rule forbids deleting this ref."
        "Keep it, or ask an admin for an exemption.";
    CreationRestricted "PC-REF-CREATE" Restriction
        "A `no-creates` rule forbids creating this ref."
        "Use another name, or ask an admin for an exemption.";
    ReadOnlyRef "PC-REF-READ-ONLY" Restriction
        "A `read-only` rule forbids every change of this ref, creating it included."
        "Push to another branch, or ask an admin for an exemption.";
    PullRequestOnly "PC-REF-PR-ONLY" Restriction
        "A `pull-request-only` rule lets this ref change by merged pull requests only."
        "Push to another branch and open a pull request.";
    ApprovalsLacking "PC-MERGE-APPROVALS" Restriction
        "The pull request has fewer approvals than a rule asks for; the author's own does not count."
        "Have it approved by more people.";
    DefaultReviewersLacking "PC-MERGE-DEFAULT-REVIEWERS" Restriction
        "Fewer default reviewers have approved the pull request than a rule asks for."
        "Have it approved by more default reviewers.";
    ReviewGroupsLacking "PC-MERGE-REVIEW-GROUPS" Restriction
        "Fewer review groups have approved the pull request than a rule asks for."
        "Have it approved by more review groups.";
    ChangesRequested "PC-MERGE-CHANGES-REQUESTED" Restriction
        "A reviewer asks for changes, and a rule lets that stop the merge."
        "Make the changes, or have the reviewer take it back.";
    TasksOpen "PC-MERGE-TASKS" Restriction
        "The pull request has open tasks, and a rule asks for none."
        "Complete the tasks.";
    CommentsUnresolved "PC-MERGE-COMMENTS" Restriction
        "The pull request has unresolved comments, and a rule asks for none."
        "Resolve the comments.";
    BuildsLacking "PC-MERGE-BUILDS" Restriction
        "Fewer builds of the source's last commit have passed than a rule asks for, or one has failed."
        "Get the builds to pass.";
    TooFarBehind "PC-MERGE-BEHIND" Restriction
        "The source lacks more commits of the destination than a rule allows."
        "Bring the source up to date with the destination.";
    DependenciesOpen "PC-MERGE-DEPENDENCIES" Restriction
        "A pull request that this one depends on is not merged, and a rule asks for that."
        "Merge those first.";

    Signature "PC-CONTENT-SIGNATURE" Content
        "A `require-signed-commits` rule wants every new commit signed by a key of its committer, and some are not."
        "Sign the commits with a key that is on record for you, then push again.";
    FileSize "PC-CONTENT-FILE-SIZE" Content
        "A `max-file-size` rule limits new files, and some are larger."
        "Take the files out of the commits that bring them (`git lfs` is made for them), then push again.";
    PushSize "PC-CONTENT-PUSH-SIZE" Content
        "A `max-push-size` rule limits what one push sends, and this one sends more."
        "Push the history in several steps.";
    Author "PC-CONTENT-AUTHOR" Content
        "An `author-email` rule wants certain e-mail addresses of authors, and some commits have others."
        "Set `user.email`, give the commits their author again, then push again.";
    Committer "PC-CONTENT-COMMITTER" Content
        "A `committer-email` or `committer-is-pusher` rule wants certain committers, and some commits have others."
        "Set `user.email` to your address here, make the commits anew, then push again.";
    Message "PC-CONTENT-MESSAGE" Content
        "A `commit-message` rule wants messages of a certain form, and some commits have others."
        "Reword the commits, then push again.";
    Path "PC-CONTENT-PATH" Content
        "A `restricted-paths` rule lets certain subjects change these files only."
        "Leave the files out of your commits, or ask an admin to be listed.";
    Check "PC-CONTENT-CHECK" Content
        "A check of this server looked at the push and refuses it, with the reason it gives."
        "Do what the check says, then push again.";
    CheckFailed "PC-CONTENT-CHECK-FAILED" Content
        "A check of this server gave no answer that counts, and nothing passes without one."
        "Push again later; if it stays so, tell whoever runs the server.";
}

impl Code {
    /// The layer that refuses with it.
    pub const fn layer(self) -> Layer {
        self.entry().layer
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Every code with its layer, cause and fix, in the order of the layers.
pub fn catalogue() -> impl ExactSizeIterator<Item = Entry> {
    Code::ALL.iter().map(|it| it.entry())
}
