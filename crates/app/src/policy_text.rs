//! The policy of one place as a whole: who was given what there and which rules hang there, to be
//! written down, compared with what somebody wishes, and replaced by it. The form on paper is the
//! doors' business; what a wish may be is checked as when it is made piece by piece.

use crate::error::{Error, Fields, Result};
use crate::grants::NamedGrant;
use crate::ground::Ground;
use crate::names::place_name;
use crate::open::OpenPlace;
use crate::policy_plan::{Plan, PolicyStep, Wish};
use crate::restriction_input::are_twins;
use crate::restrictions::{RestrictionInput, RestrictionView, short_digest};
use crate::subjects::{SubjectInput, SubjectView};
use crate::{App, Asker, PlaceName};
use model::{Level, Subject};
use policy::Act;
use std::collections::BTreeMap;
use store::NewRestriction;

/// What hangs on a place.
#[derive(Clone, Debug)]
pub struct PolicyView {
    pub level: Level,
    /// `acme/site`, `acme/CORE`, `acme`.
    pub place: String,
    /// By subject.
    pub grants: Vec<NamedGrant>,
    /// By what they say, so that the same rules are written alike wherever they hang.
    pub restrictions: Vec<RestrictionView>,
    /// Of all of it: another one as soon as anything is different.
    pub digest: String,
}

/// What shall hang on a place. A part that is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct PolicyInput {
    /// The place that it was written for, if it says so; nothing is put on another one.
    pub place: Option<(Level, String)>,
    /// Whom, and what.
    pub grants: Option<Vec<(SubjectInput, String)>>,
    pub restrictions: Option<Vec<RestrictionInput>>,
}

/// How it is to be put there.
#[derive(Clone, Debug, Default)]
pub struct PolicyTerms {
    /// Only say what would change.
    pub dry_run: bool,
    /// The digest of what was looked at before.
    pub expected: Option<String>,
}

/// What changed, or would.
#[derive(Clone, Debug)]
pub struct PolicyOutcome {
    pub steps: Vec<PolicyStep>,
    /// Of what hangs there now, after the change if there was one.
    pub digest: String,
    /// Does it leave the asker no longer an admin of the place?
    pub takes_own_admin: bool,
}

/// How often a plan is made anew because somebody changed something meanwhile.
const TRIES: usize = 5;

impl App {
    /// The policy of a place, with names that mean the same when they are read again.
    pub async fn policy(&self, who: &Asker, place: &PlaceName) -> Result<PolicyView> {
        let level = place.level();
        self.open_place(who, place, Act::ReadGrants(level)).await?;
        let open = self.open_place(who, place, Act::ReadRestrictions(level)).await?;
        let ground = &open.ground;
        let mut grants = Vec::new();
        for it in ground.grants.iter().filter(|it| it.level == level) {
            let view = SubjectView::of(it.subject, &ground.names);
            let subject = self.nameable(view, it.subject, ground).await?;
            grants.push(NamedGrant { subject, permission: Some(it.permission), level });
        }
        grants.sort_by_key(|it| (it.subject.kind, it.subject.name.clone(), it.subject.id));
        let mut restrictions = Vec::new();
        for rule in ground.rules.iter().filter(|it| it.level == level) {
            let mut view = RestrictionView::of(rule, ground);
            let mut subjects = Vec::new();
            for (shown, listed) in view.subjects.into_iter().zip(&rule.subjects) {
                subjects.push(self.nameable(shown, listed.subject, ground).await?);
            }
            subjects.sort_by_key(|it| (it.kind, it.name.clone(), it.id));
            view.subjects = subjects;
            restrictions.push(view);
        }
        restrictions.sort_by_cached_key(|it| {
            let subjects = format!("{:?}", it.subjects);
            let matcher = (it.matcher.pattern.clone(), it.matcher.kind, it.matcher.except.clone());
            (it.kind, matcher, it.on, it.mode, subjects, it.id)
        });
        let place = place_name(ground, level).unwrap_or_default();
        Ok(PolicyView { level, place, grants, restrictions, digest: digest(ground) })
    }

    /// A subject without its name where that would mean another one: names of tokens and labels of
    /// keys need not be unique.
    async fn nameable(
        &self,
        view: SubjectView,
        subject: Subject,
        ground: &Ground,
    ) -> Result<SubjectView> {
        let input = SubjectInput {
            kind: view.kind.to_owned(),
            name: view.name.clone(),
            ..SubjectInput::default()
        };
        let mut fields = Fields::default();
        let meant = self.subject(&input, ground, "subject", &mut fields).await?;
        let name = view.name.clone().filter(|_| meant == Some(subject));
        Ok(SubjectView { name, ..view })
    }

