//! A pull request with the names of everybody and everything in it, as doors show it.

use crate::error::Result;
use crate::{App, Asker, PlaceName};
use model::{
    ObjectId, ParticipantRole, RepositoryId, RepositoryPath, ReviewState, Timestamp, UserId,
};
use std::sync::Arc;
use store::{PrincipalFacts, PrincipalKind, PrincipalName, PullRequest, Repository, Workspace};

/// A pull request, with names.
#[derive(Clone, Debug)]
pub struct PullRequestView {
    pub request: PullRequest,
    pub author: Person,
    pub closed_by: Option<Person>,
    pub source: EndView,
    pub destination: EndView,
    /// Reviewers first. Empty in lists.
    pub participants: Vec<ParticipantView>,
}

/// One end of a pull request.
#[derive(Clone, Debug)]
pub struct EndView {
    /// `None` where the repository is gone or not for this asker to see.
    pub repository: Option<(RepositoryPath, Repository)>,
    /// The branch, by its short name.
    pub branch: String,
    pub commit: ObjectId,
}

/// Somebody who did something, whatever kind of principal they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub kind: PrincipalKind,
    /// Lower case, hyphenated, without braces; always the same for the same principal.
    pub uuid: String,
    /// The user name, or the name of the token or key.
    pub name: String,
    pub display_name: String,
}

/// Somebody who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParticipantView {
    pub user: UserId,
    pub person: Person,
    pub role: ParticipantRole,
    pub review: Option<ReviewState>,
    pub at: Option<Timestamp>,
}

impl PullRequestView {
    /// Why it ended without being merged, for people to read; empty where nobody said.
    pub fn reason(&self) -> String {
        match (self.request.superseded_by, &self.request.closed) {
            (Some(by), _) => superseded(by),
            (None, Some(closed)) => closed.reason.clone(),
            (None, None) => String::new(),
        }
    }
}

/// What people read where a declined request says why.
pub(super) fn superseded(by: i64) -> String {
    format!("superseded by #{by}")
}

impl Person {
    fn of_user(facts: &PrincipalFacts) -> Self {
        Self {
            kind: PrincipalKind::User,
            uuid: facts.user.uuid.clone(),
            name: facts.user.username.to_string(),
            display_name: facts.user.display_name.to_string(),
        }
    }

    /// Principals that are not users have a number and no UUID; clients want one for everybody.
    fn of_other(name: &PrincipalName) -> Self {
        let kind = match name.kind {
            PrincipalKind::User => 1,
            PrincipalKind::AccessToken => 2,
            PrincipalKind::AccessKey => 3,
            PrincipalKind::Workload => 4,
            PrincipalKind::Anonymous => 5,
            PrincipalKind::System => 6,
        };
        let id = name.id.unwrap_or_default();
        Self {
            kind: name.kind,
            uuid: format!("00000000-0000-4000-a{kind:03x}-{id:012x}"),
            name: name.name.clone(),
            display_name: name.name.clone(),
        }
    }
}

impl App {
    /// Whoever is named in a row, with the names they have today.
    pub(crate) async fn person(&self, name: &PrincipalName) -> Result<Person> {
        let (PrincipalKind::User, Some(id)) = (name.kind, name.id) else {
            return Ok(Person::of_other(name));
        };
        let version = self.store.facts_version().await?;
        let account = self.account(UserId(id), version).await?;
        Ok(account.map_or_else(|| Person::of_other(name), |it| Person::of_user(&it)))
    }

    /// A request with names; of who takes part only if that is wanted.
    pub(crate) async fn view_request(
        self: &Arc<Self>,
        who: &Asker,
        (workspace, repository): (&Workspace, &Repository),
        request: PullRequest,
        participants: bool,
    ) -> Result<PullRequestView> {
        let here = (crate::ground::path(workspace, repository), repository.clone());
        let source = match request.source.repository {
            Some(id) if id == repository.id => Some(here.clone()),
            Some(id) => self.seen_repository(who, id).await?,
            None => None,
        };
        let mut view = PullRequestView {
            author: self.person(&request.author).await?,
            closed_by: None,
            source: EndView {
                repository: source,
                branch: request.source.branch.short().to_owned(),
                commit: request.source.commit,
            },
            destination: EndView {
                repository: Some(here),
                branch: request.destination.short().to_owned(),
                commit: request.destination_commit,
            },
            participants: Vec::new(),
            request,
        };
        if let Some(closed) = &view.request.closed {
            view.closed_by = Some(self.person(&closed.by).await?);
        }
        if participants {
            view.participants = self.participants(&view.request).await?;
        }
        Ok(view)
    }

    /// Who takes part in a request, with names.
    pub(crate) async fn participants(&self, request: &PullRequest) -> Result<Vec<ParticipantView>> {
        let version = self.store.facts_version().await?;
        let mut views = Vec::new();
        for it in self.store.list_participants(request.id).await? {
            // A user who takes part is never removed.
            let Some(account) = self.account(it.user, version).await? else { continue };
            let person = Person::of_user(&account);
            let store::Participant { user, role, review, at } = it;
            views.push(ParticipantView { user, person, role, review, at });
        }
        Ok(views)
    }

    /// A repository by number, if it is there and this asker may see it.
    async fn seen_repository(
        &self,
        who: &Asker,
        id: RepositoryId,
    ) -> Result<Option<(RepositoryPath, Repository)>> {
        let Some(facts) = self.store.facts_of_id(id).await? else { return Ok(None) };
        let path = crate::ground::path(&facts.workspace, &facts.repository);
        let place = PlaceName::repository_path(&path.to_string());
        Ok(self.look_at_repository(who, &place).await?.map(|it| (path, it)))
    }
}
