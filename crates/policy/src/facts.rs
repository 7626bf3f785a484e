//! What is known when a question is asked: the place, and who was given what there.
//!
//! Somebody outside read these as one snapshot. A fact that could not be read is an error out
//! there; it never becomes an empty list here.

use crate::ask::{Principal, PrincipalKind};
use crate::rulebook::Rulebook;
use model::{
    BranchingModel, Grant, Level, Permission, ProjectId, RefName, RepositoryId, RepositoryPath,
    Role, Timestamp, WorkspaceId,
};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// One snapshot of everything a decision needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The moment of the question; decides which `until` has passed.
    pub now: Timestamp,
    pub instance: InstanceState,
    pub place: Place,
    /// Every grant on the place and on what contains it, up to the instance. Grants about other
    /// subjects may be among them; they are passed over.
    pub grants: Vec<Grant>,
    /// The asker's role in the workspace of the place.
    pub role: Option<Role>,
    /// Does the asker hold a grant on anything inside this workspace or project, or does a
    /// public repository lie in it? Then its name may be known. Means nothing elsewhere.
    pub reaches_below: bool,
    /// Every restriction on the place and on what contains it.
    pub restrictions: Rulebook,
    /// The branching model in force in the repository; empty for other places.
    pub branching_model: Arc<BranchingModel>,
    /// What is asked of the network a private thing is used from.
    pub network: NetworkRules,
}

impl Facts {
    /// Nothing is at the path that was asked for.
    pub fn nowhere(now: Timestamp, instance: InstanceState) -> Self {
        Self::at(Place::Nowhere, now, instance)
    }

    /// A place about which nothing else is known: no grants, no rules.
    pub fn at(place: Place, now: Timestamp, instance: InstanceState) -> Self {
        Self {
            now,
            instance,
            place,
            grants: Vec::new(),
            role: None,
            reaches_below: false,
            restrictions: Rulebook::default(),
            branching_model: Arc::default(),
            network: NetworkRules::default(),
        }
    }

    /// The highest permission this principal holds on the place, and where it comes from.
    /// Says the same whatever order the grants are in.
    pub fn held_by(&self, who: &Principal) -> Option<Held> {
        let level = self.place.level()?;
        if who.kind == PrincipalKind::System {
            return Some(Held { permission: Permission::Admin, source: Source::System });
        }
        let granted = self
            .grants
            .iter()
            .filter(|it| it.level <= level && who.is(it.subject))
            .max_by_key(|it| (it.permission, it.level, it.subject))
            .map(|it| Held { permission: it.permission, source: Source::Grant(*it) });
        let owner = (self.role == Some(Role::Owner) && level >= Level::Workspace)
            .then_some(Held { permission: Permission::Admin, source: Source::Owner });
        let public = self
            .place
            .is_public_repository()
            .then_some(Held { permission: Permission::Read, source: Source::Public });
        // The first of equals names the source: a grant says more than "it is public".
        [granted, owner, public]
            .into_iter()
            .flatten()
            .reduce(|best, next| if next.permission > best.permission { next } else { best })
    }

    /// May this principal know that the place exists?
    pub fn seen_by(&self, who: &Principal) -> bool {
        let holds = self.held_by(who).is_some();
        match &self.place {
            Place::Instance => true,
            Place::Workspace(_) => holds || self.role.is_some() || self.reaches_below,
            Place::Project(it) => holds || self.reaches_below || !it.private,
            Place::Repository(_) => holds,
            Place::Nowhere => false,
        }
    }
}

/// A permission and its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub permission: Permission,
    pub source: Source,
}

impl Held {
    pub(crate) fn is_admin(&self) -> bool {
        self.permission == Permission::Admin
    }
}

/// What a permission comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Grant(Grant),
    /// The asker owns the workspace.
    Owner,
    /// The repository is public, which is `read` for anyone.
    Public,
    /// The server itself asks.
    System,
}

/// What the whole installation takes at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceState {
    Open,
    /// Reading only.
    ReadOnly,
    /// Nothing.
    Maintenance,
}

