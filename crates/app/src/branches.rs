//! Branches outside of git: listed, looked at, made and deleted. A change is sent through the very
//! function that receives pushes, as a push of one command, so it is judged, landed and recorded
//! like every other.

use crate::error::{Error, Fields, Result};
use crate::fetch::is_visible;
use crate::open::{OpenRepository, Pushing, Reading};
use crate::page::{Page, PageRequest};
use crate::{App, Asker, PlaceName};
use model::{ObjectId, RefName};
use repo::RefSnapshot;
use std::sync::Arc;
use wire::Version;

/// A branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its short name.
    pub name: String,
    /// The commit it points to.
    pub target: ObjectId,
}

/// What a new branch needs, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct NewBranch {
    /// Its short name.
    pub name: String,
    /// A commit by id (at least four digits of it), a branch, a tag, or `HEAD`.
    pub target: String,
}

/// A pack without objects, as git sends it when nothing is missing on the other side.
const EMPTY_PACK: &[u8] = b"PACK\0\0\0\x02\0\0\0\0\
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
        let refs = self.refs(open).await?;
        let branches = refs.with_prefix("refs/heads/").filter_map(|it| {
            let name = it.name.strip_prefix("refs/heads/")?;
            let wanted = part.as_deref().is_none_or(|part| name.contains(part));
            (wanted && is_visible(it.name))
                .then(|| Branch { name: name.to_owned(), target: it.id })
        });
        Ok(page.of(branches))
    }

    /// One branch, by short name.
    pub async fn branch(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        name: &str,
    ) -> Result<Branch> {
        let open = self.open_repository::<Reading>(who, repository).await?;
        let refs = self.refs(open).await?;
        find(&refs, name).ok_or(Error::NotFound { what: "branch" })
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
        let target = self.resolve(&open, &new.target).await?;
        if target.is_none() {
            let shown = crate::render::visible(&new.target);
            fields.add("target", format!("`{shown}` names no commit, branch or tag here"));
        }
        let (Some(name), Some(target)) = (name, target) else {
            return Err(Error::Invalid(fields));
        };
        let refs = self.refs(open.clone()).await?;
        if find(&refs, &new.name).is_some() {
            let message = format!("branch `{}` exists already", name.short());
            return Err(Error::Conflict { field: "name", message });
        }
        self.change_ref(open, ObjectId::ZERO, target, &name).await?;
        Ok(Branch { name: name.short().to_owned(), target })
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
        let refs = self.refs(open.clone()).await?;
        let Some(branch) = find(&refs, name) else { return Err(missing) };
        let name = RefName::branch(&branch.name).map_err(|_| missing)?;
        self.change_ref(open, branch.target, ObjectId::ZERO, &name).await
    }

    /// One command, pushed from inside.
    async fn change_ref(
        &self,
        open: OpenRepository<Pushing>,
        old: ObjectId,
        new: ObjectId,
        name: &RefName,
    ) -> Result<()> {
        let mut input = Vec::new();
        let command = format!("{old} {new} {name}\0report-status delete-refs agent=rest");
        wire::put_text(&mut input, &command);
        wire::put_flush(&mut input);
        if !new.is_zero() {
            input.extend_from_slice(EMPTY_PACK);
        }
        let received = tokio::task::spawn_blocking(move || {
            open.receive(Version::V0, &mut input.as_slice(), &mut std::io::sink())
        });
        match received.await??.into_error() {
            None => Ok(()),
            Some(error) => Err(error),
        }
    }

    async fn refs<A>(self: &Arc<Self>, open: OpenRepository<A>) -> Result<Arc<RefSnapshot>> {
        let (app, id) = (Arc::clone(self), open.repository.id);
        let refs = tokio::task::spawn_blocking(move || app.repositories.repository(id)?.refs());
        Ok(refs.await??)
    }

    /// The commit that somebody means.
    async fn resolve<A>(
        self: &Arc<Self>,
        open: &OpenRepository<A>,
        target: &str,
    ) -> Result<Option<ObjectId>> {
        let (app, id, target) = (Arc::clone(self), open.repository.id, target.to_owned());
        let found = tokio::task::spawn_blocking(move || {
            let repository = app.repositories.repository(id)?;
            let refs = repository.refs()?;
            if let Some(id) = resolve_name(&refs, &target) {
                return Ok(Some(id));
            }
            let mut fitting = repository.objects().with_prefix(&target)?.into_iter();
            let first = fitting.next();
            match fitting.next() {
                Some(_) => Err(repo::Error::Ambiguous(target)),
                None => Ok(first),
            }
        });
        Ok(found.await??)
    }
}

fn resolve_name(refs: &RefSnapshot, target: &str) -> Option<ObjectId> {
    if target == "HEAD" {
        return refs.head_id();
    }
    let names =
        [format!("refs/heads/{target}"), format!("refs/tags/{target}"), target.to_owned()];
    names
        .iter()
        .filter(|it| is_visible(it))
        .find_map(|it| refs.find(it))
        .map(|it| it.peeled.unwrap_or(it.id))
}

fn find(refs: &RefSnapshot, name: &str) -> Option<Branch> {
    let name = RefName::branch(name).ok()?;
    let found = refs.find(name.as_str()).filter(|it| is_visible(it.name))?;
    Some(Branch { name: name.short().to_owned(), target: found.id })
}
