//! From the policy's no to the value that every channel shows, and to its record.

use crate::error::{Answer, Error, Refused};
use crate::explain::{ExplainedStep, explained};
use crate::ground::Ground;
use crate::names::{place_words, subject_words};
use crate::open::Judged;
use crate::refusal::{RefusalId, RefusalRecord, RuleNote, ScopesNote};
use crate::remedy::Words;
use crate::{App, Asker, PlaceName, record_text};
use model::{Layer, Level, Mode, Scopes};
use policy::{Act, Code, CredentialState, Decision, Question, RefUpdate, Refusal};

impl App {
    /// The error that carries the refusals of a decision, recorded.
    pub(crate) async fn refuse(
        &self,
        who: &Asker,
        place: &PlaceName,
        act: &Act,
        judged: &Judged,
    ) -> Error {
        let refusals = &judged.decision.refusals;
        let mut records = self.tell(who, place, act, judged, refusals);
        self.keep_records(who, judged.ground.as_deref(), &mut records).await;
        let answer = refusals.first().map_or(Answer::Forbidden, answer_of);
        Error::Refused(Box::new(Refused { records, answer }))
    }

    /// What rules in `evaluate` mode would have refused, with everything a channel may say about it,
    /// not yet recorded.
    pub(crate) fn tell_notices(
        &self,
        who: &Asker,
        place: &PlaceName,
        act: &Act,
        judged: &Judged,
    ) -> Vec<RefusalRecord> {
        let mut notices = self.tell(who, place, act, judged, &judged.decision.notices);
        for notice in &mut notices {
            notice.mode = Mode::Evaluate;
        }
        notices
    }

    /// Each refusal with everything a channel may say about it, not yet recorded.
    pub(crate) fn tell(
        &self,
        who: &Asker,
        place: &PlaceName,
        act: &Act,
        judged: &Judged,
        refusals: &[Refusal],
    ) -> Vec<RefusalRecord> {
        if refusals.is_empty() {
            return Vec::new();
        }
        let question = Question { who: &who.who, act, facts: &judged.facts };
        let remedies = policy::remedies(&question, &judged.decision);
        // A place that may not be known lends no names to texts.
        let seen = who.who.credential.state == CredentialState::Valid
            && judged.facts.seen_by(&who.who.principal);
        let ground = judged.ground.as_deref().filter(|_| seen);
        let words = Words { who, ground, updates: act.updates() };
        refusals
            .iter()
            .map(|refusal| {
                let mut record = self.record(who, place, act, refusal, ground);
                record.at = judged.facts.now;
                let fits = |it: &&policy::Remedy| match refusal.update {
                    Some(at) => it.updates.contains(&at),
                    None => it.updates.is_empty(),
                };
                if judged.decision.layer() != Some(Layer::Visibility) {
                    record.trace = trace_of(&judged.decision, refusal);
                }
                record.remedies = remedies.iter().filter(fits).map(|it| words.note(it)).collect();
                record
            })
            .collect()
    }

    fn record(
        &self,
        who: &Asker,
        place: &PlaceName,
        act: &Act,
        refusal: &Refusal,
        ground: Option<&Ground>,
    ) -> RefusalRecord {
        let update = refusal.update.and_then(|at| act.updates().get(at));
        let restricted = refusal.restricted();
        let who_may = restricted.zip(ground).map(|(it, ground)| {
            it.who_may.iter().map(|it| subject_words(*it, &ground.names)).collect()
        });
        RefusalRecord {
            id: None,
            mode: Mode::Enforce,
            code: refusal.code().as_str().to_owned(),
            layer: refusal.layer(),
            message: refusal.message(),
            short: refusal.short(),
            level: refusal.level().unwrap_or(place.level()),
            rule: ground.and_then(|it| rule_note(refusal, it)),
            repository: (place.level() == Level::Repository).then(|| place.to_string()),
            reference: update.map(|it| it.name.to_string()),
            operation: operation(act, update),
            channel: who.channel(),
            principal: who.principal_note(),
            credential: who.credential_note(),
            findings: refusal.unfit().map(policy::Unfit::lines).unwrap_or_default(),
            scopes: refusal.scopes().map(scopes_note),
            who_may: who_may.unwrap_or_default(),
            remedies: Vec::new(),
            trace: Vec::new(),
            at: crate::clock::now(),
            url: String::new(),
        }
    }

