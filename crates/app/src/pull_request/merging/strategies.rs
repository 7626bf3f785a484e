//! Which merge strategies are allowed into a branch, and which is the usual one: what the
//! repository says of the branch's class, else of any branch, else all of them.

use super::Obstacle;
use super::mergeable::StrategyView;
use crate::error::{Fields, Result};
use crate::open::{MergingPullRequest, OpenRepository, Reading, Updating};
use crate::{App, Asker, PlaceName};
use model::{BranchClass, BranchingModel, MergeStrategy, RefName};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{PullRequest, StrategiesOf};

/// What is allowed into one branch. Never empty; the usual one comes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategiesIn(Vec<MergeStrategy>);

/// What a repository says of merge strategies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeStrategiesView {
    /// Into branches that no class is said of.
    pub any: StrategiesIn,
    /// Into branches of a class, where something else is said of them.
    pub classes: Vec<(BranchClass, StrategiesIn)>,
}

/// What to say instead, as it was typed: for each class, or `any`, the words of those allowed and of
/// the usual one (the first, if it is not said).
#[derive(Clone, Debug, Default)]
pub struct MergeStrategiesChange(pub Vec<(String, Vec<String>, Option<String>)>);

impl StrategiesIn {
    fn every() -> Self {
        Self(MergeStrategy::ALL.to_vec())
    }

    fn of(stored: &StrategiesOf) -> Self {
        let others = stored.allowed.iter().copied().filter(|it| *it != stored.usual);
        Self(std::iter::once(stored.usual).chain(others).collect())
    }

    /// All that are allowed, the usual one first.
    pub fn allowed(&self) -> &[MergeStrategy] {
        &self.0
    }

    /// The one that is taken if nobody chooses.
    pub fn usual(&self) -> MergeStrategy {
        self.0.first().copied().unwrap_or_default()
    }

    /// The same, with what keeps each from being taken now.
    pub(super) fn views(&self, behind: u32, request: &PullRequest) -> Vec<StrategyView> {
        let view = |it: &MergeStrategy| StrategyView {
            strategy: *it,
            obstacle: Obstacle::of_strategy(*it, behind, request),
        };
        self.0.iter().map(view).collect()
    }
}

/// What is said of strategies, and which branches it is said of.
pub(crate) struct StrategyRules {
    stored: Vec<StrategiesOf>,
    model: Arc<BranchingModel>,
}

impl StrategyRules {
    /// What is allowed into a branch, by its whole ref name.
    pub fn of_branch(&self, branch: &str) -> StrategiesIn {
        let of = |class| self.stored.iter().find(|it| it.class == class);
        let name = RefName::parse(branch.as_bytes()).ok();
        let is =
            |class: &BranchClass| name.as_ref().is_some_and(|it| self.model.is(it, class.as_str()));
        let mut classes = BranchClass::ALL.iter().copied().filter(is);
        let found = classes.find_map(|it| of(Some(it))).or(of(None));
        found.map_or_else(StrategiesIn::every, StrategiesIn::of)
    }
}