    /// Makes the policy of a place what is wished, in one transaction, or says what would change.
    pub async fn import_policy(
        &self,
        who: &Asker,
        place: &PlaceName,
        input: &PolicyInput,
        terms: &PolicyTerms,
    ) -> Result<PolicyOutcome> {
        for _ in 0..TRIES {
            // Read first: what is read after it is as new or newer, and is checked on writing.
            let version = self.store.facts_version().await?;
            let open = self.open_for_import(who, place, input).await?;
            let ground = &open.ground;
            let was = digest(ground);
            if let Some(expected) = terms.expected.as_ref().filter(|it| **it != was) {
                let message = format!(
                    "the policy is no longer the one with digest {expected}; it is now {was}: look \
                     at what changed, and repeat the dry run"
                );
                return Err(Error::Conflict { field: "digest", message });
            }
            let wish = self.checked_policy(input, place, ground).await?;
            let names = self.names_in(&wish, ground).await?;
            let Plan { changes, steps } = Plan::make(&open, &wish, &names);
            let takes_own_admin = self.takes_own_admin(who, place, &wish).await?;
            if terms.dry_run || changes.is_empty() {
                return Ok(PolicyOutcome { steps, digest: was, takes_own_admin });
            }
            self.keep_admin(who, place, |it| wish.regrant(it, place.level())).await?;
            match self.store.change_policy(&open.by, open.owner, version, changes).await {
                Err(store::Error::Moved) => continue,
                changed => changed?,
            }
            let (_, ground) = self.facts(who, place).await?;
            let digest = ground.map(|it| digest(&it)).unwrap_or_default();
            return Ok(PolicyOutcome { steps, digest, takes_own_admin });
        }
        Err(store::Error::Moved.into())
    }

    async fn open_for_import(
        &self,
        who: &Asker,
        place: &PlaceName,
        input: &PolicyInput,
    ) -> Result<OpenPlace> {
        let level = place.level();
        if input.grants.is_some() {
            self.open_place(who, place, Act::ChangeGrants(level)).await?;
        } else {
            self.open_place(who, place, Act::ReadGrants(level)).await?;
        }
        let act = match &input.restrictions {
            Some(_) => Act::ChangeRestrictions(level),
            None => Act::ReadRestrictions(level),
        };
        self.open_place(who, place, act).await
    }

    /// What is wished, with everything that is wrong about it.
    async fn checked_policy(
        &self,
        input: &PolicyInput,
        place: &PlaceName,
        ground: &Ground,
    ) -> Result<Wish> {
        let mut wrong = Fields::default();
        if let Some((level, name)) = &input.place {
            let here = place_name(ground, place.level()).unwrap_or_default();
            if *level != place.level() || !name.eq_ignore_ascii_case(&here) {
                let why = format!(
                    "this is the policy of another place, not of {} {here}: leave the line out to \
                     put it here nevertheless",
                    place.level()
                );
                wrong.add(level.as_str(), why);
            }
        }
        let mut wish = Wish { grants: None, restrictions: None };
        if let Some(grants) = &input.grants {
            let mut wished: BTreeMap<Subject, model::Permission> = BTreeMap::new();
            for (at, (subject, permission)) in grants.iter().enumerate() {
                let part = format!("grants[{at}]");
                let checked = self.checked_grant(subject, permission, ground, place.level()).await;
                match wrong.collect(&part, checked)? {
                    Some((subject, Some(permission))) => {
                        let before = wished.insert(subject, permission);
                        if before.is_some() {
                            wrong.add(&format!("{part}.subject"), "is given something twice");
                        }
                    }
                    Some((_, None)) => {
                        let why = "leave the grant out instead of giving none";
                        wrong.add(&format!("{part}.permission"), why);
                    }
                    None => {}
                }
            }
            wish.grants = Some(wished);
        }
        if let Some(rules) = &input.restrictions {
            let mut wished: Vec<(usize, NewRestriction)> = Vec::with_capacity(rules.len());
            for (at, rule) in rules.iter().enumerate() {
                let part = format!("restrictions[{at}]");
                let checked = self.sound_restriction(rule, ground).await;
                let Some(rule) = wrong.collect(&part, checked)? else { continue };
                if let Some((first, _)) = wished.iter().find(|it| are_twins(&it.1, &rule)) {
                    let why = format!(
                        "restrictions[{first}] is of this kind and has this matcher already: \
                         make one of them"
                    );
                    wrong.add(&format!("{part}.matcher"), why);
                }
                wished.push((at, rule));
            }
            wish.restrictions = Some(wished.into_iter().map(|it| it.1).collect());
        }
        wrong.check()?;
        Ok(wish)
    }

    /// The names of all subjects that there are and that are wished.
    async fn names_in(&self, wish: &Wish, ground: &Ground) -> Result<store::Names> {
        let mut names = ground.names.clone();
        for subject in wish.subjects() {
            if !names.contains_key(&subject) {
                names.extend(self.name_of(subject, ground).await?);
            }
        }
        Ok(names)
    }

    /// Would the asker no longer be an admin of the place, said to be meant or not?
    async fn takes_own_admin(&self, who: &Asker, place: &PlaceName, wish: &Wish) -> Result<bool> {
        let unsaid = Asker { confirmed: [].into(), ..who.clone() };
        match self.keep_admin(&unsaid, place, |it| wish.regrant(it, place.level())).await {
            Ok(()) => Ok(false),
            Err(Error::Unconfirmed { .. }) => Ok(true),
            Err(other) => Err(other),
        }
    }
}

/// Of everything that hangs on a place itself, whatever its numbers and times.
fn digest(ground: &Ground) -> String {
    let level = ground.owner().level();
    let grants = ground.grants.iter().filter(|it| it.level == level);
    let rules = ground.rules.iter().filter(|it| it.level == level);
    let mut lines: Vec<_> = grants.map(|it| format!("{it:?}")).collect();
    lines.extend(rules.map(|it| format!("{:?}", NewRestriction::like(it))));
    lines.sort();
    short_digest(&lines.join("\n"))
}
