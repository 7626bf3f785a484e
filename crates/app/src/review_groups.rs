//! Review groups: the groups of the workspace whose approvals a merge check may count. A group has
//! approved when one of its members has, whose word counts: not the author's.

use crate::error::{Error, Fields, Result};
use crate::open::OpenPlace;
use crate::{App, Asker, PlaceName};
use policy::Act;
use store::{Group, Owner, ReviewGroup};

/// More on one list are nobody's.
const MOST: usize = 100;

impl App {
    /// The review groups of a repository with those of its project, or of a project, by slug.
    pub async fn list_review_groups(
        &self,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<Vec<ReviewGroup>> {
        let open = self.open_place(who, place, Act::ReadDefaultReviewers(place.level())).await?;
        Ok(match open.owner {
            Owner::Repository(id) => self.store.effective_review_groups(id).await?,
            owner @ (Owner::Instance | Owner::Workspace(_) | Owner::Project(_)) => {
                self.store.list_review_groups(owner).await?
            }
        })
    }

    /// Names a group of the workspace; nothing happens if it is a review group here.
    pub async fn add_review_group(
        &self,
        who: &Asker,
        place: &PlaceName,
        slug: &str,
    ) -> Result<ReviewGroup> {
        let (open, group) = self.open_review_group(who, place, slug).await?;
        let there = self.store.list_review_groups(open.owner).await?;
        if there.len() >= MOST && !there.iter().any(|it| it.group.id == group.id) {
            let message = format!("there are {MOST} review groups: remove one first");
            return Err(Fields::one("group", message));
        }
        self.store.add_review_group(&open.by, open.owner, &group).await?;
        Ok(ReviewGroup { group, level: place.level() })
    }

    /// Takes a group from the list. One that the project has named is not on the repository's.
    pub async fn remove_review_group(
        &self,
        who: &Asker,
        place: &PlaceName,
        slug: &str,
    ) -> Result<()> {
        let (open, group) = self.open_review_group(who, place, slug).await?;
        if self.store.remove_review_group(&open.by, open.owner, &group).await? {
            Ok(())
        } else {
            Err(Error::NotFound { what: "review group" })
        }
    }

    /// Lets somebody change the list, and finds the group they mean.
    async fn open_review_group(
        &self,
        who: &Asker,
        place: &PlaceName,
        slug: &str,
    ) -> Result<(OpenPlace, Group)> {
        let open = self.open_place(who, place, Act::ChangeDefaultReviewers(place.level())).await?;
        let workspace = open.ground.workspace.as_ref().map(|it| it.id);
        let workspace = workspace.ok_or(Error::NotFound { what: "workspace" })?;
        let group = self.named_group(workspace, slug).await?;
        Ok((open, group))
    }
}
