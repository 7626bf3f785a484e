//! Every act there is, by name.

use model::{Level, RefName, Scope};
use policy::{Act, RefUpdate, Way};
use std::collections::BTreeSet;

/// All of them, in the order of the table in `act.rs`.
pub fn every_act() -> Vec<Act> {
    let scopes = || BTreeSet::from([Scope::ReadRepository]);
    let create = |way| {
        let name = RefName::branch("topic").unwrap();
        let (old, new) = (model::ObjectId::ZERO, model::ObjectId::from_bytes([2; 20]));
        Act::UpdateRefs { updates: vec![RefUpdate::from_command(name, old, new)], way }
    };
    let mut acts = vec![
        Act::CreateUser,
        Act::ReadUsers,
        Act::UpdateUser,
        Act::CreateWorkspace,
        Act::CreateOwnWorkspace,
        Act::CreateOthersWorkspace,
        Act::ReadAudit,
        Act::SetSizeLimit,
        Act::ReadOwnAccount,
        Act::ReadOwnName,
        Act::ReadProfile,
        Act::ReadOwnTokens,
        Act::CreateOwnToken { scopes: scopes() },
        Act::RevokeOwnToken,
        Act::ReadOthersTokens,
        Act::CreateOthersToken { scopes: scopes() },
        Act::RevokeOthersToken,
        Act::ReadOwnKeys,
        Act::AddOwnKey,
        Act::RenameOwnKey,
        Act::RemoveOwnKey,
        Act::ReadOthersKeys,
        Act::AddOthersKey,
        Act::RenameOthersKey,
        Act::RemoveOthersKey,
        Act::ReadUnknownKeys,
        Act::ReadWorkspace,
        Act::ListProjects,
        Act::ListRepositories,
        Act::UpdateWorkspace,
        Act::ReadNetwork,
        Act::ChangeNetwork,
        Act::ReadMembers,
        Act::SetMember,
        Act::ReadGroups,
        Act::CreateGroup,
        Act::ChangeGroup,
        Act::CreateProject,
        Act::ReadProject,
        Act::UpdateProject,
        Act::RemoveProject,
        Act::CreateRepository,
        Act::ReadRepository,
        Act::Fetch,
        Act::Push,
        create(Way::Direct),
        create(Way::PullRequest),
        Act::UpdateRepository,
        Act::ArchiveRepository,
        Act::RemoveRepository,
        Act::Explain,
        Act::ExplainForOthers,
        Act::ReadOwnRefusals,
        Act::ReadAllRefusals,
        Act::MaintainRepository,
    ];
    for on in Level::ALL {
        acts.extend([
            Act::ReadGrants(*on),
            Act::ChangeGrants(*on),
            Act::ReadRestrictions(*on),
            Act::ChangeRestrictions(*on),
            Act::PreviewRestrictions(*on),
        ]);
        if matches!(on, Level::Project | Level::Repository) {
            acts.extend([Act::ReadBranchingModel(*on), Act::ChangeBranchingModel(*on)]);
        }
        if *on != Level::Instance {
            acts.extend([
                Act::ReadAccessTokens(*on),
                Act::CreateAccessToken { on: *on, scopes: scopes() },
                Act::RevokeAccessToken(*on),
                Act::ReadAccessKeys(*on),
                Act::AddAccessKey(*on),
                Act::RenameAccessKey(*on),
                Act::RemoveAccessKey(*on),
            ]);
        }
    }
    acts.sort_by_key(|it| it.needs().on);
    acts
}

/// A name for tables. A new act stops the build here: give it a row in [`every_act`], too.
pub fn name(act: &Act) -> &'static str {
    match act {
        Act::CreateUser => "create user",
        Act::ReadUsers => "read users",
        Act::UpdateUser => "update user",
        Act::CreateWorkspace => "create workspace",
        Act::CreateOwnWorkspace => "create own personal workspace",
        Act::CreateOthersWorkspace => "create others' personal workspace",
        Act::ReadAudit => "read audit",
        Act::SetSizeLimit => "set size limit",
        Act::ReadOwnAccount => "read own account",
        Act::ReadOwnName => "read own name",
        Act::ReadProfile => "read profile",
        Act::ReadOwnTokens => "read own tokens",
        Act::CreateOwnToken { .. } => "create own token",
        Act::RevokeOwnToken => "revoke own token",
        Act::ReadOthersTokens => "read others' tokens",
        Act::CreateOthersToken { .. } => "create others' token",
        Act::RevokeOthersToken => "revoke others' token",
        Act::ReadOwnKeys => "read own SSH keys",
        Act::AddOwnKey => "add own SSH key",
        Act::RenameOwnKey => "rename own SSH key",
        Act::RemoveOwnKey => "remove own SSH key",
        Act::ReadOthersKeys => "read others' SSH keys",
        Act::AddOthersKey => "add others' SSH key",
        Act::RenameOthersKey => "rename others' SSH key",
        Act::RemoveOthersKey => "remove others' SSH key",
        Act::ReadUnknownKeys => "read unknown SSH keys",
        Act::ReadWorkspace => "read workspace",
        Act::ListProjects => "list projects",
        Act::ListRepositories => "list repositories",
        Act::UpdateWorkspace => "update workspace",
        Act::ReadNetwork => "read network rules",
        Act::ChangeNetwork => "change network rules",
        Act::ReadMembers => "read members",
        Act::SetMember => "set member",
        Act::ReadGroups => "read groups",
        Act::CreateGroup => "create group",
        Act::ChangeGroup => "change group",
        Act::CreateProject => "create project",
        Act::ReadProject => "read project",
        Act::UpdateProject => "update project",
        Act::RemoveProject => "remove project",
        Act::CreateRepository => "create repository",
        Act::ReadGrants(_) => "read grants",
        Act::ChangeGrants(_) => "change grants",
        Act::ReadRestrictions(_) => "read restrictions",
        Act::ChangeRestrictions(_) => "change restrictions",
        Act::PreviewRestrictions(_) => "preview restrictions",
        Act::ReadBranchingModel(_) => "read the settings of the branching model",
        Act::ChangeBranchingModel(_) => "change the branching model",
        Act::ReadAccessTokens(_) => "read access tokens",
        Act::CreateAccessToken { .. } => "create access token",
        Act::RevokeAccessToken(_) => "revoke access token",
        Act::ReadAccessKeys(_) => "read access keys",
        Act::AddAccessKey(_) => "add access key",
        Act::RenameAccessKey(_) => "rename access key",
        Act::RemoveAccessKey(_) => "remove access key",
        Act::ReadRepository => "read repository",
        Act::Fetch => "fetch",
        Act::Push => "push",
        Act::UpdateRefs { way: Way::Direct, .. } => "create a branch",
        Act::UpdateRefs { way: Way::PullRequest, .. } => "merge a pull request",
        Act::UpdateRepository => "update repository",
        Act::ArchiveRepository => "archive repository",
        Act::RemoveRepository => "remove repository",
        Act::Explain => "explain",
        Act::ExplainForOthers => "explain for others",
        Act::ReadOwnRefusals => "read own refusals",
        Act::ReadAllRefusals => "read all refusals",
        Act::MaintainRepository => "maintain repository",
    }
}
