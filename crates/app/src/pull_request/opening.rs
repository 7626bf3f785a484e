//! Pull requests that are opened by a push: `git push origin HEAD:refs/for/main`, or `-o
//! pull-request.create` with an ordinary push of a branch.
//!
//! What is pushed to `refs/for/…` becomes a branch of the pusher's own, and is judged as that; a
//! push that continues a request they have open moves that request's branch instead. The request
//! is opened once the branch has landed. No ref is ever made below `refs/for/`.

use super::create::NewPullRequest;
use super::input::is_own;
use super::wishes::{Update, Wishes};
use crate::error::{Fields, Result};
use crate::open::OpenRepository;
use crate::{App, PlaceName};
use model::{ObjectId, RefName};
use repo::{Push, Quarantine, RefOutcome, RefStatus};
use std::fmt::Write as _;
use std::sync::Arc;
use store::PullRequest;

/// The pull requests that one push is to open or to continue.
#[derive(Default)]
pub(crate) struct Openings {
    all: Vec<Opening>,
    wishes: Wishes,
    told: String,
}

/// One of them.
struct Opening {
    /// The place of its command in the push.
    place: usize,
    /// The branch that the commits go to.
    branch: RefName,
    into: RefName,
    /// Was it pushed to `refs/for/…`?
    proposed: bool,
}

impl Opening {
    /// Does another command of the push name this branch?
    fn is_pushed_besides(&self, branch: &RefName, push: &Push) -> bool {
        let mut commands = push.commands.iter().enumerate();
        commands.any(|(place, it)| place != self.place && it.name == *branch)
    }

    /// The command goes to the branch of that request.
    fn go_on_with(&mut self, it: &Candidate, push: &mut Push) {
        let source = &it.request.source;
        if let Some(command) = push.commands.get_mut(self.place) {
            command.name = source.branch.clone();
            // A branch that was removed is made again; one that moved meanwhile is stale.
            command.old = if it.there { source.commit } else { ObjectId::ZERO };
            self.branch = source.branch.clone();
        }
    }
}

/// What may be continued by a push to `refs/for/…`: a request that its author has open.
pub(crate) struct Candidate {
    request: PullRequest,
    /// Is its branch one that such a push has made? A push goes to another branch, which others
    /// may work on, only when it names the request.
    of_a_push: bool,
    /// Is its branch still there?
    there: bool,
}

/// What became of a request that was open already.
const UPDATED: &str = "updated";

/// Why a push does not go to the request that it names.
const NOT_THERE: &str = "none of yours of that number is open into that branch";
const PUSHED_BESIDES: &str = "its branch is in the same push: push one of the two";

impl Candidate {
    /// Does a push of this commit go on with it: because it names its number, or because the commit
    /// goes on from what it brings?
    fn is_meant(
        &self,
        number: Option<i64>,
        new: &ObjectId,
        objects: &Quarantine<'_>,
    ) -> repo::Result<bool> {
        match number {
            Some(number) => Ok(number == self.request.number),
            None => Ok(self.of_a_push && objects.leads_to(&self.request.source.commit, new)?),
        }
    }
}

impl Openings {
    /// Finds what the push is to open, and gives commands the branches they stand for.
    pub async fn route<A>(
        &mut self,
        app: &Arc<App>,
        open: &OpenRepository<A>,
        push: &mut Push,
    ) -> Result<()> {
        self.read_wishes(push)?;
        for place in 0..push.commands.len() {
            let Some(command) = push.commands.get(place).filter(|it| !it.is_delete()) else {
                continue;
            };
            if let Some(short) = command.name.as_str().strip_prefix(policy::PROPOSALS) {
                let into = RefName::branch(short).ok();
                let branch = policy::own_branch(&open.who.who.principal, short, command.new);
                let (Some(into), Some(branch)) = (into, branch) else { continue };
                self.propose(app, open, push, (place, branch, into)).await?;
            } else if self.wishes.create && command.name.branch_name().is_some() {
                let branch = command.name.clone();
                let main = open.repository.main_branch.as_deref();
                match target(self.wishes.into.as_deref().or(main), &branch) {
                    Ok(into) => self.all.push(Opening { place, branch, into, proposed: false }),
                    Err(why) => {
                        // Writing to a `String` cannot fail.
                        let _infallible = writeln!(self.told, "No pull request was opened: {why}");
                    }
                }
            }
        }
        Ok(())
    }

