//! `portcullis pull-request`: opened, looked at, reviewed and merged from where the work is done.
//! What is not said is taken from the clone one stands in.

use super::output::{Field, note};
use super::shared::{Session, given, repository};
use crate::Error;
use crate::client::{current_branch, fetch_and_checkout, last_subject};
use clap::{Args, Subcommand};
use model::RepositoryPath;
use serde_json::{Value, json};

const LISTED: &[Field] = &[
    ("number", "/id"),
    ("state", "/state"),
    ("title", "/title"),
    ("author", "/author/nickname"),
    ("from", "/source/branch/name"),
    ("into", "/destination/branch/name"),
];

const SHOWN: &[Field] = &[
    ("number", "/id"),
    ("title", "/title"),
    ("state", "/state"),
    ("draft", "/draft"),
    ("author", "/author/nickname"),
    ("from", "/source/branch/name"),
    ("commit", "/source/commit/hash"),
    ("into", "/destination/branch/name"),
    ("merged as", "/merge_commit/hash"),
    ("reason", "/reason"),
    ("comments", "/comment_count"),
    ("open tasks", "/task_count"),
    ("depends on", "/dependencies"),
    ("description", "/description"),
    ("page", "/links/html/href"),
];

const WAITING: &[Field] = &[
    ("place", "/position"),
    ("number", "/pull_request"),
    ("waits for", "/state"),
    ("commit", "/commit"),
    ("asked by", "/asked_by/name"),
    ("missing", "/missing/0"),
];

const ASKED: &[Field] = &[
    ("merged", "/merged"),
    ("merged as", "/merge_commit"),
    ("waits for", "/waiting/state"),
    ("place", "/waiting/position"),
    ("missing", "/waiting/missing/0"),
];

/// What can be done with pull requests.
#[derive(Subcommand, Debug)]
pub enum PullRequestCommand {
    /// Open a pull request for a branch that is pushed already
    #[command(after_help = "Example:
  portcullis pull-request create --into main --reviewer bea

To push and open one in a single step: git push origin HEAD:refs/for/main")]
    Create(Create),
    /// List pull requests
    List {
        /// Which: `open`, `merged`, `declined`, `superseded` or `all`
        #[arg(long, default_value = "open")]
        state: String,
        #[command(flatten)]
        of: Of,
    },
    /// Show one pull request
    Show(One),
    /// Say what has to be merged before a pull request
    #[command(after_help = "Example:
  portcullis pull-request depend 7 --on 5

Rules of the kind require_all_dependencies_merged wait for it.")]
    Depend {
        #[command(flatten)]
        one: One,
        /// The number of the pull request to wait for
        #[arg(long, value_name = "NUMBER")]
        on: i64,
        /// Do not wait for it any more
        #[arg(long)]
        remove: bool,
    },
    /// Fetch the commits of a pull request into the clone one stands in, and check them out
    Checkout(One),
    /// Approve a pull request
    Approve {
        #[command(flatten)]
        one: One,
        /// Take the approval back
        #[arg(long)]
        undo: bool,
    },
    /// Merge a pull request, now or later
    #[command(after_help = "Examples:
  portcullis pull-request merge 12
  portcullis pull-request merge 12 --auto     # as soon as nothing is missing
  portcullis pull-request merge 12 --queue    # in its turn, as it was built
  portcullis pull-request merge 12 --cancel   # neither, any more")]
    Merge(Merge),
    /// List what waits in the merge queue of a branch
    Queue {
        /// The branch; the main branch if not given
        branch: Option<String>,
        #[command(flatten)]
        of: Of,
    },
    /// Decline a pull request: nothing is merged
    Decline {
        #[command(flatten)]
        one: One,
        /// Why
        #[arg(long, default_value = "")]
        reason: String,
        /// The number of another one that takes its place
        #[arg(long, value_name = "NUMBER", conflicts_with = "reason")]
        superseded_by: Option<i64>,
    },
}

/// A repository.
#[derive(Args, Debug)]
pub struct Of {
    /// The repository; the one that one stands in if not given
    #[arg(long, value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
    repository: Option<RepositoryPath>,
}

/// A pull request.
#[derive(Args, Debug)]
pub struct One {
    /// Its number
    number: i64,
    #[command(flatten)]
    of: Of,
}

