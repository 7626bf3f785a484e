//! Remedies as people can carry them out: the words, the commands and the request for what the
//! policy has found to help. Adds no remedy and leaves none out.

use crate::Asker;
use crate::ground::Ground;
use crate::mend::{Mending, mending};
use crate::names::{place_argument, place_path, shell_word, subject_argument, subject_json};
use crate::refusal::{RemedyNote, RequestNote};
use model::{
    Channel, CredentialKind, Level, ObjectId, RefName, RestrictionId, Scope, Scopes, Subject,
    Timestamp,
};
use policy::{Actor, PrincipalKind, RefUpdate, Remedy, RemedyKind, TokenWish};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::net::IpAddr;
use store::Workspace;

/// What a remedy's words are made from.
pub(crate) struct Words<'a> {
    pub who: &'a Asker,
    pub ground: Option<&'a Ground>,
    /// What was pushed, if it was a push.
    pub updates: &'a [RefUpdate],
}

/// The parts of a remedy that depend on its kind.
#[derive(Default)]
struct Parts {
    summary: String,
    commands: Vec<String>,
    request: Option<RequestNote>,
}

impl Parts {
    fn only(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), ..Self::default() }
    }
}

impl Words<'_> {
    /// The remedy, ready to be shown.
    pub fn note(&self, remedy: &Remedy) -> RemedyNote {
        let Parts { summary, commands, request } = self.parts(remedy);
        let actor = remedy.actor.as_str().to_owned();
        RemedyNote { actor, summary, commands, url: None, request }
    }

    fn parts(&self, remedy: &Remedy) -> Parts {
        match &remedy.kind {
            RemedyKind::SignIn if self.who.channel() == Channel::GitSsh => Parts::only(
                "offer a key that is on record, or add this one with `portcullis key add`",
            ),
            RemedyKind::SignIn => Parts::only(
                "sign in: when git asks, give your user name and an API token as the password",
            ),
            RemedyKind::RenewCredential => self.renewal(remedy.actor),
            RemedyKind::OtherCredential { channel: Channel::GitSsh } => other_key(),
            RemedyKind::OtherCredential { .. } => Parts::only(
                "use your user name with an API token, or `x-token-auth` with an access token",
            ),
            RemedyKind::SetUpTwoFactor => Parts::only("set up a second factor for your account"),
            RemedyKind::NewToken(wish) => {
                self.token("use a token that may do this; to make one", wish, remedy.actor)
            }
            RemedyKind::KeepHistory { name } => keep_history(name),
            RemedyKind::PushBranch { name, branch } => self.push_branch(name, branch),
            RemedyKind::MeetChecks { .. } => Parts::only(remedy.kind.to_string()),
            RemedyKind::MendCommits { rules } => self.mend(rules, &remedy.updates),
            RemedyKind::ListSubject { rules, subject, until } => {
                self.list_subject(rules, *subject, *until)
            }
            RemedyKind::ChangeDefaultBranch => {
                Parts::only("make another branch the default branch first")
            }
            RemedyKind::Unarchive => self.unarchive(),
            RemedyKind::GrantPermission { level, subject, permission } => {
                self.grant(*level, *subject, *permission)
            }
            RemedyKind::KeepBuildKey { pattern, .. } => self.keep_build_key(pattern),
            RemedyKind::AddMember { subject } => self.add_member(*subject),
            RemedyKind::AllowAddress { address, level } => self.allow_address(*address, *level),
            RemedyKind::LiftSuspension => Parts::only("lift the suspension of the account"),
            RemedyKind::RaiseQuota => Parts::only("raise the size limit of the repository"),
            RemedyKind::OpenInstance => Parts::only("open the server again; until then, wait"),
        }
    }

    fn mend(&self, rules: &[RestrictionId], updates: &[usize]) -> Parts {
        let update = updates.first().and_then(|it| self.updates.get(*it));
        let (Some(update), Some(ground)) = (update, self.ground) else {
            return Parts::only("make the commits anew as the rules want them");
        };
        let rules: Vec<_> = rules.iter().filter_map(|it| ground.rules.find(*it)).collect();
        let rules: Vec<_> = rules.into_iter().map(|it| &**it).collect();
        let email = self.who.account.as_ref().map(|it| &it.user.email);
        let Mending { summary, commands } = mending(update, &rules, email);
        Parts { summary, commands, request: None }
    }

    /// The very commits that were refused, by id: whatever is checked out when it is pasted. A
    /// credential that may not open pull requests can still push the branch for one.
    fn push_branch(&self, name: &RefName, branch: &RefName) -> Parts {
        let pushed = self.updates.iter().find(|it| it.name == *name && !it.new.is_zero());
        let source = pushed.map_or_else(|| "HEAD".to_owned(), |it| short_id(it.new));
        let scopes = &self.who.who.credential.scopes;
        let opens = [Scope::ReadPullRequest, Scope::WritePullRequest];
        let (summary, target) = match name.branch_name() {
            Some(short) if opens.iter().all(|it| scopes.includes(*it)) => {
                ("open a pull request instead", format!("{}{short}", policy::PROPOSALS))
            }
            Some(_) | None => {
                ("push to a branch of your own, for a pull request", branch.to_string())
            }
        };
        Parts {
            summary: summary.into(),
            commands: vec![format!("git push origin {source}:{}", shell_word(&target))],
            request: None,
        }
    }

    fn renewal(&self, actor: Actor) -> Parts {
        if self.who.who.credential.kind == CredentialKind::SshCertificate {
            return Parts::only("have your key signed again by whoever made the certificate");
        }
        self.token("make a new token and store it instead", &TokenWish::default(), actor)
    }

    fn token(&self, summary: &str, wish: &TokenWish, actor: Actor) -> Parts {
        let credential = &self.who.who.credential;
        let mut scopes: BTreeSet<Scope> = match &credential.scopes {
            Scopes::Unlimited => BTreeSet::new(),
            Scopes::Only(held) => held.clone(),
        };
        scopes.extend(&wish.scopes);
        let names: Vec<_> = scopes.iter().map(|it| it.as_str()).collect();
        let label = if credential.label.is_empty() { "token" } else { &credential.label };
        let home = match self.who.who.principal.kind {
            PrincipalKind::User(_) => {
                let name = self.who.name();
                Some((format!("/users/{name}/tokens"), format!("--user {name}")))
            }
            PrincipalKind::AccessToken(_) => self.ground.and_then(|ground| {
                let level = Level::Repository;
                let path = place_path(ground, level)?;
                Some((format!("{path}/access-tokens"), place_argument(ground, level)?))
            }),
            PrincipalKind::Anonymous
            | PrincipalKind::AccessKey(_)
            | PrincipalKind::Workload(_)
            | PrincipalKind::System => None,
        };
        let Some((path, argument)) = home else { return Parts::only(summary) };
        let flags: String = names.iter().map(|it| format!(" --scope {it}")).collect();
        let command = format!("portcullis token create {} {argument}{flags}", shell_word(label));
        let body = json!({ "name": label, "scopes": names });
        let commands = if scopes.is_empty() || actor != Actor::You && path.is_empty() {
            vec![]
        } else {
            vec![command]
        };
        Parts { summary: summary.into(), commands, request: Some(request("POST", &path, &body)) }
    }

    fn list_subject(&self, rules: &[RestrictionId], subject: Subject, until: Timestamp) -> Parts {
        let day = date(until);
        let name = self.who.name();
        let list = rules.iter().map(|it| it.to_string()).collect::<Vec<_>>().join(" and ");
        let summary = format!("let {name} through rule {list} until {day}");
        let Some(ground) = self.ground else { return Parts::only(summary) };
        let mut commands = Vec::new();
        let mut requests = Vec::new();
        for id in rules {
            let Some(rule) = ground.rules.find(*id) else { return Parts::only(summary) };
            let (Some(path), Some(argument)) =
                (place_path(ground, rule.level), place_argument(ground, rule.level))
            else {
                return Parts::only(summary);
            };
            let listed = subject_argument(subject, name);
            commands.push(format!(
                "portcullis restriction update {id} --add-subject {},until={day} {argument}",
                shell_word(&listed)
            ));
            let mut body = crate::names::restriction_json(rule, &ground.names);
            if let Some(Value::Array(subjects)) = body.get_mut("subjects") {
                let mut entry = subject_json(subject, &ground.names, Some(name));
                if let Value::Object(entry) = &mut entry {
                    entry.insert("until".into(), moment(until).into());
                }
                subjects.push(entry);
            }
            requests.push(request("PUT", &format!("{path}/restrictions/{id}"), &body));
        }
        // Several rules are several changes; one of them alone would not make it pass.
        let request = if requests.len() == 1 { requests.pop() } else { None };
        Parts { summary, commands, request }
    }

    fn unarchive(&self) -> Parts {
        let summary = "take the repository out of the archive";
        let path = self.ground.and_then(|it| place_path(it, Level::Repository));
        let Some(path) = path else { return Parts::only(summary) };
        let name = path.trim_start_matches("/repositories/");
        Parts {
            summary: summary.into(),
            commands: vec![format!("portcullis repository update {name} --archived false")],
            request: Some(request("PUT", &path, &json!({ "archived": false }))),
        }
    }

    fn allow_address(&self, address: IpAddr, level: Level) -> Parts {
        let summary = format!("let the address {address} in");
        let workspace = self.ground.and_then(|it| it.workspace.as_ref());
        let Some(workspace) = workspace.filter(|_| level == Level::Workspace) else {
            return Parts::only(summary);
        };
        let (name, path) = (shell_word(workspace.slug.as_str()), place_network(workspace));
        let body = json!({ "add_allowed_addresses": [address] });
        Parts {
            summary,
            commands: vec![format!("portcullis workspace network {name} --add {address}")],
            request: Some(request("PUT", &path, &body)),
        }
    }

    fn grant(&self, level: Level, subject: Subject, permission: model::Permission) -> Parts {
        let name = self.who.name();
        let summary = format!("give {name} {permission} on the {level}");
        let Some(ground) = self.ground else { return Parts::only(summary) };
        let (Some(path), Some(argument)) =
            (place_path(ground, level), place_argument(ground, level))
        else {
            return Parts::only(summary);
        };
        let listed = shell_word(&subject_argument(subject, name)).into_owned();
        let subject = subject_json(subject, &ground.names, Some(name));
        let body = json!({ "subject": subject, "permission": permission.as_str() });
        Parts {
            summary,
            commands: vec![format!("portcullis grant set {listed} {permission} {argument}")],
            request: Some(request("PUT", &format!("{path}/grants"), &body)),
        }
    }

    /// Whom keys are kept for is one list, so there is no command that adds one more.
    fn keep_build_key(&self, pattern: &str) -> Parts {
        let name = self.who.name();
        let path = self.ground.and_then(|it| place_path(it, Level::Repository));
        let into = path.map_or_else(String::new, |it| format!(", in /api/v1{it}/build-keys"));
        Parts::only(format!("keep the build keys `{pattern}` for {name}, too{into}"))
    }

    fn add_member(&self, subject: Subject) -> Parts {
        let name = self.who.name();
        let summary = format!("make {name} a member of the workspace");
        let path = self.ground.and_then(|it| place_path(it, Level::Workspace));
        let (Some(path), Subject::User(_)) = (path, subject) else { return Parts::only(summary) };
        let workspace = path.trim_start_matches("/workspaces/");
        let command = format!("portcullis workspace member-set {workspace} {name} --role member");
        let body = json!({ "role": "member" });
        let request = request("PUT", &format!("{path}/members/{name}"), &body);
        Parts { summary, commands: vec![command], request: Some(request) }
    }
}

