//! Many changes to what hangs on one place, all or none.

use crate::grant::set_grant_in;
use crate::restriction::{create_in, remove_in, update_in};
use crate::{Actor, Error, NewRestriction, Owner, Result, Store};
use model::{Permission, RestrictionId, Subject};

/// What is to be different about the grants and restrictions of one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyChanges {
    /// `None` takes the grant away.
    pub grants: Vec<(Subject, Option<Permission>)>,
    pub removed: Vec<RestrictionId>,
    pub changed: Vec<(RestrictionId, NewRestriction)>,
    pub added: Vec<NewRestriction>,
}

impl PolicyChanges {
    /// Is there nothing to do?
    pub fn is_empty(&self) -> bool {
        let Self { grants, removed, changed, added } = self;
        grants.is_empty() && removed.is_empty() && changed.is_empty() && added.is_empty()
    }
}

impl Store {
    /// Makes all the changes, each with its audit line, if the facts are still those of `version`;
    /// else [`Error::Moved`], and nothing is changed.
    pub async fn change_policy(
        &self,
        by: &Actor,
        owner: Owner,
        version: i64,
        changes: PolicyChanges,
    ) -> Result<()> {
        let mut change = self.change(by).await?;
        change.expect_version(version).await?;
        owner.must_exist(&mut change).await?;
        let mut notes = Vec::new();
        for new in changes.added {
            notes.push(create_in(&mut change, owner, new).await?.1);
        }
        for (id, new) in changes.changed {
            notes.push(update_in(&mut change, owner, id, new).await?.1);
        }
        for id in changes.removed {
            let note = remove_in(&mut change, owner, id).await?;
            notes.push(note.ok_or(Error::NotFound { what: "restriction" })?);
        }
        for (subject, permission) in changes.grants {
            notes.push(set_grant_in(&mut change, owner, subject, permission).await?);
        }
        change.commit_all(owner.audited(), &notes).await
    }
}
