//! The statements, as values and as text.

use crate::words::{Read, Words};
use model::{
    BranchClass, Branches, Level, Matcher, MatcherKind, Mode, Permission, ProjectKey, RefKinds,
    RefName, RepositoryPath, RestrictionKind, Role, Scope, Username,
};
use policy::{AddressRange, InstanceState, MergeFacts};
use std::collections::BTreeSet;

/// One line of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    Repository(RepositoryPath),
    Project(ProjectKey),
    Public,
    Archived,
    OverQuota,
    /// The repository does not exist.
    Nowhere,
    DefaultBranch(RefName),
    /// Which branches the branching model calls so.
    Model {
        class: BranchClass,
        branches: Branches,
    },
    /// What is known of the pull request that is merged.
    PullRequest(MergeFacts),
    User {
        name: Username,
        groups: Vec<String>,
    },
    Suspended(Username),
    Role {
        user: Username,
        role: Role,
    },
    Grant {
        to: Name,
        permission: Permission,
        on: Level,
    },
    AccessToken {
        name: String,
        scopes: BTreeSet<Scope>,
        on: Level,
    },
    ApiToken(ApiToken),
    Restrict(Rule),
    Instance(InstanceState),
    Address {
        range: AddressRange,
        /// The instance's list or the workspace's.
        on: Level,
    },
    TwoFactor,
    /// Days since the beginning.
    Now(i64),
}

/// An API token of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub user: Username,
    pub label: String,
    pub scopes: BTreeSet<Scope>,
    /// Globs of the only branches it may change; `None` when it is not limited.
    pub refs: Option<Vec<String>>,
    /// Blocks of the only addresses it is good from; `None` when it is not limited.
    pub addresses: Option<Vec<AddressRange>>,
    /// It is limited to some other repository.
    pub elsewhere: bool,
    pub expired: bool,
    pub revoked: bool,
}

/// A restriction, with names where the real one has ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    pub number: i64,
    pub level: Level,
    pub kind: RestrictionKind,
    pub matcher: Matcher,
    pub on: RefKinds,
    pub value: Option<i64>,
    pub subjects: Vec<Listed>,
    pub mode: Mode,
}

/// A subject in a rule's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: Name,
    /// The day on which it ends, counted from the beginning.
    pub until: Option<i64>,
}

/// A subject by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// A bare word: a user that was declared, or else a group.
    UserOrGroup(String),
    AccessToken(String),
    AccessKey(String),
    Workload(String),
    Everyone,
    Anyone,
}

impl Statement {
    /// Reads one line; `None` when there is nothing on it.
    pub(crate) fn parse(line: &str) -> Read<Option<Self>> {
        let mut words = Words::of(line);
        let Some(verb) = words.next() else { return Ok(None) };
        let statement = match verb {
            "repo" => {
                let path = RepositoryPath::parse(words.take("a path")?);
                Self::Repository(path.map_err(|it| it.to_string())?)
            }
            "project" => {
                let key = ProjectKey::parse(words.take("a key")?);
                Self::Project(key.map_err(|it| it.to_string())?)
            }
            "public" => Self::Public,
            "archived" => Self::Archived,
            "over-quota" => Self::OverQuota,
            "nowhere" => Self::Nowhere,
            "default" => Self::DefaultBranch(ref_name(words.take("a branch")?)?),
            "model" => model(&mut words)?,
            "pull-request" => Self::PullRequest(pull_request(&mut words)?),
            "user" => {
                let name = username(&mut words)?;
                let groups = std::iter::from_fn(|| words.next()).map(str::to_owned).collect();
                Self::User { name, groups }
            }
            "suspended" => Self::Suspended(username(&mut words)?),
            "member" => Self::Role { user: username(&mut words)?, role: Role::Member },
            "owner" => Self::Role { user: username(&mut words)?, role: Role::Owner },
            "grant" => grant(&mut words)?,
            "token" => access_token(&mut words)?,
            "api-token" => api_token(&mut words)?,
            "restrict" => Self::Restrict(rule(&mut words)?),
            "read-only" => Self::Instance(InstanceState::ReadOnly),
            "maintenance" => Self::Instance(InstanceState::Maintenance),
            "address" => {
                let range = address_range(words.take("a block of addresses")?)?;
                let on = if words.is_empty() { Level::Instance } else { on_level(&mut words)? };
                Self::Address { range, on }
            }
            "two-factor" => Self::TwoFactor,
            "now" => Self::Now(number_of(words.take("a day")?)?),
            other => {
                return Err(format!(
                    "`{other}` is no statement; the language is described in the crate `scenario`"
                ));
            }
        };
        words.end()?;
        Ok(Some(statement))
    }
}

