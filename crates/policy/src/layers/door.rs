//! What is judged by who asks, with what and from where: instance state, credential, network
//! and scope.

use super::Opinion;
use crate::Question;
use crate::act::{Act, Right, Touches};
use crate::ask::{Credential, CredentialState, PrincipalKind};
use crate::decision::Weighed;
use crate::facts::{InstanceState, Place};
use crate::network::{AddressList, AddressRange};
use crate::refusal::{Reason, ScopeGap};
use model::{Grant, Level, Permission, RepositoryId, Scope, ScopeFamily, Scopes};
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
        CredentialState::Unknown => Some(Reason::CredentialUnknown { kind: who.credential.kind }),
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
/// only: the others have none to show. A token that is limited to certain addresses is so wherever
/// it is used.
pub(super) fn network(question: &Question<'_>) -> Opinion {
    let mut opinion = Opinion::default();
    let credential = &question.who.credential;
    if let Some(only) = &credential.addresses {
        keep_to(only, AddressList::Token, question, &mut opinion);
    }
    if question.who.principal.kind == PrincipalKind::System || !is_private(question) {
        return opinion;
    }
    let rules = &question.facts.network;
    if !rules.instance.is_empty() {
        keep_to(&rules.instance, AddressList::Instance, question, &mut opinion);
    }
    if mends_the_network(question) {
        return opinion;
    }
    if !rules.workspace.is_empty() {
        keep_to(&rules.workspace, AddressList::Workspace, question, &mut opinion);
    }
    let person = matches!(question.who.principal.kind, PrincipalKind::User(_));
    if rules.two_factor && person {
        let holds = question.who.network.two_factor;
        opinion.weighed.push(Weighed::Fact { what: "there is a second factor", holds });
        if !holds {
            opinion.reasons.push(Reason::TwoFactorRequired);
        }
    }
    opinion
}

fn keep_to(
    only: &[AddressRange],
    list: AddressList,
    question: &Question<'_>,
    opinion: &mut Opinion,
) {
    let address = question.who.network.address;
    let holds = address.is_some_and(|it| only.iter().any(|range| range.contains(it)));
    let what = match list {
        AddressList::Token => "the token is good from the address",
        AddressList::Workspace => "the workspace lets the address in",
        AddressList::Instance => "the server lets the address in",
    };
    opinion.weighed.push(Weighed::Fact { what, holds });
    if !holds {
        opinion.reasons.push(Reason::AddressNotAllowed { address, list });
    }
}

/// Of a workspace, its name and lists are not: something public may lie in it, and each entry of
/// a list is judged by itself. What administers a public place is as private as that of others.
fn is_private(question: &Question<'_>) -> bool {
    let right = question.act.needs().right;
    let administers = right == Right::Hold(Permission::Admin);
    match &question.facts.place {
        Place::Workspace(_) => right != Right::See,
        Place::Project(it) => it.private || administers,
        Place::Repository(it) => it.private || administers,
        Place::Instance | Place::Nowhere => false,
    }
}

/// An admin of the instance can put a workspace's network rules right from anywhere: else a
/// workspace could lock out everybody for good.
fn mends_the_network(question: &Question<'_>) -> bool {
    let who = &question.who.principal;
    let from_above = |it: &Grant| {
        it.level == Level::Instance && it.permission == Permission::Admin && who.is(it.subject)
    };
    matches!(question.act, Act::ReadNetwork | Act::ChangeNetwork)
        && question.facts.grants.iter().any(from_above)
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
        opinion.reasons.push(Reason::ScopeMissing(gap(all().collect(), missing, credential)));
    }
    if let Some(only) = &credential.repositories {
        let holds = good_for(only, question);
        opinion.weighed.push(Weighed::Fact { what: "the token is good for the place", holds });
        if !holds {
            opinion.reasons.push(Reason::TokenRepository { on: question.act.needs().on });
        }
    }
    let limited = credential.refs.is_some() || credential.addresses.is_some();
    let outlived = credential.expires_at.is_some_and(|it| question.act.makes_good_after(it));
    if question.act.makes_credential() && limited || outlived {
        opinion.reasons.push(Reason::TokenWidens);
    } else if question.act.administers() && credential.refs.is_some() {
        opinion.reasons.push(Reason::TokenForRefs);
    }
    opinion
}

/// Said in the words that the credential's own scopes are of: whoever has `repository` is to look
/// for `repository:write` and not for a name of the other family. What another name on the list
/// includes is left out.
fn gap(required: BTreeSet<Scope>, missing: BTreeSet<Scope>, credential: &Credential) -> ScopeGap {
    let family = credential.scopes.family().unwrap_or(ScopeFamily::Api);
    let said = |scopes: BTreeSet<Scope>| {
        let said: BTreeSet<_> = scopes.into_iter().map(|it| it.in_family(family)).collect();
        let others = |it: &Scope| said.iter().copied().filter(|other| other != it).collect();
        let needed = |it: &&Scope| !Scopes::Only(others(it)).includes(**it);
        said.iter().filter(needed).copied().collect()
    };
    ScopeGap { required: said(required), held: credential.scopes.clone(), missing: said(missing) }
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
