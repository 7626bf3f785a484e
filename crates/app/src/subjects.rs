//! Subjects as people name them, resolved where they are used. Whom a name means is looked up
//! only after the policy has let the asker in.

use crate::error::{Fields, Result};
use crate::ground::Ground;
use crate::render::visible;
use crate::text_input::is_text;
use crate::{App, clock};
use model::{
    AccessKeyId, AccessTokenId, GroupId, Level, ListedSubject, Slug, Subject, Timestamp, UserId,
};
use store::{AccessKey, AccessToken, Names, Owner};

/// A subject as it was sent: its kind, and its name or its id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubjectInput {
    /// `user`, `group`, `access_token`, `access_key`, `workload`, `everyone` or `anyone`.
    pub kind: String,
    /// A user name, a group's slug, a token's name, a key's label.
    pub name: Option<String>,
    /// A number, or a user's `{uuid}`.
    pub id: Option<String>,
    /// In a restriction's list: not counted from then on.
    pub until: Option<Timestamp>,
    /// In a restriction's list: why.
    pub reason: Option<String>,
}

/// A subject as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectView {
    /// The same words as in [`SubjectInput`].
    pub kind: &'static str,
    /// The number; `None` for everyone and anyone.
    pub id: Option<i64>,
    /// User name, group slug, token name or key label; `None` for everyone and anyone.
    pub name: Option<String>,
    /// The name for people to read.
    pub display_name: Option<String>,
    /// Of users.
    pub uuid: Option<String>,
    pub until: Option<Timestamp>,
    pub reason: Option<String>,
}

impl SubjectView {
    pub(crate) fn of(subject: Subject, names: &Names) -> Self {
        let name = names.get(&subject);
        Self {
            kind: subject.kind(),
            id: number(subject),
            name: name.map(|it| it.name.clone()),
            display_name: name.map(|it| it.display_name.clone()),
            uuid: name.and_then(|it| it.uuid.clone()),
            until: None,
            reason: None,
        }
    }

    pub(crate) fn listed(listed: &ListedSubject, names: &Names) -> Self {
        let (until, reason) = (listed.until, listed.reason.clone());
        Self { until, reason, ..Self::of(listed.subject, names) }
    }
}

const fn number(subject: Subject) -> Option<i64> {
    match subject {
        Subject::User(id) => Some(id.0),
        Subject::Group(id) => Some(id.0),
        Subject::AccessToken(id) => Some(id.0),
        Subject::AccessKey(id) => Some(id.0),
        Subject::Workload(id) => Some(id.0),
        Subject::Everyone | Subject::Anyone => None,
    }
}

/// What a name leads to. Names of tokens and labels of keys are anybody's choice who may make one, so
/// one that means several means none of them.
pub(crate) enum Called<T> {
    Nobody,
    One(T),
    /// Which, in a sentence.
    Several(String),
}

impl<T> Called<T> {
    fn of(mut found: Vec<T>, several: String) -> Self {
        match (found.pop(), found.is_empty()) {
            (None, _) => Self::Nobody,
            (Some(one), true) => Self::One(one),
            (Some(_), false) => Self::Several(several),
        }
    }

    fn map<U>(self, with: impl FnOnce(T) -> U) -> Called<U> {
        match self {
            Self::Nobody => Called::Nobody,
            Self::One(it) => Called::One(with(it)),
            Self::Several(which) => Called::Several(which),
        }
    }
}

impl<T> From<Option<T>> for Called<T> {
    fn from(found: Option<T>) -> Self {
        found.map_or(Self::Nobody, Self::One)
    }
}

/// `several access tokens are called `bot`: say which by its id, 15 of the workspace or 16 of the
/// repository`
fn several(what: &str, name: &str, ids: Vec<(i64, Level)>) -> String {
    let ids: Vec<_> = ids.iter().map(|(id, level)| format!("{id} of the {level}")).collect();
    let (name, ids) = (visible(name), ids.join(" or "));
    format!("several {what}s are called `{name}`: say which by its id, {ids}")
}

const KINDS: &str = "user, group, access_token, access_key, workload, everyone, anyone";

