//! What an act needs and what a credential is good for: fact sheet, sections 4 and 5 and its
//! appendix A. Only the acts that the worlds try are here.

use model::{Level, Permission, Scope, Scopes, Timestamp};
use policy::{Act, Way};
use std::collections::BTreeSet;

/// What somebody must have or be.
pub enum Right {
    Hold(Permission),
    See,
    Somebody,
    User,
    Member,
}

/// Where an act happens, what it takes, the names of the scopes, and whether it changes something.
pub struct Needs {
    pub on: Level,
    pub right: Right,
    pub scopes: &'static [&'static str],
    pub changes: bool,
}

/// The needs of an act; `None` for one that no world tries.
pub fn needs(act: &Act) -> Option<Needs> {
    use Level::{Instance, Project, Repository, Workspace};
    use Permission::{Admin, CreateRepository, Read, Write};
    use Right::{Hold, Member, See, Somebody, User};
    let (on, right, scopes, changes): (_, _, &'static [&'static str], _) = match act {
        Act::Fetch | Act::ReadRepository => {
            (Repository, Hold(Read), &["read:repository:bitbucket"], false)
        }
        Act::ReadOwnRefusals => (Repository, Somebody, &["read:repository:bitbucket"], false),
        Act::Push | Act::UpdateRefs { way: Way::Direct, .. } => {
            (Repository, Hold(Write), &["write:repository:bitbucket"], true)
        }
        Act::UpdateRefs { way: Way::PullRequest, .. } => {
            let both = &["read:pullrequest:bitbucket", "write:pullrequest:bitbucket"];
            (Repository, Hold(Write), both, true)
        }
        Act::ReadRestrictions(Repository) => {
            (Repository, Hold(Admin), &["admin:repository:bitbucket"], false)
        }
        Act::ChangeRestrictions(Repository) | Act::CreateAccessToken { on: Repository, .. } => {
            (Repository, Hold(Admin), &["admin:repository:bitbucket"], true)
        }
        Act::ChangeGrants(Repository) => {
            let both = &["admin:repository:bitbucket", "write:permission:bitbucket"];
            (Repository, Hold(Admin), both, true)
        }
        // Who it is kept for asks for another act.
        Act::PostKeptBuildStatus { .. } => {
            (Repository, Hold(Admin), &["read:repository:bitbucket"], true)
        }
        Act::RemoveRepository => (Repository, Hold(Admin), &["delete:repository:bitbucket"], true),
        Act::CreateRepository => {
            (Project, Hold(CreateRepository), &["admin:repository:bitbucket"], true)
        }
        Act::ReadProject => (Project, See, &["read:project:bitbucket"], false),
        Act::ReadWorkspace => (Workspace, See, &["read:workspace:bitbucket"], false),
        Act::ChangeNetwork => (Workspace, Hold(Admin), &["admin:workspace:bitbucket"], true),
        Act::ReadMembers => (Workspace, Member, &["read:workspace:bitbucket"], false),
        Act::CreateOwnToken { .. } => (Instance, User, &["write:user:bitbucket"], true),
        _ => return None,
    };
    Some(Needs { on, right, scopes, changes })
}

/// The scopes that a credential made by this act would have.
pub fn hands_on(act: &Act) -> Option<&BTreeSet<Scope>> {
    match act {
        Act::CreateOwnToken { scopes, .. } | Act::CreateAccessToken { scopes, .. } => Some(scopes),
        _ => None,
    }
}

/// When the credential that is made would end, if it ever does; `None` when none is made.
pub fn end_of_new(act: &Act) -> Option<Option<Timestamp>> {
    match act {
        Act::CreateOwnToken { until, .. } | Act::CreateAccessToken { until, .. } => Some(*until),
        _ => None,
    }
}

/// Is a scope by this name among them, or included in one of them?
pub fn holds(scopes: &Scopes, name: &str) -> bool {
    match scopes {
        Scopes::Unlimited => true,
        Scopes::Only(held) => held.iter().any(|it| gives(it.as_str(), name)),
    }
}

/// Only the older family implies anything: section 5.3.
fn gives(held: &str, wanted: &str) -> bool {
    let implied: &[&str] = match held {
        "repository" => &["read:repository:bitbucket"],
        "repository:write" => &["repository", "write:repository:bitbucket"],
        "repository:admin" => &["admin:repository:bitbucket"],
        "repository:delete" => &["delete:repository:bitbucket"],
        "pullrequest" => &["repository", "read:pullrequest:bitbucket"],
        "pullrequest:write" => &["pullrequest", "repository:write", "write:pullrequest:bitbucket"],
        "project" => &["repository", "read:project:bitbucket"],
        "project:admin" => &["admin:project:bitbucket"],
        "account" => &["read:user:bitbucket", "read:workspace:bitbucket"],
        _ => &[],
    };
    held == wanted || implied.iter().any(|it| gives(it, wanted))
}
