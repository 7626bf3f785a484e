//! Why something is or is not allowed: the decision on a hypothetical operation, with every layer
//! and every rule that was weighed, and what would make it pass. Asks the same function as a push;
//! changes and records nothing.

use crate::error::{Error, Fields, Result};
use crate::open::{Explaining, ExplainingForOthers};
use crate::refusal::RefusalRecord;
use crate::render::visible;
use crate::subjects::Called;
use crate::{App, Asker, PlaceName};
use model::{
    AccessKeyId, AccessTokenId, Channel, CredentialKind, Layer, Level, ObjectId, Operation,
    RefName, RestrictionId, RestrictionKind,
};
use policy::{
    Act, Change, Content, Credential, Principal, PrincipalKind, RefUpdate, Step, Way, Weighed,
};
use std::sync::Arc;

/// What is asked about.
#[derive(Clone, Debug, Default)]
pub struct Hypothetical {
    /// A full ref name or a branch; not needed for `read`.
    pub reference: Option<String>,
    /// `read`, `create`, `fast-forward`, `rewrite`, `delete` or `merge`.
    pub operation: String,
    /// Somebody else than the asker, for administrators: a user name, `access_token:NAME` or
    /// `anonymous`.
    pub principal: Option<String>,
}

/// The answer.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// `allowed`, `refused` or `undecided`.
    pub verdict: &'static str,
    pub operation: Operation,
    pub repository: String,
    pub reference: Option<String>,
    /// For whom it was decided.
    pub principal: crate::refusal::PrincipalNote,
    /// Why not, with remedies; empty unless it is refused. They have no ids: nothing happened.
    pub refusals: Vec<RefusalRecord>,
    /// What rules in `evaluate` mode would have refused.
    pub notices: Vec<RefusalRecord>,
    /// Every layer, in order.
    pub trace: Vec<ExplainedStep>,
}

/// One layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedStep {
    pub layer: Layer,
    /// `passed`, `refused`, `undecided` or `not asked`.
    pub finding: &'static str,
    /// What was looked at, a line each.
    pub weighed: Vec<String>,
    /// The rules among it.
    pub rules: Vec<ExplainedRule>,
}

/// One rule that means the ref, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedRule {
    pub id: RestrictionId,
    pub level: Level,
    pub kind: RestrictionKind,
    /// `refuses`, `lists the user`, `not about this change`, …
    pub outcome: String,
}

impl App {
    /// Decides an operation without doing it.
    pub async fn explain(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        what: &Hypothetical,
    ) -> Result<Explanation> {
        let subject = match &what.principal {
            Some(name) if !who.is_called(name) => {
                let open = self.open_repository::<ExplainingForOthers>(who, repository).await?;
                self.somebody(&PlaceName::from(open.path()), name).await?
            }
            Some(_) | None => {
                self.open_repository::<Explaining>(who, repository).await?;
                who.clone()
            }
        };
        // Somebody else is judged as if they came from where the one who asks is.
        let mut subject = subject;
        subject.who.network.address = who.who.network.address;
        let (operation, reference, act) = act_of(what)?;
        let judged = self.judge(&subject, repository, &act).await?;
        let decision = &judged.decision;
        let trace = decision.trace.iter().chain(decision.updates.iter().flat_map(|it| &it.trace));
        Ok(Explanation {
            verdict: decision.verdict.as_str(),
            operation,
            repository: repository.to_string(),
            reference: reference.map(|it| it.to_string()),
            principal: subject.principal_note(),
            refusals: self.tell(&subject, repository, &act, &judged, &decision.refusals),
            notices: self.tell_notices(&subject, repository, &act, &judged),
            trace: trace.map(explained).collect(),
        })
    }