impl App {
    /// Whom a subject means, seen from a place: groups are those of its workspace, tokens and keys
    /// those of the place and of what contains it. An unknown one is noted in `fields`.
    pub(crate) async fn subject(
        &self,
        input: &SubjectInput,
        ground: &Ground,
        field: &str,
        fields: &mut Fields,
    ) -> Result<Option<Subject>> {
        // Nothing is called like that, and not every database lets one ask.
        let unsayable = [&input.name, &input.id].into_iter().flatten().any(|it| !is_text(it));
        let found = match input.kind.as_str() {
            "everyone" => return Ok(Some(Subject::Everyone)),
            "anyone" => return Ok(Some(Subject::Anyone)),
            "user" | "group" | "access_token" | "access_key" if unsayable => Called::Nobody,
            "user" => self.user_subject(input).await?.into(),
            "group" => self.group_subject(input, ground).await?.into(),
            "access_token" => {
                self.token_subject(input, ground).await?.map(|it| Subject::AccessToken(it.id))
            }
            "access_key" => {
                self.key_subject(input, ground).await?.map(|it| Subject::AccessKey(it.id))
            }
            "workload" => Called::Nobody,
            other => {
                fields.add(field, format!("unknown type `{}`: use one of {KINDS}", visible(other)));
                return Ok(None);
            }
        };
        match found {
            Called::One(subject) => return Ok(Some(subject)),
            Called::Several(which) => fields.add(field, which),
            Called::Nobody => {
                let called = input.name.as_deref().or(input.id.as_deref()).unwrap_or("");
                let kind = input.kind.replace('_', " ");
                fields.add(field, format!("no {kind} `{}` here: check the name", visible(called)));
            }
        }
        Ok(None)
    }

    async fn user_subject(&self, input: &SubjectInput) -> Result<Option<Subject>> {
        let user = match (&input.id, &input.name) {
            (Some(id), _) => match id.parse() {
                Ok(number) => self.store.find_user_by_id(UserId(number)).await?,
                Err(_) => {
                    let uuid = id.trim_start_matches('{').trim_end_matches('}');
                    self.store.find_user_by_uuid(&uuid.to_ascii_lowercase()).await?
                }
            },
            (None, Some(name)) => self.find_named_user(name).await?,
            (None, None) => None,
        };
        Ok(user.map(|it| Subject::User(it.id)))
    }

    async fn group_subject(
        &self,
        input: &SubjectInput,
        ground: &Ground,
    ) -> Result<Option<Subject>> {
        let Some(workspace) = &ground.workspace else { return Ok(None) };
        let all = store::PageRequest::ALL;
        let id = input.id.as_deref().and_then(|it| it.parse().ok()).map(GroupId);
        let group = match (id, input.name.as_deref().map(Slug::parse)) {
            (Some(id), _) => {
                let groups = self.store.list_groups(workspace.id, all).await?.items;
                groups.into_iter().find(|it| it.id == id)
            }
            (None, Some(Ok(slug))) => self.store.find_group(workspace.id, &slug).await?,
            (None, Some(Err(_)) | None) => None,
        };
        Ok(group.map(|it| Subject::Group(it.id)))
    }

    async fn token_subject(
        &self,
        input: &SubjectInput,
        ground: &Ground,
    ) -> Result<Called<AccessToken>> {
        match (&input.id, &input.name) {
            (Some(id), _) => match id.parse() {
                Ok(id) => Ok(self.token_numbered(AccessTokenId(id), ground).await?.into()),
                Err(_) => Ok(Called::Nobody),
            },
            (None, Some(name)) => self.token_called(name, ground).await,
            (None, None) => Ok(Called::Nobody),
        }
    }

