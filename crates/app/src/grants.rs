//! Grants: who was given what on a workspace, project or repository.

use crate::error::{Error, Fields, Result};
use crate::ground::Ground;
use crate::subjects::{SubjectInput, SubjectView};
use crate::{App, Asker, PlaceName};
use model::{Level, Permission, Subject};
use policy::Act;

/// A grant on one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedGrant {
    pub subject: SubjectView,
    /// `None` once it was taken away.
    pub permission: Option<Permission>,
    pub level: Level,
}

impl App {
    /// Gives a subject a permission on a place, instead of any it was given there; `none` takes
    /// it away. What it holds elsewhere stays.
    pub async fn set_grant(
        &self,
        who: &Asker,
        place: &PlaceName,
        subject: &SubjectInput,
        permission: &str,
    ) -> Result<NamedGrant> {
        let level = place.level();
        let open = self.open_place(who, place, Act::ChangeGrants(level)).await?;
        let (subject, permission) =
            self.checked_grant(subject, permission, &open.ground, level).await?;
        self.keep_admin(who, place, |it| it.regrant(level, subject, permission)).await?;
        self.store.set_grant(&open.by, open.owner, subject, permission).await?;
        let names = self.name_of(subject, &open.ground).await?;
        Ok(NamedGrant { subject: SubjectView::of(subject, &names), permission, level })
    }

    /// Whom a grant that was sent means and what it gives; `none` is `None`.
    pub(crate) async fn checked_grant(
        &self,
        subject: &SubjectInput,
        permission: &str,
        ground: &Ground,
        level: Level,
    ) -> Result<(Subject, Option<Permission>)> {
        let mut fields = Fields::default();
        let permission = match permission {
            "none" => Some(None),
            word => fields.take("permission", Permission::parse(word)).map(Some),
        };
        // Passed over, it would give for ever what was meant for a while.
        if subject.until.is_some() {
            fields
                .add("subject.until", "a grant has no end: leave this out, and take it away later");
        }
        if subject.reason.is_some() {
            fields.add("subject.reason", "a grant keeps no reason: leave this out");
        }
        let found = self.subject(subject, ground, "subject", &mut fields).await?;
        let (Some(permission), Some(subject)) = (permission, found) else {
            return Err(Error::Invalid(fields));
        };
        if level == Level::Repository && permission == Some(Permission::CreateRepository) {
            fields.add("permission", "create-repository means something on projects only");
        }
        if subject == Subject::Anyone && permission > Some(Permission::Read) {
            fields.add("permission", "anyone, signed in or not, can be given read only");
        }
        if subject == Subject::Anyone
            && permission.is_some()
            && let Some(why) = ground.keeps_private()
        {
            fields.add("subject", format!("anyone can be given nothing here: {why}"));
        }
        fields.check()?;
        Ok((subject, permission))
    }

    /// The grants on one place; those of what contains it are not among them.
    pub async fn list_grants(&self, who: &Asker, place: &PlaceName) -> Result<Vec<NamedGrant>> {
        let level = place.level();
        let open = self.open_place(who, place, Act::ReadGrants(level)).await?;
        let here = open.ground.grants.iter().filter(|it| it.level == level);
        let named = here.map(|it| NamedGrant {
            subject: SubjectView::of(it.subject, &open.ground.names),
            permission: Some(it.permission),
            level,
        });
        Ok(named.collect())
    }
}
