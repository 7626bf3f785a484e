//! Branches outside of git: listed, looked at, made and deleted. A change is sent through the very
//! function that receives pushes, as a push of one command, so it is judged, landed and recorded
//! like every other.

use crate::error::{Error, Fields, Result};
use crate::fetch::{VISIBLE, is_visible};
use crate::open::{OpenRepository, Pushing, Reading};
use crate::page::{Page, PageRequest};
use crate::pull_request::{StrategiesIn, StrategyRules};
use crate::{App, Asker, PlaceName};
use model::{ObjectId, RefName};
use repo::CommitInfo;
use std::sync::Arc;
use wire::Version;

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its short name.
    pub name: String,
    /// What it points to.
    pub target: ObjectId,
    /// That commit; `None` when it cannot be read as one.
    pub commit: Option<CommitInfo>,
    /// How pull requests may be merged into it.
    pub strategies: StrategiesIn,
}

/// What a new branch needs, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct NewBranch {
    /// Its short name.
    pub name: String,
    /// A commit by id (at least four digits of it) that a visible ref leads to, a branch, a tag, or
    /// `HEAD`.
    pub target: String,
}

/// A pack without objects, as git sends it when nothing is missing on the other side.
pub(crate) const EMPTY_PACK: &[u8] = b"PACK\0\0\0\x02\0\0\0\0\
    \x02\x9d\x08\x82\x3b\xd8\xa8\xea\xb5\x10\xad\x6a\xc7\x5c\x82\x3c\xfd\x3e\xd3\x1e";

impl App {
    /// The branches of a repository, by name; only those whose name contains `part`, if given.
    pub async fn list_branches(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        part: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<Branch>> {
        let open = self.open_repository::<Reading>(who, repository).await?;
        let part = part.map(str::to_owned);
        let rules = self.strategy_rules(&open).await?;
        let listed = open.on_disk(move |repository| {
            let refs = repository.refs()?;
            let heads = refs.with_prefix(HEADS).filter(|it| {
                let name = it.name.strip_prefix(HEADS).unwrap_or_default();
                is_visible(it.name) && part.as_deref().is_none_or(|part| name.contains(part))
            });
            Ok(page.of(heads).try_map(|it| branch(repository, it.name, it.id, &rules))?)
        });
        listed.await
    }

    /// One branch, by short name.
    pub async fn branch(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        name: &str,
    ) -> Result<Branch> {
        let open = self.open_repository::<Reading>(who, repository).await?;
        look(open, name).await?.ok_or(Error::NotFound { what: "branch" })
    }

    /// Makes a branch where something is already.
    pub async fn create_branch(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        new: NewBranch,
    ) -> Result<Branch> {
        let open = self.open_repository::<Pushing>(who, repository).await?;
        let mut fields = Fields::default();
        let name = fields.take("name", RefName::branch(&new.name));
        let target = match resolve(open.clone(), &new.target).await {
            Ok(target) => Some(target),
            Err(Error::Invalid(unknown)) => {
                fields.0.extend(unknown.0);
                None
            }
            Err(other) => return Err(other),
        };
        let (Some(name), Some(target)) = (name, target) else {
            return Err(Error::Invalid(fields));
        };
        if look(open.clone(), name.short()).await?.is_some() {
            let message = format!("branch `{}` exists already", name.short());
            return Err(Error::Conflict { field: "name", message });
        }
        change_ref(open.clone(), ObjectId::ZERO, target, &name, EMPTY_PACK).await?;
        look(open, name.short()).await?.ok_or(Error::NotFound { what: "branch" })
    }

    /// Deletes a branch.
    pub async fn delete_branch(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        name: &str,
    ) -> Result<()> {
        let open = self.open_repository::<Pushing>(who, repository).await?;
        let missing = Error::NotFound { what: "branch" };
        let Some(branch) = look(open.clone(), name).await? else { return Err(missing) };
        let name = RefName::branch(&branch.name).map_err(|_| missing)?;
        change_ref(open, branch.target, ObjectId::ZERO, &name, &[]).await
    }
}

const HEADS: &str = "refs/heads/";

/// One command, pushed from inside with what it brings; a deletion brings no pack.
pub(crate) async fn change_ref(
    open: OpenRepository<Pushing>,
    old: ObjectId,
    new: ObjectId,
    name: &RefName,
    pack: &[u8],
) -> Result<()> {
    let mut input = Vec::new();
    let command = format!("{old} {new} {name}\0report-status delete-refs agent=rest");
    wire::put_text(&mut input, &command);
    wire::put_flush(&mut input);
    input.extend_from_slice(pack);
    let received = tokio::task::spawn_blocking(move || {
        open.receive(Version::V0, &mut input.as_slice(), &mut std::io::sink(), true)
    });
    match received.await??.into_error() {
        None => Ok(()),
        Some(error) => Err(error),
    }
}

/// The branch of this name; `None` when there is none, or nobody may see it.
async fn look<A: Send + Sync + 'static>(
    open: OpenRepository<A>,
    name: &str,
) -> Result<Option<Branch>> {
    let Ok(name) = RefName::branch(name) else { return Ok(None) };
    let rules = open.app.strategy_rules(&open).await?;
    let found = open.on_disk(move |repository| {
        let refs = repository.refs()?;
        let found = refs.find(name.as_str()).filter(|it| is_visible(it.name));
        Ok(found.map(|it| branch(repository, it.name, it.id, &rules)).transpose()?)
    });
    found.await
}

fn branch(
    repository: &repo::Repository,
    name: &str,
    target: ObjectId,
    rules: &StrategyRules,
) -> repo::Result<Branch> {
    let strategies = rules.of_branch(name);
    let name = name.strip_prefix(HEADS).unwrap_or(name).to_owned();
    Ok(Branch { name, target, commit: repository.commit_info(&target)?, strategies })
}

/// The commit that somebody means, if a ref they may see leads to it.
async fn resolve(open: OpenRepository<Pushing>, target: &str) -> Result<ObjectId> {
    let target = target.to_owned();
    let found = open.on_disk(move |repository| {
        let id = repository.resolve(&target, VISIBLE)?;
        // A tag leads to its commit: a branch can only point to one.
        Ok(repository.commit_id(&id)?.unwrap_or(id))
    });
    found.await
}
