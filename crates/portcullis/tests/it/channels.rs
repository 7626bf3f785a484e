//! The door never changes the verdict: the same operation, asked for through every door that there
//! is, gets the same code for the same principal. What they get is committed as
//! `docs/reference/channels.txt`; `cargo xtask bless` writes it anew.
//!
//! Every question has a ref of its own, `RULE/CHANGE-WHO-DOOR`, so that what one does is not in the
//! way of another; and at the end each ref is where its answer says.

use crate::program;
use crate::session::SITE;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use testkit::{Git, KeyPair, Rest, Said, Server, WorkTree};

const PEOPLE: &str = "
    user wes
    user ray
    user bea
    user gus devs
    user eve
    grant wes write
    grant ray read
    grant bea admin
    grant devs write
    token ci-bot read:repository:bitbucket write:repository:bitbucket
    api-token wes narrow read:repository:bitbucket
    api-token wes limited read:repository:bitbucket write:repository:bitbucket refs open/*, closed/*";

/// Column, what git over HTTP and REST are told, whether there is a key for SSH.
const ASKERS: [(&str, Option<&str>, bool); 10] = [
    ("writer", Some("wes"), true),
    ("reader", Some("ray"), true),
    ("admin", Some("bea"), true),
    ("member", Some("gus"), true),
    ("stranger", Some("eve"), true),
    ("token", Some("token:ci-bot"), false),
    ("narrow", Some("wes@narrow"), false),
    ("limited", Some("wes@limited"), false),
    ("key", None, true),
    ("nobody", Some(""), false),
];

/// The folder of branches that a rule is about, and the rule; none for the first.
const RULES: [(&str, &str, &[&str]); 10] = [
    ("open", "", &[]),
    ("closed", "push", &[]),
    ("listed", "push", &["group devs", "access_token ci-bot", "access_key deploy"]),
    ("linear", "force", &[]),
    ("kept", "delete", &["user bea"]),
    ("reviewed", "pull-request-only", &[]),
    ("finished", "no-creates", &[]),
    ("frozen", "read-only", &[]),
    ("gathered", "restrict_merges", &["user bea"]),
    ("tried", "push", &[]),
];

const OPERATIONS: [&str; 5] = ["create", "fast-forward", "rewrite", "delete", "merge"];
const GIT: [&str; 4] = ["create", "fast-forward", "rewrite", "delete"];
const REST: [&str; 3] = ["create", "delete", "merge"];

/// Rule, operation, column.
type Question = (&'static str, &'static str, &'static str);
/// What each door said: `allowed`, or a code.
type Answers = BTreeMap<Question, BTreeMap<&'static str, String>>;

#[test]
fn rule_006_the_channel_table_is_as_generated() {
    let world = World::build();
    let mut answers = Answers::new();
    for (who, login, key) in ASKERS {
        if let Some(login) = login {
            world.git_over_http(who, login, &mut answers);
            world.rest(who, login, &mut answers);
        }
        if key {
            world.git_over_ssh(who, login, &mut answers);
        }
    }
    world.is_as_answered(&answers);
    for (question, doors) in &answers {
        assert_eq!(said(doors).len(), 1, "the door changes the verdict on {question:?}: {doors:?}");
    }
    program::committed("docs/reference/channels.txt", &table(&answers));
}

fn said<'a>(doors: &'a BTreeMap<&'static str, String>) -> BTreeSet<&'a str> {
    doors.values().map(String::as_str).collect()
}

fn table(answers: &Answers) -> String {
    let mut text = String::from(
        "What each operation on a branch is answered, whichever door it comes through. Made by a test: \
         do not edit.\n\
         HTTP is git over HTTP, SSH is git over SSH, REST is Bitbucket's /2.0, explain is asked by REST\n\
         and over SSH. token and narrow have no SSH, key has nothing else, nobody shows nothing.\n\n",
    );
    write!(text, "{:<10}{:<14}{:<23}", "rule", "operation", "doors").unwrap();
    ASKERS.iter().for_each(|it| write!(text, "{:<19}", it.0).unwrap());
    for (rule, ..) in RULES {
        for operation in OPERATIONS {
            let doors = match operation {
                "create" | "delete" => "HTTP SSH REST explain",
                "merge" => "REST explain",
                _ => "HTTP SSH explain",
            };
            write!(text, "\n{rule:<10}{operation:<14}{doors:<23}").unwrap();
            for (who, ..) in ASKERS {
                let doors = &answers[&(rule, operation, who)];
                write!(text, "{:<19}", doors.values().next().unwrap()).unwrap();
            }
        }
    }
    text.lines().map(|it| format!("{}\n", it.trim_end())).collect()
}

struct World {
    server: Server,
    /// Has `one`, `two` and `three`; the server has the first two, and the last as a proposal.
    tree: WorkTree,
    /// The pull request that takes the proposal into a branch, by rule and column.
    requests: BTreeMap<(&'static str, &'static str), i64>,
    deploy: KeyPair,
}

impl World {
    fn build() -> Self {
        let server = Server::with(PEOPLE);
        // As good as an SSH key is for what is asked here.
        let scopes =
            ["read:repository", "write:repository", "read:pullrequest", "write:pullrequest"];
        let scopes = scopes.map(|it| format!("{it}:bitbucket"));
        for user in ["wes", "ray", "bea", "gus", "eve"] {
            server.create_token(user, "desk", &scopes.each_ref().map(String::as_str));
        }
        let deploy = KeyPair::make(server.home(), "deploy", "ed25519");
        let body = json!({ "label": "deploy", "key": deploy.public(), "permission": "write" });
        server.admin().post(&format!("/api/v1/repositories/{SITE}/access-keys"), &body).expect(201);
        let tree = server.clone_as("admin", SITE);
        let mut there = Vec::new();
        for (rule, ..) in RULES {
            for (who, ..) in ASKERS {
                let changes = GIT.iter().filter(|it| **it != "create");
                let pushed = changes.flat_map(|it| ["http", "ssh"].map(|door| (*it, door)));
                for (change, door) in pushed.chain([("delete", "rest"), ("merge", "rest")]) {
                    there.push(format!("HEAD:refs/heads/{rule}/{change}-{who}-{door}"));
                }
            }
        }
        tree.push_with(&["--quiet"], &there.iter().map(String::as_str).collect::<Vec<_>>())
            .accepted();
        tree.commit("three");
        tree.push("HEAD:refs/heads/proposal").accepted();
        let requests = propose(&server);
        for (rule, kind, subjects) in RULES.iter().filter(|it| !it.1.is_empty()) {
            let subjects = subjects.iter().map(|it| it.split_once(' ').unwrap());
            let subjects: Vec<_> =
                subjects.map(|(kind, name)| json!({ "type": kind, "name": name })).collect();
            let mode = if *rule == "tried" { "evaluate" } else { "enforce" };
            let matcher = json!({ "type": "glob", "pattern": format!("{rule}/*") });
            let body =
                json!({ "kind": kind, "matcher": matcher, "subjects": subjects, "mode": mode });
            server.restrict(SITE, &body);
        }
        Self { server, tree, requests, deploy }
    }

    fn git_over_http(&self, who: &'static str, login: &str, answers: &mut Answers) {
        if login.is_empty() {
            // Git prints nothing of an answer that asks it for a password.
            let asked =
                self.server.rest().get(&format!("/{SITE}.git/info/refs?service=git-receive-pack"));
            let code = first_code(&asked.text).unwrap();
            each(&GIT, |rule, change| note(answers, (rule, change, who), "http", code.to_owned()));
            return;
        }
        self.push(who, "http", (Git::system(), self.server.url_as(login, SITE)), answers);
    }

    fn git_over_ssh(&self, who: &'static str, login: Option<&str>, answers: &mut Answers) {
        let key = match login {
            Some(user) => self.server.create_key(user, "ed25519"),
            None => self.deploy.clone(),
        };
        let reach = (self.server.git_with_key(&key), self.server.ssh_url_of(SITE));
        self.push(who, "ssh", reach, answers);
        // One connection for all of somebody's questions.
        let socket = format!("ControlPath={}", self.server.home().join(who).display());
        let shared = ["-o", &socket, "-o", "ControlMaster=auto", "-o", "ControlPersist=60"];
        each(&OPERATIONS, |rule, operation| {
            let command = ["explain", SITE, &format!("{rule}/x"), operation];
            let told = verdict(&self.server.ssh(&key, &shared, &command));
            note(answers, (rule, operation, who), "ssh explain", told);
        });
        self.server.ssh(&key, &["-o", &socket, "-O", "exit"], &[]);
    }

    /// Everything in one push; refs are judged one by one.
    fn push(
        &self,
        who: &'static str,
        door: &'static str,
        to: (Git, String),
        answers: &mut Answers,
    ) {
        let mut refspecs = Vec::new();
        each(&GIT, |rule, change| {
            let source = match change {
                "create" => "+HEAD~1",
                "fast-forward" => "+HEAD",
                "rewrite" => "+HEAD~2",
                _ => "",
            };
            refspecs.push(format!("{source}:refs/heads/{rule}/{change}-{who}-{door}"));
        });
        let mut push = to.0.command(self.tree.path());
        let pushed = push.args(["push", &to.1]).args(refspecs).output().unwrap();
        let screen = String::from_utf8(pushed.stderr).unwrap();
        let by_ref = screen.contains("\n ! [");
        assert!(by_ref || !pushed.status.success(), "everybody is refused something: {screen}");
        each(&GIT, |rule, change| {
            let name = format!("{rule}/{change}-{who}-{door} (");
            let line = screen.lines().find(|it| it.starts_with(" ! [") && it.contains(&name));
            let code =
                if by_ref { line.map(|it| first_code(it).unwrap()) } else { first_code(&screen) };
            note(answers, (rule, change, who), door, code.unwrap_or("allowed").to_owned());
        });
    }

    fn rest(&self, who: &'static str, login: &str, answers: &mut Answers) {
        let rest = if login.is_empty() { self.server.rest() } else { self.server.rest_as(login) };
        let branches = format!("/2.0/repositories/{SITE}/refs/branches");
        let target = json!({ "hash": self.tree.id("HEAD~1") });
        each(&REST, |rule, change| {
            let name = format!("{rule}/{change}-{who}-rest");
            let answer = match change {
                "create" => rest.post(&branches, &json!({ "name": name, "target": target })),
                "merge" => {
                    let number = self.requests[&(rule, who)];
                    let path = format!("/2.0/repositories/{SITE}/pullrequests/{number}/merge");
                    rest.post(&path, &json!({ "merge_strategy": "fast_forward" }))
                }
                _ => rest.delete(&format!("{branches}/{name}")),
            };
            let told = match answer.status {
                200 | 201 | 204 => "allowed".to_owned(),
                _ => text(&answer.json()["error"]["data"]["code"]),
            };
            note(answers, (rule, change, who), "rest", told);
        });
        each(&OPERATIONS, |rule, operation| {
            note(answers, (rule, operation, who), "explain", explained(&rest, rule, operation));
        });
    }

    /// Nothing has happened that was refused, and everything that was allowed has.
    fn is_as_answered(&self, answers: &Answers) {
        let refs: BTreeSet<String> = self.server.refs(SITE).into_iter().collect();
        for ((rule, change, who), doors) in answers {
            for (door, told) in doors.iter().filter(|it| !it.0.contains("explain")) {
                let name = format!("refs/heads/{rule}/{change}-{who}-{door}");
                let done = match *change {
                    "create" => refs.contains(&format!("{name} two")),
                    "fast-forward" | "merge" => refs.contains(&format!("{name} three")),
                    "rewrite" => refs.contains(&format!("{name} one")),
                    _ => !refs.contains(&format!("{name} two")),
                };
                assert_eq!(done, told == "allowed", "{name}: {told}");
            }
        }
    }
}

/// A pull request from `proposal` into each branch that somebody is going to merge into.
fn propose(server: &Server) -> BTreeMap<(&'static str, &'static str), i64> {
    let mut requests = BTreeMap::new();
    for (rule, ..) in RULES {
        for (who, ..) in ASKERS {
            let body = json!({
                "title": "three", "source": { "branch": { "name": "proposal" } },
                "destination": { "branch": { "name": format!("{rule}/merge-{who}-rest") } },
            });
            let made =
                server.admin().post(&format!("/2.0/repositories/{SITE}/pullrequests"), &body);
            requests.insert((rule, who), made.expect(201)["id"].as_i64().unwrap());
        }
    }
    requests
}

fn explained(rest: &Rest, rule: &str, operation: &str) -> String {
    let path = format!("/api/v1/explain?repository={SITE}&ref={rule}/x&operation={operation}");
    let answer = rest.get(&path);
    let body = answer.json();
    match (answer.status, body["decision"].as_str()) {
        (200, Some("refused")) => text(&body["refusals"][0]["code"]),
        (200, Some(other)) => other.to_owned(),
        (_, _) => text(&body["error"]["code"]),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no code: {value}")).to_owned()
}

fn verdict(told: &Said) -> String {
    let answer = told.out.lines().next().unwrap_or("refused");
    match answer {
        "refused" => first_code(&format!("{}{}", told.out, told.err)).unwrap().to_owned(),
        other => other.to_owned(),
    }
}

/// The first word that is a code.
fn first_code(text: &str) -> Option<&str> {
    text.split(|it: char| !it.is_ascii_uppercase() && it != '-').find(|it| it.starts_with("PC-"))
}

fn each(operations: &[&'static str], mut ask: impl FnMut(&'static str, &'static str)) {
    for (rule, ..) in RULES {
        operations.iter().for_each(|operation| ask(rule, operation));
    }
}

fn note(answers: &mut Answers, question: Question, door: &'static str, told: String) {
    answers.entry(question).or_default().insert(door, told);
}
