//! From what was presented at a door to who it is. Whether a credential is good enough for
//! anything is the policy's to say: one that is not believed makes an asker, too, so that the
//! refusal comes from there. That the store cannot be asked is a failure and never a refusal.

use crate::addresses::stored;
use crate::asker::{Asker, Door, Owner, Proof};
use crate::error::Result;
use crate::token_input::ref_limit;
use crate::token_text::{TokenKind, digest};
use crate::{App, clock};
use model::{CredentialKind, Email, Matcher, Scopes, Secret, UserId, Username};
use policy::{Credential, CredentialState, Principal, PrincipalKind};
use std::sync::Arc;
use store::{PrincipalFacts, Token, TokenHash};

/// What somebody presented.
#[derive(Clone)]
pub enum Presented {
    /// Nothing.
    Nothing,
    /// Something that is no credential at all: it counts as a bad one, not as none.
    Unreadable,
    /// A name and a secret.
    Basic {
        /// A user name or e-mail address, `x-token-auth` or `x-bitbucket-api-token-auth`.
        user: String,
        /// A password or the text of a token.
        secret: Secret,
    },
    /// The text of a token.
    Bearer(Secret),
}

/// The user name that stands for "the password is an access token".
const ACCESS_TOKEN_USER: &str = "x-token-auth";
/// The user name that stands for "the password is an API token".
const API_TOKEN_USER: &str = "x-bitbucket-api-token-auth";

/// What a Basic user name says about the secret beside it.
enum Claim<'a> {
    /// Any token: no user name was given, or none is needed.
    AnyToken,
    /// A token of this kind only.
    Only(TokenKind),
    /// This user's password or API token.
    User(&'a str),
}

impl App {
    /// Finds out who is at a door.
    pub async fn sign_in(&self, door: &Door, presented: Presented) -> Result<Asker> {
        let (claim, secret) = match &presented {
            Presented::Nothing => return Ok(Asker::anonymous(door)),
            Presented::Unreadable => return Ok(unknown(door, CredentialKind::None, None)),
            Presented::Bearer(secret) => (Claim::AnyToken, secret),
            Presented::Basic { user, secret } => (claim_of(user), secret),
        };
        match (TokenKind::recognise(secret), &claim) {
            (Some(kind), _) => self.by_token(door, kind, &claim, digest(secret)).await,
            (None, Claim::User(name)) => self.by_password(door, name, secret).await,
            (None, Claim::AnyToken) => Ok(unknown(door, CredentialKind::ApiToken, None)),
            (None, Claim::Only(kind)) => Ok(unknown(door, credential_kind(*kind), None)),
        }
    }

    async fn by_token(
        &self,
        door: &Door,
        kind: TokenKind,
        claim: &Claim<'_>,
        hash: TokenHash,
    ) -> Result<Asker> {
        let mut asker = match kind {
            TokenKind::Api => self.by_api_token(door, hash).await?,
            TokenKind::Access => self.by_access_token(door, hash).await?,
        };
        let wrong_user = match claim {
            Claim::AnyToken => false,
            Claim::Only(expected) => *expected != kind,
            Claim::User(name) => kind == TokenKind::Access || !asker.answers_to(name),
        };
        if wrong_user && asker.who.credential.state == CredentialState::Valid {
            asker.who.credential.state = CredentialState::WrongChannel;
        }
        asker.belongs_to = asker.is_signed_in().then(|| asker.as_owner());
        Ok(asker)
    }

    async fn by_api_token(&self, door: &Door, hash: TokenHash) -> Result<Asker> {
        let version = self.store.facts_version().await?;
        let read = async { Ok(self.store.find_api_token_by_hash(&hash).await?) };
        let found = self.credentials.api_tokens.get(hash, version, read).await?;
        let Some(found) = found else {
            return Ok(unknown(door, CredentialKind::ApiToken, None));
        };
        let (api, user) = &*found;
        let Some(account) = self.account(user.id, version).await? else {
            return Ok(unknown(door, CredentialKind::ApiToken, None));
        };
        self.note_used(Used::Api(api.id));
        let state =
            if account.user.active { state_of(&api.token) } else { CredentialState::Suspended };
        let mut asker = Asker::anonymous(door);
        asker.who.principal = principal_of(&account);
        asker.who.credential = token_credential(CredentialKind::ApiToken, &api.token, state);
        asker.account = Some(account);
        asker.proof = Proof::ApiToken(hash);
        Ok(asker)
    }

