//! The shapes that several resources show: links, accounts, workspaces. Clients check `type` and
//! follow links, so neither may be left out.

use crate::origin::Origin;
use crate::time;
use crate::uuid::braced;
use app::{
    Member, OpenRepository, Person, PrincipalKind, Profile, Repository, RepositoryView, User,
    Workspace,
};
use model::RepositoryPath;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Where something is.
#[derive(Serialize, ToSchema)]
pub struct Link {
    pub href: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
}

/// Links by what they lead to.
#[derive(Serialize, ToSchema)]
pub struct Links(BTreeMap<&'static str, Link>);

/// Links from pairs of name and address.
pub fn links<const N: usize>(pairs: [(&'static str, String); N]) -> Links {
    Links(pairs.into_iter().map(|(name, href)| (name, Link { href, name: None })).collect())
}

/// A person, or a workspace where an owner is shown.
#[derive(Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountBody {
    /// `user` or `team`.
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    account_id: String,
    username: String,
    nickname: String,
    display_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_on: Option<String>,
    links: Links,
}

impl AccountBody {
    /// One's own account.
    pub fn of_user(user: &User, origin: &Origin) -> Self {
        let mut body = Self::new("user", &user.uuid, &user.username, &user.display_name, origin);
        body.account_status = Some(status(user.active));
        body.created_on = Some(time::show(user.created_at));
        body
    }

    /// Somebody else's account.
    pub fn of_profile(user: &Profile, origin: &Origin) -> Self {
        let mut body = Self::new("user", &user.uuid, &user.username, &user.display_name, origin);
        body.account_status = Some(status(user.active));
        body.created_on = Some(time::show(user.created_at));
        body
    }

    /// Whoever did something. What is not a user is shown as an application.
    pub fn of_person(person: &Person, origin: &Origin) -> Self {
        let kind = if person.kind == PrincipalKind::User { "user" } else { "app_user" };
        Self::new(kind, &person.uuid, &person.name, &person.display_name, origin)
    }

    /// A workspace, as the owner of what is in it.
    pub fn of_workspace(workspace: &Workspace, origin: &Origin) -> Self {
        let (slug, name) = (workspace.slug.as_str(), workspace.name.as_str());
        Self::new("team", &workspace.uuid, slug, name, origin)
    }

    /// Somebody of whom no more is known here than their names.
    pub fn new(
        kind: &'static str,
        uuid: &str,
        username: &str,
        display_name: &str,
        origin: &Origin,
    ) -> Self {
        let uuid_ = braced(uuid);
        let api = if kind == "team" { "/2.0/workspaces/" } else { "/2.0/users/" };
        Self {
            kind,
            account_id: uuid.to_owned(),
            username: username.to_owned(),
            nickname: username.to_owned(),
            display_name: display_name.to_owned(),
            account_status: None,
            created_on: None,
            links: links([
                ("self", origin.link_to(api, &uuid_)),
                ("html", origin.link_to("/", username)),
                ("avatar", origin.link_to("/", &format!("{username}/avatar"))),
            ]),
            uuid: uuid_,
        }
    }
}

fn status(active: bool) -> &'static str {
    if active { "active" } else { "inactive" }
}

/// A workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = Workspace)]
pub struct WorkspaceBody {
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    slug: String,
    name: String,
    is_private: bool,
    created_on: String,
    updated_on: String,
    links: Links,
}

impl WorkspaceBody {
    /// The workspace, with links to what is in it.
    pub fn of(workspace: &Workspace, origin: &Origin) -> Self {
        let slug = workspace.slug.as_str();
        let api = format!("/2.0/workspaces/{slug}");
        let owners = format!("{api}/members?q=permission%3D%22owner%22");
        Self {
            kind: "workspace",
            uuid: braced(&workspace.uuid),
            slug: slug.to_owned(),
            name: workspace.name.to_string(),
            is_private: true,
            created_on: time::show(workspace.created_at),
            updated_on: time::show(workspace.updated_at),
            links: links([
                ("self", origin.link(&api)),
                ("html", origin.link(&format!("/{slug}"))),
                ("avatar", origin.link(&format!("/{slug}/avatar"))),
                ("members", origin.link(&format!("{api}/members"))),
                ("owners", origin.link(&owners)),
                ("projects", origin.link(&format!("{api}/projects"))),
                ("repositories", origin.link(&format!("/2.0/repositories/{slug}"))),
                ("hooks", origin.link(&format!("{api}/hooks"))),
                ("snippets", origin.link(&format!("/2.0/snippets/{slug}"))),
            ]),
        }
    }
}

/// A repository that something else belongs to: its names, and where it is.
#[derive(Serialize, ToSchema)]
#[schema(as = NamedRepository)]
pub struct NamedRepositoryBody {
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    name: String,
    full_name: String,
    links: Links,
}

impl NamedRepositoryBody {
    /// The repository that was opened.
    pub fn of<A>(open: &OpenRepository<A>, origin: &Origin) -> Self {
        Self::named(open.path(), open.repository(), origin)
    }

    /// A repository that the caller may see.
    pub fn of_view(view: &RepositoryView, origin: &Origin) -> Self {
        let (workspace, repository) = (view.workspace.slug.clone(), view.repository.slug.clone());
        Self::named(&RepositoryPath { workspace, repository }, &view.repository, origin)
    }

    /// Any repository, by its path.
    pub fn named(path: &RepositoryPath, repository: &Repository, origin: &Origin) -> Self {
        let full_name = path.to_string();
        Self {
            kind: "repository",
            uuid: braced(&repository.uuid),
            name: repository.name.to_string(),
            links: links([
                ("self", origin.link(&format!("/2.0/repositories/{full_name}"))),
                ("html", origin.link(&format!("/{full_name}"))),
                ("avatar", origin.link(&format!("/{full_name}/avatar"))),
            ]),
            full_name,
        }
    }

    /// `acme/site`.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }
}

/// A workspace with what the caller is in it.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkspaceAccess)]
pub struct AccessBody {
    #[serde(rename = "type")]
    kind: &'static str,
    administrator: bool,
    workspace: WorkspaceBaseBody,
}

/// A workspace, in few words.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkspaceBase)]
struct WorkspaceBaseBody {
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    slug: String,
    name: String,
    links: Links,
}

impl AccessBody {
    /// The workspace, and whether the caller administers it.
    pub fn of(workspace: &Workspace, administrator: bool, origin: &Origin) -> Self {
        let slug = workspace.slug.as_str();
        let workspace = WorkspaceBaseBody {
            kind: "workspace_base",
            uuid: braced(&workspace.uuid),
            slug: slug.to_owned(),
            name: workspace.name.to_string(),
            links: links([
                ("self", origin.link(&format!("/2.0/workspaces/{slug}"))),
                ("avatar", origin.link(&format!("/{slug}/avatar"))),
            ]),
        };
        Self { kind: "workspace_access", administrator, workspace }
    }
}

/// Who is what in a workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkspaceMembership)]
pub struct MembershipBody {
    #[serde(rename = "type")]
    kind: &'static str,
    permission: &'static str,
    user: AccountBody,
    workspace: WorkspaceBody,
    links: Links,
}

impl MembershipBody {
    /// A member with the workspace.
    pub fn of(member: &Member, workspace: &Workspace, origin: &Origin) -> Self {
        let (username, name) = (member.username.as_str(), member.display_name.as_str());
        let api = format!("/2.0/workspaces/{}/members/", workspace.slug);
        Self {
            kind: "workspace_membership",
            permission: member.role.as_str(),
            user: AccountBody::new("user", &member.uuid, username, name, origin),
            workspace: WorkspaceBody::of(workspace, origin),
            links: links([("self", origin.link_to(&api, &braced(&member.uuid)))]),
        }
    }
}
