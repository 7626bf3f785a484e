//! The layers in their order: decision model, sections 2, 4 and 7. The first that refuses is the
//! reason, and it says everything it has to say.

use super::needs::{self, Needs, Right};
use super::{Answer, OfUpdate, Reasons, World, combining, content, people, refs};
use model::{Level, Permission};
use policy::{
    Act, AddressRange, Change, Code, Content, CredentialState, InstanceState, Place, PrincipalKind,
    RefUpdate,
};

/// What the documents say about a world.
pub fn answer(world: &World) -> Answer {
    let needs = needs::needs(&world.act).unwrap();
    let whole = first(&[
        instance(world, &needs),
        credential(world, &needs),
        network(world, &needs),
        scope(world, &needs),
        visibility(world, &needs),
        permission(world, &needs),
        state(world),
    ]);
    let updates: Vec<OfUpdate> = world
        .act
        .updates()
        .iter()
        .map(|it| if whole.is_empty() { of_update(world, it) } else { OfUpdate::refused(&whole) })
        .collect();
    let refused = !whole.is_empty() || updates.iter().any(|it| it.refused);
    let undecided = !refused && updates.iter().any(|it| it.undecided);
    let reasons = updates.iter().flat_map(|it| it.reasons.clone()).chain(whole).collect();
    Answer { refused, undecided, reasons, updates }
}

impl OfUpdate {
    fn refused(reasons: &Reasons) -> Self {
        Self { refused: true, reasons: reasons.clone(), ..Self::default() }
    }
}

fn of_update(world: &World, update: &RefUpdate) -> OfUpdate {
    let Act::UpdateRefs { way, .. } = world.act else { unreachable!("no other act has updates") };
    let reasons = first(&[limit(world, update), quota(world, update), reserved(world, update)]);
    if !reasons.is_empty() {
        return OfUpdate::refused(&reasons);
    }
    let said = combining::weigh(world, update, way);
    let mut of = OfUpdate {
        refused: !said.refusing.is_empty(),
        undecided: said.undecided || is_full(world) && grows(update).is_none(),
        reasons: said.refusing,
        notices: said.notices,
    };
    if !of.refused {
        let said = content::weigh(world, update);
        of.refused = !said.refusing.is_empty();
        of.undecided |= said.undecided;
        of.reasons = said.refusing;
        of.notices.extend(said.notices);
    }
    of.undecided &= !of.refused;
    of
}

fn first(layers: &[Reasons]) -> Reasons {
    layers.iter().find(|it| !it.is_empty()).cloned().unwrap_or_default()
}

/// The codes whose condition holds.
fn those<const N: usize>(cases: [(bool, Code); N]) -> Reasons {
    cases.into_iter().filter(|it| it.0).map(|it| (it.1, [].into())).collect()
}

/// The place, as far as the principal may know of it; and a bad credential knows nothing.
fn is_seen(world: &World) -> bool {
    world.who.credential.state == CredentialState::Valid && people::sees(world)
}

fn is_system(world: &World) -> bool {
    world.who.principal.kind == PrincipalKind::System
}

fn has_right(world: &World, right: &Right) -> bool {
    let kind = world.who.principal.kind;
    match right {
        Right::Hold(needed) => people::permission(world) >= Some(*needed),
        Right::See => true,
        Right::Somebody => kind != PrincipalKind::Anonymous,
        Right::User => matches!(kind, PrincipalKind::User(_)),
        Right::Member => {
            let admin = people::permission(world) == Some(Permission::Admin);
            kind != PrincipalKind::Anonymous && (admin || world.facts.role.is_some())
        }
    }
}

fn instance(world: &World, needs: &Needs) -> Reasons {
    let state = world.facts.instance;
    those([
        (state == InstanceState::Maintenance, Code::Maintenance),
        (state == InstanceState::ReadOnly && needs.changes, Code::ReadOnly),
    ])
}