fn other_key() -> Parts {
    let command = "git config core.sshCommand 'ssh -i ~/.ssh/id_ed25519 -o IdentitiesOnly=yes'";
    Parts {
        summary: "use a key that stands for one place only, and offer no other".into(),
        commands: vec![command.into()],
        request: None,
    }
}

fn keep_history(name: &RefName) -> Parts {
    let summary = "keep what is there, and put your commits on top of it";
    let Some(short) = name.branch_name() else { return Parts::only(summary) };
    let short = shell_word(short);
    let commands = vec![
        format!("git pull --rebase origin {short}"),
        format!("git push origin HEAD:{}", shell_word(name.as_str())),
    ];
    Parts { summary: summary.into(), commands, request: None }
}

fn request(method: &str, path: &str, body: &Value) -> RequestNote {
    RequestNote {
        method: method.to_owned(),
        path: format!("/api/v1{path}"),
        body: body.to_string(),
    }
}

/// Long enough not to be ambiguous in a large clone.
fn short_id(id: ObjectId) -> String {
    id.to_string().chars().take(12).collect()
}

/// `2026-11-29`, in UTC.
fn date(at: Timestamp) -> String {
    moment(at).chars().take(10).collect()
}

/// RFC 3339, in UTC.
pub(crate) fn moment(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or(jiff::Timestamp::MAX).to_string()
}

fn place_network(workspace: &Workspace) -> String {
    format!("/workspaces/{}/network", workspace.slug)
}
