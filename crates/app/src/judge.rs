//! The judge of a push: asks the policy about each command, before a byte of the pack and again
//! with the objects, writes refusals and the push down, and makes the text that git shows. Runs on
//! the thread of the push. Whatever cannot be read or written refuses the push.

use crate::ground::Ground;
use crate::open::{Judged, OpenRepository, Pushing};
use crate::push_meta::PushMeta;
use crate::refusal::RefusalRecord;
use crate::{App, PlaceName, render};
use model::{ObjectId, Operation};
use policy::{Act, RefUpdate, Way};
use repo::{Command, Judge, JudgeFailed, Push, Quarantine, RefOutcome, RefStatus, Verdict};
use std::sync::Arc;
use store::{PushRecord, RefUpdateRecord};
use tokio::runtime::Handle;

/// Judges one push by the policy.
pub(crate) struct PolicyJudge {
    app: Arc<App>,
    runtime: Handle,
    open: OpenRepository<Pushing>,
    place: PlaceName,
    protocol: &'static str,
    /// What was refused, in the order it was found.
    pub refused: Vec<RefusalRecord>,
    /// What rules in `evaluate` mode would have refused, as far as it is known by now.
    notices: Vec<RefusalRecord>,
    ground: Option<Arc<Ground>>,
    meta: PushMeta,
}

impl PolicyJudge {
    pub fn new(app: Arc<App>, open: OpenRepository<Pushing>, protocol: &'static str) -> Self {
        let meta = PushMeta {
            principal: open.by.principal.clone(),
            credential: open.by.credential.clone(),
            channel: open.by.channel,
            protocol: protocol.to_owned(),
            at: open.by.at,
            operations: [].into(),
        };
        let (runtime, place) = (open.runtime.clone(), PlaceName::from(open.path()));
        let (refused, notices) = (Vec::new(), Vec::new());
        Self { app, runtime, open, place, protocol, refused, notices, ground: None, meta }
    }

    /// One verdict for each update, from facts as they are now.
    fn judge(&mut self, updates: Vec<RefUpdate>) -> Result<(Vec<Verdict>, Judged), JudgeFailed> {
        let count = updates.len();
        let act = Act::UpdateRefs { updates, way: Way::Direct };
        let (app, place) = (Arc::clone(&self.app), self.place.clone());
        let (judged, records) = self
            .runtime
            .block_on(async {
                let who = app.refreshed(&self.open.who).await?;
                let judged = app.judge(&who, &place, &act).await?;
                let refusals = &judged.decision.refusals;
                let mut records = app.tell(&who, &place, &act, &judged, refusals);
                if !records.is_empty() {
                    app.keep_records(&who, judged.ground.as_deref(), &mut records).await;
                }
                self.notices = app.tell_notices(&who, &place, &act, &judged);
                self.ground.clone_from(&judged.ground);
                Ok::<_, crate::Error>((judged, records))
            })
            .map_err(failed)?;
        let verdicts = (0..count).map(|at| verdict(&judged, &records, at)).collect();
        self.refused.extend(records);
        Ok((verdicts, judged))
    }
}

/// The verdict on one update. Anything the policy did not answer is a refusal.
fn verdict(judged: &Judged, records: &[RefusalRecord], at: usize) -> Verdict {
    match judged.decision.verdict_on(at, false) {
        Some(policy::Verdict::Allowed | policy::Verdict::Undecided) => Verdict::Go,
        Some(policy::Verdict::Refused) | None => {
            let fits = |update: Option<usize>| update.is_none() || update == Some(at);
            let refusals = judged.decision.refusals.iter().zip(records);
            let first = refusals.into_iter().find(|(it, _)| fits(it.update));
            let short = first.map_or_else(|| "refused".to_owned(), |(_, it)| render::short(it));
            Verdict::Refuse { short }
        }
    }
}

fn failed(error: crate::Error) -> JudgeFailed {
    let text = match &error {
        crate::Error::Failed(failure) => format!("{}: {}", failure, failure.source),
        other => other.to_string(),
    };
    JudgeFailed(text)
}

fn unseen(command: &Command) -> RefUpdate {
    RefUpdate::from_command(command.name.clone(), command.old, command.new)
}

fn seen(update: &repo::RefUpdate) -> RefUpdate {
    let change = match update.change {
        repo::Change::Create => policy::Change::Create,
        repo::Change::FastForward => policy::Change::FastForward,
        repo::Change::Rewrite => policy::Change::Rewrite,
        repo::Change::Delete => policy::Change::Delete,
    };
    RefUpdate { name: update.name.clone(), old: update.old, new: update.new, change }
}

const fn operation(change: repo::Change) -> Operation {
    match change {
        repo::Change::Create => Operation::Create,
        repo::Change::FastForward => Operation::FastForward,
        repo::Change::Rewrite => Operation::Rewrite,
        repo::Change::Delete => Operation::Delete,
    }
}

impl Judge for PolicyJudge {
    fn before_pack(&mut self, push: &Push) -> Result<Vec<Verdict>, JudgeFailed> {
        Ok(self.judge(push.commands.iter().map(unseen).collect())?.0)
    }

    fn after_pack(
        &mut self,
        _: &Push,
        updates: &[repo::RefUpdate],
        _: &Quarantine<'_>,
    ) -> Result<Vec<Verdict>, JudgeFailed> {
        let changes = updates.iter().map(|it| (it.name.to_string(), operation(it.change)));
        self.meta.operations = changes.collect();
        // Kept facts can outlive the database. What cannot be recorded must not land.
        self.runtime.block_on(self.app.store.ping()).map_err(|it| failed(it.into()))?;
        let (verdicts, judged) = self.judge(updates.iter().map(seen).collect())?;
        // Nothing is unseen any more, so nothing can be undecided: a fault of ours.
        if judged.decision.updates.iter().any(|it| it.verdict == policy::Verdict::Undecided) {
            tracing::error!("a push is still undecided with its objects here");
            return Err(JudgeFailed("the push is still undecided with its objects here".into()));
        }
        Ok(verdicts)
    }

    fn text(&mut self) -> String {
        // Only now: after the pack more is known than before it, and each is recorded once.
        let (who, ground) = (&self.open.who, self.ground.as_deref());
        self.runtime.block_on(self.app.keep_notices(who, ground, &mut self.notices));
        let mut text = render::git_text(&self.refused);
        text.push_str(&render::notices(&self.notices));
        text
    }

    fn meta(&mut self) -> Vec<u8> {
        self.meta.write()
    }

    fn landed(&mut self, push: &Push, outcomes: &[RefOutcome]) -> Result<(), JudgeFailed> {
        let landed = outcomes.iter().filter(|it| it.status == RefStatus::Landed);
        let updates: Vec<_> = landed.filter_map(update_record).collect();
        let record = PushRecord {
            id: push.id.to_string(),
            repository: self.open.repository.id,
            principal: self.meta.principal.clone(),
            credential: self.meta.credential.clone(),
            channel: self.meta.channel,
            protocol: self.protocol.to_owned(),
            at: self.meta.at,
            updates,
        };
        let recorded = self.runtime.block_on(self.app.store.record_push(&record));
        recorded.map(drop).map_err(|it| failed(it.into()))
    }
}

/// A landed ref always has a name git accepts and a change; anything else was not landed.
fn update_record(outcome: &RefOutcome) -> Option<RefUpdateRecord> {
    let (old, new): (ObjectId, ObjectId) = (outcome.old, outcome.new);
    let name = model::RefName::parse(outcome.name.as_bytes()).ok()?;
    Some(RefUpdateRecord { name, old, new, operation: operation(outcome.change?) })
}