/// `main` to `refs/heads/main`; full names stay.
pub(crate) fn ref_name(text: &str) -> Read<RefName> {
    let name = if text.starts_with("refs/") {
        RefName::parse(text.as_bytes())
    } else {
        RefName::branch(text)
    };
    name.map_err(|it| it.to_string())
}

fn model(words: &mut Words<'_>) -> Read<Statement> {
    let class = BranchClass::parse(words.take("a class")?).map_err(|it| it.to_string())?;
    let name = words.take("a branch, or the start of a name and `*`")?;
    let branches = match name.strip_suffix('*') {
        Some(prefix) => Branches::StartingWith(prefix.into()),
        None => Branches::One(ref_name(name)?),
    };
    Ok(Statement::Model { class, branches })
}

fn pull_request(words: &mut Words<'_>) -> Read<MergeFacts> {
    let mut facts = MergeFacts::default();
    while let Some(word) = words.next() {
        let count = match word {
            "approvals" => &mut facts.approvals,
            "default-reviewers" => &mut facts.default_reviewer_approvals,
            "review-groups" => &mut facts.review_group_approvals,
            "changes-requested" => &mut facts.changes_requested,
            "tasks" => &mut facts.open_tasks,
            "comments" => &mut facts.unresolved_comments,
            "passed" => &mut facts.passed_builds,
            "failed" => &mut facts.failed_builds,
            "behind" => &mut facts.commits_behind,
            "dependencies" => &mut facts.open_dependencies,
            other => return Err(format!("a pull request has no `{other}`")),
        };
        let number = words.take("a number")?;
        *count = number.parse().map_err(|_| format!("`{number}` is no count"))?;
    }
    Ok(facts)
}

fn username(words: &mut Words<'_>) -> Read<Username> {
    Username::parse(words.take("a user name")?).map_err(|it| it.to_string())
}

fn number_of(text: &str) -> Read<i64> {
    text.parse().map_err(|_| format!("`{text}` is no whole number"))
}

fn address_range(text: &str) -> Read<AddressRange> {
    let bad = || format!("`{text}` is no block of addresses; write it as 10.0.0.0/8");
    AddressRange::parse(text).ok_or_else(bad)
}

impl Name {
    /// Reads a subject's name.
    pub(crate) fn parse(word: &str) -> Read<Self> {
        Ok(match word.split_once(':') {
            None if word == "everyone" => Self::Everyone,
            None if word == "anyone" => Self::Anyone,
            None if word == "," => return Err("a subject is missing before `,`".into()),
            None => Self::UserOrGroup(word.into()),
            Some(("token", name)) => Self::AccessToken(name.into()),
            Some(("key", name)) => Self::AccessKey(name.into()),
            Some(("workload", name)) => Self::Workload(name.into()),
            Some((kind, _)) => {
                return Err(format!(
                    "`{kind}:` names no kind of subject: use token, key, workload"
                ));
            }
        })
    }
}

/// `on LEVEL` at the end of a statement; the repository when nothing is said.
fn on_level(words: &mut Words<'_>) -> Read<Level> {
    if !words.takes("on") {
        return Ok(Level::Repository);
    }
    Level::parse(words.take("a level")?).map_err(|it| it.to_string())
}

