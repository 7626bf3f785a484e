//! Restrictions on a workspace, project or repository, in their native shape.

use crate::error::{Error, Result};
use crate::ground::Ground;
use crate::open::OpenPlace;
use crate::subjects::{SubjectInput, SubjectView};
use crate::{App, Asker, PlaceName, clock};
use model::{Matcher, Mode, RefKinds, Restriction, RestrictionId, RestrictionKind, Timestamp};
use policy::Act;
use sha2::{Digest as _, Sha256};
use store::NewRestriction;

/// How often a restriction is checked again when the facts moved meanwhile.
const TRIES: usize = 5;

/// A restriction as it was sent.
#[derive(Clone, Debug, Default)]
pub struct RestrictionInput {
    /// `push`, `force`, …: any word of [`RestrictionKind`], or Bitbucket Data Center's.
    pub kind: String,
    /// `glob`, `ant`, `ref`, `branching_model` or `any`.
    pub matcher: String,
    /// A glob over short names, an Ant pattern, a full ref name or a class of the branching model;
    /// empty for `any`.
    pub pattern: String,
    /// Patterns of the same type that are left out; globs and full ref names where there is no
    /// pattern.
    pub except: Vec<String>,
    /// `branches`, `tags` or `both`; if left out, what the matcher is usually about.
    pub on: Option<String>,
    /// In allow-lists the only ones who may; for the other kinds those who are exempt.
    pub subjects: Vec<SubjectInput>,
    /// `enforce` (if left out) or `evaluate`.
    pub mode: Option<String>,
    /// The number of a merge check that takes one.
    pub value: Option<i64>,
    /// What a content rule needs besides: a pattern, an expression, paths, a name.
    pub argument: Option<String>,
    pub note: Option<String>,
}

/// A restriction as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestrictionView {
    pub id: RestrictionId,
    pub level: model::Level,
    pub kind: RestrictionKind,
    pub matcher: Matcher,
    pub on: RefKinds,
    pub subjects: Vec<SubjectView>,
    pub mode: Mode,
    pub value: Option<i64>,
    pub argument: Option<String>,
    pub note: Option<String>,
    pub changed_at: Timestamp,
    /// `None` when it was the system.
    pub changed_by: Option<String>,
    /// Why it can never decide anything as things are, in sentences; mostly none.
    pub warnings: Vec<String>,
    /// Of what it says: another one as soon as anybody has changed it.
    pub digest: String,
}

impl RestrictionView {
    pub(crate) fn of(rule: &Restriction, ground: &Ground) -> Self {
        let names = &ground.names;
        let idle = ground.rules_at(clock::now()).idle(rule);
        Self {
            id: rule.id,
            level: rule.level,
            kind: rule.kind,
            matcher: rule.matcher.clone(),
            on: rule.on,
            subjects: rule.subjects.iter().map(|it| SubjectView::listed(it, names)).collect(),
            mode: rule.mode,
            value: rule.value,
            argument: rule.argument.clone(),
            note: rule.note.clone(),
            changed_at: rule.changed_at,
            changed_by: rule.changed_by.clone(),
            warnings: idle.iter().map(ToString::to_string).collect(),
            digest: digest(rule),
        }
    }
}

fn digest(rule: &Restriction) -> String {
    short_digest(&format!("{:?}", NewRestriction::like(rule)))
}

/// Enough of a text's SHA-256 to tell it from another, in hexadecimal digits.
pub(crate) fn short_digest(text: &str) -> String {
    let hash = Sha256::digest(text);
    hash.iter().take(10).map(|byte| format!("{byte:02x}")).collect()
}

/// What is said of a rule in whose place another one shall be put.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replaced<'a> {
    pub id: RestrictionId,
    /// The digest of what was looked at before; `None` is whatever it says by now.
    pub expected: Option<&'a str>,
}

impl App {
    /// Puts a restriction on a place.
    pub async fn create_restriction(
        &self,
        who: &Asker,
        place: &PlaceName,
        input: &RestrictionInput,
    ) -> Result<RestrictionView> {
        self.write_restriction(who, place, None, input, |_| Ok(())).await
    }

