//! `portcullis restriction`: rules that take operations on refs away.

use super::output::Field;
use super::preview;
use super::shared::{Place, Session, SubjectArg, given, subject};
use super::workbench;
use crate::Error;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

const FIELDS: &[Field] = &[
    ("id", "/id"),
    ("kind", "/kind"),
    ("refs", "/matcher"),
    ("on", "/on"),
    ("subjects", "/subjects"),
    ("mode", "/mode"),
    ("argument", "/argument"),
    ("value", "/value"),
    ("level", "/level"),
    ("note", "/note"),
    ("changed by", "/changed_by"),
    ("changed", "/changed_at"),
    ("warnings", "/warnings"),
];

/// What can be done with restrictions.
#[derive(Subcommand, Debug)]
pub enum RestrictionCommand {
    /// Create a restriction
    #[command(after_help = "Examples:
  portcullis restriction create push --ref refs/heads/main --repository acme/site
  portcullis restriction create force --glob 'release/*' --except-pattern release/next \\
      --subject access_token:ci-bot,until=2027-01-31,reason='release week' --project acme/CORE
  portcullis restriction create delete --any --on tags --workspace acme
  portcullis restriction create read-only --class release --repository acme/site")]
    Create {
        /// What it takes away
        #[arg(value_parser = KINDS)]
        kind: String,
        #[command(flatten)]
        rule: Rule,
        #[command(flatten)]
        place: Place,
    },
    /// List the restrictions of a repository, project or workspace
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Show one restriction
    Show {
        /// Its number
        id: i64,
        #[command(flatten)]
        place: Place,
    },
    /// Change a restriction; what is not given stays as it is
    #[command(after_help = "Example, an exemption for one more subject:
  portcullis restriction update 12 --add-subject access_token:ci-bot --repository acme/site")]
    Update {
        /// Its number
        id: i64,
        /// One more subject; may be repeated
        #[arg(long = "add-subject", value_name = "SUBJECT", value_parser = subject)]
        add_subjects: Vec<SubjectArg>,
        #[command(flatten)]
        rule: Rule,
        #[command(flatten)]
        place: Place,
    },
    /// Say what a rule would have done to the pushes and refusals of late; changes nothing
    #[command(after_help = "Examples:
  portcullis restriction preview push --ref refs/heads/main --repository acme/site
  portcullis restriction preview --instead-of 12 --subject group:releng --last 1000
  portcullis restriction preview --without 12 --workspace acme")]
    Preview(preview::PreviewArgs),
    /// Say which refs of a repository a pattern means, and which it nearly means
    #[command(after_help = "Examples:
  portcullis restriction matches --glob 'release/*' --repository acme/site
  portcullis restriction matches --ant 'heads/**/fix' --except-pattern 'heads/old/**' --on both")]
    Matches(workbench::MatchesArgs),
    /// List the restrictions that can never decide anything, and why
    Check(workbench::CheckArgs),
    /// Delete a restriction
    Delete {
        /// Its number
        id: i64,
        #[command(flatten)]
        place: Place,
    },
}

pub const KINDS: [&str; 32] = [
    "push",
    "restrict_merges",
    "force",
    "delete",
    "no-creates",
    "read-only",
    "pull-request-only",
    "require_approvals_to_merge",
    "require_default_reviewer_approvals_to_merge",
    "require_review_group_approvals_to_merge",
    "require_no_changes_requested",
    "require_tasks_to_be_completed",
    "require_all_comments_resolved",
    "require_passing_builds_to_merge",
    "require_commits_behind",
    "require_all_dependencies_merged",
    "enforce_merge_checks",
    "reset_pullrequest_approvals_on_change",
    "smart_reset_pullrequest_approvals",
    "reset_pullrequest_changes_requested_on_change",
    "allow_auto_merge_when_builds_pass",
    "require-signed-commits",
    "max-file-size",
    "max-push-size",
    "author-email",
    "committer-email",
    "committer-is-pusher",
    "commit-message",
    "restricted-paths",
    "custom-check",
    "fast-forward-only",
    "no-deletes",
];

