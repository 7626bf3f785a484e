//! What a change of the rules would have done to what was tried in a place: the recorded pushes and
//! refusals are put to the policy again, with the facts as they are now and with the change. Two
//! decisions are compared; nothing is decided here, and nothing is changed or recorded.

use crate::attempts::Attempt;
use crate::error::{Error, Fields, Result};
use crate::open::OpenPlace;
use crate::preview_tally::{Sums, Tally};
use crate::refusal::PrincipalNote;
use crate::restrictions::RestrictionInput;
use crate::{App, Asker, PlaceName};
use model::{CredentialKind, RepositoryId, Restriction, RestrictionId, Timestamp};
use policy::{Act, Decision, Effect, Facts, Question, Rulebook};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// A change of the rules of one place.
#[derive(Clone, Debug, Default)]
pub struct PreviewInput {
    /// The rule as it would be; `None` to ask what becomes of the place without `instead_of`.
    pub rule: Option<RestrictionInput>,
    /// The rule that it would replace.
    pub instead_of: Option<RestrictionId>,
    /// How many pushes and refusals to look at; 200 if left out.
    pub last: Option<u32>,
}

/// How many pushes and refusals are looked at if nothing is said.
pub const USUAL: u32 = 200;

/// The most that are looked at.
pub const MOST: u32 = 1000;

/// The most updates that are decided: one push can hold very many.
const MOST_UPDATES: usize = 20_000;

/// The most events that are shown one by one; the counts hold all of them.
const MOST_EVENTS: usize = 500;

/// What the change would have done.
#[derive(Clone, Debug)]
pub struct Preview {
    /// How many pushes and refusals were looked at.
    pub looked_at: usize,
    /// The moments of the oldest and of the newest of them.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Are there older ones that were not looked at?
    pub more: bool,
    pub total: Tally,
    /// Those for whom something changes or is not known, the most refused first.
    pub by_principal: Vec<(PrincipalNote, Tally)>,
    /// The same by repository and ref.
    pub by_ref: Vec<((String, String), Tally)>,
    /// What would come out differently, and what is not known; the newest first.
    pub events: Vec<PreviewEvent>,
    /// How many more there are.
    pub left_out: usize,
    /// What the answer cannot know, a sentence each.
    pub limits: Vec<String>,
}

/// One update that somebody tried.
#[derive(Clone, Debug)]
pub struct PreviewEvent {
    pub at: Timestamp,
    pub repository: String,
    pub reference: String,
    /// `create`, `fast-forward`, `rewrite`, `delete`; `update` when it was never seen which.
    pub change: &'static str,
    pub principal: PrincipalNote,
    /// `None` in records of the time when that was not kept.
    pub credential: Option<CredentialKind>,
    /// The codes it was refused with; empty when it landed.
    pub codes: Vec<String>,
    /// `None` when whoever tried it is gone.
    pub effect: Option<Effect>,
    /// The code and the sentence of what would be refused or noted.
    pub would: Option<(String, String)>,
}

/// One principal in one repository, before and after the change.
struct Standpoint {
    who: policy::Asker,
    now: Facts,
    then: Facts,
}

/// The change, ready to be laid over the rules of any repository below the place.
struct RuleChange {
    without: Option<RestrictionId>,
    with: Option<Restriction>,
}

impl RuleChange {
    fn applied(&self, rules: &Rulebook) -> Rulebook {
        rules.changed(self.without, self.with.clone())
    }
}