    /// Somebody as they would come with a credential that narrows nothing; an access token with
    /// its own scopes.
    async fn somebody(&self, repository: &PlaceName, name: &str) -> Result<Asker> {
        let nobody = || Fields::one("as", format!("no principal `{}` here", visible(name)));
        if name == "anonymous" {
            let mut asker = Asker::system();
            asker.who = policy::Asker::anonymous(Channel::Rest);
            return Ok(asker);
        }
        let (kind, name) = name.split_once(':').unwrap_or(("user", name));
        let mut asker = Asker::system();
        match kind {
            "user" => {
                let user = self.find_named_user(name).await?.ok_or_else(nobody)?;
                let version = self.store.facts_version().await?;
                let account = self.account(user.id, version).await?.ok_or_else(nobody)?;
                asker.who.principal = crate::sign_in::principal_of(&account);
                asker.who.credential = Credential::unlimited(CredentialKind::Password);
                if !account.user.active {
                    asker.who.credential.state = policy::CredentialState::Suspended;
                }
                asker.account = Some(account);
            }
            "access_token" => {
                let (_, ground) = self.facts(&asker, repository).await?;
                let ground = ground.ok_or_else(nobody)?;
                let token = match self.token_called(name, &ground).await? {
                    Called::One(token) => token,
                    Called::Several(which) => return Err(Fields::one("as", which)),
                    Called::Nobody => {
                        let id = AccessTokenId(name.parse().map_err(|_| nobody())?);
                        self.token_numbered(id, &ground).await?.ok_or_else(nobody)?
                    }
                };
                asker.who.principal = Principal {
                    kind: PrincipalKind::AccessToken(token.id),
                    name: token.token.name.clone(),
                    groups: [].into(),
                };
                asker.who.credential = crate::sign_in::access_credential(&token);
            }
            "access_key" => {
                let (_, ground) = self.facts(&asker, repository).await?;
                let ground = ground.ok_or_else(nobody)?;
                let key = match self.key_labelled(name, &ground).await? {
                    Called::One(key) => key,
                    Called::Several(which) => return Err(Fields::one("as", which)),
                    Called::Nobody => {
                        let id = AccessKeyId(name.parse().map_err(|_| nobody())?);
                        self.key_numbered(id, &ground).await?.ok_or_else(nobody)?
                    }
                };
                asker.who.principal = crate::key_sign_in::principal_of_key(&key);
                asker.who.credential = crate::key_sign_in::key_credential(&key.key);
            }
            _ => return Err(nobody()),
        }
        asker.who.channel = Channel::Rest;
        Ok(asker)
    }
}

/// The question that an operation is, put as a push or a merge would put it.
fn act_of(what: &Hypothetical) -> Result<(Operation, Option<RefName>, Act)> {
    let mut fields = Fields::default();
    let operation = fields.take("operation", Operation::parse(&what.operation));
    let reference = match what.reference.as_deref().filter(|it| !it.is_empty()) {
        Some(name) if name.starts_with("refs/") => {
            fields.take("ref", RefName::parse(name.as_bytes()))
        }
        Some(name) => fields.take("ref", RefName::branch(name)),
        None => None,
    };
    let needs_ref = operation.is_some_and(|it| it != Operation::Read);
    if needs_ref && what.reference.as_deref().unwrap_or_default().is_empty() {
        fields.add("ref", "name the ref, such as refs/heads/main");
    }
    let Some(operation) = operation else { return Err(Error::Invalid(fields)) };
    fields.check()?;
    let change = match operation {
        Operation::Read => return Ok((operation, reference, Act::Fetch)),
        Operation::Create => Change::Create,
        Operation::FastForward | Operation::Merge => Change::FastForward,
        Operation::Rewrite => Change::Rewrite,
        Operation::Delete => Change::Delete,
    };
    let Some(name) = reference.clone() else {
        return Err(Fields::one("ref", "name the ref, such as refs/heads/main"));
    };
    let way = if operation == Operation::Merge { Way::PullRequest } else { Way::Direct };
    let updates = vec![RefUpdate {
        name,
        old: ObjectId::ZERO,
        new: ObjectId::ZERO,
        change,
        content: Content::Unseen,
    }];
    Ok((operation, reference, Act::UpdateRefs { updates, way }))
}

/// A step of the trace in words.
pub(crate) fn explained(step: &Step) -> ExplainedStep {
    let rule = |it: &Weighed| match it {
        Weighed::Rule(rule) => Some(ExplainedRule {
            id: rule.id,
            level: rule.level,
            kind: rule.kind,
            outcome: rule.outcome.to_string(),
        }),
        Weighed::Instance(_)
        | Weighed::Fact { .. }
        | Weighed::Scopes { .. }
        | Weighed::Permission { .. } => None,
    };
    ExplainedStep {
        layer: step.layer,
        finding: step.finding.as_str(),
        weighed: step.weighed.iter().map(ToString::to_string).collect(),
        rules: step.weighed.iter().filter_map(rule).collect(),
    }
}