    /// Reads the options, and says which are left out.
    fn read_wishes(&mut self, push: &Push) -> Result<()> {
        self.wishes = Wishes::read(&push.options);
        let names = || push.commands.iter().filter(|it| !it.is_delete()).map(|it| &it.name);
        let proposes = names().any(|it| it.as_str().starts_with(policy::PROPOSALS));
        let creates = self.wishes.create && names().any(|it| it.branch_name().is_some());
        self.wishes.note_unused(proposes, creates);
        for sentence in &self.wishes.unfit {
            // Writing to a `String` cannot fail.
            let _infallible = writeln!(self.told, "{sentence}");
        }
        if let Some(update) = self.wishes.update.as_ref().filter(|_| proposes) {
            update.number().map_err(repo::Error::from)?;
        }
        Ok(())
    }

    async fn propose<A>(
        &mut self,
        app: &Arc<App>,
        open: &OpenRepository<A>,
        push: &mut Push,
        (place, branch, into): (usize, RefName, RefName),
    ) -> Result<()> {
        // Two commands for one ref: this one keeps its name and is refused by it.
        if push.commands.iter().any(|it| it.name == branch) {
            return Ok(());
        }
        if app.tip(open.repository.id, &into).await?.is_none() {
            // Refused like it, and explained here: only branches that are there take commits.
            let _infallible = writeln!(
                self.told,
                "There is no branch `{}` to open a pull request into.",
                crate::visible(into.short())
            );
            return Ok(());
        }
        let tip = app.tip(open.repository.id, &branch).await?;
        if let Some(command) = push.commands.get_mut(place) {
            command.old = tip.unwrap_or(ObjectId::ZERO);
            command.name = branch.clone();
            self.all.push(Opening { place, branch, into, proposed: true });
        }
        Ok(())
    }

    /// The places of all commands that are for a request and for nothing else.
    pub fn places(&self) -> Vec<usize> {
        self.all.iter().filter(|it| it.proposed).map(|it| it.place).collect()
    }

    /// The requests that the pusher has open into where this push goes.
    pub async fn candidates<A>(
        &self,
        app: &Arc<App>,
        open: &OpenRepository<A>,
    ) -> Result<Vec<Candidate>> {
        let here = open.repository.id;
        let mut found = Vec::new();
        for opening in self.all.iter().filter(|it| it.proposed) {
            let principal = &open.who.who.principal;
            let own = policy::own_branch(principal, opening.into.short(), ObjectId::ZERO);
            let own = own.map(|it| format!("{it}-"));
            for request in app.store.open_pull_requests_at(here, &opening.into).await? {
                let fits = request.destination == opening.into
                    && request.source.repository == Some(here)
                    && is_own(&open.who, &request.author);
                if !fits {
                    continue;
                }
                let name = request.source.branch.as_str();
                let of_a_push = own.as_ref().is_some_and(|it| name.starts_with(it));
                let there = app.tip(here, &request.source.branch).await?.is_some();
                found.push(Candidate { request, of_a_push, there });
            }
        }
        Ok(found)
    }

    /// A push that continues one of these requests goes to the branch of that request.
    pub fn reroute(
        &mut self,
        candidates: Vec<Candidate>,
        push: &mut Push,
        objects: &Quarantine<'_>,
    ) -> repo::Result<()> {
        let update = self.wishes.update.clone().filter(|_| !self.places().is_empty());
        let number = update.as_ref().map(Update::number).transpose()?;
        for opening in self.all.iter_mut().filter(|it| it.proposed) {
            let Some(command) = push.commands.get(opening.place) else { continue };
            let mut continued = None;
            for it in candidates.iter().filter(|it| it.request.destination == opening.into) {
                if it.is_meant(number, &command.new, objects)? {
                    continued = Some(it);
                }
            }
            let why_not = match continued {
                None => NOT_THERE,
                Some(it) if opening.is_pushed_besides(&it.request.source.branch, push) => {
                    PUSHED_BESIDES
                }
                Some(it) => {
                    opening.go_on_with(it, push);
                    continue;
                }
            };
            if let Some(update) = &update {
                return Err(update.unfit(why_not).into());
            }
        }
        Ok(())
    }

