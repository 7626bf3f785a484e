//! What is said of a pull request, in numbers.

use crate::App;
use crate::error::Result;
use store::{PullRequest, ReviewCounts};

impl App {
    /// What merge checks count of what was said about a request. For use after the policy has let
    /// the asker in.
    pub(crate) async fn review_counts(&self, request: &PullRequest) -> Result<ReviewCounts> {
        Ok(self.store.review_counts(request).await?)
    }
}