impl App {
    /// Says which of the last pushes and refusals of a place would come out differently.
    pub async fn preview_restriction(
        &self,
        who: &Asker,
        place: &PlaceName,
        input: &PreviewInput,
    ) -> Result<Preview> {
        let act = Act::PreviewRestrictions(place.level());
        let open = self.open_place(who, place, act).await?;
        let change = self.rule_change(place, &open, input).await?;
        let last = match input.last.unwrap_or(USUAL) {
            last @ 1..=MOST => last,
            _ => return Err(Fields::one("last", format!("use a number from 1 to {MOST}"))),
        };
        let found = self.attempts(open.owner, last).await?;
        let names = self.repositories_of(place, &open).await?;
        let mut sums = Sums::new(found.elsewhere, found.unreadable);
        let mut standpoints = HashMap::new();
        let (mut looked_at, mut decided) = (0, 0);
        for attempt in &found.all {
            decided += attempt.act.updates().len();
            if decided > MOST_UPDATES {
                break;
            }
            looked_at += 1;
            let Some(name) = names.get(&attempt.repository) else { continue };
            let principal = &attempt.principal;
            let key = (principal.kind, principal.id, attempt.repository);
            let standpoint = match standpoints.entry(key) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    new.insert(self.standpoint(who, name, attempt, &change).await?)
                }
            };
            for event in events(attempt, &name.to_string(), standpoint.as_ref()) {
                sums.add(event, MOST_EVENTS);
            }
        }
        let seen = found.all.get(..looked_at).unwrap_or_default();
        let span = seen.last().zip(seen.first()).map(|(old, new)| (old.at, new.at));
        Ok(sums.into_preview(looked_at, span, found.more || looked_at < found.all.len()))
    }

    async fn rule_change(
        &self,
        place: &PlaceName,
        open: &OpenPlace,
        input: &PreviewInput,
    ) -> Result<RuleChange> {
        if let Some(id) = input.instead_of {
            let here = open.ground.rules.find(id).filter(|it| it.level == place.level());
            here.ok_or(Error::NotFound { what: "restriction" })?;
        }
        let with = match (&input.rule, input.instead_of) {
            (None, None) => {
                let why = "give the rule as it would be, or with `instead_of` alone the one that \
                           would go";
                return Err(Fields::one("rule", why));
            }
            (None, Some(_)) => None,
            (Some(rule), instead_of) => {
                let new = self.checked_restriction(rule, &open.ground, instead_of).await;
                let new = new.map_err(|it| it.below("rule"))?;
                // A rule that is not there yet has a number behind all others.
                let id = instead_of.unwrap_or(RestrictionId(i64::MAX));
                Some(new.into_restriction(id, open.owner, &open.by))
            }
        };
        Ok(RuleChange { without: input.instead_of, with })
    }

    /// The repositories in a place, by number.
    async fn repositories_of(
        &self,
        place: &PlaceName,
        open: &OpenPlace,
    ) -> Result<HashMap<RepositoryId, PlaceName>> {
        let ground = &open.ground;
        if let Some(it) = &ground.repository {
            return Ok([(it.id, place.clone())].into());
        }
        let Some(workspace) = &ground.workspace else { return Ok(HashMap::new()) };
        let version = self.store.facts_version().await?;
        let within = self.within(workspace.id, version).await?;
        let named = within.repositories.iter().map(|it| {
            let path = crate::ground::path(workspace, it);
            (it.id, PlaceName::from(&path))
        });
        Ok(named.collect())
    }

    /// `None` when whoever tried it is gone.
    async fn standpoint(
        &self,
        asker: &Asker,
        repository: &PlaceName,
        attempt: &Attempt,
        change: &RuleChange,
    ) -> Result<Option<Standpoint>> {
        let Some(mut who) = self.recorded_asker(&attempt.principal, repository).await? else {
            return Ok(None);
        };
        // They are judged as if they came from where the one who asks is, as in `explain`.
        who.who.network = asker.who.network;
        who.who.channel = attempt.channel;
        let (now, _) = self.facts(&who, repository).await?;
        let then = Facts { restrictions: change.applied(&now.restrictions), ..now.clone() };
        Ok(Some(Standpoint { who: who.who, now, then }))
    }
}

/// Each update of an attempt, with what the change does to it.
fn events(
    attempt: &Attempt,
    repository: &str,
    standpoint: Option<&Standpoint>,
) -> Vec<PreviewEvent> {
    let decisions = standpoint.map(|it| {
        let decided = |facts| policy::decide(&Question { who: &it.who, act: &attempt.act, facts });
        (decided(&it.now), decided(&it.then))
    });
    let principal = PrincipalNote {
        kind: attempt.principal.kind.as_str().to_owned(),
        name: attempt.principal.name.clone(),
    };
    let updates = attempt.act.updates().iter().enumerate();
    updates
        .map(|(at, update)| {
            let effect = decisions.as_ref().and_then(|(now, then)| Effect::of(now, then, at));
            PreviewEvent {
                at: attempt.at,
                repository: repository.to_owned(),
                reference: update.name.to_string(),
                change: update.change.as_str(),
                principal: principal.clone(),
                credential: attempt.credential,
                codes: attempt.codes.clone(),
                would: decisions.as_ref().and_then(|(_, then)| would(effect?, then, at)),
                effect,
            }
        })
        .collect()
}

/// The code and the sentence of what the change brings.
fn would(effect: Effect, then: &Decision, at: usize) -> Option<(String, String)> {
    let told = match effect {
        Effect::Refuses => then.refusals_of(at).next(),
        Effect::Notes => then.notices.iter().find(|it| it.update == Some(at)),
        Effect::Admits
        | Effect::Passes
        | Effect::StaysRefused
        | Effect::DependsOnChange
        | Effect::DependsOnContent => None,
    }?;
    Some((told.code().as_str().to_owned(), told.message()))
}