    async fn by_access_token(&self, door: &Door, hash: TokenHash) -> Result<Asker> {
        let version = self.store.facts_version().await?;
        let read = async { Ok(self.store.find_access_token_by_hash(&hash).await?) };
        let found = self.credentials.access_tokens.get(hash, version, read).await?;
        let Some(found) = found else {
            return Ok(unknown(door, CredentialKind::AccessToken, None));
        };
        self.note_used(Used::Access(found.id));
        let state = state_of(&found.token);
        let mut asker = Asker::anonymous(door);
        asker.who.principal = Principal {
            kind: PrincipalKind::AccessToken(found.id),
            name: found.token.name.clone(),
            groups: [].into(),
        };
        asker.who.credential = token_credential(CredentialKind::AccessToken, &found.token, state);
        asker.proof = Proof::AccessToken(hash);
        Ok(asker)
    }

    /// A user who does not exist costs as much time as a wrong password, and both answer alike.
    async fn by_password(&self, door: &Door, name: &str, secret: &Secret) -> Result<Asker> {
        let version = self.store.facts_version().await?;
        let account = match self.find_by_login(name).await? {
            Some(id) => self.account(id, version).await?,
            None => None,
        };
        let stored = account.as_ref().and_then(|it| it.user.password_hash.as_deref());
        if !self.passwords.verify(secret, stored).await? {
            let owner = account.map(|it| owner_of(&it));
            return Ok(unknown(door, CredentialKind::Password, owner));
        }
        let Some(account) = account else {
            return Ok(unknown(door, CredentialKind::Password, None));
        };
        let mut asker = Asker::anonymous(door);
        asker.who.principal = principal_of(&account);
        asker.who.credential = Credential::unlimited(CredentialKind::Password);
        if !account.user.active {
            asker.who.credential.state = CredentialState::Suspended;
        }
        asker.proof = Proof::Password(account.user.id);
        asker.account = Some(account);
        Ok(asker)
    }

    async fn find_by_login(&self, name: &str) -> Result<Option<UserId>> {
        let user = match (Email::parse(name), Username::parse(name)) {
            (Ok(email), _) => self.store.find_user_by_email(&email).await?,
            (Err(_), Ok(name)) => self.store.find_user(&name).await?,
            (Err(_), Err(_)) => None,
        };
        Ok(user.map(|it| it.id))
    }

    /// A user with groups and memberships, as of a version of the facts.
    pub(crate) async fn account(
        &self,
        id: UserId,
        version: i64,
    ) -> Result<Option<Arc<PrincipalFacts>>> {
        let read = async { Ok(self.store.principal_facts(id).await?) };
        self.credentials.accounts.get(id, version, read).await
    }

    /// The same asker as the facts are now: a token may have been revoked, a group left, while a
    /// long push was coming in.
    pub(crate) async fn refreshed(&self, who: &Asker) -> Result<Asker> {
        let door = Door {
            channel: who.channel(),
            address: who.who.network.address,
            request_id: who.request_id().to_owned(),
        };
        let now = match &who.proof {
            Proof::Nothing | Proof::System => return Ok(who.clone()),
            Proof::ApiToken(hash) => self.by_api_token(&door, *hash).await?,
            Proof::AccessToken(hash) => self.by_access_token(&door, *hash).await?,
            Proof::Key(offered) => {
                self.refreshed_key(&door, offered, who.who.principal.kind).await?
            }
            Proof::Password(id) => {
                let version = self.store.facts_version().await?;
                let mut asker = who.clone();
                let Some(account) = self.account(*id, version).await? else {
                    return Ok(unknown(&door, CredentialKind::Password, None));
                };
                asker.who.principal = principal_of(&account);
                if !account.user.active {
                    asker.who.credential.state = CredentialState::Suspended;
                }
                asker.account = Some(account);
                asker
            }
        };
        Ok(Asker { belongs_to: who.belongs_to.clone(), ..now })
    }
}

/// A token or key whose use is to be noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Used {
    Api(model::ApiTokenId),
    Access(model::AccessTokenId),
    SshKey(model::SshKeyId),
    AccessKey(model::AccessKeyId),
}

