//! A scenario as facts and askers.

use crate::BadLine;
use crate::statement::{ApiToken, Listed, Name, Rule, Statement};
use crate::words::Read;
use model::{
    AccessKeyId, AccessTokenId, BranchingModel, CredentialKind, Grant, GroupId, Level,
    ListedSubject, ProjectId, RefName, RepositoryId, RepositoryPath, Restriction, RestrictionId,
    Role, Scopes, Subject, Timestamp, UserId, Username, WorkloadId, WorkspaceId,
};
use policy::{
    Asker, Facts, InstanceState, MergeFacts, NetworkRules, Place, ProjectPlace, RepositoryPlace,
    Rulebook, home_permission,
};
use std::collections::BTreeMap;
use std::sync::Arc;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// The repository of the world, and the other one that a token may be limited to.
pub(crate) const HERE: RepositoryId = RepositoryId(1);
pub(crate) const ELSEWHERE: RepositoryId = RepositoryId(2);

/// A world that was read from text.
#[derive(Clone, Debug)]
pub struct Scenario {
    statements: Vec<Statement>,
    pub(crate) users: BTreeMap<Username, User>,
    /// Numbers for the names that rules and people mention.
    pub(crate) groups: BTreeMap<String, GroupId>,
    others: BTreeMap<Name, i64>,
    repository: Option<RepositoryPlace>,
    now: Timestamp,
    instance: InstanceState,
    grants: Vec<Grant>,
    network: NetworkRules,
    rules: Vec<Restriction>,
    model: BranchingModel,
    merge: Option<MergeFacts>,
}

/// A user as declared.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub id: UserId,
    pub groups: Vec<GroupId>,
    pub role: Option<Role>,
    pub suspended: bool,
    pub tokens: Vec<ApiToken>,
}