/// Whoever shows nothing is asked to sign in for whatever is not open to everybody, whether it is
/// there or not.
fn credential(world: &World, needs: &Needs) -> Reasons {
    let state = world.who.credential.state;
    let anonymous = world.who.principal.kind == PrincipalKind::Anonymous;
    let open = is_seen(world) && has_right(world, &needs.right);
    those([
        (state == CredentialState::Unknown, Code::CredentialUnknown),
        (matches!(state, CredentialState::Expired { .. }), Code::CredentialExpired),
        (matches!(state, CredentialState::Revoked { .. }), Code::CredentialRevoked),
        (state == CredentialState::WrongChannel, Code::CredentialWrongDoor),
        (state == CredentialState::Suspended, Code::CredentialSuspended),
        (state == CredentialState::Ambiguous, Code::CredentialAmbiguous),
        (matches!(state, CredentialState::Certificate(_)), Code::CertificateUnusable),
        (state == CredentialState::Valid && anonymous && !open, Code::SignInRequired),
    ])
}

fn takes_an_admin(needs: &Needs) -> bool {
    matches!(needs.right, Right::Hold(Permission::Admin))
}

/// A token's own list is about the token. Everything else is asked for private things only (fact
/// sheet, rule 93), and only of those who may know of them; of a workspace, looking at its name and
/// lists is not private, and the settings of what is public are. The rules of a workspace can be mended from above.
fn network(world: &World, needs: &Needs) -> Reasons {
    let from = world.who.network.address;
    let among =
        |only: &[AddressRange]| from.is_some_and(|from| only.iter().any(|it| it.contains(from)));
    let token = world.who.credential.addresses.as_ref().is_some_and(|it| !among(it));
    let mut reasons = those([(token, Code::TokenAddress)]);
    let private = match &world.facts.place {
        Place::Repository(it) => it.private || takes_an_admin(needs),
        Place::Project(it) => it.private || takes_an_admin(needs),
        Place::Workspace(_) => !matches!(needs.right, Right::See),
        Place::Instance | Place::Nowhere => false,
    };
    if !private || !is_seen(world) || is_system(world) {
        return reasons;
    }
    let rules = &world.facts.network;
    let person = matches!(world.who.principal.kind, PrincipalKind::User(_));
    let closed = |list: &[AddressRange]| !list.is_empty() && !among(list);
    let above = matches!(world.act, Act::ChangeNetwork)
        && world.facts.grants.iter().any(|it| {
            it.level == Level::Instance
                && it.permission == Permission::Admin
                && people::is(&world.who.principal, it.subject)
        });
    let second = rules.two_factor && person && !world.who.network.two_factor;
    reasons.extend(those([
        (closed(&rules.instance), Code::AddressNotAllowed),
        (!above && closed(&rules.workspace), Code::AddressNotAllowed),
        (!above && second, Code::TwoFactorRequired),
    ]));
    reasons
}

/// The credential's own limits; they are its holder's, and so they come before visibility. Of a
/// repository that may not be seen nothing is said, so a token for others says nothing of it. Outside
/// of repositories, such a token is good for looking at what anybody sees.
fn scope(world: &World, needs: &Needs) -> Reasons {
    let credential = &world.who.credential;
    let handed_on = needs::hands_on(&world.act);
    let lacks = |name: &str| !needs::holds(&credential.scopes, name);
    let missing = needs.scopes.iter().any(|it| lacks(it))
        || handed_on.is_some_and(|it| it.iter().any(|it| lacks(it.as_str())));
    let elsewhere = credential.repositories.as_ref().is_some_and(|only| match &world.facts.place {
        Place::Repository(it) => is_seen(world) && !only.contains(&it.id),
        _ if needs.on == Level::Repository => false,
        _ => needs.changes || matches!(needs.right, Right::Hold(_) | Right::Member),
    });
    let limited = credential.refs.is_some() || credential.addresses.is_some();
    let outlives = match (credential.expires_at, needs::end_of_new(&world.act)) {
        (Some(end), Some(new_end)) => new_end.is_none_or(|it| it > end),
        (None, _) | (_, None) => false,
    };
    let widens = handed_on.is_some() && (limited || outlives);
    // Whoever may change some refs only is no administrator, of whatever it is.
    let rules_all = needs.changes && takes_an_admin(needs) && world.act.updates().is_empty();
    those([
        (missing, Code::ScopeMissing),
        (elsewhere, Code::TokenRepository),
        (widens, Code::TokenWidens),
        (rules_all && !widens && credential.refs.is_some(), Code::TokenRef),
    ])
}

