//! Commits: listed and looked at, with the accounts that their e-mail addresses belong to.

use crate::error::{Error, Result};
use crate::fetch::is_visible;
use crate::open::{OpenRepository, SeesContent};
use crate::page::{Page, PageRequest};
use crate::revisions::{Range, find_commits};
use crate::users::Profile;
use model::{Email, ObjectId};
use repo::{CommitInfo, LogQuery, Repository};
use std::collections::BTreeMap;

/// A commit, and who its people are here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    pub info: CommitInfo,
    /// The account with the author's address.
    pub author: Option<Profile>,
    /// The account with the committer's address.
    pub committer: Option<Profile>,
}

/// Which commits somebody wants to see. Names are those of branches, tags and commits.
#[derive(Clone, Debug, Default)]
pub struct CommitsQuery {
    /// What these lead to; all branches and tags if there is none.
    pub include: Vec<String>,
    /// But not what these lead to.
    pub exclude: Vec<String>,
    /// Only what changes one of these files or folders.
    pub paths: Vec<String>,
}

/// All branches and tags.
const LISTED: [&str; 2] = ["refs/heads/", "refs/tags/"];

impl<A: SeesContent> OpenRepository<A> {
    /// Commits, newest first, none before one of its children.
    pub async fn commits(&self, query: CommitsQuery, page: PageRequest) -> Result<Page<Commit>> {
        let found = self.on_disk(move |repository| {
            let mut include = find_commits(repository, &query.include)?;
            if query.include.is_empty() {
                include = all_tips(repository)?;
            }
            let exclude = find_commits(repository, &query.exclude)?;
            let query = LogQuery { include: &include, exclude: &exclude, paths: &query.paths };
            read_page(repository, repository.log(&query)?, page)
        });
        self.with_people_of(found.await?).await
    }

    /// The commits that a range brings, newest first; of one commit, it and all before it.
    pub async fn commits_of(&self, range: Range, page: PageRequest) -> Result<Page<Commit>> {
        let found = self.on_disk(move |repository| {
            let exclude: Vec<_> = range.destination.into_iter().collect();
            let query = LogQuery { include: &[range.source], exclude: &exclude, paths: &[] };
            read_page(repository, repository.log(&query)?, page)
        });
        self.with_people_of(found.await?).await
    }

    /// One commit, by the name of a branch or tag or by its id, of which a few digits are enough.
    pub async fn commit(&self, name: &str) -> Result<Commit> {
        let name = name.to_owned();
        let found = self.on_disk(move |repository| {
            let ids = find_commits(repository, &[name])?;
            read(repository, ids.first().ok_or(Error::NotFound { what: "commit" })?)
        });
        self.with_people(found.await?).await
    }

    /// Where the two sides of a range have parted; not found where they have nothing in common.
    pub async fn merge_base(&self, range: Range) -> Result<Commit> {
        let missing = Error::NotFound { what: "common ancestor" };
        let found = self.on_disk(move |repository| {
            let destination = range.destination.unwrap_or(range.source);
            let base = repository.merge_base(&range.source, &destination)?;
            read(repository, &base.ok_or(missing)?)
        });
        self.with_people(found.await?).await
    }

    async fn with_people(&self, info: CommitInfo) -> Result<Commit> {
        let mut people = BTreeMap::new();
        self.introduce(info, &mut people).await
    }

    async fn with_people_of(&self, page: Page<CommitInfo>) -> Result<Page<Commit>> {
        let mut people = BTreeMap::new();
        let Page { values, size, page, pagelen } = page;
        let mut commits = Vec::with_capacity(values.len());
        for info in values {
            commits.push(self.introduce(info, &mut people).await?);
        }
        Ok(Page { values: commits, size, page, pagelen })
    }

    /// Looks up whose addresses a commit has; `people` are those who are known already.
    async fn introduce(
        &self,
        info: CommitInfo,
        people: &mut BTreeMap<String, Option<Profile>>,
    ) -> Result<Commit> {
        for address in [&info.author.email, &info.committer.email] {
            if !people.contains_key(address) {
                let profile = match Email::parse(address) {
                    Ok(email) => self.app.store.find_user_by_email(&email).await?,
                    Err(_) => None,
                };
                people.insert(address.clone(), profile.map(Profile::from));
            }
        }
        let known = |address: &String| people.get(address).cloned().flatten();
        let (author, committer) = (known(&info.author.email), known(&info.committer.email));
        Ok(Commit { info, author, committer })
    }
}

fn all_tips(repository: &Repository) -> Result<Vec<ObjectId>> {
    let refs = repository.refs()?;
    let listed = LISTED.iter().flat_map(|it| refs.with_prefix(it)).filter(|it| is_visible(it.name));
    let mut tips: Vec<_> = listed.map(|it| it.peeled.unwrap_or(it.id)).collect();
    tips.sort_unstable();
    tips.dedup();
    Ok(tips)
}

fn read_page(
    repository: &Repository,
    ids: Vec<ObjectId>,
    page: PageRequest,
) -> Result<Page<CommitInfo>> {
    page.of(ids).try_map(|it| read(repository, &it))
}

fn read(repository: &Repository, id: &ObjectId) -> Result<CommitInfo> {
    repository.commit_info(id)?.ok_or(Error::NotFound { what: "commit" })
}
