//! Who asks, as `sign_in` found them. Cannot be made by anybody else, so nobody can claim to be
//! somebody; says nothing about what they may do.

use crate::offered_key::OfferedKey;
use crate::own_way::Consequence;
use crate::refusal::{CredentialNote, PrincipalNote};
use crate::render;
use model::{Channel, CredentialKind, Role, Scopes, Timestamp, UserId, WorkspaceId};
use policy::PrincipalKind;
use repo::Signature;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use store::{PrincipalFacts, TokenHash};

/// Somebody at a door, for one request.
#[derive(Clone)]
pub struct Asker {
    pub(crate) who: policy::Asker,
    /// Of a user, once believed.
    pub(crate) account: Option<Arc<PrincipalFacts>>,
    /// What to look up again when the facts have changed while a push was coming in.
    pub(crate) proof: Proof,
    /// Whose credential it was, although it is no longer good or was not believed: the record of
    /// the refusal is theirs to read.
    pub(crate) belongs_to: Option<Owner>,
    /// What they have said they are prepared for.
    pub(crate) confirmed: BTreeSet<Consequence>,
    pub(crate) request_id: Arc<str>,
}

/// How somebody showed who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    Nothing,
    ApiToken(TokenHash),
    AccessToken(TokenHash),
    Password(UserId),
    /// An SSH key or certificate.
    Key(OfferedKey),
    System,
}

/// The account or token that a credential that was not believed names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub name: store::PrincipalName,
    /// The users who may read the record.
    pub viewers: Vec<UserId>,
}

/// Where somebody knocked.
#[derive(Clone, Debug)]
pub struct Door {
    pub channel: Channel,
    /// The client's address; `None` when the door cannot know it.
    pub address: Option<IpAddr>,
    /// The id that the log and the answer carry, too.
    pub request_id: String,
}

impl Asker {
    /// Nobody in particular.
    pub fn anonymous(door: &Door) -> Self {
        let mut who = policy::Asker::anonymous(door.channel);
        who.network.address = door.address;
        Self {
            who,
            account: None,
            proof: Proof::Nothing,
            belongs_to: None,
            confirmed: BTreeSet::new(),
            request_id: door.request_id.as_str().into(),
        }
    }

    /// The server itself: the first start and the demo. Only the one who runs the server can
    /// call this; no door may.
    pub fn system() -> Self {
        Self {
            who: policy::Asker::system(),
            account: None,
            proof: Proof::System,
            belongs_to: None,
            confirmed: BTreeSet::new(),
            request_id: "start".into(),
        }
    }

    /// The same, prepared for this to happen to themselves.
    pub fn confirming(mut self, consequences: impl IntoIterator<Item = Consequence>) -> Self {
        self.confirmed.extend(consequences);
        self
    }

    /// Was somebody's word taken for who they are?
    pub fn is_signed_in(&self) -> bool {
        self.who.principal.is_signed_in()
    }

    /// Was anything presented, good or bad?
    pub(crate) fn has_credential(&self) -> bool {
        self.who.credential.kind != CredentialKind::None
            || self.who.credential.state != policy::CredentialState::Valid
    }

    /// The user name or the token's name; empty for nobody.
    pub fn name(&self) -> &str {
        &self.who.principal.name
    }

    /// The user; `None` for tokens and nobody.
    pub fn user_id(&self) -> Option<UserId> {
        match self.who.principal.kind {
            PrincipalKind::User(id) => Some(id),
            PrincipalKind::Anonymous
            | PrincipalKind::AccessToken(_)
            | PrincipalKind::AccessKey(_)
            | PrincipalKind::Workload(_)
            | PrincipalKind::System => None,
        }
    }

    /// The door.
    pub fn channel(&self) -> Channel {
        self.who.channel
    }

    /// The id of the request.
    pub fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The names of the scopes the credential holds; `None` when it is not limited to any.
    pub fn scopes(&self) -> Option<Vec<&'static str>> {
        match &self.who.credential.scopes {
            Scopes::Unlimited => None,
            Scopes::Only(scopes) => Some(scopes.iter().map(|it| it.as_str()).collect()),
        }
    }

    /// Is this name, in a URL, the asker's own? By user name or `{uuid}`.
    pub fn is_called(&self, name: &str) -> bool {
        self.account.as_ref().is_some_and(|it| {
            let uuid = name.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
            match uuid {
                Some(uuid) => it.user.uuid.eq_ignore_ascii_case(uuid),
                None => it.user.username.as_str().eq_ignore_ascii_case(name),
            }
        })
    }

    /// As git names people. Tokens and keys have no address that anybody could write to.
    pub(crate) fn signature(&self, at: Timestamp) -> Signature {
        let user = self.account.as_ref().map(|it| &it.user);
        Signature {
            name: user.map_or_else(|| self.name().to_owned(), |it| it.display_name.to_string()),
            email: user.map(|it| it.email.to_string()).unwrap_or_default(),
            seconds: at.0.div_euclid(1000),
            offset_minutes: 0,
        }
    }

    pub(crate) fn role_in(&self, workspace: WorkspaceId) -> Option<Role> {
        let account = self.account.as_ref()?;
        account.memberships.iter().find(|it| it.workspace == workspace).map(|it| it.role)
    }

    pub(crate) fn is_instance_admin(&self) -> bool {
        self.account.as_ref().is_some_and(|it| it.user.is_admin)
    }

    /// The line of who and how that records carry.
    pub(crate) fn actor(&self, at: Timestamp) -> store::Actor {
        store::Actor {
            principal: self.principal_name(),
            credential: render::credential_words(&self.credential_note()),
            channel: self.who.channel,
            request_id: self.request_id.as_ref().to_owned(),
            at,
        }
    }

    pub(crate) fn principal_name(&self) -> store::PrincipalName {
        let (kind, id) = match self.who.principal.kind {
            PrincipalKind::Anonymous => (store::PrincipalKind::Anonymous, None),
            PrincipalKind::User(id) => (store::PrincipalKind::User, Some(id.0)),
            PrincipalKind::AccessToken(id) => (store::PrincipalKind::AccessToken, Some(id.0)),
            PrincipalKind::AccessKey(id) => (store::PrincipalKind::AccessKey, Some(id.0)),
            PrincipalKind::Workload(id) => (store::PrincipalKind::Workload, Some(id.0)),
            PrincipalKind::System => (store::PrincipalKind::System, None),
        };
        store::PrincipalName { kind, id, name: self.name().to_owned() }
    }

    pub(crate) fn principal_note(&self) -> PrincipalNote {
        let kind = self.who.principal.kind.as_str().to_owned();
        PrincipalNote { kind, name: self.name().to_owned() }
    }

    pub(crate) fn credential_note(&self) -> CredentialNote {
        let given = &self.who.credential;
        let text = |it: &String| (!it.is_empty()).then(|| it.clone());
        let (last4, fingerprint) = match given.kind {
            CredentialKind::SshKey | CredentialKind::SshCertificate => (None, text(&given.tail)),
            CredentialKind::None
            | CredentialKind::Password
            | CredentialKind::ApiToken
            | CredentialKind::AccessToken
            | CredentialKind::OidcToken => (text(&given.tail), None),
        };
        CredentialNote { kind: given.kind, label: text(&given.label), last4, fingerprint }
    }
}
