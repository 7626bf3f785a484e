//! What a change would do to the one who asks for it. Nobody takes away their own last way in
//! without being told first: such a change is made only by a request that says it is meant.
//!
//! Tries the change on facts and asks the policy; changes nothing and lets nobody in.

use crate::error::{Error, Result};
use crate::{App, Asker, PlaceName};
use model::{Grant, Level, Permission};
use policy::{Act, Credential, Facts, NetworkRules, Principal, Question};
use std::fmt;

/// What somebody would do to themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consequence {
    /// They would no longer be an admin of the place.
    LoseAdmin,
    /// They would be kept out of what is private there, from where they are or with what they have.
    ShutOut,
    /// They would have nothing left to sign in with.
    LoseAccess,
}

impl Consequence {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::LoseAdmin, Self::ShutOut, Self::LoseAccess];

    /// The word that says it is meant: `?confirm=lose-admin`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LoseAdmin => "lose-admin",
            Self::ShutOut => "shut-out",
            Self::LoseAccess => "lose-access",
        }
    }

    /// What programs branch on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::LoseAdmin => "PC-CONFIRM-LOSE-ADMIN",
            Self::ShutOut => "PC-CONFIRM-SHUT-OUT",
            Self::LoseAccess => "PC-CONFIRM-LOSE-ACCESS",
        }
    }

    /// What it is, for the reference.
    pub const fn what(self) -> &'static str {
        match self {
            Self::LoseAdmin => "you would no longer be an admin of the place",
            Self::ShutOut => "network rules would keep you out of what is private there",
            Self::LoseAccess => "you would have nothing left to sign in with",
        }
    }

    /// Reads the word back; `None` if it is none of them.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Facts and a principal, to be changed as a change would change them.
pub(crate) struct Imagined {
    pub facts: Facts,
    pub who: Principal,
}

impl Imagined {
    /// The grant of one subject on one level is now this, or none.
    pub fn regrant(&mut self, level: Level, subject: model::Subject, to: Option<Permission>) {
        self.facts.grants.retain(|it| it.level != level || it.subject != subject);
        let grant = |permission| Grant { level, subject, permission };
        self.facts.grants.extend(to.map(grant));
    }

    /// They are no longer in a group.
    pub fn leave(&mut self, group: model::GroupId) {
        self.who.groups.remove(&group);
    }

    fn is_admin(&self) -> bool {
        self.facts.held_by(&self.who).is_some_and(|it| it.permission == Permission::Admin)
    }
}

impl App {
    /// An error if the asker is an admin of the place now, would not be after the change, and has
    /// not said that this is meant.
    pub(crate) async fn keep_admin(
        &self,
        who: &Asker,
        place: &PlaceName,
        change: impl FnOnce(&mut Imagined),
    ) -> Result<()> {
        let (facts, _) = self.facts(who, place).await?;
        let mut world = Imagined { facts, who: who.who.principal.clone() };
        let before = world.is_admin();
        change(&mut world);
        if !before || world.is_admin() {
            return Ok(());
        }
        let what = format!("you would no longer be an admin of {} {place}", place.level());
        meant(who, Consequence::LoseAdmin, &what)
    }

    /// An error if these network rules of a workspace would keep the asker out, and they have not
    /// said that this is meant.
    pub(crate) async fn stay_inside(
        &self,
        who: &Asker,
        place: &PlaceName,
        rules: &NetworkRules,
    ) -> Result<()> {
        let (mut facts, _) = self.facts(who, place).await?;
        facts.network = rules.clone();
        let mut asker = who.who.clone();
        asker.credential = Credential::unlimited(asker.credential.kind);
        let question = Question { who: &asker, act: &Act::UpdateWorkspace, facts: &facts };
        let decision = policy::decide(&question);
        if decision.layer() != Some(model::Layer::Network) {
            return Ok(());
        }
        let why: Vec<_> = decision.refusals.iter().map(policy::Refusal::message).collect();
        let what = format!("you would be kept out of {place} yourself ({})", why.join(" "));
        meant(who, Consequence::ShutOut, &what)
    }
}

/// Lets it happen to an asker who said that it is meant.
fn meant(who: &Asker, consequence: Consequence, what: &str) -> Result<()> {
    if who.confirmed.contains(&consequence) {
        return Ok(());
    }
    let message = format!("{what}; nothing was changed: send `?confirm={consequence}` to do it");
    Err(Error::Unconfirmed { consequence, message })
}

/// A credential of a user that is about to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    Token(model::ApiTokenId),
    Key(model::SshKeyId),
}

impl App {
    /// An error if a user would have nothing left to sign in with, is the one who asks, and has not
    /// said that this is meant.
    pub(crate) async fn keep_access(
        &self,
        who: &Asker,
        user: &store::User,
        leaving: Leaving,
    ) -> Result<()> {
        let certified = !self.options.certificate_authorities.is_empty();
        if who.user_id() != Some(user.id) || user.password_hash.is_some() || certified {
            return Ok(());
        }
        let now = crate::clock::now();
        let tokens = self.store.list_api_tokens(user.id).await?;
        let good = |it: &store::ApiToken| {
            let ends = it.token.expires_at.is_some_and(|it| it <= now);
            it.token.revoked_at.is_none() && !ends && leaving != Leaving::Token(it.id)
        };
        let keys = self.store.list_ssh_keys(user.id).await?;
        let left = tokens.iter().any(good) || keys.iter().any(|it| leaving != Leaving::Key(it.id));
        if left {
            return Ok(());
        }
        meant(who, Consequence::LoseAccess, "you would have nothing left to sign in with")
    }
}
