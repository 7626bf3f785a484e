//! Comments on pull requests: about all of it or about lines, and answers to them. Everybody's words
//! are their own: nobody else changes them. They stay open to comments when they have ended.

use super::anchor;
use super::input::is_own;
use super::text::said;
use super::view::Person;
use crate::error::{Error, Fields, Result};
use crate::open::{
    ChangingOwnComment, Commenting, OpenRepository, ReadingPullRequests, RemovingOthersComment,
};
use crate::page::{Page, PageRequest};
use crate::{App, Asker, PlaceName};
use model::{CommentId, RepositoryPath};
use std::sync::Arc;
use store::{Anchor, Comment, NewComment, PullRequest};

/// A comment as it was typed; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct CommentInput {
    pub raw: Option<String>,
    /// What it is about; counts for a new comment that answers no other.
    pub anchor: Option<Anchor>,
    /// The comment it answers.
    pub parent: Option<i64>,
    /// A draft, which nobody else sees.
    pub pending: Option<bool>,
}

/// A comment, with names.
#[derive(Clone, Debug)]
pub struct CommentView {
    pub comment: Comment,
    pub by: Person,
    pub resolved_by: Option<Person>,
    /// What it is about.
    pub request: PullRequest,
    /// Where that is.
    pub repository: RepositoryPath,
}

