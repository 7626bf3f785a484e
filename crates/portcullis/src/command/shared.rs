//! Arguments that several nouns have in common, and how they become paths and bodies.

use crate::Error;
use crate::client::{Client, Connection, segment};
use crate::command::output::Output;
use model::RepositoryPath;
use serde_json::{Value, json};

/// A command at work: a server to ask, and where the result goes.
pub struct Session {
    pub client: Client,
    pub out: Output,
    connection: Connection,
}

impl Session {
    /// Finds the server and the secret.
    pub fn open(connection: &Connection) -> Result<Self, Error> {
        Ok(Self {
            client: Client::connect(connection)?,
            out: Output::new(connection.json),
            connection: connection.clone(),
        })
    }

    /// The user name of whoever the credential belongs to.
    pub fn own_name(&self) -> Result<String, Error> {
        let me = self.client.get("/2.0/user")?;
        let name = me.get("username").and_then(Value::as_str).ok_or_else(|| {
            Error::Usage("the credential is not a person's: name the owner with --user".into())
        })?;
        Ok(name.to_owned())
    }

    /// The repository given, or the one that one stands in.
    pub fn repository(&self, given: Option<&RepositoryPath>) -> Result<RepositoryPath, Error> {
        given.cloned().map_or_else(|| self.connection.repository_here(), Ok)
    }
}

/// Reads `WORKSPACE/REPOSITORY`.
pub fn repository(text: &str) -> Result<RepositoryPath, String> {
    RepositoryPath::parse(text).map_err(|e| e.to_string())
}

/// A repository.
#[derive(clap::Args, Debug)]
pub struct OfRepository {
    /// The repository; the one that one stands in if not given
    #[arg(long, value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
    repository: Option<RepositoryPath>,
}

impl OfRepository {
    /// `acme/site`.
    pub fn name(&self, session: &Session) -> Result<RepositoryPath, Error> {
        session.repository(self.repository.as_ref())
    }
}

/// A project as people write it: `acme/CORE`.
#[derive(Clone, Debug)]
pub struct ProjectPath {
    pub workspace: model::WorkspaceSlug,
    pub key: model::ProjectKey,
}

/// Reads `WORKSPACE/KEY`.
pub fn project(text: &str) -> Result<ProjectPath, String> {
    let (workspace, key) = text.split_once('/').ok_or("write it as `WORKSPACE/KEY`")?;
    Ok(ProjectPath {
        workspace: workspace_slug(workspace)?,
        key: model::ProjectKey::parse(key).map_err(|e| e.to_string())?,
    })
}

/// Reads a workspace's slug.
pub fn workspace_slug(text: &str) -> Result<model::WorkspaceSlug, String> {
    model::WorkspaceSlug::parse(text).map_err(|e| e.to_string())
}

/// Reads a user name.
pub fn username(text: &str) -> Result<model::Username, String> {
    model::Username::parse(text).map_err(|e| e.to_string())
}

/// Reads any other slug.
pub fn slug(text: &str) -> Result<model::Slug, String> {
    model::Slug::parse(text).map_err(|e| e.to_string())
}

impl ProjectPath {
    /// Its path below `/2.0` and below `/api/v1`.
    pub fn path(&self) -> String {
        format!("/workspaces/{}/projects/{}", self.workspace, self.key)
    }
}

impl std::fmt::Display for ProjectPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.workspace, self.key)
    }
}

/// What something hangs on: exactly one of a repository, a project and a workspace. Without any,
/// the repository one stands in.
#[derive(clap::Args, Debug, Clone, Default)]
#[group(multiple = false)]
#[command(next_help_heading = "On what")]
pub struct Place {
    /// A repository; for grants and restrictions the default is the one that one stands in
    #[arg(long, value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
    pub repository: Option<RepositoryPath>,
    /// A project
    #[arg(long, value_name = "WORKSPACE/KEY", value_parser = project)]
    pub project: Option<ProjectPath>,
    /// A workspace
    #[arg(long, value_name = "WORKSPACE", value_parser = workspace_slug)]
    pub workspace: Option<model::WorkspaceSlug>,
}