fn visibility(world: &World, needs: &Needs) -> Reasons {
    let hidden = !is_seen(world);
    those([
        (hidden && needs.on == Level::Repository, Code::RepositoryNotFound),
        (hidden && needs.on == Level::Project, Code::ProjectNotFound),
        (hidden && needs.on == Level::Workspace, Code::WorkspaceNotFound),
    ])
}

fn permission(world: &World, needs: &Needs) -> Reasons {
    if has_right(world, &needs.right) {
        return Reasons::new();
    }
    // Whoever may write lacks nothing but being the one the key is kept for.
    let kept = matches!(world.act, Act::PostKeptBuildStatus { .. });
    if kept && people::permission(world) >= Some(Permission::Write) {
        return those([(true, Code::BuildKeyKept)]);
    }
    let code = match needs.right {
        Right::Hold(Permission::Read) => Code::PermissionRead,
        Right::Hold(Permission::Write) => Code::PermissionWrite,
        Right::Hold(Permission::CreateRepository) => Code::PermissionCreate,
        Right::Hold(Permission::Admin) => Code::PermissionAdmin,
        Right::Member => Code::MembersOnly,
        Right::User => Code::UsersOnly,
        Right::See => Code::RepositoryNotFound,
        Right::Somebody => Code::SignInRequired,
    };
    those([(true, code)])
}

/// An archived repository keeps its refs. All violations of a layer are told together, so that
/// one that is too large as well says so, too.
fn state(world: &World) -> Reasons {
    let Place::Repository(it) = &world.facts.place else { return Reasons::new() };
    let refs_change = matches!(world.act, Act::Push | Act::UpdateRefs { .. });
    if !(it.archived && refs_change) {
        return Reasons::new();
    }
    let mut reasons = those([(true, Code::Archived)]);
    reasons.extend(world.act.updates().iter().flat_map(|it| quota(world, it)));
    reasons
}

fn is_full(world: &World) -> bool {
    matches!(&world.facts.place, Place::Repository(it) if it.over_quota)
}

/// Does an update make the repository larger? `None`: nobody has looked.
fn grows(update: &RefUpdate) -> Option<bool> {
    match &update.content {
        _ if update.change == Change::Delete => Some(false),
        Content::Unseen => None,
        Content::Seen(seen) => Some(seen.new_objects),
    }
}

/// Fact sheet, rule 94.
fn quota(world: &World, update: &RefUpdate) -> Reasons {
    those([(is_full(world) && grows(update) == Some(true), Code::OverQuota)])
}

/// A token that is limited to certain refs.
fn limit(world: &World, update: &RefUpdate) -> Reasons {
    let outside = match &world.who.credential.refs {
        Some(only) => {
            !only.iter().any(|it| refs::means(it, &update.name, &world.facts.branching_model))
        }
        None => false,
    };
    those([(outside, Code::TokenRef)])
}

/// What the server keeps for itself; the server itself may.
fn reserved(world: &World, update: &RefUpdate) -> Reasons {
    if is_system(world) {
        return Reasons::new();
    }
    let name = update.name.as_str();
    let ours = name.starts_with("refs/pull-requests/") || name.starts_with("refs/portcullis/");
    let default = match &world.facts.place {
        Place::Repository(it) => it.default_branch.as_ref() == Some(&update.name),
        _ => false,
    };
    those([
        (ours, Code::ReservedRef),
        (default && update.change == Change::Delete, Code::DefaultBranchDeletion),
    ])
}
