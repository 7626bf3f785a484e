//! Default reviewers: whom new pull requests ask by themselves. Only somebody who may see the place
//! can be one; who can no longer see it stays on the list and is passed over.

use crate::error::{Error, Fields, Result};
use crate::{App, Asker, PlaceName, Profile};
use model::UserId;
use policy::Act;
use store::DefaultReviewer;

/// More on one list are nobody's reviewers.
const MOST: usize = 100;

/// A default reviewer of a repository, and where they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultReviewerView {
    pub user: Profile,
    /// `repository` or `project`.
    pub level: model::Level,
}

impl App {
    /// Whom a new pull request into this repository asks: those its project and itself have named
    /// who may see it. For use after the policy has let the asker in.
    pub(crate) async fn effective_default_reviewers(
        &self,
        repository: &PlaceName,
    ) -> Result<Vec<UserId>> {
        let named = self.named_reviewers(repository).await?;
        let mut may = Vec::with_capacity(named.len());
        for it in named {
            if self.may_see(it.user.id, repository).await? {
                may.push(it.user.id);
            }
        }
        Ok(may)
    }

    async fn named_reviewers(&self, repository: &PlaceName) -> Result<Vec<DefaultReviewer>> {
        let (_, ground) = self.facts(&Asker::system(), repository).await?;
        let here = ground.and_then(|it| it.repository.as_ref().map(|it| it.id));
        let here = here.ok_or(Error::NotFound { what: "repository" })?;
        Ok(self.store.effective_default_reviewers(here).await?)
    }

    /// Whom a repository and its project have named, by user name.
    pub async fn list_effective_default_reviewers(
        &self,
        who: &Asker,
        repository: &PlaceName,
    ) -> Result<Vec<DefaultReviewerView>> {
        let level = repository.level();
        self.open_place(who, repository, Act::ReadDefaultReviewers(level)).await?;
        let named = self.named_reviewers(repository).await?;
        let view = |it: DefaultReviewer| DefaultReviewerView {
            user: Profile::from(it.user),
            level: it.level,
        };
        Ok(named.into_iter().map(view).collect())
    }

    /// Whom a project or a repository itself has named, by user name.
    pub async fn list_default_reviewers(
        &self,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<Vec<Profile>> {
        let open = self.open_place(who, place, Act::ReadDefaultReviewers(place.level())).await?;
        let users = self.store.list_default_reviewers(open.owner).await?;
        Ok(users.into_iter().map(Profile::from).collect())
    }

    /// One of them, by user name or `{uuid}`.
    pub async fn default_reviewer(
        &self,
        who: &Asker,
        place: &PlaceName,
        user: &str,
    ) -> Result<Profile> {
        let open = self.open_place(who, place, Act::ReadDefaultReviewers(place.level())).await?;
        let user = self.named_user(user).await?;
        let users = self.store.list_default_reviewers(open.owner).await?;
        let found = users.into_iter().find(|it| it.id == user.id);
        found.map(Profile::from).ok_or(Error::NotFound { what: "default reviewer" })
    }

    /// Names somebody, who must be a user that may see the place.
    pub async fn add_default_reviewer(
        &self,
        who: &Asker,
        place: &PlaceName,
        user: &str,
    ) -> Result<Profile> {
        let open = self.open_place(who, place, Act::ChangeDefaultReviewers(place.level())).await?;
        let user = self.named_user(user).await?;
        if !self.may_see(user.id, place).await? {
            let message = format!(
                "{} cannot be a default reviewer: give them read access to the {} first",
                user.username,
                place.level()
            );
            return Err(Fields::one("user", message));
        }
        let there = self.store.list_default_reviewers(open.owner).await?;
        if there.len() >= MOST && !there.iter().any(|it| it.id == user.id) {
            let message = format!("there are {MOST} default reviewers: remove one first");
            return Err(Fields::one("user", message));
        }
        self.store.add_default_reviewer(&open.by, open.owner, &user).await?;
        Ok(Profile::from(user))
    }

    /// Takes somebody from the list.
    pub async fn remove_default_reviewer(
        &self,
        who: &Asker,
        place: &PlaceName,
        user: &str,
    ) -> Result<()> {
        let open = self.open_place(who, place, Act::ChangeDefaultReviewers(place.level())).await?;
        let user = self.named_user(user).await?;
        if self.store.remove_default_reviewer(&open.by, open.owner, &user).await? {
            Ok(())
        } else {
            Err(Error::NotFound { what: "default reviewer" })
        }
    }
}
