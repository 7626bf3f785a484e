//! Access tokens: bots, owned by a repository, project or workspace, each a principal of its own.
//! What its scopes promise, a grant at its owner gives it; nothing else does.

use crate::error::{Error, Result};
use crate::token_input::{Created, NewToken, overlap_until, scopes_of, successor};
use crate::token_text::TokenKind;
use crate::{App, Asker, PlaceName, clock};
use model::{AccessTokenId, Scopes};
use policy::{Act, home_permission};
use std::time::Duration;
use store::AccessToken;

impl App {
    /// Makes a token of a repository, project or workspace, and gives it the permission there
    /// that its scopes speak of.
    pub async fn create_access_token(
        &self,
        who: &Asker,
        place: &PlaceName,
        new: NewToken,
    ) -> Result<Created<AccessToken>> {
        let checked = new.check();
        let scopes = checked.as_ref().map(|it| it.scopes.clone()).unwrap_or_default();
        let until = checked.as_ref().ok().and_then(|it| it.expires_at);
        let act = Act::CreateAccessToken { on: place.level(), scopes: scopes.clone(), until };
        let open = self.open_place(who, place, act).await?;
        let (new, secret) = self.make_token(who, TokenKind::Access, checked?).await?;
        let permission = home_permission(&Scopes::Only(scopes), open.owner.level());
        let token = self.store.create_access_token(&open.by, open.owner, new, permission).await?;
        Ok(Created { token, secret })
    }

    /// All tokens of a place, the oldest first, revoked and expired ones included.
    pub async fn list_access_tokens(
        &self,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<Vec<AccessToken>> {
        let open = self.open_place(who, place, Act::ReadAccessTokens(place.level())).await?;
        self.flush_used().await;
        Ok(self.store.list_access_tokens(open.owner).await?)
    }

    /// Makes a token good for nothing, at once.
    pub async fn revoke_access_token(
        &self,
        who: &Asker,
        place: &PlaceName,
        id: AccessTokenId,
    ) -> Result<()> {
        let open = self.open_place(who, place, Act::RevokeAccessToken(place.level())).await?;
        if self.store.revoke_access_token(&open.by, open.owner, id).await? {
            Ok(())
        } else {
            Err(Error::NotFound { what: "token" })
        }
    }

    /// Replaces a token by a new one with the same name, scopes, limits, grants and places in
    /// restrictions. The old one stays good for `overlap`.
    pub async fn rotate_access_token(
        &self,
        who: &Asker,
        place: &PlaceName,
        id: AccessTokenId,
        overlap: Duration,
    ) -> Result<Created<AccessToken>> {
        let on = place.level();
        let seen = self.open_place(who, place, Act::RevokeAccessToken(on)).await?;
        let missing = Error::NotFound { what: "token" };
        let old = self.store.find_access_token(seen.owner, id).await?.ok_or(missing)?;
        let (scopes, until) = (scopes_of(&old.token), old.token.expires_at);
        let act = Act::CreateAccessToken { on, scopes, until };
        let open = self.open_place(who, place, act).await?;
        let (new, secret) = successor(&old.token, TokenKind::Access)?;
        let until = overlap_until(overlap, clock::now())?;
        let token = self.store.rotate_access_token(&open.by, open.owner, id, new, until).await?;
        Ok(Created { token, secret })
    }
}