impl App {
    /// The comments on a request that the asker may see, the oldest first.
    pub async fn list_comments(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        page: PageRequest,
    ) -> Result<Page<CommentView>> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let me = who.principal_name();
        let found = self.store.list_comments(request.id, &me, page.to_store()).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for comment in found.items {
            items.push(self.view_comment(&open, &request, comment).await?);
        }
        Ok(page.filled(store::Page { items, size: found.size }))
    }

    /// One of them.
    pub async fn comment(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        (number, id): (i64, i64),
    ) -> Result<CommentView> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let comment = self.find_comment(who, &request, id).await?;
        self.view_comment(&open, &request, comment).await
    }

    /// Says something about a request, some of its lines, or another comment.
    pub async fn create_comment(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        input: CommentInput,
    ) -> Result<CommentView> {
        let open = self.open_repository::<Commenting>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let mut fields = Fields::default();
        let raw = said(input.raw, &mut fields);
        let pending = input.pending.unwrap_or(false);
        let parent = match input.parent {
            Some(id) => {
                self.answered(who, &request, ("parent.id", id, pending), &mut fields).await?
            }
            None => None,
        };
        // An answer is about what the answered one is about.
        let anchor = match (&parent, input.anchor) {
            (Some(parent), _) => parent.anchor.clone(),
            (None, Some(anchor)) => anchor::check(&open, &request, anchor, &mut fields).await?,
            (None, None) => None,
        };
        let Some(raw) = raw else { return Err(Error::Invalid(fields)) };
        fields.check()?;
        let new = NewComment { parent: parent.map(|it| it.id), raw, anchor, pending };
        let comment = self.store.create_comment(&open.by, &request, &new).await?;
        self.landings.poke(request.repository);
        self.view_comment(&open, &request, comment).await
    }

    /// Changes the text of one's own comment, or publishes one's draft.
    pub async fn update_comment(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        (number, id): (i64, i64),
        input: CommentInput,
    ) -> Result<CommentView> {
        let open = self.open_repository::<ChangingOwnComment>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let before = self.standing(who, &request, id).await?;
        if !is_own(who, &before.by) {
            let message =
                format!("these are the words of {}: only they change them", before.by.name);
            return Err(Fields::one("user", message));
        }
        let mut fields = Fields::default();
        let raw = match input.raw {
            Some(raw) => said(Some(raw), &mut fields),
            None => Some(before.raw.clone()),
        };
        let publish = input.pending == Some(false);
        if input.pending == Some(true) && !before.pending {
            fields.add("pending", "others have seen it: it cannot become a draft again");
        }
        if let Some(parent) = before.parent.filter(|_| publish && before.pending) {
            self.answered(who, &request, ("parent.id", parent.0, false), &mut fields).await?;
        }
        let Some(raw) = raw else { return Err(Error::Invalid(fields)) };
        fields.check()?;
        let change = (raw.as_str(), publish);
        let comment = self.store.update_comment(&open.by, &request, &before, change).await?;
        self.landings.poke(request.repository);
        self.view_comment(&open, &request, comment).await
    }

    /// Takes a comment back, one's own or, for administrators, anybody's.
    pub async fn remove_comment(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        (number, id): (i64, i64),
    ) -> Result<()> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let before = self.standing(who, &request, id).await?;
        let by = if is_own(who, &before.by) {
            self.open_repository::<ChangingOwnComment>(who, place).await?.by
        } else {
            self.open_repository::<RemovingOthersComment>(who, place).await?.by
        };
        self.store.delete_comment(&by, &request, &before).await?;
        self.landings.poke(request.repository);
        Ok(())
    }

    /// Settles a thread, or opens it again. [`Error::State`] where it is settled already.
    pub async fn resolve_comment(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        (number, id): (i64, i64),
        resolved: bool,
    ) -> Result<CommentView> {
        let open = self.open_repository::<Commenting>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let before = self.standing(who, &request, id).await?;
        if before.parent.is_some() {
            let message = "it answers another comment: settle the one that began the thread";
            return Err(Fields::one("comment", message));
        }
        if before.pending {
            return Err(Fields::one(
                "comment",
                "nobody else has seen this draft: publish it first",
            ));
        }
        let change = (before.id, resolved);
        let after = self.store.resolve_comment(&open.by, &request, change).await;
        let comment = after.map_err(|error| match (error, resolved) {
            (store::Error::Moved, true) => {
                let message = format!("comment {id} is resolved already");
                Error::State { field: "resolution", message }
            }
            (store::Error::Moved, false) => Error::NotFound { what: "resolution" },
            (other, _) => other.into(),
        })?;
        self.landings.poke(request.repository);
        self.view_comment(&open, &request, comment).await
    }

    /// The comment that another one answers, or that a task came up in.
    pub(super) async fn answered(
        &self,
        who: &Asker,
        request: &PullRequest,
        (field, id, pending): (&str, i64, bool),
        fields: &mut Fields,
    ) -> Result<Option<Comment>> {
        let me = who.principal_name();
        let found = self.store.find_comment(request.id, &me, CommentId(id));
        let found = found.await?.filter(|it| !it.deleted);
        match &found {
            None => fields.add(field, format!("this pull request has no comment {id}")),
            Some(it) if it.pending && !pending => {
                fields.add(field, "it is a draft, which nobody else sees: publish it first");
            }
            Some(_) => {}
        }
        Ok(found)
    }

    async fn find_comment(&self, who: &Asker, request: &PullRequest, id: i64) -> Result<Comment> {
        let me = who.principal_name();
        let found = self.store.find_comment(request.id, &me, CommentId(id));
        found.await?.ok_or(Error::NotFound { what: "comment" })
    }

    /// The same, unless it has been taken back.
    async fn standing(&self, who: &Asker, request: &PullRequest, id: i64) -> Result<Comment> {
        let found = self.find_comment(who, request, id).await?;
        if found.deleted { Err(Error::NotFound { what: "comment" }) } else { Ok(found) }
    }

    pub(super) async fn view_comment<A>(
        &self,
        open: &OpenRepository<A>,
        request: &PullRequest,
        comment: Comment,
    ) -> Result<CommentView> {
        let resolved_by = match &comment.resolved {
            Some(it) => Some(self.person(&it.by).await?),
            None => None,
        };
        Ok(CommentView {
            by: self.person(&comment.by).await?,
            resolved_by,
            comment,
            request: request.clone(),
            repository: open.path().clone(),
        })
    }
}