fn grant(words: &mut Words<'_>) -> Read<Statement> {
    let to = Name::parse(words.take("a subject")?)?;
    let permission = words.take("a permission")?;
    let permission = Permission::parse(permission).map_err(|it| it.to_string())?;
    Ok(Statement::Grant { to, permission, on: on_level(words)? })
}

fn scopes(words: &mut Words<'_>, stop: &[&str]) -> Read<BTreeSet<Scope>> {
    let mut scopes = BTreeSet::new();
    while !words.is_empty() && !stop.iter().any(|it| words.peeks(it)) {
        let scope = words.take("a scope")?;
        scopes.insert(Scope::parse(scope).map_err(|it| it.to_string())?);
    }
    Ok(scopes)
}

fn access_token(words: &mut Words<'_>) -> Read<Statement> {
    let name = words.take("a name")?.to_owned();
    let scopes = scopes(words, &["on"])?;
    Ok(Statement::AccessToken { name, scopes, on: on_level(words)? })
}

fn api_token(words: &mut Words<'_>) -> Read<Statement> {
    let user = username(words)?;
    let label = words.take("a label")?.to_owned();
    let scopes = scopes(words, &["refs", "from", "elsewhere", "expired", "revoked"])?;
    let mut refs = None;
    if words.takes("refs") {
        refs = Some(words.list(|it| it.take("a pattern").map(str::to_owned))?);
    }
    let mut addresses = None;
    if words.takes("from") {
        let blocks = words.list(|it| it.take("a block of addresses").and_then(address_range))?;
        addresses = Some(blocks);
    }
    let elsewhere = words.takes("elsewhere");
    let expired = words.takes("expired");
    let revoked = words.takes("revoked");
    let token = ApiToken { user, label, scopes, refs, addresses, elsewhere, expired, revoked };
    Ok(Statement::ApiToken(token))
}

fn rule(words: &mut Words<'_>) -> Read<Rule> {
    let number = number_of(words.take("a number")?)?;
    let matcher = matcher(words)?;
    let on = RefKinds::ALL.iter().find(|it| words.takes(it.as_str())).copied();
    let kind = RestrictionKind::named(words.take("a kind")?).map_err(|it| it.to_string())?;
    let on = on.unwrap_or_else(|| kind.usual_refs(&matcher));
    let value = kind.numbers().map(|_| words.take("a number").and_then(number_of)).transpose()?;
    let subjects = if kind.is_about_refs() { subjects(kind, words)? } else { Vec::new() };
    let mode = if words.takes("evaluate") { Mode::Evaluate } else { Mode::Enforce };
    Ok(Rule { number, level: on_level(words)?, kind, matcher, on, value, subjects, mode })
}

pub(crate) fn matcher(words: &mut Words<'_>) -> Read<Matcher> {
    let pattern = words.take("a pattern")?;
    let (kind, pattern) = match (pattern, pattern.split_once(':')) {
        ("any", _) => (MatcherKind::Any, ""),
        (_, Some(("ant", pattern))) => (MatcherKind::Ant, pattern),
        (_, Some(("class", word))) => {
            BranchClass::parse(word).map_err(|it| it.to_string())?;
            (MatcherKind::BranchingModel, word)
        }
        (name, _) if name.starts_with("refs/") => (MatcherKind::Ref, name),
        (glob, _) => (MatcherKind::Glob, glob),
    };
    let mut except = Vec::new();
    if words.takes("but") {
        except = words.list(|it| it.take("a pattern").map(str::to_owned))?;
    }
    Ok(Matcher { kind, pattern: pattern.into(), except })
}

fn subjects(kind: RestrictionKind, words: &mut Words<'_>) -> Read<Vec<Listed>> {
    let word = if kind.is_allow_list() { "only" } else { "except" };
    if !words.takes(word) || words.takes("nobody") {
        return Ok(Vec::new());
    }
    words.list(|words| {
        let name = Name::parse(words.take("a subject")?)?;
        let until = words.takes("until").then(|| words.take("a day").and_then(number_of));
        Ok(Listed { name, until: until.transpose()? })
    })
}
