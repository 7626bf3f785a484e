//! What people think of a pull request: approving it, asking for changes, taking either back, and
//! what that adds up to. Authors may say so, too; it counts for nothing.

use super::update::{if_moved, must_be_open};
use super::view::ParticipantView;
use crate::error::{Error, Result};
use crate::open::{OpenRepository, Reviewing, WithdrawingReview};
use crate::{App, Asker, PlaceName};
use model::{ActivityKind, ReviewState, UserId};
use std::sync::Arc;
use store::{PullRequest, ReviewCounts};

impl App {
    /// Notes what the asker thinks of an open request, in place of what they thought before.
    pub async fn review_pull_request(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        review: ReviewState,
    ) -> Result<ParticipantView> {
        let open = self.open_repository::<Reviewing>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        must_be_open(&request)?;
        let user = reviewer(who)?;
        if self.review_of(&request, user).await? != Some(review) {
            let kind = match review {
                ReviewState::Approved => ActivityKind::Approved,
                ReviewState::ChangesRequested => ActivityKind::ChangesRequested,
            };
            self.note_review(&open, &request, (Some(review), kind)).await?;
        }
        self.participants(&request)
            .await?
            .into_iter()
            .find(|it| it.user == user)
            .ok_or(Error::NotFound { what: "participant" })
    }

    /// Takes back what the asker said, if that is what they said last.
    pub async fn withdraw_review(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        review: ReviewState,
    ) -> Result<()> {
        let open = self.open_repository::<WithdrawingReview>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        must_be_open(&request)?;
        let (what, kind) = match review {
            ReviewState::Approved => ("approval of yours", ActivityKind::Unapproved),
            ReviewState::ChangesRequested => {
                ("request for changes of yours", ActivityKind::ChangesRequestRemoved)
            }
        };
        if self.review_of(&request, reviewer(who)?).await? != Some(review) {
            return Err(Error::NotFound { what });
        }
        self.note_review(&open, &request, (None, kind)).await
    }

    async fn note_review<A>(
        &self,
        open: &OpenRepository<A>,
        request: &PullRequest,
        review: (Option<ReviewState>, ActivityKind),
    ) -> Result<()> {
        let noted = self.store.set_review(&open.by, request, review, "{}").await;
        noted.map_err(|error| if_moved(error, request))?;
        self.landings.poke(request.repository);
        Ok(())
    }

    async fn review_of(&self, request: &PullRequest, user: UserId) -> Result<Option<ReviewState>> {
        let all = self.store.list_participants(request.id).await?;
        Ok(all.into_iter().find(|it| it.user == user).and_then(|it| it.review))
    }

    /// What merge checks count of what was said about a request. What users think counts as long
    /// as they could say it: not of who is suspended or may not read any more. For use after the
    /// policy has let the asker in.
    pub(crate) async fn review_counts(&self, request: &PullRequest) -> Result<ReviewCounts> {
        let mut without = Vec::new();
        let place = self.place_of(request.repository).await?;
        for it in self.store.list_participants(request.id).await? {
            let counts = match &place {
                Some(place) if it.review.is_some() => self.may_see(it.user, place).await?,
                Some(_) | None => false,
            };
            if !counts {
                without.push(it.user);
            }
        }
        Ok(self.store.review_counts(request, &without).await?)
    }
}

/// The policy lets nobody but users in.
fn reviewer(who: &Asker) -> Result<UserId> {
    who.user_id().ok_or(Error::NotFound { what: "account: this credential belongs to no user" })
}
