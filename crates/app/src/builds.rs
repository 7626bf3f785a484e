//! What builds say of commits. Anybody who may write may say it, unless the key is kept for
//! others: then only they may, and administrators.

use crate::build_input::BuildInput;
use crate::error::{Error, Fields, Result};
use crate::open::{ChangingBuildKeys, OpenRepository, PostingBuild, ReadingBuildKeys, SeesContent};
use crate::revisions::find_commits;
use crate::subjects::{SubjectInput, SubjectView};
use crate::text_input::{check_text, is_text};
use crate::{App, Asker, PlaceName};
use model::{ObjectId, RepositoryId};
use policy::Act;
use std::sync::Arc;
use store::{BuildKey, BuildStatus, NewBuildStatus};

/// More builds than this are nobody's.
const BUILDS: usize = 500;
/// More lines than this are a mistake.
const KEYS: usize = 200;

/// Whom some keys are kept for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildKeyView {
    /// A glob over whole keys.
    pub pattern: String,
    /// Never empty.
    pub subjects: Vec<SubjectView>,
}

impl<A: SeesContent> OpenRepository<A> {
    /// What builds say of a commit, in the order in which they began to; with a branch, without
    /// those that were for others.
    pub async fn build_statuses(
        &self,
        commit: &str,
        branch: Option<&str>,
    ) -> Result<Vec<BuildStatus>> {
        let commit = self.find_commit(commit).await?;
        let mut all = self.app.store.list_build_statuses(self.repository.id, &commit).await?;
        all.retain(|it| it.is_for(branch));
        Ok(all)
    }

    /// What one build says of a commit.
    pub async fn build_status(&self, commit: &str, key: &str) -> Result<BuildStatus> {
        let commit = self.find_commit(commit).await?;
        self.known_build(&commit, key).await
    }
}

impl<A: Send + Sync + 'static> OpenRepository<A> {
    async fn known_build(&self, commit: &ObjectId, key: &str) -> Result<BuildStatus> {
        let missing = Error::NotFound { what: "build status" };
        if !is_text(key) {
            return Err(missing);
        }
        let found = self.app.store.find_build_status(self.repository.id, commit, key).await?;
        found.ok_or(missing)
    }

    async fn find_commit(&self, name: &str) -> Result<ObjectId> {
        let name = name.to_owned();
        let found = self.on_disk(move |it| find_commits(it, &[name])).await?;
        found.first().copied().ok_or(Error::NotFound { what: "commit" })
    }
}

impl OpenRepository<PostingBuild> {
    /// Notes what a build says of a commit, in the place of what it said before.
    pub async fn post_build_status(&self, commit: &str, input: BuildInput) -> Result<BuildStatus> {
        let new = input.check(self.find_commit(commit).await?, None)?;
        let there = self.app.store.list_build_statuses(self.repository.id, &new.commit).await?;
        if there.len() >= BUILDS && !there.iter().any(|it| it.key == new.key) {
            let message = format!("{BUILDS} builds speak of this commit: use one of their keys");
            return Err(Fields::one("key", message));
        }
        self.put(new).await
    }

    /// Changes what a build said; what is left out stays as it is, and its key does in any case.
    pub async fn update_build_status(
        &self,
        commit: &str,
        key: &str,
        input: BuildInput,
    ) -> Result<BuildStatus> {
        let commit = self.find_commit(commit).await?;
        let there = self.known_build(&commit, key).await?;
        self.put(BuildInput { key: None, ..input }.check(commit, Some(there))?).await
    }

    /// A key that is kept for others is theirs: writing it is another act, which the policy is
    /// asked about by itself.
    async fn put(&self, new: NewBuildStatus) -> Result<BuildStatus> {
        let (keys, _) = self.app.store.list_build_keys(self.repository.id).await?;
        if let Some(pattern) = kept_from(&keys, &new.key, &self.who) {
            let (key, pattern) = (new.key.clone(), pattern.to_owned());
            let act = Act::PostKeptBuildStatus { key, pattern };
            let place = PlaceName::from(&self.path);
            let judged = self.app.judge(&self.who, &place, &act).await?;
            if !judged.decision.is_allowed() {
                return Err(self.app.refuse(&self.who, &place, &act, &judged).await);
            }
        }
        let put = self.app.store.put_build_status(&self.by, self.repository.id, new).await?;
        self.app.landings.poke(self.repository.id);
        Ok(put)
    }
}

impl App {
    /// Whom the keys of builds are kept for, by pattern.
    pub async fn list_build_keys(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
    ) -> Result<Vec<BuildKeyView>> {
        let open = self.open_repository::<ReadingBuildKeys>(who, repository).await?;
        self.build_key_views(open.repository.id).await
    }

    /// Says anew whom keys are kept for. What is left out is kept for nobody any more.
    pub async fn set_build_keys(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        keys: Vec<(String, Vec<SubjectInput>)>,
    ) -> Result<Vec<BuildKeyView>> {
        let open = self.open_repository::<ChangingBuildKeys>(who, repository).await?;
        let (_, ground) = self.facts(who, repository).await?;
        let ground = ground.ok_or(Error::NotFound { what: "repository" })?;
        let mut fields = Fields::default();
        if keys.len() > KEYS {
            fields.add("values", format!("these are {}: give at most {KEYS}", keys.len()));
        }
        let mut rows = Vec::new();
        for (number, (pattern, subjects)) in keys.iter().take(KEYS).enumerate() {
            let field = |name: &str| format!("values[{number}].{name}");
            if pattern.is_empty() || pattern.len() > 255 {
                fields.add(&field("pattern"), "write a glob of 1 to 255 bytes");
            }
            check_text(&field("pattern"), pattern, &mut fields);
            if subjects.is_empty() {
                fields.add(&field("subjects"), "name at least one: who else should build?");
            }
            for it in subjects {
                let found = self.subject(it, &ground, &field("subjects"), &mut fields).await?;
                rows.extend(found.map(|subject| BuildKey { pattern: pattern.clone(), subject }));
            }
        }
        fields.check()?;
        self.store.set_build_keys(&open.by, open.repository.id, &rows).await?;
        self.build_key_views(open.repository.id).await
    }

    async fn build_key_views(&self, repository: RepositoryId) -> Result<Vec<BuildKeyView>> {
        let (keys, names) = self.store.list_build_keys(repository).await?;
        let mut views: Vec<BuildKeyView> = Vec::new();
        for BuildKey { pattern, subject } in keys {
            let subject = SubjectView::of(subject, &names);
            match views.last_mut().filter(|it| it.pattern == pattern) {
                Some(last) => last.subjects.push(subject),
                None => views.push(BuildKeyView { pattern, subjects: vec![subject] }),
            }
        }
        Ok(views)
    }
}

/// The pattern by which a key is kept from this principal, if one does: of each that fits it, one
/// subject must be this one. A line more never lets more people post.
fn kept_from<'a>(keys: &'a [BuildKey], key: &str, who: &Asker) -> Option<&'a str> {
    let fitting: Vec<_> = keys.iter().filter(|it| policy::text_fits(&it.pattern, key)).collect();
    let keeping = fitting.iter().find(|line| {
        let mut of_pattern = fitting.iter().filter(|it| it.pattern == line.pattern);
        !of_pattern.any(|it| who.who.principal.is(it.subject))
    });
    keeping.map(|it| it.pattern.as_str())
}