impl InstanceState {
    /// The word for texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::ReadOnly => "read-only",
            Self::Maintenance => "maintenance",
        }
    }
}

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The installation, and the accounts in it.
    Instance,
    Workspace(WorkspaceId),
    Project(ProjectPlace),
    Repository(RepositoryPlace),
    /// Nothing is there. A place that the asker may not see is judged as this, too.
    Nowhere,
}

impl Place {
    /// The level it is on; `None` for nowhere.
    pub const fn level(&self) -> Option<Level> {
        match self {
            Self::Instance => Some(Level::Instance),
            Self::Workspace(_) => Some(Level::Workspace),
            Self::Project(_) => Some(Level::Project),
            Self::Repository(_) => Some(Level::Repository),
            Self::Nowhere => None,
        }
    }

    /// The repository, if it is one.
    pub const fn repository(&self) -> Option<&RepositoryPlace> {
        match self {
            Self::Repository(it) => Some(it),
            Self::Instance | Self::Workspace(_) | Self::Project(_) | Self::Nowhere => None,
        }
    }

    fn is_public_repository(&self) -> bool {
        self.repository().is_some_and(|it| !it.private)
    }
}

/// A project, as far as decisions need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectPlace {
    pub id: ProjectId,
    pub private: bool,
}

/// A repository, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryPlace {
    pub id: RepositoryId,
    pub path: RepositoryPath,
    pub private: bool,
    pub archived: bool,
    pub over_quota: bool,
    /// What `HEAD` points to; `None` while nobody has said.
    pub default_branch: Option<RefName>,
}

/// What is asked of the network private things are used from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkRules {
    /// Empty: from anywhere.
    pub addresses: Vec<AddressRange>,
    /// Must people have a second factor?
    pub two_factor: bool,
}

/// A block of addresses, as `10.1.0.0/16` writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange {
    pub network: IpAddr,
    /// How many leading bits count. More than the address has means all of them.
    pub prefix: u8,
}

impl AddressRange {
    /// Reads `10.1.0.0/16`, or one address without a prefix. `None` when it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (network, prefix) = match text.split_once('/') {
            Some((network, prefix)) => (network, Some(prefix)),
            None => (text, None),
        };
        let network: IpAddr = network.parse().ok()?;
        let most: u8 = if network.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(most), |it| it.parse().ok())?;
        (prefix <= most).then_some(Self { network, prefix })
    }

    /// Is the address in the block? An IPv4 address in IPv6 clothes counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.network.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let free = 32_u32.saturating_sub(self.prefix.into());
                let differ = network.to_bits() ^ address.to_bits();
                differ.checked_shr(free).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let free = 128_u32.saturating_sub(self.prefix.into());
                let differ = network.to_bits() ^ address.to_bits();
                differ.checked_shr(free).unwrap_or(0) == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_read_as_people_write_it() {
        for (text, read) in [
            ("10.1.0.0/16", "10.1.0.0/16"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("2001:db8::/32", "2001:db8::/32"),
            ("::1", "::1/128"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ] {
            assert_eq!(AddressRange::parse(text).map(|it| it.to_string()).as_deref(), Some(read));
        }
        for bad in ["", "10.1", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "/8", "a/8"] {
            assert_eq!(AddressRange::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_block_holds_its_addresses_and_no_others() {
        let cases = [
            ("10.1.0.0", 16, "10.1.255.1", true),
            ("10.1.0.0", 16, "10.2.0.1", false),
            ("10.1.0.0", 16, "::ffff:10.1.2.3", true),
            ("10.1.2.3", 32, "10.1.2.3", true),
            ("10.1.2.3", 32, "10.1.2.4", false),
            ("10.1.2.3", 200, "10.1.2.4", false),
            ("0.0.0.0", 0, "192.0.2.1", true),
            ("0.0.0.0", 0, "2001:db8::1", false),
            ("2001:db8::", 32, "2001:db8:1::1", true),
            ("2001:db8::", 32, "2001:db9::1", false),
            ("::", 0, "2001:db9::1", true),
        ];
        for (network, prefix, address, inside) in cases {
            let range = AddressRange { network: network.parse().unwrap(), prefix };
            assert_eq!(
                range.contains(address.parse().unwrap()),
                inside,
                "{network}/{prefix} {address}"
            );
        }
    }
}
