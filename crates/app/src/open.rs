//! Permission is a value you must hold. Every use case begins here: it names what it is about to
//! do and gets a handle, or the refusal. Nothing else makes these handles, and whether something
//! is not there or not to be known is decided nowhere else, by the policy.

use crate::error::{Error, Result};
use crate::ground::Ground;
use crate::turns::Turn;
use crate::{App, Asker, PlaceName};
use model::{RepositoryId, RepositoryPath};
use policy::{Act, Decision, Facts, MergeFacts, Question, Touches, Way};
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;
use store::{Actor, Owner, Project, Repository, Workspace};
use tokio::runtime::Handle;

/// Somebody may do one thing to the installation or an account.
pub(crate) struct OpenInstance {
    pub by: Actor,
}

/// Somebody may do one thing to a workspace.
pub(crate) struct OpenWorkspace {
    pub workspace: Workspace,
    pub by: Actor,
}

/// Somebody may do one thing to a project.
pub(crate) struct OpenProject {
    pub workspace: Workspace,
    pub project: Project,
    pub by: Actor,
}

/// Somebody may do one thing to what hangs on a workspace, project or repository.
pub(crate) struct OpenPlace {
    pub owner: Owner,
    pub ground: Arc<Ground>,
    pub by: Actor,
}

/// A repository that somebody has been found to be allowed to do `A` to. The only way to get one
/// is [`App::open_repository`].
pub struct OpenRepository<A> {
    pub(crate) who: Asker,
    pub(crate) repository: Repository,
    pub(crate) workspace: Workspace,
    pub(crate) project: Project,
    pub(crate) path: RepositoryPath,
    pub(crate) by: Actor,
    pub(crate) app: Arc<App>,
    /// Where async work of a blocking thread is done.
    pub(crate) runtime: Handle,
    /// Of one for pushing: its turn.
    turn: Option<Arc<Turn>>,
    act: PhantomData<A>,
}

impl<A> Clone for OpenRepository<A> {
    fn clone(&self) -> Self {
        Self {
            who: self.who.clone(),
            repository: self.repository.clone(),
            workspace: self.workspace.clone(),
            project: self.project.clone(),
            path: self.path.clone(),
            by: self.by.clone(),
            app: Arc::clone(&self.app),
            runtime: self.runtime.clone(),
            turn: self.turn.clone(),
            act: PhantomData,
        }
    }
}

impl<A> OpenRepository<A> {
    /// Where it is, spelled as the server spells it.
    pub fn path(&self) -> &RepositoryPath {
        &self.path
    }

    /// Where git fetches it from over HTTP.
    pub(crate) fn clone_url(&self) -> String {
        format!("{}/{}.git", self.app.public_url(), self.path)
    }

    /// What is known of it besides what is in it.
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Work on what is in it, on a thread that may block.
    pub(crate) async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&repo::Repository) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (app, id) = (Arc::clone(&self.app), self.repository.id);
        tokio::task::spawn_blocking(move || work(&*app.repositories.repository(id)?)).await?
    }
}

/// What can be done to a repository as a whole; each is one act of the policy.
pub trait RepositoryAct {
    /// The act that is asked about.
    fn act() -> Act;
}

/// An act that lets somebody see commits and files.
pub trait SeesContent: RepositoryAct + Send + Sync + 'static {}

impl SeesContent for Reading {}

impl SeesContent for ReadingPullRequests {}

macro_rules! repository_acts {
    ($($(#[$doc:meta])* $name:ident = $act:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl RepositoryAct for $name {
            fn act() -> Act {
                $act
            }
        }
    )*};
}

