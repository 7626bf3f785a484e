//! A new pull request. Never changes one that is open: the server is asked to refuse that.

use super::show::SHOWN;
use super::which::requests;
use crate::Error;
use crate::client::{current_branch, last_subject};
use crate::command::shared::{OfRepository, Session, given};
use clap::Args;
use serde_json::{Value, json};

/// What a new pull request is to be like.
#[derive(Args, Debug)]
pub struct Create {
    /// The branch to take the commits from; the one that is checked out if not given
    #[arg(long, value_name = "BRANCH")]
    source: Option<String>,
    /// The branch that is to take them; the main branch if not given
    #[arg(long, visible_alias = "into", value_name = "BRANCH")]
    destination: Option<String>,
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
    of: OfRepository,
}

impl Create {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
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
            ("destination", self.destination.as_deref().map(branch)),
            ("description", self.description.as_deref().map(Into::into)),
            ("reviewers", (!reviewers.is_empty()).then_some(Value::Array(reviewers))),
            ("draft", Some(self.draft.into())),
            ("close_source_branch", Some(self.close_source_branch.into())),
        ]);
        let path = format!("{}?only_new=true", requests(&self.of, session)?);
        session.out.one(&session.client.post(&path, &body)?, SHOWN)
    }
}
