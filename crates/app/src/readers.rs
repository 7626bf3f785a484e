//! What other users than the one who asks may see: for naming them as somebody who has work to do
//! there. Asks the policy like everybody; from where they will come is not known and not asked.

use crate::error::Result;
use crate::open::Judged;
use crate::{App, PlaceName};
use model::{Level, UserId};
use policy::{Act, NetworkRules};
use store::{PrincipalKind, PrincipalName};

impl App {
    /// May this user see a repository, or a project, coming with nothing that narrows them?
    pub(crate) async fn may_see(&self, user: UserId, place: &PlaceName) -> Result<bool> {
        let (kind, name) = (PrincipalKind::User, String::new());
        let user = PrincipalName { kind, id: Some(user.0), name };
        let Some(asker) = self.recorded_asker(&user, place).await? else { return Ok(false) };
        let act = match place.level() {
            Level::Repository => Act::ReadRepository,
            Level::Instance | Level::Workspace | Level::Project => Act::ReadProject,
        };
        let (mut facts, ground) = self.facts(&asker, place).await?;
        facts.network = NetworkRules::default();
        Ok(Judged::by(&asker, &act, facts, ground).decision.is_allowed())
    }
}