    /// Opens what has landed, and notes what is to be told. The commits are safe by now: what
    /// goes wrong with a request is said, and fails nothing.
    pub async fn open<A>(
        &mut self,
        app: &Arc<App>,
        open: &OpenRepository<A>,
        outcomes: &[RefOutcome],
    ) {
        for opening in std::mem::take(&mut self.all) {
            let landed = outcomes.iter().find(|it| {
                it.name.as_bytes() == opening.branch.as_str().as_bytes()
                    && it.status == RefStatus::Landed
            });
            let Some(landed) = landed else { continue };
            match self.open_one(app, open, &opening, landed.new).await {
                Ok((what, request)) => {
                    let (number, title) = (request.number, crate::visible(&request.title));
                    let (url, path) = (app.public_url(), open.path());
                    // Writing to a `String` cannot fail.
                    let _infallible = write!(
                        self.told,
                        "Pull request #{number} {what}: {title}\n  {url}/{path}/pull-requests/{number}\n"
                    );
                    if what == UPDATED {
                        self.told.push_str(&self.wishes.left_as_it_is());
                    }
                    self.supersede(app, open, number).await;
                }
                Err(error) => {
                    if let crate::Error::Failed(failure) = &error {
                        let repository = open.repository.id;
                        let source = &failure.source;
                        tracing::error!(%error, %source, %repository, "no pull request was opened");
                    }
                    let _infallible = writeln!(self.told, "No pull request was opened: {error}");
                }
            }
        }
    }

    /// Ends the request whose place the one of this number takes, if there is one.
    async fn supersede<A>(&mut self, app: &Arc<App>, open: &OpenRepository<A>, by: i64) {
        let Some(old) = self.wishes.supersedes.take() else { return };
        let place = PlaceName::from(open.path());
        let done = match old.parse() {
            Ok(number) => Box::pin(app.supersede_pull_request(&open.who, &place, number, by)).await,
            Err(_) => Err(Fields::one("pull-request.supersedes", "write a number")),
        };
        let old = crate::visible(&old);
        // Writing to a `String` cannot fail.
        let _infallible = match done {
            Ok(_) => writeln!(self.told, "Pull request #{old} is superseded by it."),
            Err(error) => writeln!(self.told, "Pull request #{old} is not superseded: {error}"),
        };
    }

    async fn open_one<A>(
        &self,
        app: &Arc<App>,
        open: &OpenRepository<A>,
        opening: &Opening,
        tip: ObjectId,
    ) -> Result<(&'static str, PullRequest)> {
        let here = open.repository.id;
        let there = app.store.open_pull_requests_at(here, &opening.branch).await?;
        let same =
            |it: &PullRequest| it.destination == opening.into && it.source.branch == opening.branch;
        if let Some(request) = there.into_iter().find(same) {
            return Ok((UPDATED, request));
        }
        let (subject, body) = message_of(app, here, tip).await?;
        let wishes = &self.wishes;
        let new = NewPullRequest {
            title: wishes.title.clone().unwrap_or(subject),
            description: wishes.description.clone().unwrap_or(body),
            source: opening.branch.short().to_owned(),
            source_repository: None,
            destination: Some(opening.into.short().to_owned()),
            close_source_branch: opening.proposed,
            draft: wishes.draft.unwrap_or(false),
            reviewers: wishes.reviewers.clone(),
            only_new: false,
        };
        let place = PlaceName::from(open.path());
        let view = Box::pin(app.create_pull_request(&open.who, &place, new)).await?;
        Ok(("opened", view.request))
    }

    /// What the person who pushed is told about pull requests: whole lines, or nothing.
    pub fn told(&self) -> &str {
        &self.told
    }
}

/// The branch that a pushed one is to be merged into; else why it cannot be, as a sentence.
fn target(short: Option<&str>, branch: &RefName) -> std::result::Result<RefName, String> {
    let Some(short) = short else {
        return Err("the repository has no main branch; name one with -o \
                    pull-request.target=NAME"
            .into());
    };
    let shown = crate::visible(short);
    match RefName::branch(short) {
        Ok(into) if into == *branch => Err(format!(
            "`{shown}` is what was pushed; name another branch with -o \
                         pull-request.target=NAME"
        )),
        Ok(into) => Ok(into),
        Err(why) => Err(format!("`{shown}` cannot be a branch: {why}")),
    }
}

/// The subject of a commit, short enough for a title, and the rest of its message.
async fn message_of(
    app: &Arc<App>,
    repository: model::RepositoryId,
    commit: ObjectId,
) -> Result<(String, String)> {
    let app = Arc::clone(app);
    let read = tokio::task::spawn_blocking(move || {
        app.repositories.repository(repository)?.commit_info(&commit)
    });
    let message = read.await??.map(|it| it.message).unwrap_or_default();
    let (subject, body) = message.split_once('\n').unwrap_or((&message, ""));
    let title = subject.chars().filter(|it| !model::is_unprintable(*it)).take(255).collect();
    Ok((title, body.trim().chars().take(32_768).collect()))
}
