//! Builds on a real server what a scenario says, through REST, as the administrator.
//!
//! The language is that of the policy tables, so that a row there and a session here can be
//! compared by eye. What cannot be set through REST is refused, never left out.

use crate::{Database, Server};
use model::{Level, Matcher, MatcherKind, RepositoryPath, Role, Scope};
use scenario::{ApiToken, Listed, Name, Rule, Scenario, Statement};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The other repository of the world, which tokens may be limited to.
const ELSEWHERE: &str = "elsewhere";

impl Server {
    /// A server on SQLite in which everything is as the scenario says, and whose repository has
    /// two commits on `main`: `one`, then `two`.
    ///
    /// Every user signs in with an API token named `laptop` that may be used for everything;
    /// those of a scenario are used as `ann@label`, access tokens as `token:label`.
    #[track_caller]
    pub fn with(text: &str) -> Self {
        Self::with_on(Database::Sqlite, text)
    }

    /// The same on this database.
    #[track_caller]
    pub fn with_on(database: Database, text: &str) -> Self {
        Self::with_file(database, text, "")
    }

    /// The same with a configuration file of this content, as [`start_by`](Self::start_by) takes it.
    #[track_caller]
    pub fn with_file(database: Database, text: &str, file: &str) -> Self {
        let scenario = Scenario::parse(text).unwrap_or_else(|e| panic!("{e}"));
        let server = Self::start_by(database, &[], file);
        World::new(&server, scenario.statements()).build();
        server
    }
}

struct World<'a> {
    server: &'a Server,
    statements: &'a [Statement],
    path: RepositoryPath,
    project: String,
    users: BTreeSet<String>,
}

impl<'a> World<'a> {
    fn new(server: &'a Server, statements: &'a [Statement]) -> Self {
        let path = RepositoryPath::from_parts("acme", "site").expect("a path");
        let mut world =
            Self { server, statements, path, project: "CORE".into(), users: BTreeSet::new() };
        for statement in statements {
            match statement {
                Statement::Repository(path) => world.path = path.clone(),
                Statement::Project(key) => world.project = key.to_string(),
                Statement::User { name, .. } => {
                    world.users.insert(name.to_string());
                }
                _ => {}
            }
        }
        world
    }

    #[track_caller]
    fn build(&self) {
        self.place();
        for statement in self.statements {
            self.apply(statement);
        }
        if self.says(&Statement::Archived) {
            let archived = json!({ "archived": true });
            self.server.admin().put(&self.at(Level::Repository), &archived).expect(200);
        }
    }

    fn says(&self, statement: &Statement) -> bool {
        self.statements.contains(statement)
    }

    /// Where REST has this level: `/api/v1/…`.
    fn at(&self, level: Level) -> String {
        let RepositoryPath { workspace, repository } = &self.path;
        match level {
            Level::Instance => "/api/v1".to_owned(),
            Level::Workspace => format!("/api/v1/workspaces/{workspace}"),
            Level::Project => {
                format!("/api/v1/workspaces/{workspace}/projects/{}", self.project)
            }
            Level::Repository => format!("/api/v1/repositories/{workspace}/{repository}"),
        }
    }

    /// Workspace, project, and the repository with its history unless it is nowhere.
    fn place(&self) {
        let workspace = &self.path.workspace;
        self.server.create_workspace(workspace.as_str());
        let private = !self.says(&Statement::Public);
        let body = json!({ "key": self.project, "name": self.project, "is_private": private });
        let projects = format!("/2.0/workspaces/{workspace}/projects");
        self.server.admin().post(&projects, &body).expect(201);
        if self.says(&Statement::Nowhere) {
            return;
        }
        let path = self.path.to_string();
        let private = !self.says(&Statement::Public);
        let body = json!({
            "scm": "git", "is_private": private, "project": { "key": self.project },
        });
        self.server.create_repository_as(&path, &body);
        self.server.seed(&path);
    }

