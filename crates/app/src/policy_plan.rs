//! The way from the policy of a place to a wished one: the fewest changes, and each in words. A rule
//! that says the same is left alone; one about the same refs is changed and keeps its number.

use crate::names::{restriction_json, subject_words};
use crate::open::OpenPlace;
use crate::own_way::Imagined;
use crate::remedy::moment;
use crate::render::visible;
use model::{
    Grant, Level, ListedSubject, Permission, RefKinds, Restriction, RestrictionId, Subject,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use store::{Names, NewRestriction, PolicyChanges};

/// What shall hang on a place, checked. A part that is `None` stays as it is.
pub(crate) struct Wish {
    pub grants: Option<BTreeMap<Subject, Permission>>,
    pub restrictions: Option<Vec<NewRestriction>>,
}

impl Wish {
    pub fn subjects(&self) -> Vec<Subject> {
        let granted = self.grants.iter().flat_map(|it| it.keys().copied());
        let rules = self.restrictions.iter().flatten();
        granted.chain(rules.flat_map(|it| &it.subjects).map(|it| it.subject)).collect()
    }

    /// The grants of a level are as wished.
    pub fn regrant(&self, world: &mut Imagined, level: Level) {
        let Some(wished) = &self.grants else { return };
        world.facts.grants.retain(|it| it.level != level);
        let grant = |(subject, permission): (&Subject, &Permission)| Grant {
            level,
            subject: *subject,
            permission: *permission,
        };
        world.facts.grants.extend(wished.iter().map(grant));
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyStep {
    /// `grant` or `restriction`.
    pub what: &'static str,
    /// `gives`, `takes` or `changes` a grant; `adds`, `removes` or `changes` a restriction.
    pub action: &'static str,
    /// Of a restriction that is there.
    pub id: Option<RestrictionId>,
    /// A sentence without subject and full stop: `takes write from group devs`.
    pub words: String,
}

/// What has to be done, and the same in words.
pub(crate) struct Plan {
    pub changes: PolicyChanges,
    pub steps: Vec<PolicyStep>,
}

impl Plan {
    /// Finds the way from what hangs on the place now.
    pub fn make(open: &OpenPlace, wish: &Wish, names: &Names) -> Self {
        let mut plan = Self { changes: PolicyChanges::default(), steps: Vec::new() };
        let level = open.owner.level();
        if let Some(wished) = &wish.grants {
            let here = open.ground.grants.iter().filter(|it| it.level == level);
            plan.grants(here.map(|it| (it.subject, it.permission)).collect(), wished, names);
        }
        if let Some(wished) = &wish.restrictions {
            plan.restrictions(open, wished, names);
        }
        plan
    }

    fn step(
        &mut self,
        what: &'static str,
        action: &'static str,
        id: Option<RestrictionId>,
        words: String,
    ) {
        self.steps.push(PolicyStep { what, action, id, words: format!("{action} {words}") });
    }

    fn grants(
        &mut self,
        now: BTreeMap<Subject, Permission>,
        wished: &BTreeMap<Subject, Permission>,
        names: &Names,
    ) {
        let subjects: BTreeSet<_> = now.keys().chain(wished.keys()).collect();
        for subject in subjects {
            let (is, shall) = (now.get(subject), wished.get(subject));
            let who = visible(&subject_words(*subject, names));
            match (is, shall) {
                (Some(is), Some(shall)) if is == shall => continue,
                (Some(is), Some(shall)) => {
                    self.step("grant", "changes", None, format!("{who} from {is} to {shall}"));
                }
                (None, Some(shall)) => {
                    self.step("grant", "gives", None, format!("{shall} to {who}"));
                }
                (Some(is), None) => self.step("grant", "takes", None, format!("{is} from {who}")),
                (None, None) => continue,
            }
            self.changes.grants.push((*subject, shall.copied()));
        }
    }

    fn restrictions(&mut self, open: &OpenPlace, wished: &[NewRestriction], names: &Names) {
        let here = open.ground.rules.iter().filter(|it| it.level == open.owner.level());
        let mut now: Vec<(&Restriction, NewRestriction)> =
            here.map(|it| (it.as_ref(), normal(&NewRestriction::like(it)))).collect();
        let mut new: Vec<_> = wished.iter().map(normal).collect();
        // What says the same on both sides stays.
        new.retain(|shall| match now.iter().position(|(_, is)| is == shall) {
            Some(at) => {
                now.remove(at);
                false
            }
            None => true,
        });
        for shall in new {
            let same_place = |(_, is): &(&Restriction, NewRestriction)| {
                is.kind == shall.kind && is.matcher == shall.matcher && is.on == shall.on
            };
            match now.iter().position(same_place) {
                Some(at) => {
                    let (is, _) = now.remove(at);
                    let after = shall.clone().into_restriction(is.id, open.owner, &open.by);
                    let differences = differences(is, &after, names).join("; ");
                    let words = format!("rule {}, {}: {differences}", is.id, rule_words(&shall));
                    self.step("restriction", "changes", Some(is.id), words);
                    self.changes.changed.push((is.id, shall));
                }
                None => {
                    self.step("restriction", "adds", None, format!("rule {}", rule_words(&shall)));
                    self.changes.added.push(shall);
                }
            }
        }
        for (is, like) in now {
            let words = format!("rule {}, {}", is.id, rule_words(&like));
            self.step("restriction", "removes", Some(is.id), words);
            self.changes.removed.push(is.id);
        }
        self.changes.changed.sort_by_key(|(id, _)| *id);
    }
}

/// The subjects in one order: in which they are listed says nothing.
fn normal(rule: &NewRestriction) -> NewRestriction {
    let mut rule = rule.clone();
    rule.subjects.sort_by_key(|it| it.subject);
    rule
}

/// `push on "main"`, `force on every ref but "x", tags`.
fn rule_words(rule: &NewRestriction) -> String {
    let matcher = &rule.matcher;
    let quoted = |pattern: &String| format!("\"{}\"", visible(pattern));
    let mut words = format!("{} on ", rule.kind);
    match matcher.pattern.as_str() {
        "" => words.push_str("every ref"),
        _ => words.push_str(&quoted(&matcher.pattern)),
    }
    if !matcher.except.is_empty() {
        let except: Vec<_> = matcher.except.iter().map(quoted).collect();
        words.push_str(&format!(" but {}", except.join(", ")));
    }
    if rule.on != RefKinds::Branches {
        words.push_str(&format!(", {}", rule.on));
    }
    words
}

/// What is different about two rules on the same refs: `mode enforce -> evaluate`.
fn differences(is: &Restriction, shall: &Restriction, names: &Names) -> Vec<String> {
    let mut told = list_differences(&is.subjects, &shall.subjects, names);
    // Whatever else a rule says is in its public form.
    let [before, after] = [is, shall].map(|it| restriction_json(it, names));
    let (Value::Object(before), Value::Object(after)) = (&before, &after) else { return told };
    for (name, value) in after.iter().filter(|(name, _)| *name != "subjects") {
        let was = before.get(name).unwrap_or(&Value::Null);
        if was != value {
            told.push(format!("{name} {} -> {}", shown(was), shown(value)));
        }
    }
    told
}

fn list_differences(is: &[ListedSubject], shall: &[ListedSubject], names: &Names) -> Vec<String> {
    let entry = |it: &ListedSubject| {
        let mut words = visible(&subject_words(it.subject, names));
        if let Some(until) = it.until {
            words.push_str(&format!(" until {}", moment(until)));
        }
        if let Some(reason) = &it.reason {
            words.push_str(&format!(" ({})", visible(reason)));
        }
        words
    };
    let gone = is.iter().filter(|it| !shall.iter().any(|new| new.subject == it.subject));
    let new = shall.iter().filter(|it| !is.iter().any(|old| old.subject == it.subject));
    let both = shall.iter().filter_map(|it| {
        let old = is.iter().find(|old| old.subject == it.subject)?;
        (old != it).then_some((old, it))
    });
    let gone = gone.map(|it| format!("unlists {}", entry(it)));
    let new = new.map(|it| format!("lists {}", entry(it)));
    let both = both.map(|(old, it)| format!("{} -> {}", entry(old), entry(it)));
    gone.chain(new).chain(both).collect()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "none".into(),
        Value::String(text) => visible(text),
        other => visible(&other.to_string()),
    }
}