/// Which refs are meant.
#[derive(Args, Debug)]
pub struct Refs {
    /// Refs whose short name matches; `*` stands for anything, slashes too
    #[arg(long, value_name = "PATTERN", group = "matcher")]
    glob: Option<String>,
    /// Refs whose full name ends in what matches; `*` stays between slashes, `**` crosses them
    #[arg(long, value_name = "PATTERN", group = "matcher")]
    ant: Option<String>,
    /// Branches that the branching model calls so
    #[arg(long, visible_alias = "branching-model", group = "matcher",
        value_parser = ["production", "development", "feature", "bugfix", "release", "hotfix"])]
    class: Option<String>,
    /// One ref, by its full name
    #[arg(long = "ref", value_name = "REF", group = "matcher")]
    name: Option<String>,
    /// Every ref
    #[arg(long, group = "matcher")]
    any: bool,
    /// Leave out refs that match this; may be repeated
    #[arg(long = "except-pattern", value_name = "PATTERN", requires = "matcher")]
    except: Vec<String>,
    /// Branches, tags or both; if left out, both with --ant, what its name is with --ref, both with
    /// --any for rules about content, and branches otherwise
    #[arg(long, value_parser = ["branches", "tags", "both"])]
    pub on: Option<String>,
}

/// What a rule says, besides its kind.
#[derive(Args, Debug)]
pub struct Rule {
    #[command(flatten)]
    refs: Refs,
    /// For `push` and `restrict_merges`, who alone may; for the other kinds, who is exempt. May
    /// be repeated
    #[arg(long = "subject", value_name = "SUBJECT", value_parser = subject)]
    subjects: Vec<SubjectArg>,
    /// Refuse, or only tell the pusher about it
    #[arg(long, value_parser = ["enforce", "evaluate"])]
    mode: Option<String>,
    /// What a content rule needs: a pattern of e-mail addresses, a regular expression for
    /// messages, patterns of paths, the name of a check
    #[arg(long)]
    argument: Option<String>,
    /// The number of a merge check that takes one; of a size rule bytes, or `100M`
    #[arg(long, value_name = "NUMBER", value_parser = number)]
    value: Option<i64>,
    /// Why it is there
    #[arg(long)]
    note: Option<String>,
}

impl Refs {
    /// The matcher, if it was said.
    pub fn matcher(&self) -> Option<Value> {
        let given = [
            ("glob", &self.glob),
            ("ant", &self.ant),
            ("branching_model", &self.class),
            ("ref", &self.name),
        ];
        let given = given.into_iter().find_map(|(kind, it)| Some((kind, it.as_deref()?)));
        let (kind, pattern) = given.or(self.any.then_some(("any", "")))?;
        Some(json!({ "type": kind, "pattern": pattern, "except": self.except }))
    }
}

impl Rule {
    /// The members that were given.
    pub fn body(&self) -> Value {
        let subjects: Vec<_> = self.subjects.iter().map(SubjectArg::to_json).collect();
        given([
            ("matcher", self.refs.matcher()),
            ("on", self.refs.on.as_deref().map(Into::into)),
            ("subjects", (!subjects.is_empty()).then(|| subjects.into())),
            ("mode", self.mode.as_deref().map(Into::into)),
            ("argument", self.argument.as_deref().map(Into::into)),
            ("value", self.value.map(Into::into)),
            ("note", self.note.as_deref().map(Into::into)),
        ])
    }
}

