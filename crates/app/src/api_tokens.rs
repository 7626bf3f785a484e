//! API tokens: credentials of users. Made, listed, revoked and replaced by their owner, or by an
//! administrator for others.

use crate::error::{Error, Result};
use crate::own_way::Leaving;
use crate::token_input::{Created, NewToken, make_act, overlap_until, scopes_of, successor};
use crate::token_text::TokenKind;
use crate::{App, Asker, clock};
use model::ApiTokenId;
use policy::Act;
use std::time::Duration;
use store::ApiToken;

impl App {
    /// Makes a token of a user, by user name or `{uuid}`.
    pub async fn create_api_token(
        &self,
        who: &Asker,
        user: &str,
        new: NewToken,
    ) -> Result<Created<ApiToken>> {
        let own = who.is_called(user);
        let checked = new.check();
        let scopes = checked.as_ref().map(|it| it.scopes.clone()).unwrap_or_default();
        let until = checked.as_ref().ok().and_then(|it| it.expires_at);
        // Who may not do it at all learns that first, and nothing about the fields.
        let open = self.open_instance(who, make_act(own, scopes, until)).await?;
        let user = self.named_user(user).await?;
        let (new, secret) = self.make_token(who, TokenKind::Api, checked?).await?;
        let token = self.store.create_api_token(&open.by, user.id, new).await?;
        Ok(Created { token, secret })
    }

    /// All tokens of a user, the oldest first, revoked and expired ones included.
    pub async fn list_api_tokens(&self, who: &Asker, user: &str) -> Result<Vec<ApiToken>> {
        let own = who.is_called(user);
        let act = if own { Act::ReadOwnTokens } else { Act::ReadOthersTokens };
        self.open_instance(who, act).await?;
        let user = self.named_user(user).await?;
        self.flush_used().await;
        Ok(self.store.list_api_tokens(user.id).await?)
    }

    /// Makes a token good for nothing, at once.
    pub async fn revoke_api_token(&self, who: &Asker, user: &str, id: ApiTokenId) -> Result<()> {
        let own = who.is_called(user);
        let act = if own { Act::RevokeOwnToken } else { Act::RevokeOthersToken };
        let open = self.open_instance(who, act).await?;
        let user = self.named_user(user).await?;
        self.keep_access(who, &user, Leaving::Token(id)).await?;
        if self.store.revoke_api_token(&open.by, user.id, id).await? {
            Ok(())
        } else {
            Err(Error::NotFound { what: "token" })
        }
    }

    /// Replaces a token by a new one with the same name, scopes and limits. The old one stays good
    /// for `overlap`.
    pub async fn rotate_api_token(
        &self,
        who: &Asker,
        user: &str,
        id: ApiTokenId,
        overlap: Duration,
    ) -> Result<Created<ApiToken>> {
        let own = who.is_called(user);
        let act = if own { Act::RevokeOwnToken } else { Act::RevokeOthersToken };
        self.open_instance(who, act).await?;
        let user = self.named_user(user).await?;
        let missing = Error::NotFound { what: "token" };
        let old = self.store.find_api_token(user.id, id).await?.ok_or(missing)?;
        let act = make_act(own, scopes_of(&old.token), old.token.expires_at);
        let open = self.open_instance(who, act).await?;
        let (new, secret) = successor(&old.token, TokenKind::Api)?;
        let until = overlap_until(overlap, clock::now())?;
        let token = self.store.rotate_api_token(&open.by, user.id, id, new, until).await?;
        Ok(Created { token, secret })
    }
}
