//! Tags outside of git: listed, looked at, made and deleted, on the path that branches take.

use crate::branches::change_ref;
use crate::error::{Error, Fields, Result};
use crate::fetch::is_visible;
use crate::open::{OpenRepository, Pushing, Reading};
use crate::page::{Page, PageRequest};
use crate::revisions::find_commits;
use crate::{App, Asker, PlaceName, clock};
use model::{ObjectId, RefName};
use repo::{CommitInfo, NewPack, ObjectKind, RefEntry, Repository, Signature, TagInfo};
use std::sync::Arc;

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// Its short name.
    pub name: String,
    /// What it leads to in the end.
    pub target: ObjectId,
    /// That commit; `None` when it is none.
    pub commit: Option<CommitInfo>,
    /// What it says, if it is an annotated one.
    pub info: Option<TagInfo>,
}

/// What a new tag needs, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct NewTag {
    /// Its short name.
    pub name: String,
    /// As with [`NewBranch`](crate::NewBranch).
    pub target: String,
    /// A sentence is made up if it is empty.
    pub message: String,
}

const TAGS: &str = "refs/tags/";

impl App {
    /// The tags of a repository, by name.
    pub async fn list_tags(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        page: PageRequest,
    ) -> Result<Page<Tag>> {
        let open = self.open_repository::<Reading>(who, repository).await?;
        let listed = open.on_disk(move |repository| {
            let refs = repository.refs()?;
            let tags = refs.with_prefix(TAGS).filter(|it| is_visible(it.name));
            page.of(tags).try_map(|it| read(repository, &it))
        });
        listed.await
    }

    /// One tag, by short name.
    pub async fn tag(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        name: &str,
    ) -> Result<Tag> {
        let open = self.open_repository::<Reading>(who, repository).await?;
        look(&open, name).await?.map(|it| it.1).ok_or(Error::NotFound { what: "tag" })
    }

    /// Makes an annotated tag.
    pub async fn create_tag(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        new: NewTag,
    ) -> Result<Tag> {
        let open = self.open_repository::<Pushing>(who, repository).await?;
        let mut fields = Fields::default();
        let name = fields.take("name", RefName::tag(&new.name));
        let wanted = new.target.clone();
        let found = open.on_disk(move |it| find_commits(it, &[wanted])).await;
        let target = match found {
            Ok(found) => found.into_iter().next(),
            Err(Error::NotFound { .. } | Error::Invalid(_)) => None,
            Err(other) => return Err(other),
        };
        if target.is_none() {
            let unknown = repo::Error::UnknownRevision(new.target);
            fields.add("target", unknown);
        }
        if new.message.contains('\0') {
            fields.add("message", "it must not contain a NUL");
        }
        fields.check()?;
        let (Some(name), Some(target)) = (name, target) else {
            return Err(Error::NotFound { what: "commit" });
        };
        if look(&open, name.short()).await?.is_some() {
            let message = format!("tag `{}` exists already", name.short());
            return Err(Error::Conflict { field: "name", message });
        }
        let tagger = open.who.signature(clock::now());
        let (id, pack) = annotated(&name, &target, &tagger, &new.message)?;
        change_ref(open.clone(), ObjectId::ZERO, id, &name, &pack).await?;
        look(&open, name.short()).await?.map(|it| it.1).ok_or(Error::NotFound { what: "tag" })
    }

    /// Deletes a tag.
    pub async fn delete_tag(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        name: &str,
    ) -> Result<()> {
        let open = self.open_repository::<Pushing>(who, repository).await?;
        let missing = Error::NotFound { what: "tag" };
        let Some((id, tag)) = look(&open, name).await? else { return Err(missing) };
        let name = RefName::tag(&tag.name).map_err(|_| missing)?;
        change_ref(open, id, ObjectId::ZERO, &name, &[]).await
    }
}

/// The tag of this name with what its ref points to; `None` when there is none, or nobody may
/// see it.
async fn look<A: Send + Sync + 'static>(
    open: &OpenRepository<A>,
    name: &str,
) -> Result<Option<(ObjectId, Tag)>> {
    let Ok(name) = RefName::tag(name) else { return Ok(None) };
    let found = open.on_disk(move |repository| {
        let refs = repository.refs()?;
        match refs.find(name.as_str()).filter(|it| is_visible(it.name)) {
            Some(entry) => Ok(Some((entry.id, read(repository, &entry)?))),
            None => Ok(None),
        }
    });
    found.await
}

fn read(repository: &Repository, entry: &RefEntry<'_>) -> Result<Tag> {
    Ok(Tag {
        name: entry.name.strip_prefix(TAGS).unwrap_or(entry.name).to_owned(),
        target: entry.peeled.unwrap_or(entry.id),
        commit: repository.commit_info(&entry.id)?,
        info: repository.tag_info(&entry.id)?,
    })
}

/// A tag object, and the pack that brings it.
fn annotated(
    name: &RefName,
    target: &ObjectId,
    tagger: &Signature,
    message: &str,
) -> Result<(ObjectId, Vec<u8>)> {
    let target_ = target.to_string();
    let message = match message.trim() {
        "" => format!(
            "Added tag {} for changeset {}",
            name.short(),
            target_.get(..12).unwrap_or_default()
        ),
        message => message.to_owned(),
    };
    let content = format!(
        "object {target}\ntype commit\ntag {}\ntagger {}\n\n{message}\n",
        name.short(),
        tagger.to_line(),
    );
    let mut pack = NewPack::default();
    let id = pack.add(ObjectKind::Tag, content.as_bytes())?;
    Ok((id, pack.finish()?))
}