    /// Gives the refusals their ids and writes them down. A record that cannot be written leaves
    /// the refusal without an id; it stays a refusal.
    pub(crate) async fn keep_records(
        &self,
        who: &Asker,
        ground: Option<&Ground>,
        records: &mut [RefusalRecord],
    ) {
        for record in records.iter() {
            metrics::counter!("portcullis_refusals_total", "code" => record.code.clone())
                .increment(1);
        }
        let only_a_question = records.iter().all(|it| it.code == Code::SignInRequired.as_str());
        if only_a_question {
            return;
        }
        if self.write_records(who, ground, records).await
            && let Some(first) = records.first()
        {
            self.note_refused(who, first);
        }
    }

    /// The same for what rules in `evaluate` mode would have refused. Nobody was refused, so
    /// neither is it counted as that.
    pub(crate) async fn keep_notices(
        &self,
        who: &Asker,
        ground: Option<&Ground>,
        notices: &mut [RefusalRecord],
    ) {
        if !notices.is_empty() {
            self.write_records(who, ground, notices).await;
        }
    }

    /// `false` when there are too many to be recorded now.
    async fn write_records(
        &self,
        who: &Asker,
        ground: Option<&Ground>,
        records: &mut [RefusalRecord],
    ) -> bool {
        if !self.may_record(records) {
            return false;
        }
        for record in records.iter_mut() {
            let id = RefusalId::make();
            record.url = format!("{}/api/v1/refusals/{id}", self.public_url());
            record.id = Some(id);
        }
        let rows: Vec<_> = records.iter().map(|it| row(who, ground, it)).collect();
        if let Err(error) = self.store.insert_refusals(&rows).await {
            tracing::error!(%error, "refusals could not be recorded");
            for record in records.iter_mut() {
                record.id = None;
                record.url = String::new();
            }
        }
        true
    }
}

/// What was weighed for one refusal: the act as a whole, and the update it is about.
fn trace_of(decision: &Decision, refusal: &Refusal) -> Vec<ExplainedStep> {
    let update = refusal.update.and_then(|at| decision.updates.get(at));
    decision
        .trace
        .iter()
        .chain(update.into_iter().flat_map(|it| &it.trace))
        .map(explained)
        .collect()
}

fn row(who: &Asker, ground: Option<&Ground>, record: &RefusalRecord) -> store::RefusalRecord {
    let own = who.user_id().into_iter().collect();
    let (principal, viewers) = match &who.belongs_to {
        Some(owner) => (owner.name.clone(), owner.viewers.clone()),
        None => (who.principal_name(), own),
    };
    store::RefusalRecord {
        id: record.id.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default(),
        code: record.code.clone(),
        workspace: ground.and_then(|it| it.workspace.as_ref()).map(|it| it.id),
        repository: ground.and_then(|it| it.repository.as_ref()).map(|it| it.id),
        principal,
        at: record.at,
        viewers,
        payload: record_text::write(record),
    }
}

fn answer_of(refusal: &Refusal) -> Answer {
    match refusal.layer() {
        Layer::Instance => Answer::NotNow,
        Layer::Credential => Answer::SignIn,
        Layer::Visibility => Answer::Hidden,
        Layer::Network
        | Layer::Scope
        | Layer::Permission
        | Layer::RepositoryState
        | Layer::ReservedRef
        | Layer::Restriction
        | Layer::Content => Answer::Forbidden,
    }
}

fn operation(act: &Act, update: Option<&RefUpdate>) -> Option<String> {
    let word = match (act, update) {
        (_, Some(update)) => update.change.as_str(),
        (Act::Fetch | Act::ReadRepository, None) => "read",
        (Act::Push | Act::UpdateRefs { .. }, None) => "push",
        _ => return None,
    };
    Some(word.to_owned())
}

fn rule_note(refusal: &Refusal, ground: &Ground) -> Option<RuleNote> {
    let rule = refusal.rule()?;
    Some(RuleNote {
        id: rule.id,
        kind: rule.kind,
        matcher: rule.matcher.kind,
        pattern: rule.matcher.pattern.clone(),
        place: place_words(ground, rule.level),
        changed_at: rule.changed_at,
        changed_by: rule.changed_by.clone(),
    })
}

fn scopes_note(gap: &policy::ScopeGap) -> ScopesNote {
    let list = |it: &std::collections::BTreeSet<model::Scope>| {
        it.iter().map(|it| it.as_str().to_owned()).collect()
    };
    ScopesNote {
        required: list(&gap.required),
        held: match &gap.held {
            Scopes::Unlimited => Vec::new(),
            Scopes::Only(held) => list(held),
        },
        missing: list(&gap.missing),
    }
}
