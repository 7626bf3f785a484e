//! Following branches that many requests are about: a push into a main branch concerns every
//! request into it and changes next to none. The refs are read once for all of them, and that a
//! destination has moved on is noted at once.

use super::tips::Tips;
use crate::App;
use crate::error::Result;
use model::{ObjectId, PullRequestId, RepositoryId};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use store::{OpenEnds, PullRequest};

/// What has come into branches of repositories from one commit to another, found once for all
/// requests; `None` where one of the two is gone.
type CameIn = HashMap<(RepositoryId, ObjectId, ObjectId), Option<HashSet<ObjectId>>>;

/// Requests that a push concerns.
#[derive(Default)]
struct Sorted {
    /// Those to be followed one by one.
    others: Vec<PullRequest>,
    /// Those of which only the destination has moved on, by repository and where it is now.
    moved_on: BTreeMap<(RepositoryId, ObjectId), Vec<PullRequestId>>,
}

impl App {
    /// Notes where the destination is of requests of which nothing else has changed; the others
    /// come back.
    pub(super) async fn note_destinations(
        self: &Arc<Self>,
        requests: Vec<PullRequest>,
    ) -> Result<Vec<PullRequest>> {
        let app = Arc::clone(self);
        let sorted = tokio::task::spawn_blocking(move || {
            let (mut tips, mut sorted) = (Tips::new(&app), Sorted::default());
            let mut came_in = CameIn::new();
            for request in requests {
                match app.has_moved_on(&request, &mut tips, &mut came_in) {
                    Ok(Some(tip)) => {
                        let place = (request.repository, tip);
                        sorted.moved_on.entry(place).or_default().push(request.id);
                    }
                    // What is damaged is said where it is followed by itself, and holds up no other.
                    Ok(None) | Err(_) => sorted.others.push(request),
                }
            }
            sorted
        });
        let Sorted { others, moved_on } = sorted.await?;
        for ((repository, tip), ids) in moved_on {
            self.store.note_destinations(&ids, tip).await?;
            ids.into_iter().for_each(|it| self.landings.renew_preview(it));
            self.landings.poke(repository);
        }
        Ok(others)
    }

    /// Where the destination is, if all that has changed is that it has moved on and the commits of
    /// the source were not among what came in.
    fn has_moved_on(
        &self,
        request: &PullRequest,
        tips: &mut Tips<'_>,
        came_in: &mut CameIn,
    ) -> repo::Result<Option<ObjectId>> {
        // Whoever merges it notes what comes of it.
        if self.merges.contains(request.id) {
            return Ok(None);
        }
        let (source, before) = (request.source.commit, request.destination_commit);
        if let Some(from) = request.source.repository
            && tips.find(from, &request.source.branch)?.is_some_and(|it| it != source)
        {
            return Ok(None);
        }
        let here = request.repository;
        let tip = tips.find(here, &request.destination)?;
        let Some(tip) = tip.filter(|it| *it != before) else { return Ok(None) };
        let commits = match came_in.entry((here, before, tip)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(free) => {
                free.insert(self.repositories.repository(here)?.commits_since(&before, &tip)?)
            }
        };
        // Where that cannot be found, each request is looked at by itself.
        Ok(commits.as_ref().is_some_and(|it| !it.contains(&source)).then_some(tip))
    }

    /// Those of which a branch is elsewhere than it was last seen. Nearly all are where they were,
    /// however many there are: only refs are looked at.
    pub(super) async fn moved_requests(
        self: &Arc<Self>,
        all: Vec<OpenEnds>,
    ) -> Result<Vec<PullRequestId>> {
        let app = Arc::clone(self);
        let found = tokio::task::spawn_blocking(move || {
            let (mut into, mut tips) = (None, Tips::new(&app));
            let mut moved = Vec::new();
            for it in all {
                // They come by repository: no more refs are kept than those of one and its forks.
                if into.replace(it.repository) != Some(it.repository) {
                    tips.forget();
                }
                match has_moved(&it, &mut tips) {
                    Ok(true) => moved.push(it.id),
                    Ok(false) => {}
                    // One repository that cannot be read is no reason to serve none.
                    Err(error) => tracing::error!(%error, request = %it.id, "cannot be followed"),
                }
            }
            moved
        });
        Ok(found.await?)
    }
}

/// Is a branch of it elsewhere than it was last seen? One that is gone leaves the request with the
/// commits it had.
fn has_moved(it: &OpenEnds, tips: &mut Tips<'_>) -> repo::Result<bool> {
    let destination = tips.find(it.repository, &it.destination)?;
    let source = match it.source.repository {
        Some(from) => tips.find(from, &it.source.branch)?,
        None => None,
    };
    Ok(destination.is_some_and(|tip| tip != it.destination_commit)
        || source.is_some_and(|tip| tip != it.source.commit))
}
