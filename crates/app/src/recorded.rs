//! Whoever is named in a record, as they are today. Looks them up; believes nobody.

use crate::error::Result;
use crate::{App, Asker, PlaceName};
use store::PrincipalKind;

impl App {
    /// Somebody who is named in a record, as they are today, with a credential that narrows
    /// nothing. `None` when they cannot come again: removed, suspended, revoked.
    pub(crate) async fn recorded_asker(
        &self,
        name: &store::PrincipalName,
        repository: &PlaceName,
    ) -> Result<Option<Asker>> {
        let mut asker = Asker::system();
        let kind = match (name.kind, name.id) {
            (PrincipalKind::System, _) => return Ok(Some(asker)),
            (PrincipalKind::User, Some(id)) => {
                let version = self.store.facts_version().await?;
                let account = self.account(model::UserId(id), version).await?;
                let Some(account) = account.filter(|it| it.user.active) else { return Ok(None) };
                asker.who.principal = crate::sign_in::principal_of(&account);
                asker.account = Some(account);
                return Ok(Some(asker));
            }
            (PrincipalKind::AccessToken, Some(id)) => {
                let (_, ground) = self.facts(&asker, repository).await?;
                let Some(ground) = ground else { return Ok(None) };
                let id = model::AccessTokenId(id);
                let token = self.token_numbered(id, &ground).await?;
                if token.is_none_or(|it| it.token.revoked_at.is_some()) {
                    return Ok(None);
                }
                policy::PrincipalKind::AccessToken(id)
            }
            (PrincipalKind::AccessKey, Some(id)) => {
                let (_, ground) = self.facts(&asker, repository).await?;
                let Some(ground) = ground else { return Ok(None) };
                let id = model::AccessKeyId(id);
                if self.key_numbered(id, &ground).await?.is_none() {
                    return Ok(None);
                }
                policy::PrincipalKind::AccessKey(id)
            }
            (PrincipalKind::Workload, Some(id)) => {
                policy::PrincipalKind::Workload(model::WorkloadId(id))
            }
            // Nobody in particular, and what an older version recorded without a number.
            (PrincipalKind::Anonymous, _)
            | (
                PrincipalKind::User
                | PrincipalKind::AccessToken
                | PrincipalKind::AccessKey
                | PrincipalKind::Workload,
                None,
            ) => return Ok(None),
        };
        asker.who.principal =
            policy::Principal { kind, name: name.name.clone(), groups: [].into() };
        Ok(Some(asker))
    }
}
