//! From a key that an SSH client proved to hold to who it is. A personal key is its user; an access
//! key is a principal of each place it was added to, and who of them acts is only known once the
//! repository is. Whether that is good enough for anything is the policy's to say.

use crate::asker::{Asker, Door, Proof};
use crate::error::Result;
use crate::key_choice::{Choice, choose};
use crate::key_holders::{CertifiedUser, Found, Holders, StandsFor};
use crate::offered_key::OfferedKey;
use crate::sign_in::{Used, principal_of, unknown};
use crate::subjects::owners;
use crate::{App, PlaceName};
use model::{CredentialKind, Fingerprint, Permission};
use policy::{Act, Credential, CredentialState, Principal, PrincipalKind};
use std::net::IpAddr;
use std::sync::Arc;
use store::{AccessKey, Key};

/// A key or certificate of which the door has seen the proof. It stands for whom it stood for then:
/// looked up again at each question, so that one that is removed is good for nothing at once, and
/// one that has come to somebody else is not theirs in a connection that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenKey {
    offered: OfferedKey,
    stands_for: StandsFor,
    forced_command: Option<String>,
}

/// One of those a key stands for, for greeting them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHolder {
    /// `user` or `access_key`.
    pub kind: &'static str,
    /// The user name, or the label of the access key.
    pub name: String,
    /// The label of the key; a certificate's key id.
    pub label: String,
    /// Of an access key: `repository acme/site`, `project acme/CORE`, `workspace acme`.
    pub home: Option<String>,
    /// Of an access key: what it was given at home.
    pub permission: Option<Permission>,
}

impl ProvenKey {
    /// The fingerprint of the key.
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.offered.fingerprint
    }

    /// Was it shown by a certificate?
    pub fn is_certificate(&self) -> bool {
        self.offered.certificate.is_some()
    }

    /// The only command that may be run, whatever the client asks for: a certificate says so.
    pub fn forced_command(&self) -> Option<&str> {
        self.forced_command.as_deref()
    }
}

impl App {
    /// Would this key let anybody in? Asked when a client offers a key and has proven nothing yet.
    /// One that would not is remembered for administrators.
    pub async fn is_key_known(&self, offered: &OfferedKey, from: Option<IpAddr>) -> Result<bool> {
        match self.holders_of(offered, from).await? {
            Ok(_) => Ok(true),
            Err(why) => {
                self.note_unknown_key(offered.fingerprint(), from, &why);
                Ok(false)
            }
        }
    }

    /// Finds out who holds a key, after the client has proven that it holds the private one.
    /// `None` when it lets nobody in.
    pub async fn sign_in_by_key(
        &self,
        offered: &OfferedKey,
        from: Option<IpAddr>,
    ) -> Result<Option<ProvenKey>> {
        let found = match self.holders_of(offered, from).await? {
            Ok(found) => found,
            Err(why) => {
                self.note_unknown_key(offered.fingerprint(), from, &why);
                return Ok(None);
            }
        };
        let (offered, stands_for) = (offered.clone(), found.stands_for());
        let forced_command = match found {
            Found::Key(_) => None,
            Found::Certificate(it) => it.genuine.forced_command,
        };
        Ok(Some(ProvenKey { offered, stands_for, forced_command }))
    }

    /// Everybody the key stands for now, for greeting them; never empty. Refused like any other
    /// request when that is nobody, or somebody who may not sign in.
    pub async fn holders(self: &Arc<Self>, key: &ProvenKey, door: &Door) -> Result<Vec<KeyHolder>> {
        for who in self.askers_of(key, door).await? {
            self.open_instance(&who, Act::ReadOwnName).await?;
        }
        match self.found_now(key, door).await? {
            Some(Found::Key(holders)) => self.describe(&holders).await,
            Some(Found::Certificate(it)) => {
                let CertifiedUser { name, genuine, .. } = *it;
                let (kind, label) = ("user", genuine.label);
                Ok(vec![KeyHolder { kind, name, label, home: None, permission: None }])
            }
            // Taken away between the two questions.
            None => Ok(Vec::new()),
        }
    }

    /// Those whom the key stood for at sign-in and stands for still.
    async fn found_now(&self, key: &ProvenKey, door: &Door) -> Result<Option<Found>> {
        let found = self.holders_of(&key.offered, door.address).await?;
        Ok(found.ok().and_then(|it| it.still(&key.stands_for)))
    }

    /// Who asks about a repository. The one way from a key to an [`Asker`] for everything that
    /// names a repository.
    pub async fn asker_at(
        &self,
        key: &ProvenKey,
        door: &Door,
        repository: &PlaceName,
    ) -> Result<Asker> {
        let offered = &key.offered;
        let Some(found) = self.found_now(key, door).await? else {
            return Ok(unknown_key(door, offered));
        };
        let Found::Key(holders) = found else { return self.by_found(door, offered, found).await };
        let Holders::Places(keys) = &*holders else {
            return self.by_found(door, offered, Found::Key(holders)).await;
        };
        // Those of the ground, because the facts of somebody hold their own grants only.
        let (_, ground) = self.facts(&Asker::anonymous(door), repository).await?;
        let homes = ground.as_deref().map(owners).unwrap_or_default();
        let grants = ground.as_deref().map_or(&[][..], |it| &it.grants);
        Ok(match choose(keys, grants, &homes) {
            Some(Choice::One(key)) => self.by_access_key(door, offered, key),
            Some(Choice::Ambiguous) => ambiguous(door, offered),
            None => unknown_key(door, offered),
        })
    }

