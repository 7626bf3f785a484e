//! What is judged by who asks, with what and from where: instance state, credential, network
//! and scope.

use super::Opinion;
use crate::Question;
use crate::act::{Right, Touches};
use crate::ask::{CredentialState, PrincipalKind};
use crate::decision::Weighed;
use crate::facts::{InstanceState, Place};
use crate::refusal::{Reason, ScopeGap};
use model::{Level, RepositoryId, Scope};
use std::collections::BTreeSet;

pub(super) fn instance(question: &Question<'_>) -> Opinion {
    let state = question.facts.instance;
    let reason = match (state, question.act.needs().touches) {
        (InstanceState::Open, _) | (InstanceState::ReadOnly, Touches::Nothing) => None,
        (InstanceState::ReadOnly, Touches::Content | Touches::Settings) => Some(Reason::ReadOnly),
        (InstanceState::Maintenance, _) => Some(Reason::Maintenance),
    };
    Opinion::of(Weighed::Instance(state), reason)
}

pub(super) fn credential(question: &Question<'_>) -> Opinion {
    let who = question.who;
    let reason = match who.credential.state {
        CredentialState::Valid => sign_in(question),
        CredentialState::Unknown => Some(Reason::CredentialUnknown),
        CredentialState::Expired { at } => Some(Reason::CredentialExpired { at }),
        CredentialState::Revoked { at } => Some(Reason::CredentialRevoked { at }),
        CredentialState::WrongChannel => {
            Some(Reason::CredentialWrongDoor { kind: who.credential.kind, channel: who.channel })
        }
        CredentialState::Suspended => Some(Reason::CredentialSuspended),
        CredentialState::Ambiguous => Some(Reason::CredentialAmbiguous),
        CredentialState::Certificate(fault) => Some(Reason::CertificateUnusable { fault }),
    };
    let what = if who.principal.is_signed_in() {
        "the credential is good"
    } else {
        "nobody in particular may do this"
    };
    Opinion::of(Weighed::Fact { what, holds: reason.is_none() }, reason)
}

/// Somebody anonymous is told to sign in wherever anonymous is not enough, be the place hidden,
/// missing, or only closed to what they want.
fn sign_in(question: &Question<'_>) -> Option<Reason> {
    if question.who.principal.is_signed_in() {
        return None;
    }
    let needs = question.act.needs();
    let seen = question.facts.place.level() == Some(needs.on);
    let held = question.facts.held_by(&question.who.principal);
    let enough = match needs.right {
        Right::See => seen,
        Right::Hold(permission) => held.is_some_and(|it| it.permission >= permission),
        Right::SignedIn | Right::User | Right::Member => false,
    };
    (!enough).then_some(Reason::SignInRequired)
}

/// Only private things are kept to certain networks, and a second factor is asked of people
/// only: the others have none to show.
pub(super) fn network(question: &Question<'_>) -> Opinion {
    let private = match &question.facts.place {
        Place::Workspace(_) => true,
        Place::Project(it) => it.private,
        Place::Repository(it) => it.private,
        Place::Instance | Place::Nowhere => false,
    };
    let rules = &question.facts.network;
    let mut opinion = Opinion::default();
    if !private || question.who.principal.kind == PrincipalKind::System {
        return opinion;
    }
    let from = question.who.network;
    if !rules.addresses.is_empty() {
        let holds = from.address.is_some_and(|it| rules.addresses.iter().any(|r| r.contains(it)));
        opinion.weighed.push(Weighed::Fact { what: "the address is allowed", holds });
        if !holds {
            opinion.reasons.push(Reason::AddressNotAllowed { address: from.address });
        }
    }
    let person = matches!(question.who.principal.kind, PrincipalKind::User(_));
    if rules.two_factor && person {
        let holds = from.two_factor;
        opinion.weighed.push(Weighed::Fact { what: "there is a second factor", holds });
        if !holds {
            opinion.reasons.push(Reason::TwoFactorRequired);
        }
    }
    opinion
}

pub(super) fn scope(question: &Question<'_>) -> Opinion {
    let credential = &question.who.credential;
    let required = question.act.needs().scopes;
    let handed_on = question.act.handed_on().into_iter().flatten();
    let all = || required.iter().chain(handed_on.clone()).copied();
    let lacks = |it: &Scope| !credential.scopes.includes(*it);
    let held = !required.iter().any(lacks);
    let mut opinion = Opinion::default();
    opinion.weighed.push(Weighed::Scopes { required, held });
    let missing: BTreeSet<Scope> = all().filter(lacks).collect();
    if !missing.is_empty() {
        let (required, held) = (all().collect(), credential.scopes.clone());
        opinion.reasons.push(Reason::ScopeMissing(ScopeGap { required, held, missing }));
    }
    if let Some(only) = &credential.repositories {
        let holds = good_for(only, question);
        opinion.weighed.push(Weighed::Fact { what: "the token is good for the place", holds });
        if !holds {
            opinion.reasons.push(Reason::TokenRepository { on: question.act.needs().on });
        }
    }
    if question.act.makes_credential() && credential.refs.is_some() {
        opinion.reasons.push(Reason::TokenWidens);
    }
    opinion
}

/// Is a token that is limited to these repositories good for this? Outside of them, it is for
/// looking at what is open to anybody signed in. Of a place that may not be seen, nothing is
/// said here; the next layer answers.
fn good_for(only: &BTreeSet<RepositoryId>, question: &Question<'_>) -> bool {
    let needs = question.act.needs();
    match (needs.on, question.facts.place.repository()) {
        (Level::Repository, here) => here.is_none_or(|it| only.contains(&it.id)),
        (Level::Instance | Level::Workspace | Level::Project, _) => match needs.right {
            Right::See | Right::SignedIn | Right::User => needs.touches == Touches::Nothing,
            Right::Member | Right::Hold(_) => false,
        },
    }
}
