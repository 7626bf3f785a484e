//! Restrictions on a workspace, project or repository, in their native shape.

use crate::error::{Error, Result};
use crate::ground::Ground;
use crate::open::OpenPlace;
use crate::restriction_warnings::warnings;
use crate::subjects::{SubjectInput, SubjectView};
use crate::{App, Asker, PlaceName};
use model::{Matcher, Mode, RefKinds, Restriction, RestrictionId, RestrictionKind, Timestamp};
use policy::Act;

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
}

impl RestrictionView {
    pub(crate) fn of(rule: &Restriction, ground: &Ground) -> Self {
        let names = &ground.names;
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
            warnings: warnings(rule, ground),
        }
    }
}

impl App {
    /// Puts a restriction on a place.
    pub async fn create_restriction(
        &self,
        who: &Asker,
        place: &PlaceName,
        input: &RestrictionInput,
    ) -> Result<RestrictionView> {
        let open = self.open_restrictions(who, place, true).await?;
        let new = self.checked_restriction(input, &open.ground, None).await?;
        let made = self.store.create_restriction(&open.by, open.owner, new).await?;
        self.show_restriction(who, place, made.id).await
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

    /// Replaces everything about a restriction but its number and its place.
    pub async fn update_restriction(
        &self,
        who: &Asker,
        place: &PlaceName,
        id: RestrictionId,
        input: &RestrictionInput,
    ) -> Result<RestrictionView> {
        let open = self.open_restrictions(who, place, true).await?;
        find(&open.ground, place, id)?;
        let new = self.checked_restriction(input, &open.ground, Some(id)).await?;
        self.store.update_restriction(&open.by, open.owner, id, new).await?;
        self.show_restriction(who, place, id).await
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
