//! Question lines: who tries what.

use crate::statement::{ApiToken, Name, Statement, matcher, ref_name};
use crate::words::{Read, Words};
use crate::world::{ELSEWHERE, Scenario, credential_of};
use model::{
    AccessKeyId, AccessTokenId, Channel, CredentialKind, GroupId, ObjectId, RestrictionId, Scopes,
    Timestamp, UserId, Username, WorkloadId,
};
use policy::{
    Act, Asker, Change, Content, Credential, CredentialState, Fault, FaultKind, Faults, Network,
    Principal, PrincipalKind, RefUpdate, Seen, Way,
};
use std::collections::BTreeMap;

/// A user nobody declared: no rule can be about them.
const STRANGER: UserId = UserId(0);

impl Scenario {
    /// Reads a question: `ann/devs rewrite main, delete old`, `anonymous fetch`,
    /// `ann from 10.1.2.3 fetch`.
    pub fn question(&self, line: &str) -> Result<(Asker, Act), String> {
        let mut words = Words::of(line);
        let mut who = self.asker(words.take("an asker")?)?;
        if words.takes("from") {
            let text = words.take("an address")?;
            let address = text.parse().map_err(|_| format!("`{text}` is no address"))?;
            who.network.address = Some(address);
        }
        let act = act(&mut words)?;
        words.end()?;
        Ok((who, act))
    }

    /// Reads an asker: `ann`, `ann/devs+ops`, `ann@laptop`, `token:ci-bot`, `anonymous`.
    pub fn asker(&self, text: &str) -> Result<Asker, String> {
        match text {
            "anonymous" => return Ok(Asker::anonymous(Channel::GitHttp)),
            "system" => return Ok(Asker::system()),
            _ => (),
        }
        let name = Name::parse(text)?;
        match &name {
            Name::UserOrGroup(text) => self.user_asker(text),
            Name::AccessToken(label) | Name::AccessKey(label) | Name::Workload(label) => {
                self.other_asker(&name, label)
            }
            Name::Everyone | Name::Anyone => Err(format!("`{text}` cannot ask anything")),
        }
    }

    fn user_asker(&self, text: &str) -> Read<Asker> {
        let (text, token) = match text.split_once('@') {
            Some((text, label)) => (text, Some(label)),
            None => (text, None),
        };
        let (name, more) = text.split_once('/').unwrap_or((text, ""));
        let name = Username::parse(name).map_err(|it| it.to_string())?;
        let known = self.users.get(&name);
        let more = more.split('+').filter(|it| !it.is_empty()).map(|it| self.known_group(it));
        let mut groups = more.collect::<Read<std::collections::BTreeSet<_>>>()?;
        groups.extend(known.into_iter().flat_map(|it| &it.groups));
        let mut credential = Credential::unlimited(CredentialKind::Password);
        if let Some(label) = token {
            let tokens = known.into_iter().flat_map(|it| &it.tokens);
            let found = tokens.into_iter().find(|it| it.label == label);
            credential = api_token(found.ok_or(format!("`{name}` has no API token `{label}`"))?)?;
        }
        if known.is_some_and(|it| it.suspended) {
            credential.state = CredentialState::Suspended;
        }
        let kind = PrincipalKind::User(known.map_or(STRANGER, |it| it.id));
        let principal = Principal { kind, name: name.to_string(), groups };
        Ok(from_git(principal, credential))
    }

    fn known_group(&self, name: &str) -> Read<GroupId> {
        let unknown = || format!("no rule and no user mentions a group `{name}`");
        self.groups.get(name).copied().ok_or_else(unknown)
    }

    fn other_asker(&self, name: &Name, label: &str) -> Read<Asker> {
        let number = self.other(name).ok_or(format!("nothing mentions `{label}`"))?;
        let kind = match name {
            Name::AccessKey(_) => PrincipalKind::AccessKey(AccessKeyId(number)),
            Name::Workload(_) => PrincipalKind::Workload(WorkloadId(number)),
            Name::AccessToken(_) | Name::UserOrGroup(_) | Name::Everyone | Name::Anyone => {
                PrincipalKind::AccessToken(AccessTokenId(number))
            }
        };
        let mut credential = Credential::unlimited(credential_of(name));
        label.clone_into(&mut credential.label);
        let declared = self.statements().iter().find_map(|it| match it {
            Statement::AccessToken { name: it, scopes, .. }
                if *name == Name::AccessToken(it.clone()) =>
            {
                Some(scopes.clone())
            }
            _ => None,
        });
        if let Some(scopes) = declared {
            credential.scopes = Scopes::Only(scopes);
        }
        let principal =
            Principal { kind, name: label.to_owned(), groups: std::collections::BTreeSet::new() };
        Ok(from_git(principal, credential))
    }
}