impl RestrictionCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Create { kind, rule, place } => create(session, kind, rule, place),
            Self::List { place } => {
                let list = session.client.list(&list_path(session, place)?)?;
                session.out.table(list, FIELDS, "no restrictions")
            }
            Self::Show { id, place } => {
                let path = format!("{}/{id}", list_path(session, place)?);
                session.out.one(&session.client.get(&path)?, FIELDS)
            }
            Self::Update { id, add_subjects, rule, place } => {
                let path = format!("{}/{id}", list_path(session, place)?);
                update(session, &path, rule, add_subjects)
            }
            Self::Preview(it) => it.run(session),
            Self::Matches(it) => it.run(session),
            Self::Check(it) => it.run(session),
            Self::Delete { id, place } => {
                let path = format!("{}/{id}", list_path(session, place)?);
                let answer = session.client.delete(&path)?;
                session.out.done(&answer, &format!("deleted restriction {id}"))
            }
        }
    }
}

/// What is said when no refs were named.
pub const WHICH: &str = "about which refs? Give --ref, --glob, --ant, --class or --any";

/// Where the rules of a place are.
pub fn list_path(session: &Session, place: &Place) -> Result<String, Error> {
    Ok(format!("/api/v1{}/restrictions", place.path(session)?))
}

fn create(session: &Session, kind: &str, rule: &Rule, place: &Place) -> Result<(), Error> {
    let body = new_rule(kind, rule)?;
    session.out.one(&session.client.post(&list_path(session, place)?, &body)?, FIELDS)
}

/// A rule that is not there yet, whole.
pub fn new_rule(kind: &str, rule: &Rule) -> Result<Value, Error> {
    if rule.refs.matcher().is_none() {
        return Err(Error::Usage(WHICH.into()));
    }
    let mut body = json!({ "kind": kind, "subjects": [], "mode": "enforce" });
    lay_over(&mut body, rule.body());
    Ok(body)
}

/// A rule that is there, whole, with what was given laid over it.
pub fn changed_rule(session: &Session, path: &str, rule: &Rule) -> Result<Value, Error> {
    Ok(laid_over(&session.client.get(path)?, rule))
}

fn laid_over(before: &Value, rule: &Rule) -> Value {
    let keep = ["kind", "matcher", "on", "subjects", "mode", "value", "argument", "note"];
    let mut body = given(keep.map(|name| (name, before.get(name).cloned())));
    lay_over(&mut body, rule.body());
    body
}

/// How often subjects are added again to a rule that others change at the same time.
const TRIES: usize = 20;

/// `PUT` replaces the whole rule, so that what was not given is read first, and the rule must still
/// be that one. One more subject fits whatever it says by then; anything else is for somebody to
/// look at.
fn update(
    session: &Session,
    path: &str,
    rule: &Rule,
    add_subjects: &[SubjectArg],
) -> Result<(), Error> {
    let only_adds = rule.body().as_object().is_some_and(serde_json::Map::is_empty);
    let mut tries = if only_adds { TRIES } else { 1 };
    loop {
        tries -= 1;
        let (before, tag) = session.client.get_tagged(path)?;
        let mut body = laid_over(&before, rule);
        if let Some(Value::Array(subjects)) = body.get_mut("subjects") {
            for new in add_subjects.iter().map(SubjectArg::to_json) {
                subjects.retain(|it| !is_same_subject(it, &new));
                subjects.push(new);
            }
        }
        match session.client.put_tagged(path, &body, &tag) {
            Err(Error::Server(error)) if error.status == 409 && tries > 0 => continue,
            answer => return session.out.one(&answer?, FIELDS),
        }
    }
}

/// Does a subject of a rule have the kind and the name or number that were given? Then what is said
/// of it anew counts.
fn is_same_subject(listed: &Value, given: &Value) -> bool {
    let same = |name: &str| listed.get(name) == given.get(name);
    let called = ["name", "id"].into_iter().filter(|it| given.get(it).is_some());
    same("type") && called.into_iter().all(same)
}

fn number(text: &str) -> Result<i64, String> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let size = crate::config::parse_size(text)?;
    i64::try_from(size).map_err(|_| "this is more than anything has".into())
}

fn lay_over(body: &mut Value, members: Value) {
    if let (Value::Object(body), Value::Object(members)) = (body, members) {
        body.extend(members);
    }
}
