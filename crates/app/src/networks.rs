//! From where and how what is private in a workspace may be used: a list of addresses, and whether
//! people need a second factor. Whoever changes it is told first if it would keep them out.

use crate::addresses::addresses as blocks;
use crate::error::{Fields, Result};
use crate::{App, Asker, PlaceName};
use policy::{Act, NetworkRules};
use std::net::IpAddr;
use store::WorkspaceNetwork;

/// The network rules of a workspace, for its admins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkView {
    pub network: WorkspaceNetwork,
    /// Where the one who asks comes from; `None` when the door cannot know it.
    pub your_address: Option<IpAddr>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct NetworkChange {
    /// Blocks of addresses, all of them; none is from anywhere.
    pub addresses: Option<Vec<String>>,
    /// Blocks that are let in besides.
    pub add: Vec<String>,
    pub two_factor: Option<bool>,
}

/// How often a change is looked at again because somebody changed something meanwhile.
const TRIES: usize = 5;

impl App {
    /// The network rules of a workspace.
    pub async fn workspace_network(
        &self,
        who: &Asker,
        workspace: &PlaceName,
    ) -> Result<NetworkView> {
        let open = self.open_workspace(who, workspace, Act::ReadNetwork).await?;
        Ok(view(who, open.workspace.network))
    }

    /// Changes the network rules of a workspace; the rules as they are now.
    pub async fn set_workspace_network(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        change: NetworkChange,
    ) -> Result<NetworkView> {
        for _ in 0..TRIES {
            // On the heap: it is rare, and would make every future that waits for it larger.
            if let Some(done) = Box::pin(self.try_network(who, workspace, &change)).await? {
                return Ok(done);
            }
        }
        Err(store::Error::Moved.into())
    }

    /// `None` if somebody changed something meanwhile.
    async fn try_network(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        change: &NetworkChange,
    ) -> Result<Option<NetworkView>> {
        // Read first: what is read after it is as new or newer, and is checked on writing.
        let as_of = self.store.facts_version().await?;
        let open = self.open_workspace(who, workspace, Act::ChangeNetwork).await?;
        let rules = change.over(&open.workspace.network)?;
        let network = WorkspaceNetwork {
            addresses: rules.workspace.iter().map(ToString::to_string).collect(),
            two_factor: rules.two_factor,
        };
        self.stay_inside(who, workspace, &rules).await?;
        match self.store.set_workspace_network(&open.by, open.workspace.id, &network, as_of).await {
            Err(store::Error::Moved) => Ok(None),
            written => Ok(written.map(|()| Some(view(who, network)))?),
        }
    }
}

impl NetworkChange {
    /// What is in force with it.
    fn over(&self, before: &WorkspaceNetwork) -> Result<NetworkRules> {
        let mut fields = Fields::default();
        let given = self.addresses.as_ref().unwrap_or(&before.addresses);
        let mut addresses = blocks(given, "allowed_addresses", &mut fields);
        let more = blocks(&self.add, "add_allowed_addresses", &mut fields);
        if addresses.is_empty() && !more.is_empty() {
            // One more than everywhere would be less.
            fields.add("add_allowed_addresses", EVERYWHERE);
        }
        fields.check()?;
        for range in more {
            if !addresses.contains(&range) {
                addresses.push(range);
            }
        }
        let two_factor = self.two_factor.unwrap_or(before.two_factor);
        Ok(NetworkRules { workspace: addresses, two_factor, instance: Vec::new() })
    }
}

const EVERYWHERE: &str =
    "every address is let in now: send `allowed_addresses` to keep the others out";

fn view(who: &Asker, network: WorkspaceNetwork) -> NetworkView {
    NetworkView { network, your_address: who.who.network.address }
}