    #[track_caller]
    fn apply(&self, statement: &Statement) {
        let admin = self.server.admin();
        match statement {
            // Said by `place` and `build`.
            Statement::Repository(_)
            | Statement::Project(_)
            | Statement::Public
            | Statement::Archived
            | Statement::Nowhere => {}
            Statement::DefaultBranch(branch) if branch.as_str() == "refs/heads/main" => {}
            Statement::User { name, groups } => {
                self.server.create_user(name.as_str());
                for group in groups {
                    self.join(name.as_str(), group);
                }
            }
            Statement::Role { user, role } => {
                let role = match role {
                    Role::Owner => "owner",
                    Role::Member => "member",
                };
                let path = format!("{}/members/{user}", self.at(Level::Workspace));
                admin.put(&path, &json!({ "role": role })).expect(200);
            }
            Statement::Grant { to, permission, on } => {
                let body = json!({
                    "subject": self.subject(to), "permission": permission.as_str(),
                });
                admin.put(&format!("{}/grants", self.at(*on)), &body).expect(200);
            }
            Statement::AccessToken { name, scopes, on } => {
                let body = json!({ "name": name, "scopes": words(scopes) });
                let path = format!("{}/access-tokens", self.at(*on));
                let made = admin.post(&path, &body).expect(201);
                let secret = made["token"].as_str().expect("a token");
                self.server.signs_in(&format!("token:{name}"), "x-token-auth", secret);
            }
            Statement::ApiToken(token) => self.api_token(token),
            Statement::Restrict(rule) => self.restrict(rule),
            Statement::Suspended(user) => {
                let path = format!("/api/v1/users/{user}");
                admin.put(&path, &json!({ "active": false })).expect(200);
            }
            Statement::OverQuota
            | Statement::DefaultBranch(_)
            | Statement::Model { .. }
            | Statement::PullRequest(_)
            | Statement::Instance(_)
            | Statement::Address { .. }
            | Statement::TwoFactor
            | Statement::Now(_) => panic!("REST cannot make it so: {statement:?}"),
        }
    }

    /// Puts a user into a group, which is made if it is not there.
    fn join(&self, user: &str, group: &str) {
        let workspace = self.at(Level::Workspace);
        // Groups are of a workspace's members. A role said further down replaces this one.
        let member = json!({ "role": "member" });
        self.server.admin().put(&format!("{workspace}/members/{user}"), &member).expect(200);
        let groups = format!("{workspace}/groups");
        let made = self.server.admin().post(&groups, &json!({ "slug": group, "name": group }));
        assert!([201, 409].contains(&made.status), "{}", made.text);
        let path = format!("{groups}/{group}/members/{user}");
        let joined = self.server.admin().call("PUT", &path, None);
        assert_eq!(joined.status, 204, "{}", joined.text);
    }

    fn api_token(&self, token: &ApiToken) {
        let user = &token.user;
        let mut body = json!({ "name": token.label, "scopes": words(&token.scopes) });
        if let Some(refs) = &token.refs {
            body["refs"] = json!(refs);
        }
        if token.elsewhere {
            let path = format!("{}/{ELSEWHERE}", self.path.workspace);
            self.server.create_repository(&path);
            body["repositories"] = json!([path]);
        }
        assert!(!token.expired, "REST cannot make a token that has expired");
        let tokens = format!("/api/v1/users/{user}/tokens");
        let made = self.server.admin().post(&tokens, &body).expect(201);
        let secret = made["token"].as_str().expect("a token");
        self.server.signs_in(&format!("{user}@{}", token.label), user.as_str(), secret);
        if token.revoked {
            let id = made["id"].to_string();
            self.server.admin().delete(&format!("{tokens}/{}", id.trim_matches('"'))).expect(204);
        }
    }

    fn restrict(&self, rule: &Rule) {
        let subjects: Vec<Value> = rule.subjects.iter().map(|it| self.listed(it)).collect();
        let body = json!({
            "kind": rule.kind.as_str(), "matcher": matcher(&rule.matcher),
            "on": rule.on.as_str(), "subjects": subjects, "mode": rule.mode.as_str(),
            "value": rule.value,
        });
        let path = format!("{}/restrictions", self.at(rule.level));
        let made = self.server.admin().post(&path, &body).expect(201);
        // Tests name rules by the scenario's numbers; both count from 1 in order.
        assert_eq!(made["id"], rule.number, "number the restrictions in order: {made}");
    }

    fn listed(&self, listed: &Listed) -> Value {
        assert!(listed.until.is_none(), "days are for tables; a session has a real clock");
        self.subject(&listed.name)
    }

    fn subject(&self, name: &Name) -> Value {
        match name {
            Name::UserOrGroup(name) if self.users.contains(name) => {
                json!({ "type": "user", "name": name })
            }
            Name::UserOrGroup(name) => json!({ "type": "group", "name": name }),
            Name::AccessToken(name) => json!({ "type": "access_token", "name": name }),
            Name::AccessKey(name) => json!({ "type": "access_key", "name": name }),
            Name::Workload(name) => json!({ "type": "workload", "name": name }),
            Name::Everyone => json!({ "type": "everyone" }),
            Name::Anyone => json!({ "type": "anyone" }),
        }
    }
}

fn matcher(matcher: &Matcher) -> Value {
    match matcher.kind {
        MatcherKind::Any => json!({ "type": "any", "except": matcher.except }),
        MatcherKind::Glob | MatcherKind::Ant | MatcherKind::Ref | MatcherKind::BranchingModel => {
            json!({
                "type": matcher.kind.as_str(), "pattern": matcher.pattern, "except": matcher.except,
            })
        }
    }
}

fn words(scopes: &BTreeSet<Scope>) -> Vec<&'static str> {
    scopes.iter().map(|it| it.as_str()).collect()
}