/// What a new pull request is to be like.
#[derive(Args, Debug)]
pub struct Create {
    /// The branch to take the commits from; the one that is checked out if not given
    #[arg(long, value_name = "BRANCH")]
    source: Option<String>,
    /// The branch that is to take them; the main branch if not given
    #[arg(long, value_name = "BRANCH")]
    into: Option<String>,
    /// Its title; the subject of the last commit if not given
    #[arg(long)]
    title: Option<String>,
    /// What it brings
    #[arg(long)]
    description: Option<String>,
    /// Somebody to ask, by user name; may be given more than once
    #[arg(long = "reviewer", value_name = "USER")]
    reviewers: Vec<String>,
    /// Not ready to be merged
    #[arg(long)]
    draft: bool,
    /// Remove the source branch after the merge
    #[arg(long)]
    close_source_branch: bool,
    #[command(flatten)]
    of: Of,
}

/// How a pull request is merged.
#[derive(Args, Debug)]
pub struct Merge {
    #[command(flatten)]
    one: One,
    /// `merge_commit`, `squash`, `fast_forward`, `squash_fast_forward`, `rebase_fast_forward` or
    /// `rebase_merge`; the repository's default if not given
    #[arg(long)]
    strategy: Option<String>,
    /// The message of the new commit
    #[arg(long)]
    message: Option<String>,
    /// Remove the source branch afterwards, whatever the request says
    #[arg(long, value_name = "true|false")]
    close_source_branch: Option<bool>,
    /// Merge it as soon as nothing is missing, where the branch permits it
    #[arg(long, conflicts_with_all = ["queue", "cancel"])]
    auto: bool,
    /// Put it at the end of the merge queue of its branch
    #[arg(long, conflicts_with = "cancel")]
    queue: bool,
    /// Take back that it is to be merged later
    #[arg(long, conflicts_with_all = ["strategy", "message", "close_source_branch"])]
    cancel: bool,
}

impl Of {
    fn path(&self, session: &Session) -> Result<String, Error> {
        let path = session.repository(self.repository.as_ref())?;
        Ok(format!("/2.0/repositories/{path}/pullrequests"))
    }

    fn list_queue(&self, session: &Session, branch: Option<&str>) -> Result<(), Error> {
        let path = session.repository(self.repository.as_ref())?;
        let branch = match branch {
            Some(branch) => branch.to_owned(),
            None => {
                let repository = session.client.get(&format!("/2.0/repositories/{path}"))?;
                let main = repository.pointer("/mainbranch/name").and_then(Value::as_str);
                let none = || Error::Usage("there is no main branch: name a branch".into());
                main.ok_or_else(none)?.to_owned()
            }
        };
        let parts: Vec<_> = branch.split('/').map(crate::client::segment).collect();
        let queue = format!("/api/v1/repositories/{path}/merge-queue/{}", parts.join("/"));
        let empty = format!("nothing waits to be merged into {branch}");
        session.out.table(session.client.list(&queue)?, WAITING, &empty)
    }
}

impl One {
    fn path(&self, session: &Session) -> Result<String, Error> {
        Ok(format!("{}/{}", self.of.path(session)?, self.number))
    }

    /// Where Bitbucket has nothing: our own API.
    fn own_path(&self, session: &Session) -> Result<String, Error> {
        let path = session.repository(self.of.repository.as_ref())?;
        Ok(format!("/api/v1/repositories/{path}/pull-requests/{}", self.number))
    }
}

impl PullRequestCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Create(it) => it.run(session),
            Self::List { state, of } => {
                let path = format!("{}?state={}", of.path(session)?, crate::client::segment(state));
                session.out.table(session.client.list(&path)?, LISTED, "no pull requests")
            }
            Self::Show(one) => one.show(session),
            Self::Depend { one, on, remove } => one.depend(session, *on, *remove),
            Self::Checkout(one) => one.checkout(session),
            Self::Approve { one, undo } => {
                let path = format!("{}/approve", one.path(session)?);
                if *undo {
                    let answer = session.client.delete(&path)?;
                    let sentence = format!("took the approval of #{} back", one.number);
                    return session.out.done(&answer, &sentence);
                }
                let answer = session.client.post(&path, &json!({}))?;
                session.out.done(&answer, &format!("approved #{}", one.number))
            }
            Self::Merge(it) => it.run(session),
            Self::Decline { one, superseded_by: Some(by), .. } => {
                let path = format!("{}/supersede", one.own_path(session)?);
                let answer = session.client.post(&path, &json!({ "by": by }))?;
                session.out.done(&answer, &format!("#{} is superseded by #{by}", one.number))
            }
            Self::Queue { branch, of } => of.list_queue(session, branch.as_deref()),
            Self::Decline { one, reason, superseded_by: None } => {
                let path = format!("{}/decline", one.path(session)?);
                let answer = session.client.post(&path, &json!({ "reason": reason }))?;
                session.out.done(&answer, &format!("declined #{}", one.number))
            }
        }
    }
}