    /// The restrictions on one place, by number; those of what contains it are not among them.
    pub async fn list_restrictions(
        &self,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<Vec<RestrictionView>> {
        let open = self.open_restrictions(who, place, false).await?;
        let here = open.ground.rules.iter().filter(|it| it.level == place.level());
        Ok(here.map(|it| RestrictionView::of(it, &open.ground)).collect())
    }

    /// One restriction of a place.
    pub async fn restriction(
        &self,
        who: &Asker,
        place: &PlaceName,
        id: RestrictionId,
    ) -> Result<RestrictionView> {
        let open = self.open_restrictions(who, place, false).await?;
        find(&open.ground, place, id)
    }

    /// Replaces everything about a restriction but its number and its place. `expected`: the digest
    /// that it must still have, so that nobody puts back what somebody else has changed meanwhile.
    pub async fn update_restriction(
        &self,
        who: &Asker,
        place: &PlaceName,
        id: RestrictionId,
        input: &RestrictionInput,
        expected: Option<&str>,
    ) -> Result<RestrictionView> {
        let replaces = Some(Replaced { id, expected });
        self.write_restriction(who, place, replaces, input, |_| Ok(())).await
    }

    /// Makes a restriction, or puts it in the place of one, if it goes together with the others by
    /// what `fits` says, too. Nobody else can make one meanwhile that it would not fit beside.
    pub(crate) async fn write_restriction(
        &self,
        who: &Asker,
        place: &PlaceName,
        replaces: Option<Replaced<'_>>,
        input: &RestrictionInput,
        fits: impl Fn(&Ground) -> Result<()>,
    ) -> Result<RestrictionView> {
        for _ in 0..TRIES {
            // Read first: what is read after it is as new or newer, and is checked on writing.
            let as_of = Some(self.store.facts_version().await?);
            let OpenPlace { owner, ground, by } = self.open_restrictions(who, place, true).await?;
            if let Some(Replaced { id, expected }) = replaces {
                let now = find(&ground, place, id)?.digest;
                if expected.is_some_and(|it| it != now) {
                    let message = format!(
                        "rule {id} was changed by somebody else and is now {now}: look at it \
                         again, then repeat your change"
                    );
                    return Err(Error::Conflict { field: "digest", message });
                }
            }
            fits(&ground)?;
            let replaced = replaces.map(|it| it.id);
            let new = self.checked_restriction(input, &ground, replaced).await?;
            let written = match replaced {
                Some(id) => self.store.update_restriction(&by, owner, id, new, as_of).await,
                None => self.store.create_restriction(&by, owner, new, as_of).await,
            };
            match written {
                Err(store::Error::Moved) => continue,
                written => return self.show_restriction(who, place, written?.id).await,
            }
        }
        Err(store::Error::Moved.into())
    }

    /// Removes a restriction from a place.
    pub async fn remove_restriction(
        &self,
        who: &Asker,
        place: &PlaceName,
        id: RestrictionId,
    ) -> Result<()> {
        let open = self.open_restrictions(who, place, true).await?;
        if self.store.remove_restriction(&open.by, open.owner, id).await? {
            Ok(())
        } else {
            Err(Error::NotFound { what: "restriction" })
        }
    }

    pub(crate) async fn open_restrictions(
        &self,
        who: &Asker,
        place: &PlaceName,
        change: bool,
    ) -> Result<OpenPlace> {
        let level = place.level();
        let act =
            if change { Act::ChangeRestrictions(level) } else { Act::ReadRestrictions(level) };
        self.open_place(who, place, act).await
    }

    /// What was just written, with the names of its subjects, as the facts have it now.
    async fn show_restriction(
        &self,
        who: &Asker,
        place: &PlaceName,
        id: RestrictionId,
    ) -> Result<RestrictionView> {
        let (_, ground) = self.facts(who, place).await?;
        let ground = ground.ok_or(Error::NotFound { what: "restriction" })?;
        find(&ground, place, id)
    }
}

fn find(ground: &Ground, place: &PlaceName, id: RestrictionId) -> Result<RestrictionView> {
    let rule = ground.rules.find(id).filter(|it| it.level == place.level());
    let rule = rule.ok_or(Error::NotFound { what: "restriction" })?;
    Ok(RestrictionView::of(rule, ground))
}