repository_acts! {
    /// Looking at it: description, branches, everything a page shows.
    Reading = Act::ReadRepository;
    /// Cloning it and fetching from it.
    Fetching = Act::Fetch;
    /// Pushing to it, in general; each ref is judged by itself later.
    Pushing = Act::Push;
    /// Changing its settings.
    Updating = Act::UpdateRepository;
    /// Archiving it, or taking it out of the archive.
    Archiving = Act::ArchiveRepository;
    /// Putting its storage in order.
    Maintaining = Act::MaintainRepository;
    /// Removing it with everything in it.
    Removing = Act::RemoveRepository;
    /// Copying it.
    Forking = Act::ForkRepository;
    /// Saying how a build of a commit went.
    PostingBuild = Act::PostBuildStatus;
    /// Looking at whom the keys of builds are kept for.
    ReadingBuildKeys = Act::ReadBuildKeys;
    /// Changing that.
    ChangingBuildKeys = Act::ChangeBuildKeys;
    /// Asking why something is or is not allowed to oneself.
    Explaining = Act::Explain;
    /// Asking it for others.
    ExplainingForOthers = Act::ExplainForOthers;
    /// Reading the refusals one has met.
    ReadingOwnRefusals = Act::ReadOwnRefusals;
    /// Reading everybody's refusals.
    ReadingAllRefusals = Act::ReadAllRefusals;
    /// Reading its pull requests.
    ReadingPullRequests = Act::ReadPullRequests;
    /// Opening a pull request.
    CreatingPullRequest = Act::CreatePullRequest;
    /// Changing a pull request of one's own.
    UpdatingOwnPullRequest = Act::UpdateOwnPullRequest;
    /// Changing somebody else's.
    UpdatingOthersPullRequest = Act::UpdateOthersPullRequest;
    /// Merging a pull request; which one is judged later.
    MergingPullRequest = Act::UpdateRefs { updates: Vec::new(), way: Way::PullRequest };
    /// Declining a pull request of one's own.
    DecliningOwnPullRequest = Act::DeclineOwnPullRequest;
    /// Declining somebody else's.
    DecliningOthersPullRequest = Act::DeclineOthersPullRequest;
    /// Approving a pull request, or asking for changes.
    Reviewing = Act::ReviewPullRequest;
    /// Taking back what one thought of a pull request.
    WithdrawingReview = Act::WithdrawReview;
    /// Saying something about a pull request, or that it is settled.
    Commenting = Act::CommentOnPullRequest;
    /// Changing what one has said, or taking it back.
    ChangingOwnComment = Act::ChangeOwnComment;
    /// Taking back what somebody else has said.
    RemovingOthersComment = Act::RemoveOthersComment;
}

/// An answer of the policy, with what it was made from.
pub(crate) struct Judged {
    pub decision: Decision,
    pub facts: Facts,
    pub ground: Option<Arc<Ground>>,
}

