//! Who somebody is and what they were given: decision model, sections 1 and 2; fact sheet,
//! section 4.

use super::World;
use model::{Level, Permission, Role, Subject};
use policy::{Place, Principal, PrincipalKind};

/// Is this subject the principal, or a set that the principal is in?
pub fn is(who: &Principal, subject: Subject) -> bool {
    match (subject, who.kind) {
        (Subject::Anyone, _) => true,
        (Subject::Everyone, kind) => kind != PrincipalKind::Anonymous,
        (Subject::Group(group), _) => who.groups.iter().any(|it| *it == group),
        (Subject::User(it), PrincipalKind::User(me)) => it == me,
        (Subject::AccessToken(it), PrincipalKind::AccessToken(me)) => it == me,
        (Subject::AccessKey(it), PrincipalKind::AccessKey(me)) => it == me,
        (Subject::Workload(it), PrincipalKind::Workload(me)) => it == me,
        (_, _) => false,
    }
}

/// The highest of everything that was given, here and further out.
pub fn permission(world: &World) -> Option<Permission> {
    let here = level(world)?;
    let mut all = Vec::new();
    for grant in &world.facts.grants {
        if grant.level <= here && is(&world.who.principal, grant.subject) {
            all.push(grant.permission);
        }
    }
    if world.who.principal.kind == PrincipalKind::System {
        all.push(Permission::Admin);
    }
    if world.facts.role == Some(Role::Owner) && here != Level::Instance {
        all.push(Permission::Admin);
    }
    if matches!(&world.facts.place, Place::Repository(it) if !it.private) {
        all.push(Permission::Read);
    }
    all.into_iter().max()
}

/// May the principal know that the place is there?
pub fn sees(world: &World) -> bool {
    let holds = permission(world).is_some();
    match &world.facts.place {
        Place::Nowhere => false,
        Place::Instance => true,
        Place::Workspace(_) => holds || world.facts.role.is_some() || world.facts.reaches_below,
        Place::Project(it) => holds || !it.private || world.facts.reaches_below,
        Place::Repository(_) => holds,
    }
}

/// What kind of place it is.
pub fn level(world: &World) -> Option<Level> {
    match world.facts.place {
        Place::Nowhere => None,
        Place::Instance => Some(Level::Instance),
        Place::Workspace(_) => Some(Level::Workspace),
        Place::Project(_) => Some(Level::Project),
        Place::Repository(_) => Some(Level::Repository),
    }
}
