//! What new tokens of either kind are checked for. A token's text is made here and given out
//! once.

use crate::addresses::addresses;
use crate::error::{Error, Fields, Result};
use crate::nearest::nearest;
use crate::token_text::{self, TokenKind};
use crate::{App, Asker, PlaceName, clock};
use model::{
    DisplayName, Matcher, MatcherKind, RefName, RepositoryId, Scope, Scopes, Secret, Timestamp,
};
use policy::Act;
use std::collections::BTreeSet;
use std::time::Duration;
use store::TokenLimits;

/// What a new token needs, as it was sent.
#[derive(Clone, Debug, Default)]
pub struct NewToken {
    /// How people tell it from their others.
    pub name: String,
    /// Names of scopes, of either family.
    pub scopes: Vec<String>,
    /// Good for nothing from then on; `None` is never.
    pub expires_at: Option<Timestamp>,
    /// The only repositories it is good for: `acme/site` or `{uuid}`. `None` is no limit.
    pub repositories: Option<Vec<String>>,
    /// The only refs it may change: full names, or globs over short names. `None` is no limit.
    pub refs: Option<Vec<String>>,
    /// The only addresses it is good from: `10.0.0.0/8`. `None` is no limit.
    pub addresses: Option<Vec<String>>,
}

/// A token that was just made.
#[derive(Clone)]
pub struct Created<T> {
    pub token: T,
    /// Its text: shown now and never again.
    pub secret: Secret,
}

/// The longest a token may stay good beside the one that replaces it.
const MAX_OVERLAP: Duration = Duration::from_secs(30 * 24 * 3600);

/// A checked token that lacks only its text.
pub(crate) struct Checked {
    pub name: DisplayName,
    pub scopes: BTreeSet<Scope>,
    pub expires_at: Option<Timestamp>,
    refs: Option<Vec<String>>,
    repositories: Option<Vec<String>>,
    addresses: Option<Vec<String>>,
}

impl NewToken {
    /// Everything that can be told without looking anything up.
    pub(crate) fn check(self) -> Result<Checked> {
        let mut fields = Fields::default();
        let name = fields.take("name", DisplayName::parse(&self.name));
        let mut scopes = BTreeSet::new();
        for scope in &self.scopes {
            scopes.extend(fields.take("scopes", parse_scope(scope)));
        }
        if self.expires_at.is_some_and(|it| it <= clock::now()) {
            fields.add("expires_at", "this moment has passed: choose a later one");
        }
        for pattern in self.refs.iter().flatten() {
            fields.take("refs", ref_limit(pattern));
        }
        let addresses = self.addresses.as_deref().map(|it| addresses(it, "addresses", &mut fields));
        let Some(name) = name else { return Err(Error::Invalid(fields)) };
        fields.check()?;
        let addresses = addresses.map(|it| it.iter().map(ToString::to_string).collect());
        let Self { expires_at, refs, repositories, .. } = self;
        Ok(Checked { name, scopes, expires_at, refs, repositories, addresses })
    }
}

impl App {
    /// Looks up what the token is limited to, and makes its text.
    pub(crate) async fn make_token(
        &self,
        who: &Asker,
        kind: TokenKind,
        checked: Checked,
    ) -> Result<(store::NewToken, Secret)> {
        let repositories = match checked.repositories {
            Some(names) => Some(self.repository_limit(who, &names).await?),
            None => None,
        };
        let secret = kind.make();
        let new = store::NewToken {
            name: checked.name.to_string(),
            hash: token_text::digest(&secret),
            last4: token_text::last4(&secret),
            scopes: Scopes::Only(checked.scopes),
            limits: TokenLimits { repositories, refs: checked.refs, addresses: checked.addresses },
            expires_at: checked.expires_at,
        };
        Ok((new, secret))
    }

    /// Only what the asker may see can be named; the rest is answered like what does not exist.
    async fn repository_limit(&self, who: &Asker, names: &[String]) -> Result<Vec<RepositoryId>> {
        let mut fields = Fields::default();
        let mut ids = Vec::new();
        for name in names {
            match self.look_at_repository(who, &PlaceName::repository_path(name)).await? {
                Some(repository) => ids.push(repository.id),
                None => {
                    let name = crate::render::visible(name);
                    fields.add("repositories", format!("no repository `{name}` that you can see"));
                }
            }
        }
        fields.check()?;
        Ok(ids)
    }
}

/// Reads a scope; of a name that is none, the nearest one is named.
fn parse_scope(name: &str) -> std::result::Result<Scope, String> {
    Scope::parse(name).map_err(|why| {
        let known = Scope::ALL.iter().map(|it| it.as_str());
        match nearest(name, known) {
            Some(near) => {
                let name = crate::render::visible(name);
                format!("unknown scope `{name}`: did you mean `{near}`?")
            }
            None => why.to_string(),
        }
    })
}

/// A new token like an old one: the same name, scopes, limits and end. There is none of one that has
/// ended: it would have ended, too.
pub(crate) fn successor(old: &store::Token, kind: TokenKind) -> Result<(store::NewToken, Secret)> {
    if old.expires_at.is_some_and(|it| it <= clock::now()) {
        let message = "the token has expired: make a new one instead".to_owned();
        return Err(Error::State { field: "expires_at", message });
    }
    let secret = kind.make();
    let new = store::NewToken {
        name: old.name.clone(),
        hash: token_text::digest(&secret),
        last4: token_text::last4(&secret),
        scopes: old.scopes.clone(),
        limits: old.limits.clone(),
        expires_at: old.expires_at,
    };
    Ok((new, secret))
}

/// Until when a replaced token stays good.
pub(crate) fn overlap_until(overlap: Duration, now: Timestamp) -> Result<Timestamp> {
    if overlap > MAX_OVERLAP {
        return Err(Fields::one("overlap", "choose at most 30 days"));
    }
    let millis = i64::try_from(overlap.as_millis()).unwrap_or(i64::MAX);
    Ok(Timestamp(now.0.saturating_add(millis)))
}

/// The scopes a token holds by name; empty for one that is not limited.
pub(crate) fn scopes_of(token: &store::Token) -> BTreeSet<Scope> {
    match &token.scopes {
        Scopes::Unlimited => BTreeSet::new(),
        Scopes::Only(scopes) => scopes.clone(),
    }
}

/// Reads one of a token's ref limits.
pub(crate) fn ref_limit(pattern: &str) -> std::result::Result<Matcher, String> {
    let matcher = |kind| Matcher { kind, pattern: pattern.to_owned(), except: vec![] };
    if !pattern.starts_with("refs/") {
        let plain = pattern.replace('*', "x");
        return RefName::branch(&plain)
            .map(|_| matcher(MatcherKind::Glob))
            .map_err(|why| format!("`{}` fits no ref: {why}", crate::render::visible(pattern)));
    }
    if pattern.contains('*') {
        let pattern = crate::render::visible(pattern);
        return Err(format!("`{pattern}`: write globs over short names, without `refs/heads/`"));
    }
    RefName::parse(pattern.as_bytes())
        .map(|_| matcher(MatcherKind::Ref))
        .map_err(|why| format!("`{}`: {why}", crate::render::visible(pattern)))
}

/// The act of making a token with these scopes and this end for oneself or for somebody else.
pub(crate) fn make_act(own: bool, scopes: BTreeSet<Scope>, until: Option<Timestamp>) -> Act {
    if own {
        Act::CreateOwnToken { scopes, until }
    } else {
        Act::CreateOthersToken { scopes, until }
    }
}