impl App {
    /// Lets somebody do one thing to a repository, or says why not.
    pub async fn open_repository<A: RepositoryAct>(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<OpenRepository<A>> {
        let act = A::act();
        let ground = self.enter(who, place, &act).await?;
        let turn = if act == Act::Push { Some(Arc::new(self.turns.push().await?)) } else { None };
        let (Some(workspace), Some(project), Some(repository)) =
            (&ground.workspace, &ground.project, &ground.repository)
        else {
            return Err(strange(place));
        };
        Ok(OpenRepository {
            who: who.clone(),
            path: crate::ground::path(workspace, repository),
            workspace: workspace.clone(),
            project: project.clone(),
            repository: repository.clone(),
            by: who.actor(crate::clock::now()),
            app: Arc::clone(self),
            runtime: Handle::current(),
            turn,
            act: PhantomData,
        })
    }

    pub(crate) async fn open_instance(&self, who: &Asker, act: Act) -> Result<OpenInstance> {
        self.enter(who, &PlaceName::instance(), &act).await?;
        Ok(OpenInstance { by: who.actor(crate::clock::now()) })
    }

    pub(crate) async fn open_workspace(
        &self,
        who: &Asker,
        place: &PlaceName,
        act: Act,
    ) -> Result<OpenWorkspace> {
        let ground = self.enter(who, place, &act).await?;
        let workspace = ground.workspace.clone().ok_or_else(|| strange(place))?;
        Ok(OpenWorkspace { workspace, by: who.actor(crate::clock::now()) })
    }

    pub(crate) async fn open_project(
        &self,
        who: &Asker,
        place: &PlaceName,
        act: Act,
    ) -> Result<OpenProject> {
        let ground = self.enter(who, place, &act).await?;
        let workspace = ground.workspace.clone().ok_or_else(|| strange(place))?;
        let project = ground.project.clone().ok_or_else(|| strange(place))?;
        Ok(OpenProject { workspace, project, by: who.actor(crate::clock::now()) })
    }

    pub(crate) async fn open_place(
        &self,
        who: &Asker,
        place: &PlaceName,
        act: Act,
    ) -> Result<OpenPlace> {
        let ground = self.enter(who, place, &act).await?;
        Ok(OpenPlace { owner: ground.owner(), ground, by: who.actor(crate::clock::now()) })
    }

    /// May this asker know that there is such a repository? Asks without leaving a record, for
    /// lists and for names inside other requests.
    pub(crate) async fn look_at_repository(
        &self,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<Option<Repository>> {
        let judged = self.judge(who, place, &Act::ReadRepository).await?;
        let seen = judged.decision.is_allowed();
        Ok(judged.ground.filter(|_| seen).and_then(|it| it.repository.clone()))
    }

    async fn enter(&self, who: &Asker, place: &PlaceName, act: &Act) -> Result<Arc<Ground>> {
        let judged = self.judge(who, place, act).await?;
        if !judged.decision.is_allowed() {
            return Err(self.refuse(who, place, act, &judged).await);
        }
        // The policy allows nothing nowhere.
        judged.ground.ok_or_else(|| strange(place))
    }

    /// Asks the policy. The only place where a question about a place is put together.
    pub(crate) async fn judge(&self, who: &Asker, place: &PlaceName, act: &Act) -> Result<Judged> {
        self.judge_with(who, place, act, None).await
    }

    /// The same about a pull request, of which this is known.
    pub(crate) async fn judge_with(
        &self,
        who: &Asker,
        place: &PlaceName,
        act: &Act,
        merge: Option<MergeFacts>,
    ) -> Result<Judged> {
        let (mut facts, ground) = self.facts(who, place).await?;
        facts.merge = merge;
        if act.needs().touches == Touches::Content {
            let limit = ground.as_deref().and_then(|it| self.size_limit(it));
            if let Some((id, limit)) = limit {
                let repository = self.repositories.repository(id)?;
                let size = tokio::task::spawn_blocking(move || repository.size_on_disk());
                facts.set_over_quota(size.await?? > limit);
            }
        }
        Ok(Judged::by(who, act, facts, ground))
    }

    /// The repository of a ground and the most it may have, in bytes, where it has a limit.
    pub(crate) fn size_limit(&self, ground: &Ground) -> Option<(RepositoryId, u64)> {
        let repository = ground.repository.as_ref()?;
        let own = repository.size_limit.and_then(|it| u64::try_from(it).ok());
        Some((repository.id, own.or(self.options.repository_size)?))
    }
}

impl Judged {
    /// Asks the policy with these facts.
    pub(crate) fn by(who: &Asker, act: &Act, facts: Facts, ground: Option<Arc<Ground>>) -> Self {
        let start = Instant::now();
        let decision = policy::decide(&Question { who: &who.who, act, facts: &facts });
        metrics::histogram!("portcullis_decision_seconds").record(start.elapsed());
        Self { decision, facts, ground }
    }
}

/// The policy let somebody do to a place what can only be done to another kind of place. A fault
/// of ours: nothing is done.
fn strange(place: &PlaceName) -> Error {
    let source = format!("an act was allowed on the wrong kind of place: {:?}", place.level());
    Error::internal("something is broken inside the server", source)
}