impl Create {
    fn run(&self, session: &Session) -> Result<(), Error> {
        let source = match &self.source {
            Some(source) => source.clone(),
            None => current_branch().ok_or_else(|| {
                Error::Usage("no branch is checked out here: name one with --source".into())
            })?,
        };
        let title = match &self.title {
            Some(title) => title.clone(),
            None => last_subject(&source).ok_or_else(|| {
                Error::Usage("there is no commit here to take the title from: give --title".into())
            })?,
        };
        let branch = |name: &str| json!({ "branch": { "name": name } });
        let reviewers: Vec<_> = self.reviewers.iter().map(|it| json!({ "username": it })).collect();
        let body = given([
            ("title", Some(title.into())),
            ("source", Some(branch(&source))),
            ("destination", self.into.as_deref().map(branch)),
            ("description", self.description.as_deref().map(Into::into)),
            ("reviewers", (!reviewers.is_empty()).then_some(Value::Array(reviewers))),
            ("draft", Some(self.draft.into())),
            ("close_source_branch", Some(self.close_source_branch.into())),
        ]);
        session.out.one(&session.client.post(&self.of.path(session)?, &body)?, SHOWN)
    }
}

impl One {
    fn show(&self, session: &Session) -> Result<(), Error> {
        let mut answer = session.client.get(&self.path(session)?)?;
        let mut on = session.client.list(&format!("{}/dependencies", self.own_path(session)?))?;
        if !session.out.is_json() {
            for it in &mut on {
                let state = it["state"].as_str().unwrap_or_default().to_lowercase();
                *it = format!("#{} ({state})", it["id"]).into();
            }
        }
        if let Some(shown) = answer.as_object_mut() {
            shown.insert("dependencies".into(), Value::Array(on));
        }
        session.out.one(&answer, SHOWN)
    }

    fn depend(&self, session: &Session, on: i64, remove: bool) -> Result<(), Error> {
        let (path, number) =
            (format!("{}/dependencies/{on}", self.own_path(session)?), self.number);
        if remove {
            let answer = session.client.delete(&path)?;
            return session
                .out
                .done(&answer, &format!("#{number} does not wait for #{on} any more"));
        }
        let answer = session.client.put(&path, &json!({}))?;
        session.out.done(&answer, &format!("#{number} waits for #{on}"))
    }

    /// Leaves no branch behind that could be taken for somebody's own: the commit is checked out
    /// as it is.
    fn checkout(&self, session: &Session) -> Result<(), Error> {
        let answer = session.client.get(&self.path(session)?)?;
        let name = format!("refs/pull-requests/{}/from", self.number);
        fetch_and_checkout(&name)?;
        let title = answer.get("title").and_then(Value::as_str).unwrap_or_default();
        // Whoever closed standard error does not want to know.
        drop(note("to work on it: git switch -c NAME"));
        session.out.done(&answer, &format!("checked out #{}: {title}", self.number))
    }
}

impl Merge {
    fn run(&self, session: &Session) -> Result<(), Error> {
        let body = given([
            ("merge_strategy", self.strategy.as_deref().map(Into::into)),
            ("message", self.message.as_deref().map(Into::into)),
            ("close_source_branch", self.close_source_branch.map(Into::into)),
        ]);
        let later = self.one.own_path(session)?;
        if self.cancel {
            return self.take_back(session, &later);
        }
        if self.auto || self.queue {
            let way = if self.auto { "auto-merge" } else { "queue" };
            let answer = session.client.post(&format!("{later}/{way}"), &body)?;
            return session.out.one(&answer, ASKED);
        }
        let path = format!("{}/merge", self.one.path(session)?);
        session.out.one(&session.client.post(&path, &body)?, SHOWN)
    }

    /// Whichever of the two it waits for.
    fn take_back(&self, session: &Session, later: &str) -> Result<(), Error> {
        let found = session.client.get(&format!("{later}/mergeable"))?;
        let number = self.one.number;
        let way = match found.pointer("/waiting/way").and_then(Value::as_str) {
            Some("queue") => "queue",
            Some(_) => "auto-merge",
            None => return Err(Error::Usage(format!("#{number} does not wait to be merged"))),
        };
        let answer = session.client.delete(&format!("{later}/{way}"))?;
        session.out.done(&answer, &format!("#{number} does not wait to be merged any more"))
    }
}