impl Asker {
    fn answers_to(&self, name: &str) -> bool {
        self.account.as_ref().is_some_and(|it| {
            let name = name.to_lowercase();
            it.user.username.as_str() == name || it.user.email.as_str() == name
        })
    }

    pub(crate) fn as_owner(&self) -> Owner {
        Owner { name: self.principal_name(), viewers: self.user_id().into_iter().collect() }
    }

    /// The token or key of this asker, for noting that it was refused.
    pub(crate) fn used(&self, known: &crate::app::Credentials) -> Option<Used> {
        match &self.proof {
            Proof::ApiToken(hash) => known.api_tokens.peek(hash).map(|it| Used::Api(it.0.id)),
            Proof::AccessToken(hash) => {
                known.access_tokens.peek(hash).map(|it| Used::Access(it.id))
            }
            Proof::Key(offered) => match self.who.principal.kind {
                PrincipalKind::AccessKey(id) => Some(Used::AccessKey(id)),
                PrincipalKind::User(_)
                | PrincipalKind::Anonymous
                | PrincipalKind::AccessToken(_)
                | PrincipalKind::Workload(_)
                | PrincipalKind::System => {
                    known.keys.peek(offered.fingerprint()).and_then(|it| it.used())
                }
            },
            Proof::Nothing | Proof::Password(_) | Proof::System => None,
        }
    }
}

fn claim_of(user: &str) -> Claim<'_> {
    match user {
        ACCESS_TOKEN_USER => Claim::Only(TokenKind::Access),
        API_TOKEN_USER => Claim::Only(TokenKind::Api),
        name => Claim::User(name),
    }
}

const fn credential_kind(kind: TokenKind) -> CredentialKind {
    match kind {
        TokenKind::Api => CredentialKind::ApiToken,
        TokenKind::Access => CredentialKind::AccessToken,
    }
}

/// Nobody whose word is taken. `owner` is who reads the record, never who is shown.
pub(crate) fn unknown(door: &Door, kind: CredentialKind, owner: Option<Owner>) -> Asker {
    let mut asker = Asker::anonymous(door);
    asker.who.credential = Credential::unlimited(kind);
    asker.who.credential.state = CredentialState::Unknown;
    asker.belongs_to = owner;
    asker
}

fn owner_of(account: &PrincipalFacts) -> Owner {
    let name = store::PrincipalName {
        kind: store::PrincipalKind::User,
        id: Some(account.user.id.0),
        name: account.user.username.to_string(),
    };
    Owner { name, viewers: vec![account.user.id] }
}

pub(crate) fn principal_of(account: &PrincipalFacts) -> Principal {
    Principal {
        kind: PrincipalKind::User(account.user.id),
        name: account.user.username.to_string(),
        groups: account.groups.iter().map(|it| it.id).collect(),
    }
}

fn state_of(token: &Token) -> CredentialState {
    match (token.revoked_at, token.expires_at) {
        (Some(at), _) => CredentialState::Revoked { at },
        (None, Some(at)) if at <= clock::now() => CredentialState::Expired { at },
        (None, _) => CredentialState::Valid,
    }
}

/// An access token as a credential, in whatever state it is.
pub(crate) fn access_credential(token: &store::AccessToken) -> Credential {
    token_credential(CredentialKind::AccessToken, &token.token, state_of(&token.token))
}

fn token_credential(kind: CredentialKind, token: &Token, state: CredentialState) -> Credential {
    let limits = &token.limits;
    // A pattern that this version cannot read fits nothing: the token stays limited.
    let matcher = |it: &String| ref_limit(it).ok();
    Credential {
        kind,
        label: token.name.clone(),
        tail: token.last4.clone(),
        state,
        scopes: match &token.scopes {
            Scopes::Unlimited => Scopes::Unlimited,
            Scopes::Only(scopes) => Scopes::Only(scopes.clone()),
        },
        repositories: limits.repositories.as_ref().map(|it| it.iter().copied().collect()),
        refs: limits
            .refs
            .as_ref()
            .map(|it| it.iter().filter_map(matcher).collect::<Vec<Matcher>>()),
        addresses: limits.addresses.as_deref().map(stored),
        expires_at: token.expires_at,
    }
}
