//! The judge of a push: asks the policy about each command, before a byte of the pack and again
//! with the objects, writes refusals and the push down, and makes the text that git shows. Runs on
//! the thread of the push. Whatever cannot be read or written refuses the push.

use crate::content::{About, CheckQuestion, Known, Look, Next, check_faults, told};
use crate::ground::Ground;
use crate::names::subject_words;
use crate::open::{Judged, OpenRepository};
use crate::pull_request::{MergeOrder, Openings};
use crate::push_meta::PushMeta;
use crate::refusal::RefusalRecord;
use crate::{App, Asker, PlaceName, Result, render};
use model::{Mode, ObjectId, Operation, Restriction};
use policy::{Act, Content, Faults, Outcome, RefUpdate, Rulebook, Way, Weighed, WeighedRule};
use repo::{Command, Judge, JudgeFailed, Push, Quarantine, RefOutcome, RefStatus, Verdict};
use std::cell::OnceCell;
use std::sync::Arc;
use store::{LetThrough, PushRecord, RefUpdateRecord};
use tokio::runtime::Handle;

/// Judges one push by the policy.
pub(crate) struct PolicyJudge<A> {
    app: Arc<App>,
    runtime: Handle,
    open: OpenRepository<A>,
    /// The pull request that this merges; `None` for every other push.
    merge: Option<MergeOrder>,
    place: PlaceName,
    protocol: &'static str,
    /// What was refused, in the order it was found.
    pub refused: Vec<RefusalRecord>,
    /// What rules in `evaluate` mode would have refused, as far as it is known by now.
    notices: Vec<RefusalRecord>,
    /// What the repository had before this push, in bytes; measured if it has a limit.
    size: OnceCell<u64>,
    ground: Option<Arc<Ground>>,
    /// The pull requests that the push is to open.
    openings: Openings,
    meta: PushMeta,
}

impl<A> PolicyJudge<A> {
    pub fn new(open: OpenRepository<A>, merge: Option<MergeOrder>, protocol: &'static str) -> Self {
        let meta = PushMeta {
            principal: open.by.principal.clone(),
            credential: open.by.credential.clone(),
            credential_kind: Some(open.who.who.credential.kind),
            channel: open.by.channel,
            protocol: protocol.to_owned(),
            at: open.by.at,
            operations: [].into(),
            let_through: Vec::new(),
            merges: merge.as_ref().map(|it| it.request.id),
        };
        let app = Arc::clone(&open.app);
        let (runtime, place) = (open.runtime.clone(), PlaceName::from(open.path()));
        let (refused, notices) = (Vec::new(), Vec::new());
        Self {
            app,
            runtime,
            open,
            merge,
            place,
            protocol,
            refused,
            notices,
            size: OnceCell::new(),
            ground: None,
            openings: Openings::default(),
            meta,
        }
    }

    /// Asks the policy, from facts as they are now. `arriving`: the bytes of the pack, as far as it
    /// is here. `updates` gets the rules that are in force.
    fn ask(
        &self,
        arriving: u64,
        updates: impl FnOnce(&Rulebook) -> Vec<RefUpdate>,
    ) -> Result<Asked> {
        let (who, (mut facts, ground), merge) = self.runtime.block_on(async {
            let who = self.app.refreshed(&self.open.who).await?;
            let facts = self.app.facts(&who, &self.place).await?;
            let merge = match &self.merge {
                Some(it) => Some(self.app.merge_facts(it).await?),
                None => None,
            };
            Ok::<_, crate::Error>((who, facts, merge))
        })?;
        facts.merge = merge;
        if let Some((id, limit)) = ground.as_deref().and_then(|it| self.app.size_limit(it)) {
            let size = match self.size.get() {
                Some(size) => *size,
                None => self.app.repositories.repository(id)?.size_on_disk()?,
            };
            facts.set_over_quota(self.size.get_or_init(|| size).saturating_add(arriving) > limit);
        }
        let updates = updates(&facts.restrictions);
        let way = if self.merge.is_some() { Way::PullRequest } else { Way::Direct };
        let act = Act::UpdateRefs { updates, way };
        let judged = Judged::by(&who, &act, facts, ground);
        Ok(Asked { who, act, judged })
    }