impl Place {
    /// Was one named?
    pub fn is_given(&self) -> bool {
        self.repository.is_some() || self.project.is_some() || self.workspace.is_some()
    }

    /// Its path below `/api/v1`.
    pub fn path(&self, session: &Session) -> Result<String, Error> {
        Ok(match (&self.project, &self.workspace) {
            (Some(project), _) => project.path(),
            (None, Some(workspace)) => format!("/workspaces/{workspace}"),
            (None, None) => {
                let path = session.repository(self.repository.as_ref())?;
                format!("/repositories/{path}")
            }
        })
    }
}

/// A subject: `ann` or `user:ann`, `group:devs`, `access_token:ci-bot`, `everyone`; with `,until=`
/// and `,reason=` where it is an exemption.
#[derive(Clone, Debug)]
pub struct SubjectArg(Value);

/// Reads a subject; the server checks that it exists.
pub fn subject(text: &str) -> Result<SubjectArg, String> {
    // A reason may hold commas, so it is last and takes the rest.
    let (front, reason) = match text.split_once(",reason=") {
        Some((front, reason)) => (front, Some(reason)),
        None => (text, None),
    };
    let (who, until) = match front.split_once(",until=") {
        Some((who, until)) => (who, Some(time(until)?)),
        None => (front, None),
    };
    let mut subject = match who.split_once(':').unwrap_or(("", who)) {
        ("", "everyone") => json!({ "type": "everyone" }),
        ("", "anyone") => json!({ "type": "anyone" }),
        ("" | "user", name) if !name.is_empty() => json!({ "type": "user", "name": name }),
        (kind @ ("group" | "access_token" | "access_key" | "workload"), name)
            if !name.is_empty() =>
        {
            match name.parse::<i64>() {
                Ok(id) => json!({ "type": kind, "id": id }),
                Err(_) => json!({ "type": kind, "name": name }),
            }
        }
        _ => {
            return Err("write `NAME`, `group:NAME`, `access_token:NAME` or `everyone`, for an \
                        exemption with `,until=TIME` and `,reason=TEXT`"
                .into());
        }
    };
    if let Value::Object(fields) = &mut subject {
        if let Some(until) = until {
            fields.insert("until".into(), until.into());
        }
        if let Some(reason) = reason {
            fields.insert("reason".into(), reason.into());
        }
    }
    Ok(SubjectArg(subject))
}

impl SubjectArg {
    /// The shape of the API.
    pub fn to_json(&self) -> Value {
        self.0.clone()
    }
}

/// Reads a moment: RFC 3339, or a date, which means its first moment in UTC.
pub fn time(text: &str) -> Result<String, String> {
    let moment = text
        .parse::<jiff::Timestamp>()
        .or_else(|_| format!("{text}T00:00:00Z").parse::<jiff::Timestamp>());
    moment
        .map(|it| it.to_string())
        .map_err(|_| "write a time as `2026-12-31` or `2026-12-31T18:00:00Z`".into())
}

/// The members of an object that were given; those that were not are left out, so that an update
/// leaves them as they are.
pub fn given(members: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Value {
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect())
}

/// A path below `/api/v1/users`.
pub fn user_path(name: &model::Username) -> String {
    format!("/users/{}", segment(name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_read_as_people_write_them() {
        for (text, shape) in [
            ("ann", json!({"type": "user", "name": "ann"})),
            ("user:ann", json!({"type": "user", "name": "ann"})),
            ("group:devs", json!({"type": "group", "name": "devs"})),
            ("access_token:7", json!({"type": "access_token", "id": 7})),
            ("everyone", json!({"type": "everyone"})),
            (
                "access_token:ci-bot,until=2026-12-31,reason=release, then gone",
                json!({"type": "access_token", "name": "ci-bot",
                    "until": "2026-12-31T00:00:00Z", "reason": "release, then gone"}),
            ),
        ] {
            assert_eq!(subject(text).unwrap().to_json(), shape, "{text}");
        }
        for bad in ["", "group:", "role:x", "ann,until=tomorrow", "user:"] {
            assert!(subject(bad).is_err(), "{bad}");
        }
    }
}
