//! What becomes of an open pull request but a merge: its texts, its reviewers, a draft or ready,
//! what it waits for, declined. Bitbucket's call takes reviewers that are left out for none, so they
//! are read first and sent back.

use super::show::SHOWN;
use super::which::One;
use crate::Error;
use crate::command::answer::list;
use crate::command::shared::{Session, given};
use clap::Args;
use serde_json::{Value, json};

/// Arguments of `update`.
#[derive(Args, Debug)]
pub struct Update {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    changes: Changes,
}

/// What is to be different; something has to be.
#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
struct Changes {
    /// Its title
    #[arg(long)]
    title: Option<String>,
    /// What it brings
    #[arg(long)]
    description: Option<String>,
    /// The branch that is to take its commits
    #[arg(long, value_name = "BRANCH")]
    destination: Option<String>,
    /// Who is asked from now on, by user name, in the place of those before; may be repeated
    #[arg(long = "reviewer", value_name = "USER",
        conflicts_with_all = ["add_reviewers", "remove_reviewers"])]
    reviewers: Vec<String>,
    /// One more to ask; may be repeated
    #[arg(long = "add-reviewer", value_name = "USER")]
    add_reviewers: Vec<String>,
    /// Somebody who is not asked any more; may be repeated
    #[arg(long = "remove-reviewer", value_name = "USER")]
    remove_reviewers: Vec<String>,
    /// Remove the source branch after the merge
    #[arg(long, value_name = "true|false")]
    close_source_branch: Option<bool>,
}

/// Arguments of `depend`.
#[derive(Args, Debug)]
pub struct Depend {
    #[command(flatten)]
    one: One,
    /// The number of the pull request to wait for
    #[arg(long, value_name = "NUMBER")]
    on: i64,
    /// Do not wait for it any more
    #[arg(long)]
    remove: bool,
}

/// Arguments of `decline`.
#[derive(Args, Debug)]
pub struct Decline {
    #[command(flatten)]
    one: One,
    /// Why
    #[arg(long, default_value = "")]
    reason: String,
    /// The number of another one that takes its place
    #[arg(long, value_name = "NUMBER", conflicts_with = "reason")]
    superseded_by: Option<i64>,
}

impl Update {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let path = self.one.path(session)?;
        let reviewers = self.changes.reviewers(&asked(&session.client.get(&path)?))?;
        let it = &self.changes;
        let branch = |name: &str| json!({ "branch": { "name": name } });
        let body = given([
            ("title", it.title.as_deref().map(Into::into)),
            ("description", it.description.as_deref().map(Into::into)),
            ("destination", it.destination.as_deref().map(branch)),
            ("close_source_branch", it.close_source_branch.map(Into::into)),
            ("reviewers", Some(reviewers.into())),
        ]);
        session.out.one(&session.client.put(&path, &body)?, SHOWN)
    }
}

impl Changes {
    /// Who is asked from now on, after those who are asked now.
    fn reviewers(&self, now: &[Value]) -> Result<Vec<Value>, Error> {
        let named = |it: &String| json!({ "username": it });
        if !self.reviewers.is_empty() {
            return Ok(self.reviewers.iter().map(named).collect());
        }
        let is = |asked: &Value, name: &String| asked["username"] == name.as_str();
        for name in &self.remove_reviewers {
            if !now.iter().any(|it| is(it, name)) {
                return Err(Error::Usage(format!("`{name}` is not among the reviewers")));
            }
        }
        let stays = |it: &&Value| !self.remove_reviewers.iter().any(|name| is(it, name));
        let kept = now.iter().filter(stays).map(by_uuid);
        Ok(kept.chain(self.add_reviewers.iter().map(named)).collect())
    }
}

/// The reviewers of a pull request.
fn asked(request: &Value) -> Vec<Value> {
    list(request, "reviewers").cloned().collect()
}

/// A reviewer as they are sent back.
fn by_uuid(asked: &Value) -> Value {
    json!({ "uuid": asked["uuid"] })
}

/// Makes it a draft, or ready.
pub fn set_draft(one: &One, session: &Session, draft: bool) -> Result<(), Error> {
    let path = one.path(session)?;
    let reviewers = asked(&session.client.get(&path)?);
    let reviewers: Vec<_> = reviewers.iter().map(by_uuid).collect();
    let answer = session.client.put(&path, &json!({ "draft": draft, "reviewers": reviewers }))?;
    let word = if draft { "is a draft" } else { "is ready to be merged" };
    session.out.done(&answer, &format!("#{} {word}", one.number))
}

impl Depend {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let (number, on) = (self.one.number, self.on);
        let path = format!("{}/dependencies/{on}", self.one.own_path(session)?);
        if self.remove {
            let answer = session.client.delete(&path)?;
            let sentence = format!("#{number} does not wait for #{on} any more");
            return session.out.done(&answer, &sentence);
        }
        let answer = session.client.put(&path, &json!({}))?;
        session.out.done(&answer, &format!("#{number} waits for #{on}"))
    }
}

impl Decline {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let number = self.one.number;
        if let Some(by) = self.superseded_by {
            let path = format!("{}/supersede", self.one.own_path(session)?);
            let answer = session.client.post(&path, &json!({ "by": by }))?;
            return session.out.done(&answer, &format!("#{number} is superseded by #{by}"));
        }
        let path = format!("{}/decline", self.one.path(session)?);
        let answer = session.client.post(&path, &json!({ "reason": self.reason }))?;
        session.out.done(&answer, &format!("declined #{number}"))
    }
}
