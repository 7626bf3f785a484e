//! What people type into a pull request, checked once for all who open or change one.

use crate::error::{Error, Fields, Result};
use crate::open::{OpenRepository, RepositoryAct};
use crate::page::PageRequest;
use crate::{App, Asker, PlaceName};
use model::{ObjectId, RefName, UserId, is_unprintable};
use std::sync::Arc;
use store::{PrincipalKind, PrincipalName};

/// The longest title, in characters: Bitbucket's.
const TITLE_MAX: usize = 255;

/// A branch and what it points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchAt {
    pub name: RefName,
    pub tip: ObjectId,
}

/// A title without spaces around it, on one line.
pub(super) fn title(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("say in a few words what the pull request brings".into());
    }
    if text.chars().any(is_unprintable) {
        return Err("it contains control characters".into());
    }
    let length = text.chars().count();
    if length > TITLE_MAX {
        return Err(format!("it has {length} characters: use at most {TITLE_MAX}"));
    }
    Ok(text.to_owned())
}

/// The branch of this short name in a repository; the field is noted where there is none.
pub(super) async fn branch<A: RepositoryAct + Send + Sync + 'static>(
    open: &OpenRepository<A>,
    repository: model::RepositoryId,
    (field, name): (&str, &str),
    fields: &mut Fields,
) -> Result<Option<BranchAt>> {
    if name.is_empty() {
        fields.add(field, "name a branch");
        return Ok(None);
    }
    let Some(name) = fields.take(field, RefName::branch(name)) else { return Ok(None) };
    let Some(tip) = open.app.tip(repository, &name).await? else {
        fields.add(field, format!("there is no branch `{}`", name.short()));
        return Ok(None);
    };
    Ok(Some(BranchAt { name, tip }))
}

impl App {
    /// What a branch points to; `None` where there is no such branch.
    pub(crate) async fn tip(
        self: &Arc<Self>,
        repository: model::RepositoryId,
        name: &RefName,
    ) -> Result<Option<ObjectId>> {
        let (app, name) = (Arc::clone(self), name.clone());
        let found = tokio::task::spawn_blocking(move || {
            let refs = app.repositories.repository(repository)?.refs()?;
            Ok::<_, repo::Error>(refs.find(name.as_str()).map(|it| it.id))
        });
        Ok(found.await??)
    }

    /// Is one commit the other or an ancestor of it?
    pub(crate) async fn leads_to(
        self: &Arc<Self>,
        repository: model::RepositoryId,
        (old, new): (ObjectId, ObjectId),
    ) -> Result<bool> {
        let app = Arc::clone(self);
        let found = tokio::task::spawn_blocking(move || {
            app.repositories.repository(repository)?.is_ancestor(&old, &new)
        });
        Ok(found.await??)
    }

    /// The users that are named as reviewers, each by user name or `{uuid}`. The messages are the
    /// ones that bots which open requests know how to read.
    pub(crate) async fn reviewers<A>(
        self: &Arc<Self>,
        open: &OpenRepository<A>,
        author: &PrincipalName,
        names: &[String],
        fields: &mut Fields,
    ) -> Result<Vec<UserId>> {
        let place = PlaceName::repository_path(&open.path().to_string());
        let mut reviewers = Vec::new();
        for name in names {
            let Some(user) = self.find_named_user(name).await? else {
                fields.add("reviewers", "Malformed reviewers list");
                fields.add("reviewers", format!("there is no user `{}`", cut(name)));
                continue;
            };
            let shown = &user.display_name;
            let is_author = author.kind == PrincipalKind::User && author.id == Some(user.id.0);
            if is_author {
                let why = "is the author and cannot be included as a reviewer.";
                fields.add("reviewers", format!("{shown} {why}"));
            } else if !self.may_see(user.id, &place).await? {
                let why = "is not a member of this workspace and cannot be added to this pull \
                           request";
                fields.add("reviewers", format!("{shown} {why}"));
            } else if !reviewers.contains(&user.id) {
                reviewers.push(user.id);
            }
        }
        Ok(reviewers)
    }
}

/// A name from outside, no longer than a message can bear.
pub(super) fn cut(name: &str) -> String {
    name.chars().take(64).collect()
}

/// Requests are opened and changed by whoever has a name; this is theirs.
pub(super) fn is_own(who: &Asker, author: &PrincipalName) -> bool {
    let me = who.principal_name();
    me.id.is_some() && (me.kind, me.id) == (author.kind, author.id)
}

/// A request of everything, for what is known to be short.
pub(super) const fn no_such_request() -> Error {
    Error::NotFound { what: "pull request" }
}

/// Bitbucket shows at most half as many pull requests on a page as of anything else.
pub(super) fn page_of_requests(page: PageRequest) -> PageRequest {
    PageRequest::new(page.page(), page.pagelen().min(50))
}
