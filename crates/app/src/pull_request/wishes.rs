//! What push options ask of pull requests: `-o pull-request.title=…` and its like. What cannot be
//! done of it is never passed over in silence: it is said, or the push fails where it would go
//! elsewhere than it was asked to.

use super::input::cut;
use repo::{Failure, FailureCode};

/// What the push options ask for.
#[derive(Default)]
pub(super) struct Wishes {
    pub create: bool,
    pub into: Option<String>,
    pub title: Option<String>,
    pub description: Option<String>,
    pub reviewers: Vec<String>,
    pub draft: Option<bool>,
    /// The request to continue, whatever its commits are.
    pub update: Option<Update>,
    /// The number, as it was typed, of the request whose place the opened one takes.
    pub supersedes: Option<String>,
    /// What cannot be done, as sentences.
    pub unfit: Vec<String>,
}

/// The number of a request, as it was typed.
#[derive(Clone)]
pub(super) struct Update(String);

impl Update {
    /// The number. A failure where it is none, or none that a request could have.
    pub fn number(&self) -> Result<i64, Failure> {
        let number = self.0.parse().ok().filter(|it| *it > 0);
        number.ok_or_else(|| self.unfit("write the number of a pull request"))
    }

    /// The failure of a push that cannot go to the request it names.
    pub fn unfit(&self, why: &str) -> Failure {
        let shown = crate::visible(&cut(&self.0));
        FailureCode::OptionUnfit.because(format!("pull-request.update={shown}: {why}"))
    }
}

impl Wishes {
    /// Reads `pull-request.title=…` and its like. Other options are for somebody else.
    pub fn read(options: &[String]) -> Self {
        let mut wishes = Self::default();
        for option in options {
            let Some(option) = option.strip_prefix("pull-request.") else { continue };
            let (name, value) = option.split_once('=').unwrap_or((option, ""));
            let text = value.to_owned();
            match name {
                "create" => wishes.create = wishes.flag(name, value).unwrap_or(wishes.create),
                "target" => wishes.into = Some(text),
                "title" => wishes.title = Some(text),
                "description" => wishes.description = Some(text),
                "reviewer" => wishes.reviewers.push(text),
                "draft" => wishes.draft = wishes.flag(name, value).or(wishes.draft),
                "supersedes" => wishes.supersedes = Some(text),
                "update" => wishes.update = Some(Update(text)),
                other => wishes.leave_out(&crate::visible(other), "there is none of this name"),
            }
        }
        wishes
    }

    /// An option alone says yes; a word that is neither true nor false says nothing.
    fn flag(&mut self, name: &str, value: &str) -> Option<bool> {
        match value {
            "" | "true" => Some(true),
            "false" => Some(false),
            other => {
                let option = format!("{name}={}", crate::visible(other));
                self.leave_out(&option, "write true or false, or nothing");
                None
            }
        }
    }

    fn leave_out(&mut self, option: &str, why: &str) {
        self.unfit.push(format!("The option pull-request.{option} is left out: {why}."));
    }

    /// What counts for a request that is opened, as far as it was asked for.
    fn of_a_new_request(&self) -> impl Iterator<Item = &'static str> {
        let asked = [
            ("title", self.title.is_some()),
            ("description", self.description.is_some()),
            ("reviewer", !self.reviewers.is_empty()),
            ("draft", self.draft.is_some()),
        ];
        asked.into_iter().filter_map(|(name, is_asked)| is_asked.then_some(name))
    }

    /// Notes what nobody will look at in a push: one that goes to `refs/for/…` (`proposes`), one
    /// of branches that `pull-request.create` is about (`creates`), both or neither.
    pub fn note_unused(&mut self, proposes: bool, creates: bool) {
        let mut unused = Vec::new();
        if !proposes && !creates {
            let create = self.create.then_some("create");
            let supersedes = self.supersedes.is_some().then_some("supersedes");
            let all = create.into_iter().chain(self.of_a_new_request()).chain(supersedes);
            unused.extend(all.map(|it| (it, "the push opens no pull request")));
        }
        if self.into.is_some() && !creates {
            unused.push(("target", "it is for -o pull-request.create"));
        }
        if self.update.is_some() && !proposes {
            unused.push(("update", "it is for a push to refs/for/BRANCH"));
        }
        for (option, why) in unused {
            self.leave_out(option, why);
        }
    }

    /// Whole lines about what counts for a new request only, when one was there already.
    pub fn left_as_it_is(&self) -> String {
        let line = |name| {
            format!(
                "The option pull-request.{name} is left out: the pull request was open already.\n"
            )
        };
        self.of_a_new_request().map(line).collect()
    }
}
