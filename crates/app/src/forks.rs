//! Forks: a repository copied into a place of somebody's own, who need not be able to write to the
//! original.

use crate::error::{Error, Fields, Result};
use crate::fetch::VISIBLE;
use crate::open::{Forking, Reading};
use crate::page::{Page, PageRequest};
use crate::repositories::{NewRepository, RepositoryView};
use crate::{App, Asker, PlaceName};
use model::RefName;
use std::sync::Arc;
use store::{ForkPolicy, Repository};

/// What a fork is to be; what is left out is as in the original.
#[derive(Clone, Debug, Default)]
pub struct NewFork {
    /// By slug or `{uuid}`; the original's if it is left out.
    pub workspace: Option<String>,
    /// The name in URLs.
    pub slug: Option<String>,
    pub name: Option<String>,
    /// By key or `{uuid}`; the workspace's oldest if it is left out.
    pub project: Option<String>,
    pub description: Option<String>,
    pub is_private: Option<bool>,
    pub fork_policy: Option<String>,
    pub language: Option<String>,
    pub main_branch: Option<String>,
}

impl App {
    /// Copies what visible refs of a repository lead to into a new one. Who may read it and may
    /// create one there may do it, if its fork policy lets anybody.
    pub async fn fork_repository(
        self: &Arc<Self>,
        who: &Asker,
        original: &PlaceName,
        new: NewFork,
    ) -> Result<RepositoryView> {
        let open = self.open_repository::<Forking>(who, original).await?;
        let source = open.repository.clone();
        let is_private = new.is_private.unwrap_or(source.is_private);
        let origin = self.strictest_origin(&source).await?;
        let least = origin.map_or(ForkPolicy::AllowForks, |it| it.fork_policy);
        check_policy(least, is_private)?;
        let policy = new.fork_policy.unwrap_or_else(|| least.max(source.fork_policy).to_string());
        let mut fields = Fields::default();
        checked_fork_policy(&mut fields, &policy, least);
        fields.check()?;
        let workspace = new.workspace.unwrap_or_else(|| open.workspace.slug.to_string());
        let fork = NewRepository {
            slug: new.slug.unwrap_or_else(|| source.slug.to_string()),
            name: Some(new.name.unwrap_or_else(|| source.name.to_string())),
            project: new.project,
            description: new.description.unwrap_or_else(|| source.description.clone()),
            is_private: Some(is_private),
            fork_policy: Some(policy),
            main_branch: new.main_branch.or_else(|| source.main_branch.clone()),
            language: new.language.unwrap_or_else(|| source.language.clone()),
            has_issues: source.has_issues,
            has_wiki: source.has_wiki,
        };
        let mut view = self.make_repository(who, &workspace, fork, Some(&source)).await?;
        let (app, id) = (Arc::clone(self), view.repository.id);
        let measured =
            tokio::task::spawn_blocking(move || app.repositories.repository(id)?.size_on_disk());
        let size = i64::try_from(measured.await??).unwrap_or(i64::MAX);
        self.store.note_repository_size(id, size).await?;
        view.repository.size = size;
        Ok(view)
    }

    /// What a fork's own fork policy must not be looser than: that of what it was made from.
    pub(crate) async fn least_fork_policy(&self, fork: &Repository) -> Result<ForkPolicy> {
        let Some(parent) = fork.parent else { return Ok(ForkPolicy::AllowForks) };
        let Some(parent) = self.store.find_repository_by_id(parent).await? else {
            return Ok(ForkPolicy::AllowForks);
        };
        let strictest = self.strictest_origin(&parent).await?;
        Ok(strictest.map_or(ForkPolicy::AllowForks, |it| it.fork_policy))
    }