    /// Who asks where no repository is named: one asker for each of the places the key is of.
    pub async fn askers_of(&self, key: &ProvenKey, door: &Door) -> Result<Vec<Asker>> {
        let offered = &key.offered;
        let Some(found) = self.found_now(key, door).await? else {
            return Ok(vec![unknown_key(door, offered)]);
        };
        if let Found::Key(holders) = &found
            && let Holders::Places(keys) = &**holders
        {
            return Ok(keys.iter().map(|it| self.by_access_key(door, offered, it)).collect());
        }
        Ok(vec![self.by_found(door, offered, found).await?])
    }

    /// The same holder of a key as the facts are now; nobody when the key stands for somebody
    /// else by now.
    pub(crate) async fn refreshed_key(
        &self,
        door: &Door,
        offered: &OfferedKey,
        was: PrincipalKind,
    ) -> Result<Asker> {
        let Ok(found) = self.holders_of(offered, door.address).await? else {
            return Ok(unknown_key(door, offered));
        };
        let stood_for = match was {
            PrincipalKind::User(id) => StandsFor::User(id),
            PrincipalKind::AccessKey(id) => StandsFor::Places(vec![id]),
            PrincipalKind::Anonymous
            | PrincipalKind::AccessToken(_)
            | PrincipalKind::Workload(_)
            | PrincipalKind::System => return Ok(unknown_key(door, offered)),
        };
        match found.still(&stood_for) {
            Some(Found::Key(holders)) if !holders.places().is_empty() => {
                let key = holders.places().first();
                Ok(key.map_or_else(
                    || unknown_key(door, offered),
                    |it| self.by_access_key(door, offered, it),
                ))
            }
            Some(found) => self.by_found(door, offered, found).await,
            None => Ok(unknown_key(door, offered)),
        }
    }

    /// A person: by a key of theirs or by a certificate.
    async fn by_found(&self, door: &Door, offered: &OfferedKey, found: Found) -> Result<Asker> {
        let (user, mut credential, used) = match found {
            Found::Certificate(it) => {
                let mut credential = Credential::unlimited(CredentialKind::SshCertificate);
                (credential.label, credential.state) = (it.genuine.label, it.genuine.state);
                (it.user, credential, None)
            }
            Found::Key(holders) => match &*holders {
                Holders::Person(key) => {
                    (key.user, key_credential(&key.key), Some(Used::SshKey(key.id)))
                }
                Holders::Places(_) => return Ok(ambiguous(door, offered)),
            },
        };
        let version = self.store.facts_version().await?;
        let Some(account) = self.account(user, version).await? else {
            return Ok(unknown_key(door, offered));
        };
        used.into_iter().for_each(|it| self.note_used(it));
        credential.tail = offered.fingerprint.to_string();
        if !account.user.active {
            credential.state = CredentialState::Suspended;
        }
        let mut asker = Asker::anonymous(door);
        asker.who.principal = principal_of(&account);
        asker.who.credential = credential;
        asker.account = Some(account);
        asker.proof = Proof::Key(offered.clone());
        asker.belongs_to = Some(asker.as_owner());
        Ok(asker)
    }

    fn by_access_key(&self, door: &Door, offered: &OfferedKey, key: &AccessKey) -> Asker {
        self.note_used(Used::AccessKey(key.id));
        let mut asker = Asker::anonymous(door);
        asker.who.principal = principal_of_key(key);
        asker.who.credential = key_credential(&key.key);
        asker.proof = Proof::Key(offered.clone());
        asker.belongs_to = Some(asker.as_owner());
        asker
    }

    async fn describe(&self, holders: &Holders) -> Result<Vec<KeyHolder>> {
        let mut described = Vec::new();
        match holders {
            Holders::Person(key) => {
                let user = self.store.find_user_by_id(key.user).await?;
                described.extend(user.map(|it| KeyHolder {
                    kind: "user",
                    name: it.username.to_string(),
                    label: key.key.label.clone(),
                    home: None,
                    permission: None,
                }));
            }
            Holders::Places(keys) => {
                for key in keys {
                    described.push(KeyHolder {
                        kind: "access_key",
                        name: key.key.label.clone(),
                        label: key.key.label.clone(),
                        home: self.store.find_path(key.owner).await?,
                        permission: key.permission,
                    });
                }
            }
        }
        Ok(described)
    }
}

pub(crate) fn principal_of_key(key: &AccessKey) -> Principal {
    Principal {
        kind: PrincipalKind::AccessKey(key.id),
        name: key.key.label.clone(),
        groups: [].into(),
    }
}

pub(crate) fn key_credential(key: &Key) -> Credential {
    Credential {
        label: key.label.clone(),
        tail: key.fingerprint.to_string(),
        ..Credential::unlimited(CredentialKind::SshKey)
    }
}

/// Nobody: the key stands for somebody else, or for nobody any more.
fn unknown_key(door: &Door, offered: &OfferedKey) -> Asker {
    let kind = match offered.certificate {
        Some(_) => CredentialKind::SshCertificate,
        None => CredentialKind::SshKey,
    };
    let mut asker = unknown(door, kind, None);
    asker.who.credential.tail = offered.fingerprint.to_string();
    asker
}

/// Somebody known, and nobody knows who of them.
fn ambiguous(door: &Door, offered: &OfferedKey) -> Asker {
    let mut asker = unknown_key(door, offered);
    asker.who.credential.state = CredentialState::Ambiguous;
    asker
}
