//! The pattern workbench: which refs of a repository a matcher means and which it nearly means,
//! and which rules of a place can never decide anything. Puts the facts together; `policy` finds.

use crate::error::{Fields, Result};
use crate::fetch::is_visible;
use crate::ground::Ground;
use crate::matcher_input::checked_matcher;
use crate::open::{OpenRepository, Reading};
use crate::restrictions::{RestrictionInput, RestrictionView};
use crate::{App, Asker, PlaceName};
use model::{Level, Matcher, RefKinds, RefName, Subject};
use policy::{Act, Idle, Miss};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use store::{PageRequest, PrincipalKind, PrincipalName};

/// What a matcher means in a repository.
#[derive(Clone, Debug)]
pub struct RefMatches {
    pub matcher: Matcher,
    pub on: RefKinds,
    /// The refs it means, by name; the first 1,000.
    pub matched: Vec<String>,
    /// How many there are in all.
    pub matched_size: usize,
    /// Those it nearly means, and why not; the first 1,000.
    pub missed: Vec<(String, Miss)>,
    pub missed_size: usize,
    /// How many refs were looked at.
    pub looked_at: usize,
}

/// A rule that decides nothing.
#[derive(Clone, Debug)]
pub struct IdleRestriction {
    pub restriction: RestrictionView,
    pub why: Idle,
}

/// The longest lists that are answered.
const MOST: usize = 1000;

impl App {
    /// Which refs that the asker may see a matcher means.
    pub async fn ref_matches(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        input: &RestrictionInput,
    ) -> Result<RefMatches> {
        let open = self.open_repository::<Reading>(who, repository).await?;
        let mut fields = Fields::default();
        let matcher = checked_matcher(input, &mut fields);
        let on = fields.take("on", input.on.as_deref().map(RefKinds::parse).transpose());
        let (Some(matcher), Some(on)) = (matcher, on) else {
            return Err(crate::Error::Invalid(fields));
        };
        fields.check()?;
        let on = on.unwrap_or(matcher.usual_refs());
        let (facts, _) = self.facts(who, repository).await?;
        let names = visible_refs(open).await?;
        let model = &facts.branching_model;
        let is_meant = |it: &&RefName| policy::matches(&matcher, on, it, model);
        let matched: Vec<_> = names.iter().filter(is_meant).collect();
        let missed = policy::near_misses(&matcher, on, model, &names);
        Ok(RefMatches {
            matched: matched.iter().take(MOST).map(ToString::to_string).collect(),
            matched_size: matched.len(),
            missed_size: missed.len(),
            missed: missed.into_iter().take(MOST).map(|(it, why)| (it.to_string(), why)).collect(),
            looked_at: names.len(),
            matcher,
            on,
        })
    }

    /// The rules on a place that can never decide anything; those of what contains it are not among
    /// them, and stand before them.
    pub async fn check_restrictions(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<Vec<IdleRestriction>> {
        let open = self.open_restrictions(who, place, false).await?;
        let ground = &open.ground;
        let (facts, _) = self.facts(who, place).await?;
        let names = match place.level() {
            Level::Repository => {
                Some(visible_refs(self.open_repository::<Reading>(who, place).await?).await?)
            }
            Level::Instance | Level::Workspace | Level::Project => None,
        };
        let may_push = match place.level() {
            Level::Repository => self.pushers(place, ground).await?,
            Level::Instance | Level::Workspace | Level::Project => BTreeMap::new(),
        };
        let rules = policy::Rules {
            refs: names.as_deref(),
            may_push: &|subject| may_push.get(&subject).copied(),
            ..ground.rules_at(facts.now)
        };
        let here = ground.rules.iter().filter(|it| it.level == place.level());
        let idle = here.filter_map(|it| {
            let why = rules.idle(it)?;
            Some(IdleRestriction { restriction: RestrictionView::of(it, ground), why })
        });
        Ok(idle.collect())
    }

    /// Of every subject that an allow-list names: may it push here at all, as things stand?
    async fn pushers(&self, place: &PlaceName, ground: &Ground) -> Result<BTreeMap<Subject, bool>> {
        let lists = ground.rules.iter().filter(|it| it.kind.is_allow_list());
        let subjects = lists.flat_map(|it| &it.subjects).map(|it| it.subject);
        let mut known = BTreeMap::new();
        for subject in subjects {
            if let Entry::Vacant(new) = known.entry(subject) {
                new.insert(self.may_push(place, ground, subject).await?);
            }
        }
        Ok(known)
    }

    async fn may_push(&self, place: &PlaceName, ground: &Ground, subject: Subject) -> Result<bool> {
        let (kind, id) = match subject {
            Subject::Everyone | Subject::Anyone => return Ok(true),
            Subject::Group(id) => {
                let Some(workspace) = &ground.workspace else { return Ok(false) };
                let all = PageRequest::ALL;
                let members = self.store.list_group_members(workspace.id, id, all).await?.items;
                for member in members {
                    let user = Subject::User(member.id);
                    if Box::pin(self.may_push(place, ground, user)).await? {
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
            Subject::User(id) => (PrincipalKind::User, id.0),
            Subject::AccessToken(id) => (PrincipalKind::AccessToken, id.0),
            Subject::AccessKey(id) => (PrincipalKind::AccessKey, id.0),
            Subject::Workload(id) => (PrincipalKind::Workload, id.0),
        };
        let name = PrincipalName { kind, id: Some(id), name: String::new() };
        match self.recorded_asker(&name, place).await? {
            Some(asker) => Ok(self.judge(&asker, place, &Act::Push).await?.decision.is_allowed()),
            None => Ok(false),
        }
    }
}

/// The refs that anybody who may read the repository sees.
async fn visible_refs(open: OpenRepository<Reading>) -> Result<Vec<RefName>> {
    let listed = tokio::task::spawn_blocking(move || {
        let repository = open.app.repositories.repository(open.repository.id)?;
        let refs = repository.refs()?;
        let names = refs.with_prefix("refs/").filter(|it| is_visible(it.name));
        Ok::<_, repo::Error>(
            names.filter_map(|it| RefName::parse(it.name.as_bytes()).ok()).collect::<Vec<_>>(),
        )
    });
    Ok(listed.await??)
}
