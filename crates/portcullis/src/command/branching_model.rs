//! `portcullis branching-model`: what branches are called, for rules about classes of them.

use super::answer::list;
use super::shared::{OfRepository, ProjectPath, Session, given, project, repository};
use crate::Error;
use crate::client::clean;
use clap::{Args, Subcommand};
use model::RepositoryPath;
use serde_json::{Value, json};

/// What can be done with branching models.
#[derive(Subcommand, Debug)]
pub enum BranchingModelCommand {
    /// Show the branching model in force, or what was set
    Show {
        /// What was set, in force or not; for administrators
        #[arg(long)]
        settings: bool,
        #[command(flatten)]
        of: Of,
    },
    /// Change the branching model; what is not given stays as it is
    #[command(after_help = "Examples:
  portcullis branching-model set --production main --development develop --repository acme/site
  portcullis branching-model set --prefix release=rel- --no-type hotfix --project acme/CORE")]
    Set {
        #[command(flatten)]
        change: Change,
        #[command(flatten)]
        of: Of,
    },
    /// Let a repository inherit its project's branching model; its own settings are kept
    Inherit {
        #[command(flatten)]
        of: OfRepository,
    },
    /// Let a repository go by its own branching model
    Override {
        #[command(flatten)]
        of: OfRepository,
    },
}

/// A project or a repository.
#[derive(Args, Debug)]
#[group(multiple = false)]
pub struct Of {
    /// The repository; the one that one stands in if neither is given
    #[arg(long, value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
    repository: Option<RepositoryPath>,
    /// The project
    #[arg(long, value_name = "WORKSPACE/KEY", value_parser = project)]
    project: Option<ProjectPath>,
}

/// What shall be different.
#[derive(Args, Debug)]
pub struct Change {
    /// The development branch
    #[arg(long, value_name = "BRANCH")]
    development: Option<String>,
    /// The development branch is the main branch, whichever that is
    #[arg(long, conflicts_with = "development")]
    development_main: bool,
    /// The production branch
    #[arg(long, value_name = "BRANCH")]
    production: Option<String>,
    /// The production branch is the main branch, whichever that is
    #[arg(long, conflicts_with = "production")]
    production_main: bool,
    /// There is no production branch
    #[arg(long, conflicts_with_all = ["production", "production_main"])]
    no_production: bool,
    /// What the names of a type's branches start with, such as `release=rel-`; may be repeated
    #[arg(long = "prefix", value_name = "TYPE=PREFIX", value_parser = prefix)]
    prefixes: Vec<(String, String)>,
    /// There are no branches of this type; may be repeated
    #[arg(long = "no-type", value_name = "TYPE", value_parser = TYPES)]
    without: Vec<String>,
}

const TYPES: [&str; 4] = ["feature", "bugfix", "release", "hotfix"];

fn prefix(text: &str) -> Result<(String, String), String> {
    let (kind, prefix) = text.split_once('=').ok_or("write it as `release=rel-`")?;
    if !TYPES.contains(&kind) {
        return Err(format!("`{kind}` is no type: use {}", TYPES.join(", ")));
    }
    Ok((kind.to_owned(), prefix.to_owned()))
}

impl Of {
    fn path(&self, session: &Session) -> Result<String, Error> {
        Ok(match &self.project {
            Some(project) => format!("/2.0{}/branching-model", project.path()),
            None => {
                let path = session.repository(self.repository.as_ref())?;
                format!("/2.0/repositories/{path}/branching-model")
            }
        })
    }
}

impl Change {
    fn body(&self) -> Value {
        let branch = |name: &Option<String>, main: bool| match name {
            Some(name) => Some(json!({ "use_mainbranch": false, "name": name })),
            None if main => Some(json!({ "use_mainbranch": true })),
            None => None,
        };
        let mut production = branch(&self.production, self.production_main);
        if let Some(Value::Object(it)) = &mut production {
            it.insert("enabled".into(), true.into());
        } else if self.no_production {
            production = Some(json!({ "enabled": false }));
        }
        let with = self
            .prefixes
            .iter()
            .map(|(kind, prefix)| json!({ "kind": kind, "enabled": true, "prefix": prefix }));
        let without = self.without.iter().map(|kind| json!({ "kind": kind, "enabled": false }));
        given([
            ("development", branch(&self.development, self.development_main)),
            ("production", production),
            ("branch_types", Some(with.chain(without).collect())),
        ])
    }
}

impl BranchingModelCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Show { settings: false, of } => {
                let answer = session.client.get(&of.path(session)?)?;
                session.out.text(&answer, &words(&answer))
            }
            Self::Show { settings: true, of } => {
                let answer = session.client.get(&format!("{}/settings", of.path(session)?))?;
                session.out.text(&answer, &words(&answer))
            }
            Self::Set { change, of } => {
                let path = format!("{}/settings", of.path(session)?);
                let answer = session.client.put(&path, &change.body())?;
                session.out.text(&answer, &words(&answer))
            }
            Self::Inherit { of } => goes_by_its_own(of, session, false),
            Self::Override { of } => goes_by_its_own(of, session, true),
        }
    }
}

/// One line for each class: what it means, or that it is disabled.
fn words(answer: &Value) -> String {
    let text = |it: &Value, member: &str| it.get(member).and_then(Value::as_str).map(clean);
    let flag = |it: &Value, member: &str| it.get(member).and_then(Value::as_bool);
    let branch = |it: Option<&Value>| {
        let Some(it) = it.filter(|it| flag(it, "enabled") != Some(false)) else {
            return "none".to_owned();
        };
        let mut shown = text(it, "name").unwrap_or_else(|| "none yet".into());
        if flag(it, "use_mainbranch") == Some(true) {
            shown = match text(it, "name") {
                Some(name) => format!("{name}, the main branch"),
                None => "the main branch".into(),
            };
        }
        if flag(it, "is_valid") == Some(false) {
            shown.push_str(", which does not exist");
        }
        shown
    };
    let mut lines = vec![
        format!("development  {}", branch(answer.get("development"))),
        format!("production   {}", branch(answer.get("production"))),
    ];
    for it in list(answer, "branch_types") {
        let prefix = match flag(it, "enabled") {
            Some(false) => "disabled".into(),
            Some(true) | None => format!("{}*", text(it, "prefix").unwrap_or_default()),
        };
        lines.push(format!("{:<12} {prefix}", text(it, "kind").unwrap_or_default()));
    }
    lines.join("\n")
}

fn goes_by_its_own(of: &OfRepository, session: &Session, own: bool) -> Result<(), Error> {
    let path = of.name(session)?;
    let body = json!({ "override_settings": { "branching_model": own } });
    let address = format!("/2.0/repositories/{path}/override-settings");
    let answer = session.client.put(&address, &body)?;
    let whose = if own { "its own" } else { "its project's" };
    session.out.done(&answer, &format!("{path} goes by {whose} branching model"))
}
