//! Whom an offered key or certificate stands for. Looks up and judges nothing: why one stands for
//! nobody is for administrators, and the client is not told.

use crate::certificate::{self, Genuine};
use crate::error::Result;
use crate::offered_key::OfferedKey;
use crate::sign_in::Used;
use crate::{App, clock};
use model::{AccessKeyId, Fingerprint, UserId, Username};
use std::net::IpAddr;
use std::sync::Arc;
use store::{AccessKey, SshKey};

/// Everybody a public key stands for.
#[derive(Clone, Debug)]
pub(crate) enum Holders {
    /// A user's own key.
    Person(Box<SshKey>),
    /// An access key of these places; never empty.
    Places(Vec<AccessKey>),
}

/// Who signed in with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StandsFor {
    User(UserId),
    /// Never empty.
    Places(Vec<AccessKeyId>),
}

/// What was found about an offered key.
pub(crate) enum Found {
    Key(Arc<Holders>),
    Certificate(Box<CertifiedUser>),
}

pub(crate) struct CertifiedUser {
    pub user: UserId,
    pub name: String,
    pub genuine: Genuine,
}

impl Found {
    pub(crate) fn stands_for(&self) -> StandsFor {
        match self {
            Self::Certificate(it) => StandsFor::User(it.user),
            Self::Key(holders) => match &**holders {
                Holders::Person(key) => StandsFor::User(key.user),
                Holders::Places(keys) => StandsFor::Places(keys.iter().map(|it| it.id).collect()),
            },
        }
    }

    /// As much of it as was so then; `None` when the key stands for somebody else by now.
    pub(crate) fn still(self, then: &StandsFor) -> Option<Self> {
        match (then, self.stands_for()) {
            (then, now) if *then == now => Some(self),
            (StandsFor::Places(then), StandsFor::Places(_)) => {
                let Self::Key(holders) = &self else { return None };
                let keys = holders.places().iter().filter(|it| then.contains(&it.id));
                let keys: Vec<_> = keys.cloned().collect();
                (!keys.is_empty()).then(|| Self::Key(Arc::new(Holders::Places(keys))))
            }
            (StandsFor::User(_) | StandsFor::Places(_), _) => None,
        }
    }
}

impl Holders {
    /// The personal key, for noting that it was refused.
    pub(crate) fn used(&self) -> Option<Used> {
        match self {
            Self::Person(key) => Some(Used::SshKey(key.id)),
            Self::Places(_) => None,
        }
    }

    /// The user whose own key it is.
    pub(crate) fn person(&self) -> Option<UserId> {
        match self {
            Self::Person(key) => Some(key.user),
            Self::Places(_) => None,
        }
    }

    pub(crate) fn places(&self) -> &[AccessKey] {
        match self {
            Self::Person(_) => &[],
            Self::Places(keys) => keys,
        }
    }
}

impl App {
    /// Everybody a key or certificate stands for, or why it stands for nobody.
    pub(crate) async fn holders_of(
        &self,
        offered: &OfferedKey,
        from: Option<IpAddr>,
    ) -> Result<Result<Found, String>> {
        let Some(certificate) = &offered.certificate else {
            let found = self.key_holders(&offered.fingerprint).await?;
            return Ok(found.map(Found::Key).ok_or_else(|| store::UnknownKey::NOBODYS.to_owned()));
        };
        let authorities = &self.options.certificate_authorities;
        let genuine = match certificate::check(certificate, authorities, clock::now(), from) {
            Ok(genuine) => genuine,
            Err(why) => return Ok(Err(why.to_string())),
        };
        let mut users = Vec::new();
        for name in &genuine.principals {
            if let Ok(name) = Username::parse(name) {
                users.extend(self.store.find_user(&name).await?);
            }
        }
        users.sort_by_key(|it| it.id);
        users.dedup_by_key(|it| it.id);
        Ok(match users.as_slice() {
            [user] => Ok(Found::Certificate(Box::new(CertifiedUser {
                user: user.id,
                name: user.username.to_string(),
                genuine,
            }))),
            [] => Err("certificate whose principals are no accounts".to_owned()),
            _ => Err("certificate whose principals are several accounts".to_owned()),
        })
    }

    pub(crate) async fn key_holders(
        &self,
        fingerprint: &Fingerprint,
    ) -> Result<Option<Arc<Holders>>> {
        let version = self.store.facts_version().await?;
        let read = async {
            let personal = self.store.find_ssh_key_by_fingerprint(fingerprint).await?;
            if let Some(key) = personal {
                return Ok(Some(Holders::Person(Box::new(key))));
            }
            let keys = self.store.list_access_keys_by_fingerprint(fingerprint).await?;
            Ok((!keys.is_empty()).then_some(Holders::Places(keys)))
        };
        self.credentials.keys.get(fingerprint.clone(), version, read).await
    }
}
