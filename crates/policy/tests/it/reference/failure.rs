//! A world on which the engine and the documents differ, made as small as it goes and written so
//! that it can be read.

use super::{Answer, World};
use policy::{Act, CredentialState, InstanceState, Network, NetworkRules};
use std::fmt::{self, Write};

/// Fails the test with the smallest world found that has the same fault.
pub fn report(which: &str, mut world: World, engine: impl Fn(&World) -> Answer) -> ! {
    let differ = |world: &World| engine(world) != world.documents();
    while let Some(smaller) = smaller(&world).into_iter().find(|it| differ(it)) {
        world = smaller;
    }
    let (engine, documents) = (engine(&world), world.documents());
    panic!(
        "{which}, with all that does not matter taken away:\n{world}\n\
         the engine says    {engine:#?}\nthe documents say  {documents:#?}"
    );
}

/// Every world that has one thing less.
fn smaller(world: &World) -> Vec<World> {
    let mut all = Vec::new();
    for at in 0..world.rules.len() {
        all.push(changed(world, |it| drop(it.rules.remove(at))));
        for entry in 0..world.rules[at].subjects.len() {
            all.push(changed(world, |it| drop(it.rules[at].subjects.remove(entry))));
        }
        for exception in 0..world.rules[at].matcher.except.len() {
            all.push(changed(world, |it| drop(it.rules[at].matcher.except.remove(exception))));
        }
    }
    for at in 0..world.facts.grants.len() {
        all.push(changed(world, |it| {
            it.facts.grants.remove(at);
        }));
    }
    let updates = world.act.updates().len();
    for at in (0..updates).filter(|_| updates > 1) {
        all.push(changed(world, |it| {
            if let Act::UpdateRefs { updates, .. } = &mut it.act {
                updates.remove(at);
            }
        }));
    }
    for group in &world.who.principal.groups {
        all.push(changed(world, |it| {
            it.who.principal.groups.remove(group);
        }));
    }
    let plain: [fn(&mut World); 8] = [
        |it| it.facts.network = NetworkRules::default(),
        |it| it.facts.instance = InstanceState::Open,
        |it| it.facts.role = None,
        |it| it.who.network = Network::default(),
        |it| it.who.credential.state = CredentialState::Valid,
        |it| it.who.credential.repositories = None,
        |it| it.who.credential.refs = None,
        |it| it.who.credential.addresses = None,
    ];
    all.extend(plain.map(|change| changed(world, change)));
    all.retain(|it| format!("{it:?}") != format!("{world:?}"));
    all
}

fn changed(world: &World, change: impl Fn(&mut World)) -> World {
    let mut world = world.clone();
    change(&mut world);
    world
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (facts, who) = (&self.facts, &self.who);
        writeln!(f, "  place    {:?}, instance {:?}", facts.place, facts.instance)?;
        writeln!(f, "  role     {:?}, reaches below {}", facts.role, facts.reaches_below)?;
        writeln!(f, "  network  {:?}", facts.network)?;
        for it in &facts.grants {
            writeln!(f, "  grant    {:?} {:?} on {}", it.subject, it.permission, it.level)?;
        }
        for it in &self.rules {
            let matcher = &it.matcher;
            let mut except = String::new();
            for pattern in &matcher.except {
                write!(except, " but {pattern:?}")?;
            }
            write!(f, "  rule {}   {} {} {:?}", it.id, it.kind, matcher.kind, matcher.pattern)?;
            write!(f, "{except} on {}, {}, {}:", it.on, it.level, it.mode)?;
            for entry in &it.subjects {
                let until = entry.until.map_or(String::new(), |it| format!(" until {}", it.0));
                write!(f, " {:?}{until}", entry.subject)?;
            }
            writeln!(f)?;
        }
        let of = &who.principal;
        writeln!(f, "  asker    {:?} in {:?}, {:?}", of.kind, of.groups, who.network)?;
        writeln!(f, "  shows    {:?}", who.credential)?;
        write!(f, "  act      {:?}, now {}", self.act, facts.now.0)
    }
}