    /// The access token of this name, of the place or of what contains it. One that can be used goes
    /// before those that have expired.
    pub(crate) async fn token_called(
        &self,
        name: &str,
        ground: &Ground,
    ) -> Result<Called<AccessToken>> {
        let mut found = Vec::new();
        for owner in owners(ground).into_iter().filter(|_| is_text(name)) {
            found.extend(self.store.list_access_tokens_by_name(owner, name).await?);
        }
        let is_good = |it: &AccessToken| it.token.expires_at.is_none_or(|it| it > clock::now());
        if found.iter().any(is_good) {
            found.retain(is_good);
        }
        let ids = found.iter().map(|it| (it.id.0, it.owner.level()));
        let several = several("access token", name, ids.collect());
        Ok(Called::of(found, several))
    }

    pub(crate) async fn token_numbered(
        &self,
        id: AccessTokenId,
        ground: &Ground,
    ) -> Result<Option<AccessToken>> {
        for owner in owners(ground) {
            if let Some(token) = self.store.find_access_token(owner, id).await? {
                return Ok(Some(token));
            }
        }
        Ok(None)
    }

    async fn key_subject(
        &self,
        input: &SubjectInput,
        ground: &Ground,
    ) -> Result<Called<AccessKey>> {
        match (&input.id, &input.name) {
            (Some(id), _) => match id.parse() {
                Ok(id) => Ok(self.key_numbered(AccessKeyId(id), ground).await?.into()),
                Err(_) => Ok(Called::Nobody),
            },
            (None, Some(label)) => self.key_labelled(label, ground).await,
            (None, None) => Ok(Called::Nobody),
        }
    }

    /// The access key of this label, of the place or of what contains it.
    pub(crate) async fn key_labelled(
        &self,
        label: &str,
        ground: &Ground,
    ) -> Result<Called<AccessKey>> {
        let mut found = Vec::new();
        for owner in owners(ground).into_iter().filter(|_| is_text(label)) {
            found.extend(self.store.list_access_keys_by_label(owner, label).await?);
        }
        let ids = found.iter().map(|it| (it.id.0, it.owner.level()));
        let several = several("access key", label, ids.collect());
        Ok(Called::of(found, several))
    }

    pub(crate) async fn key_numbered(
        &self,
        id: AccessKeyId,
        ground: &Ground,
    ) -> Result<Option<AccessKey>> {
        for owner in owners(ground) {
            if let Some(key) = self.store.find_access_key(owner, id).await? {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    /// Names of subjects that were just resolved, for showing what was made.
    pub(crate) async fn name_of(&self, subject: Subject, ground: &Ground) -> Result<Names> {
        let mut names = Names::new();
        let named = |name: &str, display: &str, uuid| store::SubjectName {
            name: name.to_owned(),
            display_name: display.to_owned(),
            uuid,
        };
        match subject {
            Subject::User(id) => {
                let user = self.store.find_user_by_id(id).await?;
                names.extend(user.map(|it| {
                    (subject, named(it.username.as_str(), it.display_name.as_str(), Some(it.uuid)))
                }));
            }
            Subject::Group(id) => {
                let Some(workspace) = &ground.workspace else { return Ok(names) };
                let all = store::PageRequest::ALL;
                let groups = self.store.list_groups(workspace.id, all).await?.items;
                let group = groups.into_iter().find(|it| it.id == id);
                names.extend(
                    group.map(|it| (subject, named(it.slug.as_str(), it.name.as_str(), None))),
                );
            }
            Subject::AccessToken(id) => {
                let token = self.token_numbered(id, ground).await?;
                names
                    .extend(token.map(|it| (subject, named(&it.token.name, &it.token.name, None))));
            }
            Subject::AccessKey(id) => {
                let key = self.key_numbered(id, ground).await?;
                names.extend(key.map(|it| (subject, named(&it.key.label, &it.key.label, None))));
            }
            Subject::Workload(_) | Subject::Everyone | Subject::Anyone => {}
        }
        Ok(names)
    }
}

/// The place and what contains it, from the inside out.
pub(crate) fn owners(ground: &Ground) -> Vec<Owner> {
    let repository = ground.repository.as_ref().map(|it| Owner::Repository(it.id));
    let project = ground.project.as_ref().map(|it| Owner::Project(it.id));
    let workspace = ground.workspace.as_ref().map(|it| Owner::Workspace(it.id));
    [repository, project, workspace].into_iter().flatten().collect()
}