    /// Of a repository and those that it is a fork of, however far back, the one whose fork policy
    /// lets the least be done; `None` where all of them let anything be done.
    async fn strictest_origin(&self, fork: &Repository) -> Result<Option<Repository>> {
        let mut strictest = None;
        let mut next = Some(fork.clone());
        // A fork is younger than what it was made from: this ends.
        while let Some(it) = next {
            next = match it.parent {
                Some(id) => self.store.find_repository_by_id(id).await?,
                None => None,
            };
            let least = strictest.as_ref().map(|it: &Repository| it.fork_policy);
            if it.fork_policy > least.unwrap_or(ForkPolicy::AllowForks) {
                strictest = Some(it);
            }
        }
        Ok(strictest)
    }

    /// The forks of a repository that the asker may see, the oldest first.
    pub async fn list_forks(
        self: &Arc<Self>,
        who: &Asker,
        original: &PlaceName,
        page: PageRequest,
    ) -> Result<Page<RepositoryView>> {
        let open = self.open_repository::<Reading>(who, original).await?;
        let mut seen = Vec::new();
        for fork in self.store.list_forks(open.repository.id).await? {
            let place = PlaceName::repository("{}", &format!("{{{}}}", fork.uuid));
            seen.extend(self.see_repository(who, &place).await?);
        }
        Ok(page.of(seen))
    }

    /// What a repository is a fork of, if that is there and the asker may see it.
    pub async fn parent_of(
        self: &Arc<Self>,
        who: &Asker,
        fork: &Repository,
    ) -> Result<Option<RepositoryView>> {
        let Some(parent) = fork.parent else { return Ok(None) };
        let Some(parent) = self.store.find_repository_by_id(parent).await? else { return Ok(None) };
        let place = PlaceName::repository("{}", &format!("{{{}}}", parent.uuid));
        self.see_repository(who, &place).await
    }

    /// The repository with what contains it, if the asker may see it; leaves no record.
    async fn see_repository(
        &self,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<Option<RepositoryView>> {
        if self.look_at_repository(who, place).await?.is_none() {
            return Ok(None);
        }
        let (_, ground) = self.facts(who, place).await?;
        Ok(ground.and_then(|it| {
            Some(RepositoryView {
                repository: it.repository.clone()?,
                workspace: it.workspace.clone()?,
                project: it.project.clone()?,
            })
        }))
    }

    /// Makes the folder of a new repository: empty, or a copy.
    pub(crate) async fn make_folder(
        self: &Arc<Self>,
        repository: &Repository,
        branch: RefName,
        source: Option<&Repository>,
    ) -> Result<()> {
        let (app, id, source) = (Arc::clone(self), repository.id, source.map(|it| it.id));
        let made = tokio::task::spawn_blocking(move || match source {
            None => app.repositories.create(id, &branch),
            Some(source) => {
                let source = app.repositories.repository(source)?;
                app.repositories.fork(&source, VISIBLE, id, &branch)
            }
        });
        Ok(made.await?.map(drop)?)
    }
}

/// Reads a fork policy that must not be looser than this one.
pub(crate) fn checked_fork_policy(
    fields: &mut Fields,
    word: &str,
    least: ForkPolicy,
) -> Option<ForkPolicy> {
    let parsed = ForkPolicy::parse(word);
    match parsed {
        None => fields.add("fork_policy", "use allow_forks, no_public_forks or no_forks"),
        Some(it) if it < least => {
            let said =
                format!("what this is a fork of says {least}: a fork cannot let more be done");
            fields.add("fork_policy", said);
        }
        Some(_) => {}
    }
    parsed
}

fn check_policy(least: ForkPolicy, is_private: bool) -> Result<()> {
    match least {
        ForkPolicy::AllowForks => Ok(()),
        ForkPolicy::NoPublicForks if is_private => Ok(()),
        ForkPolicy::NoPublicForks => Err(Fields::one(
            "is_private",
            "the fork policy of the original is no_public_forks: make the fork private",
        )),
        ForkPolicy::NoForks => {
            let message = "the fork policy of the original is no_forks: ask its administrators";
            Err(Error::Conflict { field: "fork_policy", message: message.into() })
        }
    }
}