impl Scenario {
    /// Reads a scenario. The first line that makes no sense is the error.
    pub fn parse(text: &str) -> Result<Self, BadLine> {
        let place = RepositoryPath::from_parts("acme", "site");
        let path = place.map_err(|it| BadLine { line: 0, why: it.to_string() })?;
        let mut world = Self {
            statements: Vec::new(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            others: BTreeMap::new(),
            repository: Some(RepositoryPlace {
                id: HERE,
                path,
                private: true,
                archived: false,
                over_quota: false,
                default_branch: None,
            }),
            now: Timestamp(0),
            instance: InstanceState::Open,
            grants: Vec::new(),
            network: NetworkRules::default(),
            rules: Vec::new(),
            model: BranchingModel::default(),
            merge: None,
        };
        for (at, line) in text.lines().enumerate() {
            let bad = |why| BadLine { line: at + 1, why };
            if let Some(statement) = Statement::parse(line).map_err(bad)? {
                world.take(&statement).map_err(bad)?;
                world.statements.push(statement);
            }
        }
        Ok(world)
    }

    /// What was said, in order: for whoever builds the same world elsewhere.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The facts about the repository, as far as this asker goes.
    pub fn facts(&self, who: &Asker) -> Facts {
        self.facts_at(Level::Repository, who)
    }

    /// The facts about the repository, or about what contains it.
    pub fn facts_at(&self, level: Level, who: &Asker) -> Facts {
        let mut facts = Facts::nowhere(self.now, self.instance);
        facts.place = match (level, &self.repository) {
            (Level::Instance, _) => Place::Instance,
            (Level::Workspace, _) => Place::Workspace(WorkspaceId(1)),
            (Level::Project, _) => Place::Project(ProjectPlace { id: ProjectId(1), private: true }),
            (Level::Repository, Some(it)) => Place::Repository(it.clone()),
            (Level::Repository, None) => return facts,
        };
        facts.grants.clone_from(&self.grants);
        let user = Username::parse(&who.principal.name).ok();
        facts.role = user.and_then(|it| self.users.get(&it)).and_then(|it| it.role);
        let public = self.repository.as_ref().is_some_and(|it| !it.private);
        let below = |it: &Grant| it.level > level && who.principal.is(it.subject);
        facts.reaches_below = public || self.grants.iter().any(below);
        facts.restrictions = Rulebook::new(self.rules.iter().cloned());
        facts.branching_model = Arc::new(self.model.clone());
        facts.merge = self.merge;
        facts.network = self.network.clone();
        facts
    }

    /// Adds what a statement says to the world.
    fn take(&mut self, statement: &Statement) -> Read<()> {
        match statement {
            Statement::Repository(path) => self.settle(|it| it.path = path.clone())?,
            Statement::Project(_) => (),
            Statement::Public => self.settle(|it| it.private = false)?,
            Statement::Archived => self.settle(|it| it.archived = true)?,
            Statement::OverQuota => self.settle(|it| it.over_quota = true)?,
            Statement::DefaultBranch(it) => self.settle_default(it)?,
            Statement::Model { class, branches } => {
                self.model = std::mem::take(&mut self.model).with(*class, branches.clone());
            }
            Statement::PullRequest(it) => self.merge = Some(*it),
            Statement::Nowhere => self.repository = None,
            Statement::User { name, groups } => self.add_user(name, groups)?,
            Statement::Suspended(name) => self.user(name)?.suspended = true,
            Statement::Role { user, role } => self.user(user)?.role = Some(*role),
            Statement::Grant { to, permission, on } => {
                let subject = self.subject(to);
                self.grants.push(Grant { level: *on, subject, permission: *permission });
            }
            Statement::AccessToken { name, scopes, on } => {
                let subject = self.subject(&Name::AccessToken(name.clone()));
                let scopes = Scopes::Only(scopes.clone());
                let grant = |permission| Grant { level: *on, subject, permission };
                self.grants.extend(home_permission(&scopes, *on).map(grant));
            }
            Statement::ApiToken(token) => self.user(&token.user)?.tokens.push(token.clone()),
            Statement::Restrict(rule) => {
                let rule = self.restriction(rule)?;
                self.rules.push(rule);
            }
            Statement::Instance(state) => self.instance = *state,
            Statement::Address { range, on: Level::Instance } => self.network.instance.push(*range),
            Statement::Address { range, on: Level::Workspace } => {
                self.network.workspace.push(*range);
            }
            Statement::Address { on, .. } => return Err(format!("a {on} keeps no addresses")),
            Statement::TwoFactor => self.network.two_factor = true,
            Statement::Now(day) => self.now = Timestamp(day.saturating_mul(DAY)),
        }
        Ok(())
    }

    fn settle(&mut self, set: impl FnOnce(&mut RepositoryPlace)) -> Read<()> {
        set(self.repository.as_mut().ok_or("`nowhere` was said: there is no repository")?);
        Ok(())
    }

    fn settle_default(&mut self, branch: &RefName) -> Read<()> {
        self.settle(|it| it.default_branch = Some(branch.clone()))
    }

    fn add_user(&mut self, name: &Username, groups: &[String]) -> Read<()> {
        if self.groups.contains_key(name.as_str()) {
            return Err(format!("`{name}` was taken for a group above: declare users first"));
        }
        let groups = groups.iter().map(|it| self.group(it)).collect();
        let id = UserId(count(self.users.len()) + 1);
        let user = User { id, groups, role: None, suspended: false, tokens: Vec::new() };
        if self.users.insert(name.clone(), user).is_some() {
            return Err(format!("there is a user `{name}` already"));
        }
        Ok(())
    }

    fn user(&mut self, name: &Username) -> Read<&mut User> {
        let unknown = || format!("there is no user `{name}`: say `user {name}` first");
        self.users.get_mut(name).ok_or_else(unknown)
    }

    fn group(&mut self, name: &str) -> GroupId {
        let next = GroupId(count(self.groups.len()) + 1);
        *self.groups.entry(name.into()).or_insert(next)
    }

    /// The subject a name stands for; a new one when nobody has mentioned it yet.
    fn subject(&mut self, name: &Name) -> Subject {
        match name {
            Name::UserOrGroup(word) => {
                let user = Username::parse(word).ok();
                match user.and_then(|it| self.users.get(&it)) {
                    Some(user) => Subject::User(user.id),
                    None => Subject::Group(self.group(word)),
                }
            }
            Name::AccessToken(_) | Name::AccessKey(_) | Name::Workload(_) => {
                let next = count(self.others.len()) + 1;
                numbered(name, *self.others.entry(name.clone()).or_insert(next))
            }
            Name::Everyone => Subject::Everyone,
            Name::Anyone => Subject::Anyone,
        }
    }

    /// The number of a token, key or workload that was mentioned.
    pub(crate) fn other(&self, name: &Name) -> Option<i64> {
        self.others.get(name).copied()
    }

    fn restriction(&mut self, rule: &Rule) -> Read<Restriction> {
        if self.rules.iter().any(|it| it.id.0 == rule.number) {
            return Err(format!("there is a rule {} already", rule.number));
        }
        Ok(Restriction {
            id: RestrictionId(rule.number),
            level: rule.level,
            kind: rule.kind,
            matcher: rule.matcher.clone(),
            on: rule.on,
            subjects: rule.subjects.iter().map(|it| self.listed(it)).collect(),
            mode: rule.mode,
            value: rule.value,
            argument: None,
            note: None,
            changed_at: Timestamp(0),
            changed_by: None,
        })
    }

    fn listed(&mut self, listed: &Listed) -> ListedSubject {
        let until = listed.until.map(|day| Timestamp(day.saturating_mul(DAY)));
        ListedSubject { subject: self.subject(&listed.name), until, reason: None }
    }
}

/// The subject of this kind and number.
fn numbered(name: &Name, number: i64) -> Subject {
    match name {
        Name::AccessKey(_) => Subject::AccessKey(AccessKeyId(number)),
        Name::Workload(_) => Subject::Workload(WorkloadId(number)),
        Name::AccessToken(_) | Name::UserOrGroup(_) | Name::Everyone | Name::Anyone => {
            Subject::AccessToken(AccessTokenId(number))
        }
    }
}

/// A count as an id; no scenario holds more lines than an `i64`.
fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// The kind of credential that goes with each kind of name.
pub(crate) const fn credential_of(name: &Name) -> CredentialKind {
    match name {
        Name::AccessToken(_) => CredentialKind::AccessToken,
        Name::AccessKey(_) => CredentialKind::SshKey,
        Name::Workload(_) => CredentialKind::OidcToken,
        Name::UserOrGroup(_) | Name::Everyone | Name::Anyone => CredentialKind::Password,
    }
}