impl App {
    /// What a repository says of merge strategies.
    pub async fn merge_strategies(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<MergeStrategiesView> {
        let open = self.open_repository::<Reading>(who, place).await?;
        let stored = self.store.merge_strategies(open.repository.id).await?;
        Ok(view_of(&stored))
    }

    /// Says it anew.
    pub async fn set_merge_strategies(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        change: MergeStrategiesChange,
    ) -> Result<MergeStrategiesView> {
        let open = self.open_repository::<Updating>(who, place).await?;
        let new = checked(change)?;
        self.store.set_merge_strategies(&open.by, open.repository.id, &new).await?;
        Ok(view_of(&new))
    }

    /// What says which strategies are allowed into the branches of a repository. For use after the
    /// policy has let the asker in.
    pub(crate) async fn strategy_rules<A>(
        &self,
        open: &OpenRepository<A>,
    ) -> Result<StrategyRules> {
        let (facts, _) = self.facts(&open.who, &PlaceName::from(open.path())).await?;
        let stored = self.store.merge_strategies(open.repository.id).await?;
        Ok(StrategyRules { stored, model: facts.branching_model })
    }

    /// The strategy that somebody asks for, if it is allowed here.
    pub(crate) async fn chosen_strategy(
        &self,
        open: &OpenRepository<MergingPullRequest>,
        request: &PullRequest,
        word: Option<String>,
        fields: &mut Fields,
    ) -> Result<MergeStrategy> {
        let into = &request.destination;
        let strategies = self.strategy_rules(open).await?.of_branch(into.as_str());
        let Some(word) = word else { return Ok(strategies.usual()) };
        let chosen = fields.take("merge_strategy", MergeStrategy::parse(&word));
        let chosen = chosen.unwrap_or(strategies.usual());
        if !strategies.allowed().contains(&chosen) {
            let into = into.short();
            let allowed = words(strategies.allowed());
            let message = format!("`{chosen}` is not allowed into `{into}`: use {allowed}");
            fields.add("merge_strategy", message);
        }
        Ok(chosen)
    }
}

fn words(strategies: &[MergeStrategy]) -> String {
    strategies.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(" or ")
}

fn view_of(stored: &[StrategiesOf]) -> MergeStrategiesView {
    let any = stored.iter().find(|it| it.class.is_none());
    let of_class = |it: &StrategiesOf| Some((it.class?, StrategiesIn::of(it)));
    MergeStrategiesView {
        any: any.map_or_else(StrategiesIn::every, StrategiesIn::of),
        classes: stored.iter().filter_map(of_class).collect(),
    }
}

fn checked(change: MergeStrategiesChange) -> Result<Vec<StrategiesOf>> {
    let mut fields = Fields::default();
    let mut seen = BTreeSet::new();
    let mut new = Vec::new();
    for (place, allowed, usual) in change.0 {
        let class = match place.as_str() {
            "any" => Some(None),
            word => fields.take("class", BranchClass::parse(word)).map(Some),
        };
        let mut strategies = Vec::new();
        for word in &allowed {
            let strategy = fields.take("merge_strategies", MergeStrategy::parse(word));
            strategies.extend(strategy.filter(|it| !strategies.contains(it)));
        }
        let usual = match &usual {
            Some(word) => fields.take("default_merge_strategy", MergeStrategy::parse(word)),
            None => strategies.first().copied(),
        };
        let (Some(class), Some(usual)) = (class, usual) else {
            if allowed.is_empty() {
                fields.add("merge_strategies", "allow at least one");
            }
            continue;
        };
        if !strategies.contains(&usual) {
            let message = format!("`{usual}` is not among those allowed");
            fields.add("default_merge_strategy", message);
        }
        if !seen.insert(class) {
            fields.add("class", format!("`{place}` is there twice"));
        }
        new.push(StrategiesOf { class, allowed: strategies, usual });
    }
    fields.check()?;
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use MergeStrategy::{FastForward, MergeCommit, Squash};

    fn change(lines: &[(&str, &str, Option<&str>)]) -> Result<Vec<StrategiesOf>> {
        let line = |(class, allowed, usual): &(&str, &str, Option<&str>)| {
            let allowed = allowed.split_whitespace().map(str::to_owned).collect();
            ((*class).to_owned(), allowed, usual.map(str::to_owned))
        };
        checked(MergeStrategiesChange(lines.iter().map(line).collect()))
    }

    #[test]
    fn what_is_said_is_checked() {
        let said = change(&[
            ("any", "squash merge_commit squash", None),
            ("release", "fast_forward", Some("fast_forward")),
        ]);
        let said = said.unwrap();
        let row =
            |class, allowed: &[_], usual| StrategiesOf { class, allowed: allowed.to_vec(), usual };
        let release = row(Some(BranchClass::Release), &[FastForward], FastForward);
        assert_eq!(said, [row(None, &[Squash, MergeCommit], Squash), release]);
        assert_eq!(view_of(&said).any.allowed(), [Squash, MergeCommit]);
        assert_eq!(view_of(&[]).any.usual(), MergeCommit);
        for (bad, field) in [
            (("any", "", None), "merge_strategies"),
            (("any", "octopus", None), "merge_strategies"),
            (("weird", "squash", None), "class"),
            (("any", "squash", Some("merge_commit")), "default_merge_strategy"),
        ] {
            let Err(crate::Error::Invalid(fields)) = change(&[bad]) else { panic!("{bad:?}") };
            assert!(fields.0.contains_key(field), "{bad:?}: {fields:?}");
        }
        let twice = change(&[("any", "squash", None), ("any", "squash", None)]);
        assert!(matches!(twice, Err(crate::Error::Invalid(it)) if it.0.contains_key("class")));
    }
}