fn from_git(principal: Principal, credential: Credential) -> Asker {
    Asker { principal, credential, channel: Channel::GitHttp, network: Network::default() }
}

fn api_token(token: &ApiToken) -> Read<Credential> {
    let at = Timestamp(0);
    let state = match (token.revoked, token.expired) {
        (true, _) => CredentialState::Revoked { at },
        (false, true) => CredentialState::Expired { at },
        (false, false) => CredentialState::Valid,
    };
    let matchers = |refs: &Vec<String>| {
        refs.iter().map(|it| matcher(&mut Words::of(it))).collect::<Read<Vec<_>>>()
    };
    Ok(Credential {
        label: token.label.clone(),
        tail: "k3Qz".into(),
        state,
        scopes: Scopes::Only(token.scopes.clone()),
        repositories: token.elsewhere.then(|| [ELSEWHERE].into()),
        refs: token.refs.as_ref().map(matchers).transpose()?,
        addresses: token.addresses.clone(),
        ..Credential::unlimited(CredentialKind::ApiToken)
    })
}

/// Rules of tables have numbers up to this; nothing is found against any of them unless it is said.
const RULES: i64 = 50;

fn act(words: &mut Words<'_>) -> Read<Act> {
    for (word, act) in [("fetch", Act::Fetch), ("push", Act::Push), ("read", Act::ReadRepository)] {
        if words.takes(word) {
            return Ok(act);
        }
    }
    let mut way = Way::Direct;
    let updates = words.list(|words| {
        let (change, this_way) = change(words.take("what is tried")?)?;
        way = way.max(this_way);
        let name = ref_name(words.take("a ref")?)?;
        let (old, new) = (ObjectId::from_bytes([1; 20]), ObjectId::from_bytes([2; 20]));
        let (old, new) = match change {
            Change::Create => (ObjectId::ZERO, new),
            Change::Delete => (old, ObjectId::ZERO),
            Change::Unseen | Change::FastForward | Change::Rewrite => (old, new),
        };
        Ok(RefUpdate { name, old, new, change, content: content(change, words)? })
    })?;
    Ok(Act::UpdateRefs { updates, way })
}

/// What an update brings: objects and no faults, unless something else is said behind its ref.
fn content(change: Change, words: &mut Words<'_>) -> Read<Content> {
    if words.takes("unlooked") || change == Change::Unseen {
        return Ok(Content::Unseen);
    }
    let new_objects = !words.takes("adding-nothing") && change != Change::Delete;
    let none = |number| (RestrictionId(number), Faults::default());
    let mut against: BTreeMap<_, _> = (1..=RULES).map(none).collect();
    if words.takes("against") {
        for number in words.take("the numbers of rules")?.split('+') {
            let number = number.parse().map_err(|_| format!("`{number}` is no number"))?;
            let fault = Fault { commit: None, path: None, kind: FaultKind::Message };
            against.insert(RestrictionId(number), Faults::one(fault));
        }
    }
    Ok(Content::Seen(Seen { new_objects, against }))
}

fn change(word: &str) -> Read<(Change, Way)> {
    Ok(match word {
        "unseen" => (Change::Unseen, Way::Direct),
        "create" => (Change::Create, Way::Direct),
        "fast-forward" => (Change::FastForward, Way::Direct),
        "rewrite" => (Change::Rewrite, Way::Direct),
        "delete" => (Change::Delete, Way::Direct),
        "merge" => (Change::FastForward, Way::PullRequest),
        other => {
            return Err(format!(
                "`{other}` is nothing to try: use unseen, create, fast-forward, rewrite, delete, \
                 merge, fetch, push or read"
            ));
        }
    })
}