    /// One verdict for each update. Refusals are written down here, and only here.
    fn settle(&mut self, asked: &Asked) -> Vec<Verdict> {
        let Asked { who, act, judged } = asked;
        let (app, place) = (Arc::clone(&self.app), self.place.clone());
        let mut records = app.tell(who, &place, act, judged, &judged.decision.refusals);
        if !records.is_empty() {
            let ground = judged.ground.as_deref();
            self.runtime.block_on(app.keep_records(who, ground, &mut records));
        }
        self.notices = app.tell_notices(who, &place, act, judged);
        self.ground.clone_from(&judged.ground);
        let count = act.updates().len();
        let verdicts = (0..count).map(|at| verdict(judged, &records, at)).collect();
        self.refused.extend(records);
        verdicts
    }

    /// May they open the pull requests that the push is for? Asked before the pack, for each
    /// command that is nothing else.
    fn ask_to_open(&mut self, who: &Asker, verdicts: &mut [Verdict]) -> Result<()> {
        let places = self.openings.places();
        if places.is_empty() {
            return Ok(());
        }
        let act = Act::CreatePullRequest;
        let judged = self.runtime.block_on(self.app.judge(who, &self.place, &act))?;
        let refusals = &judged.decision.refusals;
        let mut records = self.app.tell(who, &self.place, &act, &judged, refusals);
        let ground = judged.ground.as_deref();
        self.runtime.block_on(self.app.keep_records(who, ground, &mut records));
        if let Some(first) = records.first() {
            let short = render::short(first);
            for place in places {
                if let Some(verdict) = verdicts.get_mut(place) {
                    *verdict = Verdict::Refuse { short: short.clone() };
                }
            }
        }
        self.refused.extend(records);
        Ok(())
    }

    /// Asks until nothing is open any more, and finds out in between what rules want to know of
    /// the content. Without such rules that is once.
    fn ask_with_content(
        &self,
        push: &Push,
        updates: &[repo::RefUpdate],
        objects: &Quarantine<'_>,
    ) -> Result<Asked> {
        let mut known = Known::new(objects.count() > 0);
        for _ in 0..ROUNDS {
            let asked = self.ask(objects.pack_bytes(), |rules| {
                let update = |(at, it)| seen(it, known.content(at, rules));
                updates.iter().enumerate().map(update).collect()
            })?;
            let Judged { decision, facts, .. } = &asked.judged;
            match known.next(decision, &facts.restrictions, push.atomic) {
                Next::Nothing => return Ok(asked),
                Next::Look(wanted) => {
                    self.look(&asked, updates, objects, wanted, &mut known)?;
                }
                Next::Check(rule, places) => {
                    let updates = places.iter().filter_map(|it| updates.get(*it)).collect();
                    let faults = self.check(&asked.who, push, updates, objects, &rule)?;
                    places.iter().for_each(|it| known.learn(*it, &rule, faults.clone()));
                }
            }
        }
        let source = format!("rules changed {ROUNDS} times while a push was judged");
        Err(crate::Error::internal("the rules keep changing; push again", source))
    }

    fn look(
        &self,
        asked: &Asked,
        updates: &[repo::RefUpdate],
        objects: &Quarantine<'_>,
        wanted: Vec<(usize, Vec<Arc<Restriction>>)>,
        known: &mut Known,
    ) -> Result<()> {
        let mut places = Vec::with_capacity(wanted.len());
        let mut about = Vec::with_capacity(wanted.len());
        for (place, rules) in wanted {
            if let Some(update) = updates.get(place) {
                places.push(place);
                about.push(About { update, rules });
            }
        }
        let pusher = asked.who.account.as_ref().map(|it| &it.user.email);
        let facts = &asked.judged.facts;
        let found = Look::new(&self.app, &self.runtime, objects, facts, pusher).find(&about)?;
        for ((place, about), mut found) in places.into_iter().zip(about).zip(found) {
            for rule in &about.rules {
                if let Some(faults) = found.remove(&rule.id) {
                    known.learn(place, rule, faults);
                }
            }
        }
        Ok(())
    }

    /// Runs a check over these updates, on the thread of the push.
    fn check(
        &self,
        who: &Asker,
        push: &Push,
        updates: Vec<&repo::RefUpdate>,
        objects: &Quarantine<'_>,
        rule: &Restriction,
    ) -> Result<Faults> {
        let name = rule.argument.as_deref().unwrap_or_default();
        let Some(check) = self.app.options.checks.get(name) else {
            return Ok(check_faults(Err("is not configured on this server".into())));
        };
        let staged = objects.stage()?;
        let json = told(name, who, &self.place, push, &updates, &staged);
        let question = CheckQuestion {
            json: &json,
            git_dir: staged.git_dir(),
            quarantine: staged.quarantine(),
        };
        let answer = check.ask(&question);
        if let Err(why) = &answer {
            tracing::warn!(check = name, push = %push.id, why, "a check gave no answer");
        }
        Ok(check_faults(answer))
    }
}

/// How often the policy is asked about one push at most: once for each check and twice besides,
/// and again when rules change meanwhile.
const ROUNDS: usize = 64;

/// A question that was put, with its answer.
struct Asked {
    who: Asker,
    act: Act,
    judged: Judged,
}

/// The rules that what may go on passes only because they list whoever pushes: an exemption is
/// not used in silence. An allow-list is no exemption.
fn let_through(asked: &Asked, verdicts: &[Verdict]) -> Vec<LetThrough> {
    let Judged { decision, facts, ground } = &asked.judged;
    let names = ground.as_ref().map(|it| &it.names);
    let mut found = Vec::new();
    let going = decision.updates.iter().zip(verdicts).zip(asked.act.updates());
    for ((decided, _), update) in going.filter(|it| *it.0.1 == Verdict::Go) {
        for weighed in decided.trace.iter().flat_map(|it| it.weighed.iter()) {
            let Weighed::Rule(WeighedRule { id, kind, outcome: Outcome::Lists(subject), .. }) =
                *weighed
            else {
                continue;
            };
            let enforced = facts.restrictions.find(id).is_some_and(|it| it.mode == Mode::Enforce);
            if kind.is_allow_list() || !enforced {
                continue;
            }
            let who = names.map_or_else(String::new, |it| subject_words(subject, it));
            let (reference, change) = (update.name.to_string(), update.change.as_str());
            let what = format!("was let through rule {id} ({kind}) as {who}: {change} {reference}");
            found.push(LetThrough { rule: id, reference, what });
        }
    }
    found
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
    if let crate::Error::Failed(failure) = &error
        && let Some(repo::Error::Failed(of_the_push)) = failure.source.downcast_ref()
    {
        return JudgeFailed::Unfit(of_the_push.clone());
    }
    let text = match &error {
        crate::Error::Failed(failure) => format!("{}: {}", failure, failure.source),
        other => other.to_string(),
    };
    JudgeFailed::Away(text)
}

fn unseen(command: &Command) -> RefUpdate {
    RefUpdate::from_command(command.name.clone(), command.old, command.new)
}

fn seen(update: &repo::RefUpdate, content: Content) -> RefUpdate {
    let change = match update.change {
        repo::Change::Create => policy::Change::Create,
        repo::Change::FastForward => policy::Change::FastForward,
        repo::Change::Rewrite => policy::Change::Rewrite,
        repo::Change::Delete => policy::Change::Delete,
    };
    let (name, old, new) = (update.name.clone(), update.old, update.new);
    RefUpdate { name, old, new, change, content }
}

pub(crate) const fn operation(change: repo::Change) -> Operation {
    match change {
        repo::Change::Create => Operation::Create,
        repo::Change::FastForward => Operation::FastForward,
        repo::Change::Rewrite => Operation::Rewrite,
        repo::Change::Delete => Operation::Delete,
    }
}

impl<A> Judge for PolicyJudge<A> {
    fn route(&mut self, push: &mut Push) -> std::result::Result<(), JudgeFailed> {
        let routed = self.runtime.block_on(self.openings.route(&self.app, &self.open, push));
        routed.map_err(failed)
    }

    fn reroute(
        &mut self,
        push: &mut Push,
        objects: &Quarantine<'_>,
    ) -> std::result::Result<(), JudgeFailed> {
        let candidates = self.runtime.block_on(self.openings.candidates(&self.app, &self.open));
        let candidates = candidates.map_err(failed)?;
        self.openings.reroute(candidates, push, objects).map_err(|it| failed(it.into()))
    }

    fn before_pack(&mut self, push: &Push) -> std::result::Result<Vec<Verdict>, JudgeFailed> {
        let asked = self.ask(0, |_| push.commands.iter().map(unseen).collect()).map_err(failed)?;
        let mut verdicts = self.settle(&asked);
        self.ask_to_open(&asked.who, &mut verdicts).map_err(failed)?;
        Ok(verdicts)
    }

    fn after_pack(
        &mut self,
        push: &Push,
        updates: &[repo::RefUpdate],
        objects: &Quarantine<'_>,
    ) -> std::result::Result<Vec<Verdict>, JudgeFailed> {
        let word = |it: &repo::RefUpdate| match self.merge {
            Some(_) => Operation::Merge,
            None => operation(it.change),
        };
        let changes = updates.iter().map(|it| (it.name.to_string(), word(it)));
        self.meta.operations = changes.collect();
        // Kept facts can outlive the database. What cannot be recorded must not land.
        self.runtime.block_on(self.app.store.ping()).map_err(|it| failed(it.into()))?;
        let asked = self.ask_with_content(push, updates, objects).map_err(failed)?;
        let verdicts = self.settle(&asked);
        self.meta.let_through = let_through(&asked, &verdicts);
        let decision = &asked.judged.decision;
        // Nothing is unseen any more, so nothing can be undecided: a fault of ours. Of an atomic
        // push, one refusal is all there is to know.
        let is_over = push.atomic && decision.verdict == policy::Verdict::Refused;
        let open = |it: &policy::UpdateDecision| it.verdict == policy::Verdict::Undecided;
        if !is_over && decision.updates.iter().any(open) {
            tracing::error!("a push is still undecided with its objects here");
            let why = "the push is still undecided with its objects here";
            return Err(JudgeFailed::Away(why.into()));
        }
        Ok(verdicts)
    }

    fn text(&mut self) -> String {
        // Only now: after the pack more is known than before it, and each is recorded once.
        let (who, ground) = (&self.open.who, self.ground.as_deref());
        self.runtime.block_on(self.app.keep_notices(who, ground, &mut self.notices));
        let mut text = render::git_text(&self.refused);
        text.push_str(&render::notices(&self.notices));
        if !text.is_empty() && !self.openings.told().is_empty() {
            text.push('\n');
        }
        text.push_str(self.openings.told());
        text
    }

    fn meta(&mut self) -> Vec<u8> {
        self.meta.write()
    }

    fn landed(
        &mut self,
        push: &Push,
        outcomes: &[RefOutcome],
    ) -> std::result::Result<(), JudgeFailed> {
        let landed = outcomes.iter().filter(|it| it.status == RefStatus::Landed);
        let mut updates: Vec<_> = landed.filter_map(update_record).collect();
        if self.merge.is_some() {
            updates.iter_mut().for_each(|it| it.operation = Operation::Merge);
        }
        let record = PushRecord {
            id: push.id.to_string(),
            repository: self.open.repository.id,
            principal: self.meta.principal.clone(),
            credential: self.meta.credential.clone(),
            credential_kind: self.meta.credential_kind,
            channel: self.meta.channel,
            protocol: self.protocol.to_owned(),
            at: self.meta.at,
            updates,
        };
        let has_landed = |it: &&LetThrough| {
            record.updates.iter().any(|update| update.name.as_str() == it.reference)
        };
        let let_through: Vec<_> =
            self.meta.let_through.iter().filter(has_landed).cloned().collect();
        let recorded = self.app.store.record_push(&record, &let_through);
        let recorded = self.runtime.block_on(recorded);
        recorded.map_err(|it| failed(it.into()))?;
        if let (Some(order), Some(update)) = (&self.merge, record.updates.first()) {
            let moved = (update.old, update.new);
            let noted = self.app.note_merge(&self.open.by, order.request.id, moved);
            self.runtime.block_on(noted).map_err(failed)?;
        }
        let names = record.updates.into_iter().map(|it| it.name);
        let branches = names.filter(|it| it.branch_name().is_some()).collect();
        let (by, id) = (&self.open.by, self.open.repository.id);
        let followed = self.runtime.block_on(self.app.follow_branches(by, id, &branches));
        followed.map_err(failed)?;
        self.runtime.block_on(self.openings.open(&self.app, &self.open, outcomes));
        Ok(())
    }
}

/// A landed ref always has a name git accepts and a change; anything else was not landed.
fn update_record(outcome: &RefOutcome) -> Option<RefUpdateRecord> {
    let (old, new): (ObjectId, ObjectId) = (outcome.old, outcome.new);
    let name = model::RefName::parse(outcome.name.as_bytes()).ok()?;
    Some(RefUpdateRecord { name, old, new, operation: operation(outcome.change?) })
}
